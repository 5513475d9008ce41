//! Whether a row applies to somebody at all, before anything has happened.

use std::collections::BTreeSet;

use concordat_terms::Date;
use serde::Serialize;

use super::Row;
use crate::mark::Status;
use crate::name::{Class, Role};

/// Who somebody is under regimes, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The roles that somebody has; none: nobody said, and no role rules a row out.
    pub roles: BTreeSet<Role>,
    /// The classes of the systems and data.
    pub classes: BTreeSet<Class>,
    /// The day.
    pub on: Date,
}

/// How a row stands to a situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applies {
    /// It does.
    Here,
    /// From this day on.
    Later(Date),
    /// Nobody has a role that owes it.
    NoRole,
    /// Nothing is of a class that it is about.
    NoClass,
    /// Not any more.
    Over,
    /// It is a proposal.
    Proposed,
}

impl Row {
    /// Whether it applies: a class switches on the rows that are about it, from the day that counts
    /// for the class. Rows without roles are for everybody, and rows without classes about everything.
    pub fn applies_in(&self, situation: &Situation) -> Applies {
        let Situation { roles, classes, on } = situation;
        let about = &self.applies_if.classes;
        if self.status == Status::Proposed {
            return Applies::Proposed;
        }
        if self.in_force_to.is_some_and(|to| *on >= to) {
            return Applies::Over;
        }
        if !about.is_empty() && about.is_disjoint(classes) {
            return Applies::NoClass;
        }
        let asked = !self.owner.is_empty() && !roles.is_empty();
        if asked && !self.owner.iter().any(|role| roles.contains(role)) {
            return Applies::NoRole;
        }
        let by_class = classes.iter().filter_map(|class| self.in_force_by_class.get(class)).min();
        match by_class.or(self.in_force_from.as_ref()) {
            Some(from) if on < from => Applies::Later(*from),
            _ => Applies::Here,
        }
    }
}
