//! What a mistyped word may have meant.

use std::fmt;

/// What to write instead of an unknown word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint {
    meant: Option<&'static str>,
    known: &'static [&'static str],
}

impl Hint {
    /// The hint for a word that is none of the known ones.
    pub(crate) fn new(word: &str, known: &'static [&'static str]) -> Self {
        Self { meant: nearest(word, known), known }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meant {
            Some(meant) => write!(f, "did you mean {meant}?"),
            None => write!(f, "known here: {}", self.known.join(", ")),
        }
    }
}

/// The known word with the fewest edits, if they are few for its length.
fn nearest(word: &str, known: &'static [&'static str]) -> Option<&'static str> {
    // Words this long are no typing errors, and comparing them costs.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_ascii_lowercase().replace('-', "_");
    let (edits, candidate) = known.iter().map(|candidate| (distance(&word, candidate), *candidate)).min()?;
    (edits <= candidate.len().div_ceil(4)).then_some(candidate)
}

/// Levenshtein's distance: insertions, deletions and substitutions.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_leads_to_the_nearest_known_one() {
        const KNOWN: &[&str] = &["base_url", "username", "key", "time_zone", "auth"];
        for (word, meant) in [
            ("bas_url", Some("base_url")),
            ("base-url", Some("base_url")),
            ("Username", Some("username")),
            ("timezone", Some("time_zone")),
            ("aut", Some("auth")),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, KNOWN), meant, "{word}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        for (from, to, edits) in [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("key", "key", 0)] {
            assert_eq!(distance(from, to), edits, "{from} {to}");
        }
    }
}
