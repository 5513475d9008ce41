//! What an act of any name has to say for itself: what it is about, and what it would change.

use std::collections::BTreeSet;

use concordat_terms::{ActName, BodyId, ClauseRef, Digest, Money, PartyId};

use crate::change::Change;
use crate::gate::Matter;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Facts};

/// The payload of an act, in the room that knows its noun.
///
/// An act of the vocabulary takes a payload that says this, a line in the table of
/// [`crate::act::Act`], and one among the acts that [`ActName`] calls judged; nothing else asks
/// which acts there are.
pub(crate) trait Deed {
    /// The digest of the thing that it is about, where it is about a thing.
    fn subject(&self) -> Option<Digest> {
        None
    }

    /// How much money it is about, where it is about any: mandates go up to an amount.
    fn amount(&self) -> Option<Money> {
        None
    }

    /// What clauses ask of it: assets, purposes, places, a run, a module, a project. The same as
    /// [`ActName::about`] says to `check`.
    fn about<'a>(&'a self, _state: &'a State, _actor: &'a Actor, _matter: &mut Matter<'a>) {}

    /// Refuses what it names and is not there. A body is asked about nothing else.
    fn refers(&self, _state: &State, _out: &mut Vec<Refusal>) {}

    /// How those hear it who wait for acts.
    fn hears(&self, _state: &State, _actor: &Actor) -> Hears<'_> {
        Hears::default()
    }

    /// What it would change, once the gates were asked; what stands in its way goes to `out`.
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change>;
}

/// How an act is heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hears<'a> {
    /// The party that it is addressed to: of the duties that it starts, that one's alone.
    pub(crate) to: Option<&'a PartyId>,
    /// The entries of that act which it answers: of the duties whose clock that act starts it
    /// discharges those that these opened.
    pub(crate) answers: Option<(ActName, BTreeSet<u64>)>,
    /// Whether it names the duty that it discharges: then it discharges no other.
    pub(crate) by_name: bool,
    /// Whether it discharges the duties of who brings it, and of nobody who signs beside.
    pub(crate) alone: bool,
    /// Whether who acts owes nothing of what it starts.
    pub(crate) spares: bool,
    /// Whether it starts nothing.
    pub(crate) starts_nothing: bool,
    /// Whether nobody hears it.
    pub(crate) unheard: bool,
}

/// Who acts, when, and what was computed beforehand.
pub(crate) struct Hearing<'a> {
    /// The state of all entries before.
    pub(crate) state: &'a State,
    /// Which act: some payloads serve several.
    pub(crate) act: ActName,
    /// Who signs.
    pub(crate) by: &'a By,
    /// The body whose motion is being carried out.
    pub(crate) via: Option<&'a BodyId>,
    /// The clause that permits or empowers it.
    pub(crate) by_clause: Option<&'a ClauseRef>,
    /// Whether that is a power.
    pub(crate) by_power: bool,
    /// What the entrance computed.
    pub(crate) facts: &'a Facts,
}
