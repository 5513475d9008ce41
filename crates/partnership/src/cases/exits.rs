//! Leaving: every asset and what becomes of it, and nothing still owed.

use std::collections::BTreeSet;

use concordat_agreement::CaseKind;
use concordat_terms::{ActName, AssetId, CaseId, Digest, PartyId};

use super::{AssetFate, Case, CaseMatter, CaseRefusal as No, ExitMatter, Fate, Listed};
use crate::duties::{DutyId, DutyRefusal};
use crate::refusal::Refusal;
use crate::state::State;

impl State {
    /// Every asset at every party that holds it, by its clause or because a version came to it: all
    /// of them, or those of one that leaves.
    pub(super) fn assets_at_holders(&self, exit: &ExitMatter) -> Vec<Listed> {
        let mut listed = Vec::new();
        for asset in self.agreement.assets() {
            let Some(id) = asset.id::<AssetId>() else { continue };
            let mut holders = self.agreement.parties_of(&asset.terms.holder).clone();
            let versions = self.versions_of(&id);
            holders.extend(versions.flat_map(|(_, version)| version.holders.keys().cloned()));
            for holder in holders {
                if exit.party.as_ref().is_none_or(|party| *party == holder) {
                    listed.push(Listed { asset: id.clone(), holder, fate: None });
                }
            }
        }
        listed
    }

    /// The exit of the same that runs already.
    pub(super) fn exit_of(&self, party: Option<&PartyId>) -> Option<&CaseId> {
        self.cases.open.iter().find(|id| {
            let case = self.cases.all.get(*id);
            case.is_some_and(|case| {
                matches!(&case.matter, CaseMatter::Exit(exit) if exit.party.as_ref() == party)
            })
        })
    }

    /// Refuses a fate that an exit does not ask about, or that is not shown.
    pub(super) fn check_fate(
        &self,
        id: &CaseId,
        case: &Case,
        filed: &AssetFate,
        signed: &BTreeSet<PartyId>,
        out: &mut Vec<Refusal>,
    ) {
        let AssetFate { asset, holder, fate } = filed;
        let is = |listed: &Listed| listed.asset == *asset && listed.holder == *holder;
        // What came to somebody while the case was open is accounted for as well.
        let come = || match &case.matter {
            CaseMatter::Exit(exit) => self.assets_at_holders(exit).iter().any(is),
            _ => false,
        };
        if !case.fates.iter().any(is) && !come() {
            let (asset, holder) = (asset.clone(), holder.clone());
            out.push(No::NotListed { case: id.clone(), asset, holder }.into());
        }
        match fate {
            Fate::HandedOver { to, .. } => {
                if self.agreement.party(to).is_none() {
                    out.push(DutyRefusal::UnknownParty { party: to.clone() }.into());
                }
            }
            Fate::Deleted(evidence) => {
                let own = self.agreement.now(holder);
                if !signed.contains(holder) && own.is_none_or(|own| !signed.contains(&own)) {
                    let (asset, holder) = (asset.clone(), holder.clone());
                    out.push(No::NotTheHolder { asset, holder }.into());
                }
                if let Some(hold) = self.held(asset, None) {
                    out.push(No::Held { asset: asset.clone(), hold }.into());
                }
                self.check_deleted(asset, holder, Some(evidence), out);
            }
            Fate::Kept(clause) => {
                if self.agreement.clause(clause).is_none() {
                    out.push(Refusal::UnknownClause { clause: clause.clone() });
                }
            }
        }
    }

    /// Whether a holder itself has attested that it deleted what it held of an asset, and holds none
    /// of it since.
    fn check_deleted(
        &self,
        asset: &AssetId,
        holder: &PartyId,
        evidence: Option<&Digest>,
        out: &mut Vec<Refusal>,
    ) {
        let attested = self.deletion_attested(asset, holder);
        let shown = attested.filter(|last| evidence.is_none_or(|shown| *shown == last.evidence));
        if shown.is_none() || self.holds_any(asset, holder) {
            let (asset, holder) = (asset.clone(), holder.clone());
            out.push(No::NotAttested { asset, holder }.into());
        }
    }

    /// A party has attested a deletion: exits in which nothing was filed of that yet know it.
    pub(crate) fn deleted_in_exits(&mut self, asset: &AssetId, holder: &PartyId) {
        let Some(attested) = self.deletion_attested(asset, holder).copied() else { return };
        if self.holds_any(asset, holder) {
            return;
        }
        let exits =
            self.cases.open.iter().filter(|id| {
                self.cases.all.get(*id).is_some_and(|case| case.kind == CaseKind::Exit)
            });
        for id in exits.cloned().collect::<Vec<_>>() {
            let Some(mut case) = self.cases.all.get(&id).cloned() else { continue };
            let mut listed = case.fates.iter_mut();
            let own = listed.find(|at| at.asset == *asset && at.holder == *holder);
            if let Some(own) = own.filter(|own| own.fate.is_none()) {
                own.fate = Some(Fate::Deleted(attested.evidence));
                self.cases.all.insert_mut(id, case);
            }
        }
    }

    /// What keeps an exit from being closed.
    pub(super) fn check_exit(
        &self,
        id: &CaseId,
        case: &Case,
        exit: &ExitMatter,
        out: &mut Vec<Refusal>,
    ) {
        let now = self.assets_at_holders(exit);
        let listed = case.fates.iter().filter(|at| at.fate.is_none());
        let come = now.iter().filter(|at| !case.fates.iter().any(|one| one.is_of(at)));
        let mut open = listed.chain(come);
        if let Some(Listed { asset, holder, .. }) = open.next() {
            let more = u32::try_from(open.count()).unwrap_or(u32::MAX);
            let (case, asset, holder) = (id.clone(), asset.clone(), holder.clone());
            out.push(No::FateMissing { case, asset, holder, more }.into());
        }
        for at in case.fates.iter().filter(|at| matches!(at.fate, Some(Fate::Deleted(_)))) {
            self.check_deleted(&at.asset, &at.holder, None, out);
        }
        if let Some((account, party)) = self.unsettled(exit.party.as_ref()) {
            out.push(No::Unsettled { case: id.clone(), account, party }.into());
        }
        if let Some(duty) = self.first_owed(exit.party.as_ref()) {
            out.push(No::DutiesOpen { case: id.clone(), duty: duty.to_string() }.into());
        }
        let concerns = |other: &Case| {
            exit.party.as_ref().is_none_or(|party| {
                other.against.contains(party)
                    || other.clocks.iter().any(|c| c.status.is_open() && c.owners.contains(party))
            })
        };
        let mut others = self.cases.open.iter().filter(|other| *other != id);
        let other = others.find(|other| self.cases.all.get(*other).is_some_and(concerns));
        if let Some(other) = other {
            out.push(No::CasesOpen { case: id.clone(), other: other.clone() }.into());
        }
        if let Some(party) = exit.party.as_ref().filter(|party| !self.agreement.has_left(party)) {
            out.push(No::NotLeft { case: id.clone(), party: party.clone() }.into());
        }
    }

    /// The first duty that is open: of anybody, or of one party.
    fn first_owed(&self, party: Option<&PartyId>) -> Option<&DutyId> {
        let Some(party) = party else {
            return self.duties.awaited.iter().find_map(|(_, _, id)| id.as_ref());
        };
        // What was owed by who it has followed it owes.
        let all = self.agreement.before(party);
        all.iter().find_map(|party| {
            ActName::JUDGED.iter().find_map(|act| self.duties.first_awaited(*act, party))
        })
    }
}

impl Listed {
    /// Whether both are about the same asset at the same holder.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.asset == other.asset && self.holder == other.holder
    }
}
