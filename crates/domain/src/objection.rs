//! Why a person must look at an order that is in ShipStation, in words: what happened in Cin7, and what stands
//! against it. Whoever makes such a text, and whoever takes it apart again, does it here.

/// Between what happened and what stands against it.
const AGAINST: &str = ", but ";

/// What happened, but cannot be done.
pub fn objection(event: &str, against: &str) -> String {
    format!("{event}{AGAINST}{against}")
}

/// What stands against it; of a text without that the whole.
pub fn against(objection: &str) -> &str {
    objection.rsplit_once(AGAINST).map_or(objection, |(_, against)| against)
}

/// Whether this is what stands against it.
pub fn is_against(objection: &str, against: &str) -> bool {
    objection.strip_suffix(against).is_some_and(|rest| rest.ends_with(AGAINST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objection_says_what_stands_against_it_and_can_be_asked_for_that() {
        let edited = objection("edited in Cin7 (items), but only a little", "a label was bought");
        assert_eq!(edited, "edited in Cin7 (items), but only a little, but a label was bought");
        assert_eq!(against(&edited), "a label was bought");
        assert!(is_against(&edited, "a label was bought") && !is_against(&edited, "label was bought"));
        assert!(is_against(&objection("void", "refused, but why"), "refused, but why"));
        assert_eq!(against("it is on hold"), "it is on hold");
    }
}
