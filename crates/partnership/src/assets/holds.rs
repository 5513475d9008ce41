//! Legal holds: what is kept as evidence is not deleted, and nobody is late with deleting it.

use concordat_terms::{ActName, AssetId, ClauseRef, Timestamp};

use crate::state::State;
use crate::verdict::Effect;

/// Acts by which something is deleted.
const DELETING: [ActName; 2] = [ActName::DeletionAttest, ActName::ErasureRecord];

impl State {
    /// Whether an asset is under a legal hold.
    pub fn is_held(&self, asset: &AssetId) -> bool {
        self.assets.held.contains_key(asset)
    }

    /// Puts a hold on an asset: the clocks of duties to delete it stand still.
    pub(crate) fn hold_asset(&mut self, asset: &AssetId, now: Timestamp, out: &mut Vec<Effect>) {
        let before = self.assets.held.get(asset).copied().unwrap_or_default();
        self.assets.held.insert_mut(asset.clone(), before.saturating_add(1));
        self.toll_deletions(now, out);
    }

    /// Lifts one hold; with the last of them the clocks run on.
    pub(crate) fn unhold_asset(&mut self, asset: &AssetId, now: Timestamp, out: &mut Vec<Effect>) {
        match self.assets.held.get(asset).copied().unwrap_or_default() {
            0 => {}
            1 => {
                self.assets.held.remove_mut(asset);
                self.resume_deletions(asset, now, out);
            }
            more => self.assets.held.insert_mut(asset.clone(), more - 1),
        }
    }

    /// Whether a duty is to delete something that is under a hold.
    pub(crate) fn is_defeated(&self, clause: &ClauseRef) -> bool {
        if self.assets.held.is_empty() {
            return false;
        }
        self.duty_clause(clause).is_some_and(|duty| {
            DELETING.contains(&duty.terms.discharged_by)
                && duty.terms.on.iter().any(|asset| self.is_held(asset))
        })
    }

    /// Whether a duty is to delete an asset.
    pub(crate) fn deletes(&self, clause: &ClauseRef, asset: &AssetId) -> bool {
        self.duty_clause(clause).is_some_and(|duty| {
            DELETING.contains(&duty.terms.discharged_by) && duty.terms.on.contains(asset)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_held_twice_is_free_when_both_holds_are_lifted() {
        let (mut state, now) = (State::default(), Timestamp::EPOCH);
        let asset: AssetId = "rows".parse().unwrap();
        let mut effects = Vec::new();
        state.hold_asset(&asset, now, &mut effects);
        state.hold_asset(&asset, now, &mut effects);
        state.unhold_asset(&asset, now, &mut effects);
        let mut refusals = Vec::new();
        state.check_held(&asset, &mut refusals);
        assert!(state.is_held(&asset) && refusals.len() == 1);
        assert_eq!(refusals.first().unwrap().code(), "asset-held");
        state.unhold_asset(&asset, now, &mut effects);
        state.unhold_asset(&asset, now, &mut effects);
        assert!(!state.is_held(&asset));
        state.hold_asset(&asset, now, &mut effects);
        assert!(state.is_held(&asset));
    }
}
