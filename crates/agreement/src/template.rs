//! Agreements made from templates: a pack of Markdown texts with placeholders, the answers of
//! those who want an agreement, and the modules that come of both.
//!
//! ```text
//! pack.toml + texts -> Pack        answers.toml -> Answers
//!                         \        /
//!                     Pack::write(template, answers) -> file name -> Markdown module
//! ```
//!
//! A value that stands in prose is escaped as Markdown, one that stands in a block as TOML, so
//! that no answer adds a clause, a heading or a link. `docs/reference/packs.md` has the syntax.

mod answers;
mod checked;
mod choice;
mod countries;
mod engine;
mod fields;
mod flow;
mod fuel;
mod notes;
mod pack;
mod people;
mod seats;
mod spoken;
mod value;

pub use answers::{
    Answers, BadAnswer, Chosen, Column, DataAnswer, Goal, ModelAnswer, MoneyAnswer, PartyAnswer,
    PrivacyAnswer, PurposeAnswer, Role, TermsAnswer,
};
pub use choice::{DualUse, Months, Negotiation, Point, Share, Use, recommend};
pub use pack::{BadPack, Kind, Pack, Template, digest_of, with_digest};
