//! What people should know before they use a model.

use serde::{Deserialize, Serialize};

use super::RecipeFault;

/// What is said of a model before it is trained: signed with its plan, and a part of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What it is for.
    pub intended_use: String,
    /// About whom it may be asked.
    pub population: String,
    /// How far its numbers can be taken as they are.
    pub calibration: String,
    /// What to beware of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
}

impl Card {
    pub(super) fn check(&self) -> Result<(), RecipeFault> {
        let said = |text: &str| !text.trim().is_empty() && text.chars().count() <= 2000;
        let must = |holds: bool, field| {
            let range = "a text of 1 to 2000 characters";
            holds.then_some(()).ok_or(RecipeFault::OutOfRange { field, range })
        };
        must(said(&self.intended_use), "card.intended_use")?;
        must(said(&self.population), "card.population")?;
        must(said(&self.calibration), "card.calibration")?;
        let cautions = self.cautions.len() <= 20 && self.cautions.iter().all(|one| said(one));
        must(cautions, "card.cautions")
    }
}
