//! Texts on their way to a platform: cleaned, cut and compared. Nothing here knows what a text means.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The text without control characters (a line break becomes a space), trimmed, white space runs kept.
pub fn clean(text: &str) -> String {
    let spaced = text.chars().map(|c| if is_break(c) { ' ' } else { c });
    spaced.filter(|c| is_sendable(*c)).collect::<String>().trim().to_owned()
}

/// The text without control characters other than line breaks, trimmed.
pub fn clean_multiline(text: &str) -> String {
    text.chars().filter(|c| is_sendable(*c) || is_break(*c)).collect::<String>().trim().to_owned()
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}')
}

/// Neither a control character nor one that XML forbids: the packing slip is made from these texts, too.
fn is_sendable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// At most `max` characters (Unicode scalar values) of the text. What people see as one character is kept or
/// dropped whole: emoji of several code points, flags, letters with accents of their own. Only one that alone is
/// longer than `max` is cut within.
pub fn cut(text: &str, max: usize) -> String {
    cut_measured(text, max, |_| 1)
}

/// The same with at most `max` units of UTF-16, as .NET counts: an emoji is two of them, and never halved.
pub fn cut_utf16(text: &str, max: usize) -> String {
    cut_measured(text, max, char::len_utf16)
}

/// How many units of UTF-16 the text has.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn cut_measured(text: &str, max: usize, length: fn(char) -> usize) -> String {
    let sum = |part: &str| part.chars().map(length).sum::<usize>();
    if sum(text) <= max {
        return text.to_owned();
    }
    let (mut end, mut count) = (0, 0);
    for (start, seen) in text.grapheme_indices(true) {
        count += sum(seen);
        if count > max {
            break;
        }
        end = start + seen.len();
    }
    if end == 0 {
        let mut left = max;
        let fits = |c: &char| {
            let room = left.checked_sub(length(*c));
            left = room.unwrap_or_default();
            room.is_some()
        };
        return text.chars().take_while(fits).collect();
    }
    text[..end].trim_end().to_owned()
}

/// The text for comparison: letters and digits only, lower case, without accents, full width as plain, `&` as
/// *and*.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().flat_map(char::to_lowercase) {
        match c {
            '&' => folded.push_str("and"),
            c if c.is_alphanumeric() => folded.push(without_stroke(c)),
            _ => {}
        }
    }
    folded
}

/// The plain letter of those whose accent is a part of them, so that no decomposition takes it off.
fn without_stroke(c: char) -> char {
    match c {
        'đ' | 'ð' => 'd',
        'ı' => 'i',
        'ł' => 'l',
        'ø' => 'o',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_vanish_and_line_breaks_become_spaces_or_stay() {
        assert_eq!(clean(" a\u{0}b\nc\u{7f} "), "ab c");
        assert_eq!(clean_multiline(" a\u{0}b\nc\u{b} "), "ab\nc");
        assert_eq!(clean("\u{feff}a\u{2028}b\u{85}\u{ffff}"), "a b");
    }

    #[test]
    fn a_cut_counts_characters_and_breaks_nothing() {
        assert_eq!(cut("Zoë", 3), "Zoë");
        assert_eq!(cut("Zoë B", 4), "Zoë");
        assert_eq!(cut("ab👩‍👩‍👧", 4), "ab");
        assert_eq!(cut("ab👍🏽c", 3), "ab");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut("to 🇳🇿 and 🇦🇺", 4), "to", "a flag is two letters, and half a flag is another text");
        assert_eq!(cut("1️⃣2️⃣", 4), "1️⃣");
        assert_eq!(cut("ae\u{301}x", 2), "a");
        assert_eq!(cut("각각", 4), "각각", "syllables are one character each");
        assert_eq!(cut(&"👩‍👩‍👧".repeat(300), 100), "👩‍👩‍👧".repeat(20));
        assert_eq!(cut(&format!("a{}", "\u{301}".repeat(300)), 3), "a\u{301}\u{301}");
    }

    #[test]
    fn a_cut_by_utf16_never_halves_what_takes_two_units() {
        assert_eq!(cut_utf16("ab😀", 4), "ab😀");
        assert_eq!(cut_utf16("abc😀", 4), "abc");
        assert_eq!(cut_utf16("😀😀😀", 5), "😀😀");
        assert_eq!(
            cut_utf16("👩‍👩‍👧", 4),
            "👩\u{200d}",
            "one character that does not fit is cut between its parts"
        );
        assert_eq!(cut_utf16("😀", 1), "");
        assert_eq!((utf16_len("aé😀"), utf16_len("")), (4, 0));
    }

    #[test]
    fn folding_forgets_case_accents_and_punctuation() {
        assert_eq!(fold("Côte d’Ivoire"), "cotedivoire");
        assert_eq!(fold("Trinidad & Tobago"), "trinidadandtobago");
        assert_eq!(fold("日本"), "日本");
        assert_eq!(fold("Łódź Ørsted ÐÍÑ"), "lodzorsteddin");
        assert_eq!(fold("Ｊａｐａｎ"), "japan");
        assert_eq!(fold("Re\u{301}union"), fold("Réunion"));
    }
}
