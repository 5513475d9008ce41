//! Duties that do not vanish, and models that can be traced: what the fold promises of its own books.

use std::collections::BTreeSet;

use concordat_partnership::{DutyId, State};
use concordat_terms::Digest;

/// The duties that were seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Tended(BTreeSet<DutyId>);

impl Tended {
    /// How many came about.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Looks at the books after an entry: whatever was owed is still in them, and every duty has an
    /// owner that is or was a party.
    ///
    /// # Errors
    /// What is wrong, as a phrase.
    pub(super) fn look(&mut self, state: &State) -> Result<(), String> {
        if state.duties().count() != self.0.len() {
            self.0.extend(state.duties().map(|(id, _)| id.clone()));
        }
        for id in &self.0 {
            if state.duty(id).is_none() {
                return Err(format!("duty `{id}` was owed and has vanished"));
            }
            if !state.members().contains_key(&id.owner) {
                return Err(format!("duty `{id}` is owed by nobody who was ever a party"));
            }
        }
        Ok(())
    }
}

/// How many versions the models of a log come from, once it is certain that each of those was brought
/// by an entry of it.
///
/// # Errors
/// What is wrong, as a phrase.
pub(super) fn traced(state: &State) -> Result<usize, String> {
    let mut versions: BTreeSet<Digest> = BTreeSet::new();
    for model in state.models().keys() {
        let untraced = |what: &str| format!("model `{model}` {what}");
        let lineage = state.lineage(model).ok_or_else(|| untraced("comes from nowhere"))?;
        let known: BTreeSet<Digest> = lineage.versions.iter().map(|own| own.version).collect();
        for version in &lineage.versions {
            if version.index >= state.index() || !version.parents.is_subset(&known) {
                return Err(untraced("comes from a version that no entry brought"));
            }
        }
        versions.extend(known);
    }
    Ok(versions.len())
}
