//! What a condition met: the facts that it asks about, by the names under which it asks.

use super::expr::{Expr, Facts, Text};

impl Expr {
    /// Each fact that it compares, with its value, in the order of the text; what is not there is
    /// left out.
    pub(crate) fn met(&self, facts: &Facts<'_>) -> Vec<(&'static str, String)> {
        let mut met: Vec<(&'static str, String)> = Vec::new();
        let mut add = |word, value| {
            if met.iter().all(|(known, _)| *known != word) {
                met.push((word, value));
            }
        };
        let text = |text: Text| Some((text.word(), text.of(facts).ok()?.to_owned()));
        let countries = || {
            let (_, party) = facts.party?;
            let each: Vec<&str> = party.jurisdictions.iter().map(|c| c.as_str()).collect();
            Some(("party.jurisdictions", each.join(", ")))
        };
        for atom in self.atoms() {
            let found = match atom {
                Self::Number(number, ..) => {
                    [number.of(facts).ok().map(|value| (number.word(), value.to_string())), None]
                }
                Self::Text(named, _) => [text(*named), None],
                Self::Law(..) => [countries(), None],
                Self::LawHolds(named) => [countries(), text(*named)],
                _ => [None, None],
            };
            found.into_iter().flatten().for_each(|(word, value)| add(word, value));
        }
        met
    }
}
