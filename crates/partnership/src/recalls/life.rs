//! What becomes of releases and places that are taken out of service.

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId, PlaceId, Timestamp};

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
                vec![self.stop_place((stop.party, stop.place), Some(stopped))]
            }
            Change::PlaceResumed(stop) => vec![self.stop_place((stop.party, stop.place), None)],
        }
    }

    /// A place stands stopped so, or is in use.
    pub(crate) fn stop_place(
        &mut self,
        key: (PartyId, PlaceId),
        stopped: Option<Stopped>,
    ) -> Effect {
        let in_use = stopped.is_none();
        match stopped {
            Some(stopped) => self.recalls.stopped.insert(key.clone(), stopped),
            None => self.recalls.stopped.remove(&key),
        };
        self.recalls.moved.insert_mut(key.clone(), self.index);
        Effect::PlaceStands(key.0, key.1, in_use)
    }

    /// What stands against the places of a party stands against who follows it.
    pub(crate) fn hand_over_recalls(&mut self, old: &PartyId, new: &PartyId) {
        let stopped = std::mem::take(&mut *self.recalls.stopped);
        let (theirs, mut stopped): (BTreeMap<_, _>, BTreeMap<_, _>) =
            stopped.into_iter().partition(|((party, _), _)| party == old);
        for ((_, place), since) in theirs {
            stopped.entry((new.clone(), place)).or_insert(since);
        }
        *self.recalls.stopped = stopped;
        let moved = self.recalls.moved.iter().filter(|((party, _), _)| party == old);
        for (key, by) in moved.map(|(key, by)| (key.clone(), *by)).collect::<Vec<_>>() {
            self.recalls.moved.remove_mut(&key);
            let key = (new.clone(), key.1);
            // Of two places of one name nothing is undone any more.
            let by = if self.recalls.moved.contains_key(&key) { self.index } else { by };
            self.recalls.moved.insert_mut(key, by);
        }
    }

    /// Keeps the order of releases.
    pub(crate) fn note_release(&mut self, model: Digest) {
        if let Some(asset) = self.models.get(&model).map(|model| model.asset.clone()) {
            self.recalls.released.entry(asset).or_default().push(model);
        }
    }
}
