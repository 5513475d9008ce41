//! Markdown modules to typed clauses, and what can be said about them before anyone signs.
//!
//! [`read()`] turns one file into a [`Module`]; [`assemble()`] joins modules into an [`Agreement`]
//! and refuses a set that does not fit together; [`back_translation`] says in English what a
//! clause enforces. No I/O, no clock, no randomness.

mod agreement;
mod amendment;
mod ask;
mod assemble;
mod changed;
mod clause;
pub mod effect;
mod enforced;
mod fields;
mod found;
mod index;
pub mod licence;
pub mod limits;
mod links;
mod markdown;
mod module;
mod nearest;
pub(crate) mod read;
mod remarks;
mod scenario;
mod shape;
mod silence;
mod source;
mod space;
mod standing_in;
pub mod template;
mod translate;
mod versions;
mod when;

pub use agreement::{Agreement, Cited};
pub use amendment::{
    Concern, Delegation, Signatures, Touched, consents, delegated, delegations, leaving, signatures,
};
pub use ask::{Ask, Awake, CLASSES, Fit, Lacks, Permit, Place, Reach, RunFacts, Said};
pub use assemble::{amend, assemble, may_stand_in_project, narrow, project_acts};
pub use changed::Changed;
pub use clause::{
    About, Account, Adjacency, Aggregation, Approval, Asset, AssetKind, Body, CaseKind, Channel,
    ClauseKind, Column, ColumnKind, Condition, ConditionKind, Consent, Contribution, CreditRow,
    Days, Disclosure, Due, Duty, Event, EvidenceNeed, Fast, Force, Gate, Ground, Guard, IfInvalid,
    Immunity, Incorporated, Instrument, Ip, IpModel, Joint, LabClass, Label, Ladder, Layer,
    Liability, LimitOf, LimitRow, MadeFrom, Majority, Monitoring, Notice, Objective, Party,
    PartyChange, Playbook, Power, Prevailing, Privacy, Profile, Protocol, Purpose, Queries,
    Recognise, Reserved, RowOf, Rule, RunKind, Seat, Signal, Stage, Standing, TableOf, Term, Terms,
    Topic, TrainerMode, Training, Unspent, UpdateClass, Vehicle, Veto, Voting, Warranty, Witnesses,
    clause_kinds, standing_fields,
};
pub use enforced::{AsText, acted_on, fields_as_text};
pub use limits::BYTES_MAX;
pub use module::{Clause, Module, Translations};
pub use nearest::suggest;
pub use read::{Level, beside, is_module, read};
pub use remarks::remarks;
pub use scenario::{
    Ballot, CLAIMS, Choice, Claim, Deed, Expected, Given, Moment, Scenario, Step, scenario_findings,
};
pub use shape::{Addressee, Cell, ClauseName, Decider, FieldShape, Inside, Need};
pub use silence::Silence;
pub use translate::back_translation;
pub use versions::{is_newer, versions_kept};
pub use when::{Facts, MissingFact, NotACondition, When};

/// Parts of back-translations, for tables.
pub mod english {
    pub use crate::translate::{due, event, period};
}
