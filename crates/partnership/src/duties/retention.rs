//! How long assets are kept: an asset whose clause says so is deleted by whoever holds a version of it
//! so long after its purpose, which is over with the project that works with it.

use std::collections::BTreeSet;

use concordat_agreement::{Addressee, Agreement, Asset, Cited, Due, Duty, Event};
use concordat_terms::{ActName, AssetId, ClauseRef, PartyId};

use super::DutyId;
use crate::state::State;

/// The duties that `retention` makes: of each asset that no other duty has deleted.
pub(super) fn duties(agreement: &Agreement) -> Vec<(ClauseRef, Duty)> {
    let said: BTreeSet<AssetId> = agreement
        .duties()
        .filter(|duty| duty.terms.discharged_by == ActName::DeletionAttest)
        .flat_map(|duty| duty.terms.on.iter().cloned())
        .collect();
    let kept = agreement.assets().filter_map(|cited| {
        let id: AssetId = cited.id()?;
        let duty = duty(&id, cited.terms).filter(|_| !said.contains(&id))?;
        Some((cited.clause, duty))
    });
    kept.collect()
}

/// The duty of one asset. Who may audit its use is told, or else its holder.
fn duty(id: &AssetId, asset: &Asset) -> Option<Duty> {
    let period = asset.retention?;
    let mut to: Vec<Addressee> = asset.audit_by.iter().cloned().map(Addressee::Seat).collect();
    if to.is_empty() {
        to.push(Addressee::Seat(asset.holder.clone()));
    }
    let (on, every, calendar, days) = (None, None, None, None);
    let after = Some(Event::Act(ActName::ProjectEnd));
    Some(Duty {
        duty: format!("delete what is held of {}", asset.asset),
        owner: asset.holder.clone(),
        to,
        on: vec![id.clone()],
        of: None,
        due: Due { on, after, period: Some(period), every, calendar, days },
        discharged_by: ActName::DeletionAttest,
        reports: Vec::new(),
        cure: None,
        consequence: None,
        contributes: None,
    })
}

impl State {
    /// The duty that the `retention` of an asset's clause makes.
    pub(super) fn retained(&self, clause: &ClauseRef) -> Option<Cited<'_, Duty>> {
        let terms = self.duties.triggers.retained.get(clause)?;
        Some(Cited { clause: clause.clone(), terms })
    }

    /// Whether it is such a duty, and who owes it still holds a version.
    pub(super) fn is_kept(&self, id: &DutyId) -> bool {
        let owner = self.agreement.last(&id.owner);
        let assets = self.retained(&id.clause).map(|cited| &cited.terms.on);
        assets.into_iter().flatten().any(|asset| self.holds_any(asset, owner))
    }

    /// Who owes such a duty: whoever holds a version of the asset, by whatever way it came there.
    pub(super) fn keepers(&self, clause: &ClauseRef) -> Option<Vec<PartyId>> {
        let asset = self.retained(clause)?.terms.on.first()?;
        let held = self.versions_of(asset).flat_map(|(_, version)| version.holders.keys().cloned());
        let held: BTreeSet<PartyId> = held.collect();
        Some(held.into_iter().collect())
    }
}
