//! What undoes what an act did: one compensating change, made when the act is, used at most once.
//!
//! Nothing is undone that something else has changed since: then there is nothing left to undo.

use concordat_terms::{Digest, ModuleId, PartyId, Period, PlaceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bodies;
use crate::change::Change;
use crate::duties::{self, DutyId, DutyStatus};
use crate::recalls::{self, Stopped};
use crate::state::{Happened, ModelStatus, Standing, State};
use crate::verdict::Effect;

/// An act whose effect can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Undoable {
    pub(crate) undo: Undo,
    /// What does it again, if a stay is lifted.
    pub(crate) redo: Redo,
    /// The entry of the determination by which it is undone for now.
    pub(crate) stayed: Option<u64>,
}

/// What undoes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Undo {
    /// The module stands as before.
    Module { module: ModuleId, was: Standing, is: Standing },
    /// The model stands as before; one that was released is rolled back.
    Model { model: Digest, then: ModelStatus, is: ModelStatus },
    /// The place may be used again, or is suspended again.
    Place { key: (PartyId, PlaceId), was: Option<Stopped> },
    /// The time that was added is taken off.
    Extended(DutyId, Period),
    /// The duty is owed again.
    Waived(DutyId, DutyStatus),
}

/// What does it again: every change that can be undone, and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Redo {
    /// The module stands so once more.
    Standing(ModuleId, Standing),
    /// The model is released.
    Released(Digest),
    /// A release or a place is taken out of service, or a place is put back.
    Recall(recalls::Change),
    /// The time is added.
    Extended(DutyId, Period),
    /// The duty is waived.
    Waived(DutyId),
}

impl From<Redo> for Change {
    fn from(redo: Redo) -> Self {
        match redo {
            Redo::Standing(module, standing) => Self::Standing { module, standing },
            Redo::Released(model) => Self::Released(model),
            Redo::Recall(change) => change.into(),
            Redo::Extended(duty, more) => duties::Change::Extended(duty, more).into(),
            Redo::Waived(duty) => duties::Change::Waived(duty).into(),
        }
    }
}

impl State {
    /// What would undo a change that is about to be made.
    pub(crate) fn undoing(&self, change: &Change) -> Option<Undoable> {
        let (undo, redo) = match change {
            Change::Power(super::Change::Used { then, .. })
            | Change::Body(bodies::Change::Executed { then, .. })
            | Change::Granted { then, .. }
            | Change::Relied { then, .. } => return self.undoing(then),
            Change::Standing { module, standing } if *standing != Standing::Ended => {
                let (module, was, is) = (module.clone(), self.standing(module)?, *standing);
                let redo = Redo::Standing(module.clone(), is);
                (Undo::Module { module, was, is }, redo)
            }
            Change::Released(model) => {
                let (then, is) = (ModelStatus::RolledBack, ModelStatus::Released);
                (Undo::Model { model: *model, then, is }, Redo::Released(*model))
            }
            Change::Recall(change) => (self.undoing_recall(change), Redo::Recall(change.clone())),
            Change::Duty(duties::Change::Extended(id, more)) => {
                (Undo::Extended(id.clone(), *more), Redo::Extended(id.clone(), *more))
            }
            Change::Duty(duties::Change::Waived(id)) => {
                (Undo::Waived(id.clone(), self.duty(id)?.status), Redo::Waived(id.clone()))
            }
            _ => return None,
        };
        Some(Undoable { undo, redo, stayed: None })
    }

    fn undoing_recall(&self, change: &recalls::Change) -> Undo {
        let then = ModelStatus::Released;
        match change {
            recalls::Change::RolledBack { recall, .. } => {
                Undo::Model { model: recall.model, then, is: ModelStatus::RolledBack }
            }
            recalls::Change::Retired { recall, .. } => {
                Undo::Model { model: recall.model, then, is: ModelStatus::Retired }
            }
            recalls::Change::PlaceSuspended { stop, .. } | recalls::Change::PlaceResumed(stop) => {
                let key = (stop.party.clone(), stop.place.clone());
                let was = self.recalls.stopped.get(&key).cloned();
                Undo::Place { key, was }
            }
        }
    }

    /// Undoes what the entry at an index did, if it still stands.
    pub(crate) fn undo(&mut self, index: u64, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(undoable) = self.powers.undo.get(&index).cloned() else { return };
        self.powers.undo.remove_mut(&index);
        if undoable.stayed.is_none() {
            self.compensate(index, undoable.undo, now, effects);
        }
    }

    /// Undoes it for a time, if there is anything to undo.
    pub(crate) fn stay_entry(&mut self, index: u64, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(mut undoable) = self.powers.undo.get(&index).cloned() else { return };
        if undoable.stayed.is_none() && self.compensate(index, undoable.undo.clone(), now, effects)
        {
            undoable.stayed = Some(self.index);
            self.powers.undo.insert_mut(index, undoable);
        }
    }

    /// Does it again, if it was undone for a time and nothing was done about it since.
    pub(crate) fn unstay(&mut self, index: u64, effects: &mut Vec<Effect>) {
        let Some(undoable) = self.powers.undo.get(&index).cloned() else { return };
        let Some(stayed) = undoable.stayed else { return };
        self.powers.undo.remove_mut(&index);
        if self.is_as_stayed(&undoable.undo, stayed) {
            let redo = match undoable.redo {
                Redo::Recall(change) => Redo::Recall(change.now(&self.agreement)),
                redo => redo,
            };
            effects.extend(self.change(redo.into()));
        }
    }

    /// Whether what an entry did stands as the determination at an index undid it.
    fn is_as_stayed(&self, undo: &Undo, stayed: u64) -> bool {
        match undo {
            Undo::Module { module, was, .. } => self.stands_since(module, *was, stayed),
            Undo::Model { model, then, .. } => self.is_since(model, *then, stayed),
            Undo::Place { key, .. } => {
                self.recalls.moved.get(&self.place_now(key)) == Some(&stayed)
            }
            // What was discharged or let go meanwhile is not owed.
            Undo::Extended(id, _) | Undo::Waived(id, _) => {
                self.duty(id).is_some_and(|duty| duty.status.is_open())
            }
        }
    }

    /// Whether a module stands so by the entry at an index.
    fn stands_since(&self, module: &ModuleId, standing: Standing, index: u64) -> bool {
        let last = self.history.iter().rev().find_map(|event| match &event.what {
            Happened::Stands { module: of, .. } if of == module => Some(event.index),
            _ => None,
        });
        last == Some(index) && self.standing(module) == Some(standing)
    }

    /// Whether a model stands so by the entry at an index.
    fn is_since(&self, model: &Digest, status: ModelStatus, index: u64) -> bool {
        let last = self.recalls.last.get(model) == Some(&index);
        last && self.models.get(model).is_some_and(|model| model.status == status)
    }

    /// A place under the name of who has followed its party.
    fn place_now(&self, (party, place): &(PartyId, PlaceId)) -> (PartyId, PlaceId) {
        (self.agreement.last(party).clone(), place.clone())
    }

    /// Undoes it, unless something else was done since; whether it did.
    fn compensate(
        &mut self,
        index: u64,
        undo: Undo,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> bool {
        match undo {
            Undo::Module { module, was, is } => {
                let stands = self.stands_since(&module, is, index);
                if stands {
                    effects.extend(self.stand(module, was, now));
                }
                stands
            }
            Undo::Model { model, then, is } => {
                let stands = self.is_since(&model, is, index);
                if stands {
                    self.set_model(model, then);
                    let before = self.released_before(&model);
                    effects.push(match (then, before) {
                        (ModelStatus::RolledBack, Some(before)) => {
                            Effect::RolledBack(model, before)
                        }
                        (ModelStatus::RolledBack, None) => Effect::Retired(model),
                        _ => Effect::Released(model),
                    });
                }
                stands
            }
            Undo::Place { key, was } => {
                let key = self.place_now(&key);
                let stands = self.recalls.moved.get(&key) == Some(&index);
                if stands {
                    effects.push(self.stop_place(key, was));
                }
                stands
            }
            Undo::Extended(id, more) => self.shorten(&id, more, effects),
            Undo::Waived(id, was) => self.unwaive(&id, was, effects),
        }
    }
}
