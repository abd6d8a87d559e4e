//! Texts on their way to a platform: cleaned, cut and compared. Nothing here knows what a text means.

/// The text without control characters (a line break becomes a space), trimmed, white space runs kept.
pub fn clean(text: &str) -> String {
    let spaced = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
    spaced.filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

/// The text without control characters other than line breaks, trimmed.
pub fn clean_multiline(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
        .collect::<String>()
        .trim()
        .to_owned()
}

/// At most `max` characters of the text. An emoji made of several code points is dropped whole rather than
/// cut: the cut never ends at a joiner, a variation selector or a skin tone.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut end = max;
    while end > 0 && joins(characters[end - 1], characters[end]) {
        end -= 1;
    }
    characters[..end].iter().collect::<String>().trim_end().to_owned()
}

fn joins(before: char, after: char) -> bool {
    let joiner = '\u{200d}';
    let modifier = |c: char| {
        matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{300}'..='\u{36f}')
            || c == joiner
    };
    before == joiner || modifier(after)
}

/// The text for comparison: letters and digits only, lower case, without accents, `&` as *and*.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '&' => folded.push_str("and"),
            c if c.is_ascii_alphanumeric() => folded.push(c),
            c => folded.extend(without_accent(c)),
        }
    }
    folded
}

/// The plain letter below an accented Latin one; other letters stay; everything else vanishes.
fn without_accent(c: char) -> Option<char> {
    let plain = match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' => 's',
        'ť' | 'ţ' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c if c.is_alphanumeric() => c,
        _ => return None,
    };
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_vanish_and_line_breaks_become_spaces_or_stay() {
        assert_eq!(clean(" a\u{0}b\nc\u{7f} "), "ab c");
        assert_eq!(clean_multiline(" a\u{0}b\nc\u{b} "), "ab\nc");
    }

    #[test]
    fn a_cut_counts_characters_and_breaks_nothing() {
        assert_eq!(cut("Zoë", 3), "Zoë");
        assert_eq!(cut("Zoë B", 4), "Zoë");
        assert_eq!(cut("ab👩‍👩‍👧", 4), "ab");
        assert_eq!(cut("ab👍🏽c", 3), "ab");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn folding_forgets_case_accents_and_punctuation() {
        assert_eq!(fold("Côte d’Ivoire"), "cotedivoire");
        assert_eq!(fold("Trinidad & Tobago"), "trinidadandtobago");
        assert_eq!(fold("日本"), "日本");
    }
}
