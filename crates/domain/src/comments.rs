//! Our block in Cin7's `internalComments`: from a line `[Shipbridge]` to a line `[/Shipbridge]`. It is found
//! and replaced as a block; the rest of the text is the staff's and stays to the letter.

const OPEN: &str = "[Shipbridge]";
const CLOSE: &str = "[/Shipbridge]";

/// The text without our block.
pub fn without_block(text: &str) -> String {
    match find(text) {
        Some((before, _, after)) => join(before, after),
        None => text.to_owned(),
    }
}

/// The lines inside our block, where there is one.
pub fn block(text: &str) -> Option<String> {
    find(text).map(|(_, inner, _)| inner.trim().to_owned())
}

/// The text with our block holding `inner`; an empty `inner` takes the block away.
pub fn with_block(text: &str, inner: &str) -> String {
    if inner.is_empty() {
        return without_block(text);
    }
    let block = format!("{OPEN}\n{inner}\n{CLOSE}");
    match find(text) {
        Some((before, _, after)) => join(&join(before, &block), after),
        None => join(text, &block),
    }
}

fn find(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find(OPEN)?;
    let inner = &text[open + OPEN.len()..];
    let close = inner.find(CLOSE)?;
    Some((&text[..open], &inner[..close], &inner[close + CLOSE.len()..]))
}

fn join(before: &str, after: &str) -> String {
    let (before, after) = (before.trim_end_matches(['\n', '\r']), after.trim_start_matches(['\n', '\r']));
    if before.is_empty() || after.is_empty() {
        return format!("{before}{after}");
    }
    format!("{before}\n{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_added_replaced_and_removed_and_the_rest_stays() {
        let staff = "Call before delivery.\nLeave at the back door.";
        let one = with_block(staff, "first");
        assert_eq!(one, format!("{staff}\n[Shipbridge]\nfirst\n[/Shipbridge]"));
        let edited = one.replace("Call", "Phone") + "\nAdded below.";
        let two = with_block(&edited, "second");
        assert_eq!(block(&two).as_deref(), Some("second"));
        assert_eq!(without_block(&two), "Phone before delivery.\nLeave at the back door.\nAdded below.");
        assert_eq!(with_block(&two, ""), without_block(&two));
        assert_eq!(with_block("", "x"), "[Shipbridge]\nx\n[/Shipbridge]");
    }

    #[test]
    fn writing_the_same_block_twice_changes_nothing() {
        for staff in ["", "a", "a\n", "a\n\nb"] {
            let once = with_block(staff, "x\ny");
            assert_eq!(with_block(&once, "x\ny"), once, "{staff:?}");
        }
    }

    #[test]
    fn an_opening_without_an_end_is_the_staffs_own_text() {
        assert_eq!(without_block("[Shipbridge] ?"), "[Shipbridge] ?");
    }
}
