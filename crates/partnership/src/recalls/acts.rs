//! Taking releases and places out of service.

use concordat_agreement::Agreement;
use concordat_terms::{ActName, Digest, PartyId, PlaceId};
use serde::{Deserialize, Serialize};

use super::RecallRefusal as No;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::{ModelStatus, State};
use crate::verdict::Actor;

/// `release.rollback`: goes back to what was released before; `release.retire`: takes a release out
/// of service with nothing in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRecall {
    /// The model that is served no more.
    pub model: Digest,
    /// Why, a blob.
    pub reason: Digest,
}

/// `place.suspend`: nothing is run at a place from then on; `place.resume` lifts that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceStop {
    /// Whose place.
    pub party: PartyId,
    /// Its name.
    pub place: PlaceId,
    /// Why, a blob.
    pub reason: Digest,
}

/// What these acts change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    RolledBack { by: PartyId, recall: ReleaseRecall, to: Digest },
    Retired { by: PartyId, recall: ReleaseRecall },
    PlaceSuspended { by: PartyId, stop: PlaceStop },
    PlaceResumed(PlaceStop),
}

impl Change {
    /// The same, about a place of who has followed its party.
    pub(crate) fn now(self, agreement: &Agreement) -> Self {
        let now =
            |stop: PlaceStop| PlaceStop { party: agreement.last(&stop.party).clone(), ..stop };
        match self {
            Self::PlaceSuspended { by, stop } => Self::PlaceSuspended { by, stop: now(stop) },
            Self::PlaceResumed(stop) => Self::PlaceResumed(now(stop)),
            recall @ (Self::RolledBack { .. } | Self::Retired { .. }) => recall,
        }
    }
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Recall(change)
    }
}

impl Deed for ReleaseRecall {
    fn subject(&self) -> Option<Digest> {
        Some(self.model)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_model(matter, &self.model);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.model(&self.model, out);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        let model = state.model(&self.model, out)?;
        if model.status != ModelStatus::Released {
            let (is, needs) = (model.status.as_str(), ModelStatus::Released.as_str());
            out.push(Refusal::ReleaseState { model: self.model, is, needs });
        }
        let recall = self.clone();
        if hearing.act == ActName::ReleaseRetire {
            return Some(Change::Retired { by, recall }.into());
        }
        let Some(to) = state.released_before(&self.model) else {
            out.push(No::NothingBefore { model: self.model }.into());
            return None;
        };
        Some(Change::RolledBack { by, recall, to }.into())
    }
}

impl Deed for PlaceStop {
    fn subject(&self) -> Option<Digest> {
        Some(self.reason)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        let place = state.places.get(&(self.party.clone(), self.place.clone()));
        place.iter().for_each(|place| matter.add_place(place));
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        if !state.places.contains_key(&(self.party.clone(), self.place.clone())) {
            let (place, party) = (self.place.clone(), self.party.clone());
            out.push(Refusal::UnknownPlace { place, party });
        }
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let by = hearing.by.party(out)?.clone();
        self.refers(hearing.state, out);
        let key = (self.party.clone(), self.place.clone());
        let stopped = hearing.state.recalls.stopped.contains_key(&key);
        let suspend = hearing.act == ActName::PlaceSuspend;
        if suspend && stopped {
            hearing.state.check_in_service(&self.party, &self.place, out);
        } else if !suspend && !stopped {
            let (party, place) = key;
            out.push(No::PlaceInUse { place, party }.into());
        }
        let stop = self.clone();
        Some(match suspend {
            true => Change::PlaceSuspended { by, stop }.into(),
            false => Change::PlaceResumed(stop).into(),
        })
    }
}

impl State {
    /// Refuses a place that is suspended.
    pub(crate) fn check_in_service(
        &self,
        party: &PartyId,
        place: &PlaceId,
        out: &mut Vec<Refusal>,
    ) {
        if let Some(stopped) = self.recalls.stopped.get(&(party.clone(), place.clone())) {
            let (place, party, index) = (place.clone(), party.clone(), stopped.index);
            out.push(No::PlaceSuspended { place, party, index }.into());
        }
    }
}
