//! What acts have made of an agreement beside its text: kept apart from the text, and put on it again.

use serde::{Deserialize, Serialize};

use crate::silence::Stopped;
use crate::standing_in::Moved;
use crate::{Agreement, Module};

/// What is stopped of an agreement, and who has left it or follows whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    stopped: Stopped,
    moved: Moved,
}

impl Agreement {
    /// What acts have changed of it.
    pub fn changed(&self) -> Changed {
        Changed { stopped: self.stopped.clone(), moved: self.moved.clone() }
    }

    /// The agreement that was these modules, with what acts had changed of it. Nobody asks whether
    /// they fit together: they were in force.
    pub fn again(modules: impl IntoIterator<Item = Module>, changed: Changed) -> Self {
        let modules = modules.into_iter().map(|module| (module.id.clone(), module)).collect();
        let Changed { stopped, moved } = changed;
        let mut agreement = Self { modules, stopped, moved, ..Self::default() };
        agreement.reindex();
        agreement.hush();
        agreement
    }
}
