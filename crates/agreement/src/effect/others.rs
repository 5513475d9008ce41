//! What others may do, or may no longer, on what is a party's own.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Aspect, AssetId, PartyId};
use serde::Serialize;

use crate::Agreement;

use super::{ActChange, Effect};

/// What others are answered otherwise about something of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OnYours {
    /// The change, for the others alone and on nothing but what is the party's.
    #[serde(flatten)]
    pub change: ActChange,
    /// What of the party's it is on: assets that it holds or owns, before or after.
    pub yours: BTreeSet<AssetId>,
}

/// Acts by which a party disposes of its own part of an asset: another's is not touched.
const OWN: [ActName; 5] = [
    ActName::DatasetRegister,
    ActName::DatasetWithdraw,
    ActName::CodeApprove,
    ActName::CodeRevoke,
    ActName::RunJoin,
];

/// The assets that a party holds or owns.
pub(super) fn own(party: &PartyId, agreements: &[&Agreement]) -> BTreeSet<AssetId> {
    let each = agreements.iter().flat_map(|agreement| {
        agreement.assets().filter(|asset| {
            let seats = [&asset.terms.holder].into_iter().chain(&asset.terms.owner);
            seats.into_iter().any(|seat| agreement.parties_of(seat).contains(party))
        })
    });
    each.filter_map(|asset| asset.id()).collect()
}

impl Effect {
    /// What others may do otherwise on the assets of a party, and so at the places where they lie:
    /// what the party gains or loses by that, although it does nothing itself.
    pub fn on_what_is_of(&self, party: &PartyId, old: &Agreement, new: &Agreement) -> Vec<OnYours> {
        let own = own(party, &[old, new]);
        let about = |change: &&ActChange| {
            change.act.about().contains(&Aspect::Asset) && !OWN.contains(&change.act)
        };
        let each = self.acts.iter().filter(about).filter_map(|change| {
            let mut change = change.clone();
            let seated = || {
                let seat = &change.seat;
                old.parties_of(seat).union(new.parties_of(seat)).cloned().collect()
            };
            let mut others: BTreeSet<PartyId> =
                change.region.parties.clone().unwrap_or_else(seated);
            others.remove(party);
            let yours = match &mut change.region.assets {
                None => own.clone(),
                Some(assets) => {
                    assets.retain(|these| these.iter().any(|asset| own.contains(asset)));
                    assets.iter().flatten().filter(|asset| own.contains(asset)).cloned().collect()
                }
            };
            change.region.parties = Some(others.clone());
            (!others.is_empty() && !yours.is_empty()).then_some(OnYours { change, yours })
        });
        each.collect()
    }
}
