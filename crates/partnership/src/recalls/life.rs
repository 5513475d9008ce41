//! What becomes of releases and places that are taken out of service.

use concordat_terms::{Digest, Timestamp};

use super::{Change, Recalled, Stopped};
use crate::state::{ModelStatus, State};
use crate::verdict::Effect;

impl State {
    pub(crate) fn change_recall(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        match change {
            Change::RolledBack { by, recall, to } => {
                let (model, reason) = (recall.model, recall.reason);
                self.set_model(model, ModelStatus::RolledBack);
                let recalled = Recalled { model, to: Some(to), by, reason, at: now };
                self.recalls.recalled.insert_mut(self.index, recalled);
                vec![Effect::RolledBack(model, to)]
            }
            Change::Retired { by, recall } => {
                let (model, reason) = (recall.model, recall.reason);
                self.set_model(model, ModelStatus::Retired);
                let recalled = Recalled { model, to: None, by, reason, at: now };
                self.recalls.recalled.insert_mut(self.index, recalled);
                vec![Effect::Retired(model)]
            }
            Change::PlaceSuspended { by, stop } => {
                let stopped = Stopped { by, reason: stop.reason, since: now, index: self.index };
                let key = (stop.party.clone(), stop.place.clone());
                self.recalls.stopped.insert(key, stopped);
                vec![Effect::PlaceStands(stop.party, stop.place, false)]
            }
            Change::PlaceResumed(stop) => {
                self.recalls.stopped.remove(&(stop.party.clone(), stop.place.clone()));
                vec![Effect::PlaceStands(stop.party, stop.place, true)]
            }
        }
    }

    /// Keeps the order of releases.
    pub(crate) fn note_release(&mut self, model: Digest) {
        if let Some(asset) = self.models.get(&model).map(|model| model.asset.clone()) {
            self.recalls.released.entry(asset).or_default().push(model);
        }
    }
}
