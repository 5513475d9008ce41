//! Modules that are suspended, resumed and ended.

use std::collections::BTreeMap;

use concordat_terms::{ActName, Digest, ModuleId, Timestamp};
use serde::Serialize;

use crate::act::NamedModule;
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::{Happened, Standing, State};
use crate::verdict::Actor;

/// A moment of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Right after the entry at this index.
    Index(u64),
    /// This time.
    Time(Timestamp),
}

/// A module as it stood at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stood {
    /// Its version.
    pub version: String,
    /// Its exact bytes.
    pub digest: Digest,
    /// Since the entry at this index.
    pub index: u64,
    /// Since when.
    pub since: Timestamp,
    /// How it stood.
    pub standing: Standing,
}

impl Deed for NamedModule {
    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.module = Some(&self.module);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        if state.standing(&self.module).is_none() {
            out.push(Refusal::NoSuchModule { module: self.module.clone() });
        }
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        let to = match hearing.act {
            ActName::ModuleSuspend => Standing::Suspended,
            ActName::ModuleTerminate => Standing::Ended,
            _ => Standing::InForce,
        };
        hearing.state.judge_standing(self, to, out)
    }
}

impl State {
    /// The modules as they stood at a moment that has passed.
    pub fn stood(&self, moment: Moment) -> BTreeMap<ModuleId, Stood> {
        let mut modules: BTreeMap<ModuleId, Stood> = BTreeMap::new();
        let passed = self.history.iter().take_while(|event| match moment {
            Moment::Index(index) => event.index <= index,
            Moment::Time(time) => event.at <= time,
        });
        for event in passed {
            let (index, since) = (event.index, event.at);
            match &event.what {
                Happened::Entered { module, version, digest } => {
                    let standing = modules.get(module).map_or(Standing::InForce, |m| m.standing);
                    let version = version.clone();
                    let stood = Stood { version, digest: *digest, index, since, standing };
                    modules.insert(module.clone(), stood);
                }
                Happened::Stands { module, standing } => {
                    if let Some(stood) = modules.get_mut(module) {
                        stood.standing = *standing;
                    }
                }
                Happened::Invalid { .. } => {}
            }
        }
        modules
    }

    /// A module in force can be suspended, a suspended one resumed, and either ended.
    fn judge_standing(
        &self,
        act: &NamedModule,
        to: Standing,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let module = act.module.clone();
        let Some(is) = self.standing(&module) else {
            out.push(Refusal::NoSuchModule { module });
            return None;
        };
        let needs: &'static [Standing] = match to {
            Standing::Suspended => &[Standing::InForce],
            Standing::InForce => &[Standing::Suspended],
            Standing::Ended => &[Standing::InForce, Standing::Suspended],
        };
        if !needs.contains(&is) {
            let module = module.clone();
            out.push(Refusal::ModuleState { module, is, needs });
        }
        Some(Change::Standing { module, standing: to })
    }
}
