//! Amendments: modules that enter beside what is in force, some of which may be over.

use std::collections::BTreeMap;

use concordat_terms::{Diagnostic, ModuleId};

use super::project::narrow_over;
use super::{Over, join};
use crate::{Agreement, Module};

/// Joins modules that enter with those in force, in place of older versions of themselves; modules
/// of a project with its others, under the frame. What was suspended, ended or found invalid is
/// not carried over ([`Agreement::carry`]).
///
/// The whole is asked what [`crate::assemble()`] or [`crate::narrow`] asks, but for what has ended: it
/// asks no version of others any more, and meets no need of a module that enters.
///
/// # Errors
///
/// As [`crate::assemble()`] and [`crate::narrow`].
pub fn amend(
    in_force: &Agreement,
    entering: impl IntoIterator<Item = Module>,
) -> Result<(Agreement, Vec<Diagnostic>), Vec<Diagnostic>> {
    let entering: BTreeMap<ModuleId, Module> =
        entering.into_iter().map(|module| (module.id.clone(), module)).collect();
    let over = Over {
        ended: in_force.stopped.ended().clone(),
        entering: entering.keys().cloned().collect(),
        moved: in_force.moved.clone(),
    };
    let project = entering.values().any(|module| module.project.is_some());
    let mut together = in_force.modules.clone();
    if project {
        together.retain(|_, module| module.project.is_some());
    }
    together.extend(entering);
    if project {
        narrow_over(in_force, together.into_values(), over)
    } else {
        join(together.into_values(), over)
    }
}
