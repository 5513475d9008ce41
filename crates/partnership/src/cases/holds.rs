//! What is kept as it is, as evidence: assets, and what statements name; by an act, or because a regime
//! says so.

use std::collections::BTreeSet;

use concordat_terms::{ActName, AssetId, ClauseRef, Digest, Timestamp};

use super::{CaseRefusal as No, Change, Hold, HoldLift, HoldPlace};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::erasures::{Erased, ErasureRefusal};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Effect};

/// Acts that change or remove what they are about, or put it to use: none is done to what is held.
const ALTERING: &[ActName] = &[
    ActName::ReleasePromote,
    ActName::DeletionAttest,
    ActName::ErasureRecord,
    ActName::UpdateDeclare,
    ActName::AssetTransfer,
];

/// Acts by which something is deleted: what is held defeats the duties to do them.
const DELETING: [ActName; 2] = [ActName::DeletionAttest, ActName::ErasureRecord];

impl Deed for HoldPlace {
    fn subject(&self) -> Option<Digest> {
        self.version
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.extend(&self.asset);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let by = hearing.by.party(out)?.clone();
        let state = hearing.state;
        match &self.asset {
            None if self.papers.is_empty() || self.version.is_some() => {
                out.push(No::HoldsNothing.into());
            }
            Some(asset) if state.agreement.asset(asset).is_none() => {
                out.push(Refusal::UnknownAsset { asset: asset.clone(), kind: "asset" });
            }
            _ => {}
        }
        for paper in self.papers.iter().filter(|paper| state.paper(paper).is_none()) {
            out.push(ErasureRefusal::UnknownPaper { paper: *paper }.into());
        }
        for paper in &self.papers {
            if let Some(Erased { index, .. }) = state.erased(paper) {
                out.push(ErasureRefusal::NamesErased { paper: *paper, entry: *index }.into());
            }
        }
        if let Some(case) = &self.case {
            state.open_case(case, out);
        }
        Some(Change::Held { by, hold: self.clone() }.into())
    }
}

impl Deed for HoldLift {
    fn subject(&self) -> Option<Digest> {
        Some(self.ground)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter
            .ask
            .assets
            .extend(state.cases.holds.get(&self.hold).and_then(|hold| hold.asset.as_ref()));
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        hearing.by.party(out)?;
        let state = hearing.state;
        let hold = state.cases.holds.get(&self.hold).filter(|hold| hold.until.is_none());
        let Some(hold) = hold else {
            out.push(No::UnknownHold { hold: self.hold }.into());
            return None;
        };
        // What a regime holds stays until its addressee was told.
        if let Some((case, clock)) = hold.case.as_ref().zip(hold.clock)
            && let Some(open) = state.still_to_tell(case, clock)
        {
            out.push(No::HoldStands { hold: self.hold, case: case.clone(), clock: open }.into());
        }
        Some(Change::Lifted(self.hold).into())
    }
}

impl State {
    pub(super) fn place_hold(&mut self, hold: Hold, effects: &mut Vec<Effect>) {
        let number = self.cases.holds.last().map_or(0, |(last, _)| *last).saturating_add(1);
        if let Some(asset) = &hold.asset {
            self.cases.held.insert_mut((asset.clone(), number));
        }
        for paper in &hold.papers {
            self.cases.held_papers.insert_mut((*paper, number));
        }
        if let Some(case) = &hold.case {
            self.cases.holds_of.insert_mut((case.clone(), number));
        }
        effects.push(Effect::Held(number, hold.asset.clone()));
        let since = hold.since;
        self.cases.holds.insert_mut(number, hold);
        // Nobody is late with deleting what is kept.
        self.settle_deletions(since, effects);
    }

    pub(super) fn lift_hold(&mut self, number: u64, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(mut hold) = self.cases.holds.get(&number).cloned() else { return };
        if hold.until.is_some() {
            return;
        }
        hold.until = Some(at);
        if let Some(asset) = &hold.asset {
            self.cases.held.remove_mut(&(asset.clone(), number));
        }
        for paper in &hold.papers {
            self.cases.held_papers.remove_mut(&(*paper, number));
        }
        effects.push(Effect::Unheld(number, hold.asset.clone()));
        self.cases.holds.insert_mut(number, hold);
        self.settle_deletions(at, effects);
    }

    /// The first hold that stands on an asset, or on this version of it.
    pub fn held(&self, asset: &AssetId, version: Option<&Digest>) -> Option<u64> {
        let range = self.cases.held.range((asset.clone(), 0)..=(asset.clone(), u64::MAX));
        let mut numbers = range.map(|(_, number)| *number);
        numbers.find(|number| {
            let hold = self.cases.holds.get(number);
            let held = hold.and_then(|hold| hold.version.as_ref());
            held.is_none_or(|held| version.is_none_or(|version| version == held))
        })
    }

    /// The first hold that stands on a commitment or blob.
    pub fn held_paper(&self, paper: &Digest) -> Option<u64> {
        let mut range = self.cases.held_papers.range((*paper, 0)..=(*paper, u64::MAX));
        range.next().map(|(_, number)| *number)
    }

    /// Whether something of an asset is kept as evidence.
    pub fn is_held(&self, asset: &AssetId) -> bool {
        self.held(asset, None).is_some()
    }

    /// Whether a duty is to delete something that is kept as evidence.
    pub(crate) fn is_defeated(&self, clause: &ClauseRef) -> bool {
        if self.cases.held.is_empty() {
            return false;
        }
        self.duty_clause(clause).is_some_and(|duty| {
            DELETING.contains(&duty.terms.discharged_by)
                && duty.terms.on.iter().any(|asset| self.is_held(asset))
        })
    }

    /// Refuses to delete what is held: these versions, or whatever there is of the asset.
    pub(crate) fn check_deletion(
        &self,
        asset: &AssetId,
        versions: &BTreeSet<Digest>,
        out: &mut Vec<Refusal>,
    ) {
        let hold = match versions.is_empty() {
            true => self.held(asset, None),
            false => versions.iter().find_map(|version| self.held(asset, Some(version))),
        };
        let Some(hold) = hold else { return };
        let refusal = No::Held { asset: asset.clone(), hold }.into();
        // The gate may have said so already.
        if !out.contains(&refusal) {
            out.push(refusal);
        }
    }

    /// Refuses what would change what is held.
    pub(crate) fn check_holds(
        &self,
        act: ActName,
        assets: &BTreeSet<&AssetId>,
        version: Option<&Digest>,
        out: &mut Vec<Refusal>,
    ) {
        if self.cases.held.is_empty() || !ALTERING.contains(&act) {
            return;
        }
        for asset in assets {
            if let Some(hold) = self.held(asset, version) {
                out.push(No::Held { asset: (*asset).clone(), hold }.into());
            }
        }
    }

    /// Every hold, those that stand and those that were lifted, by number.
    pub fn holds(&self) -> impl Iterator<Item = (&u64, &Hold)> {
        self.cases.holds.iter()
    }
}
