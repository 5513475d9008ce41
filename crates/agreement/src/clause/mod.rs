//! The clauses: the enforceable part of a module, typed.
//!
//! A clause's kind is the one key that names it (`seat = "…"`, `permit = "run.propose"`); its
//! value is a title, an act or a reference. Every list is empty when the text does not restrict
//! it. `docs/reference/clauses.md` is made from these declarations.

mod cases;
mod compute;
mod decide;
mod duties;
mod paper;
mod people;
mod rows;
mod standing;
mod value;

use concordat_terms::ClauseId;

use crate::fields::Fields;
use crate::nearest::{nearest, suggest};
use crate::shape::{FieldShape, Reference, Slot, Table};
use crate::source::Wrong;

pub use cases::{CaseKind, Ladder, Stage};
pub use compute::{
    Adjacency, Aggregation, Monitoring, Privacy, Protocol, Queries, TrainerMode, Unspent, Witnesses,
};
pub use decide::{
    About, Approval, Body, EvidenceNeed, Fast, Gate, Majority, Reserved, Rule, RunKind,
    UpdateClass, Veto, Voting,
};
pub use duties::{Contribution, Days, Due, Duty, Event, Power, Signal};
pub use paper::{
    Channel, Condition, ConditionKind, Consent, Immunity, Incorporated, Instrument, Joint, Layer,
    MadeFrom, Notice, Objective, PartyChange, Playbook, Prevailing, Purpose, RowOf, TableOf, Term,
    Vehicle, Warranty,
};
pub use people::{
    Asset, AssetKind, Column, ColumnKind, Ground, Guard, Label, Party, Profile, Seat, Training,
};
pub use rows::{CreditRow, LimitOf, LimitRow};
pub use standing::{Force, IfInvalid, Standing};
pub use value::{Account, Disclosure, Ip, IpModel, LabClass, Liability, Recognise, Topic};

macro_rules! terms {
    ($($(#[doc = $doc:literal])+ $kind:ident($ty:ty) = $word:literal,)+) => {
        /// What a clause says.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Terms {
            $($(#[doc = $doc])+ $kind($ty),)+
        }

        impl Terms {
            /// The word that names the kind.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $word,)+
                }
            }

            pub(crate) fn refers(&self) -> Vec<Reference<'_>> {
                let mut found = Vec::new();
                match self {
                    $(Self::$kind(terms) => terms.refers($word, "", &mut found),)+
                }
                found
            }

            /// The fields that a clause of this kind may have, the key first.
            pub(crate) fn fields(&self) -> Vec<FieldShape> {
                match self {
                    $(Self::$kind(_) => <$ty as Table>::shape(Some($word)),)+
                }
            }

            /// The fields that say something, as TOML, in the order of the kind's declaration.
            pub(crate) fn print(&self) -> Vec<(&'static str, String)> {
                let mut out = Vec::new();
                match self {
                    $(Self::$kind(terms) => terms.put($word, &mut out),)+
                }
                out
            }
        }

        const KINDS: &[Kind] = &[$(Kind {
            word: $word,
            doc: &[$($doc),+],
            take: |fields| <$ty as Table>::take(fields, $word).map(Terms::$kind),
            shape: || <$ty as Table>::shape(Some($word)),
        },)+];
    };
}

struct Kind {
    word: &'static str,
    doc: &'static [&'static str],
    take: fn(&mut Fields<'_>) -> Option<Terms>,
    shape: fn() -> Vec<FieldShape>,
}

terms! {
    /// A party to the agreement; the clause's id is the party's id.
    Party(Party) = "party",
    /// A role; the clause's id is the seat's id.
    Seat(Seat) = "seat",
    /// What something may be used for; the clause's id is the purpose's id.
    Purpose(Purpose) = "purpose",
    /// What the partnership wants to reach.
    Objective(Objective) = "objective",
    /// Something the agreement speaks of: a dataset, model, code or report; the clause's id is
    /// the asset's id.
    Asset(Asset) = "asset",
    /// An act that a seat may do.
    Permit(Rule) = "permit",
    /// An act that nobody may do, whatever a permit says.
    Forbid(Rule) = "forbid",
    /// What must hold before an act is admitted.
    Gate(Gate) = "gate",
    /// Seats that decide together; the clause's id is the body's id.
    Body(Body) = "body",
    /// What a seat owes.
    Duty(Duty) = "duty",
    /// What a seat may do, alone or once a body has decided so, to change the state.
    Power(Power) = "power",
    /// Something that is conserved or spent; the clause's id is the account's id.
    Account(Account) = "account",
    /// The privacy account of each holder's population: of the persons whom a dataset is about.
    Privacy(Privacy) = "privacy",
    /// How contributions are summed without anybody seeing one.
    Aggregation(Aggregation) = "aggregation",
    /// Who must cosign a checkpoint before it counts.
    Witnesses(Witnesses) = "witnesses",
    /// Who may read what.
    Disclosure(Disclosure) = "disclosure",
    /// Who owns what, and on which terms others use it.
    Ip(Ip) = "ip",
    /// Who answers for what, in which order and up to how much.
    Liability(Liability) = "liability",
    /// Whose test results count here.
    Recognise(Recognise) = "recognise",
    /// A series that is measured; the clause's id is the signal's id.
    Signal(Signal) = "signal",
    /// Figures and words in rows, to which other clauses point.
    Table(TableOf) = "table",
    /// A definition.
    Term(Term) = "term",
    /// What kind of instrument this is, and what law stands over it.
    Instrument(Instrument) = "instrument",
    /// What must happen before modules take effect, or ends them.
    Condition(Condition) = "condition",
    /// What a seat warrants.
    Warranty(Warranty) = "warranty",
    /// How somebody is given notice.
    Notice(Notice) = "notice",
    /// Who decides about cases of a kind, one after another.
    Ladder(Ladder) = "ladder",
}

/// A clause kind, for the reference page and for generators of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseKind {
    /// The key that names it.
    pub word: &'static str,
    /// What it says.
    pub doc: String,
    /// Its own fields, the key first.
    pub fields: Vec<FieldShape>,
}

/// Every kind of clause, in the order of the reference page.
pub fn clause_kinds() -> Vec<ClauseKind> {
    let each = KINDS.iter().map(|kind| {
        let doc: Vec<&str> = kind.doc.iter().map(|line| line.trim()).collect();
        ClauseKind { word: kind.word, doc: doc.join(" "), fields: (kind.shape)() }
    });
    each.collect()
}

/// The fields that a clause of any kind may have beside its own.
pub fn standing_fields() -> Vec<FieldShape> {
    Standing::shape(None)
}

/// Reads a clause's id, terms and standing; `None` after a mistake, which `fields` holds.
pub(crate) fn read(fields: &mut Fields<'_>) -> (Option<ClauseId>, Option<(Terms, Standing)>) {
    let clause = <ClauseId as Slot>::take(fields, "id", false);
    let mut kinds: Vec<&Kind> = KINDS.iter().filter(|kind| fields.has(kind.word)).collect();
    if kinds.len() > 1 {
        // Beside another kind, `purpose` is a slip for its field `purposes`.
        kinds.retain(|kind| kind.word != "purpose");
    }
    let read = match kinds.as_slice() {
        [kind] => {
            let terms = (kind.take)(fields);
            let standing = <Standing as Table>::take(fields, "");
            permit_names_a_seat(fields, terms.as_ref());
            fields.end();
            terms.zip(standing)
        }
        [] => {
            unknown_kind(fields);
            None
        }
        [first, second, ..] => {
            let (first, second) = (first.word, second.word);
            let what = format!("a clause is of one kind, and this is `{first}` and `{second}`");
            let hint = "write two clauses, each with its own id";
            fields.fail_key(second, Wrong::new("two-kinds", what, hint));
            None
        }
    };
    // A clause with a mistake anywhere is no clause.
    let sound = fields.found.is_empty();
    (clause, read.filter(|_| sound))
}

/// A permit without a seat would permit everybody, sequencer and strangers too.
fn permit_names_a_seat(fields: &mut Fields<'_>, terms: Option<&Terms>) {
    let Some(Terms::Permit(rule)) = terms else { return };
    if rule.by.is_empty() {
        if fields.places.contains_key("by") {
            let wrong = Wrong::new("empty-list", "`by` is empty", "name at least one");
            fields.fail_at("by", wrong);
        } else {
            let _: Option<()> = fields.missing("by");
        }
    }
}

fn unknown_kind(fields: &mut Fields<'_>) {
    let known = KINDS.iter().map(|kind| kind.word);
    let names: Vec<String> = fields.names().map(str::to_owned).collect();
    let slip = names.iter().find(|name| nearest(name, known.clone()).is_some());
    let Some(name) = slip.or(names.first()) else {
        let hint = suggest("", known);
        return fields.fail_at("id", Wrong::new("unknown-kind", "the clause has no kind", hint));
    };
    let what = match slip {
        Some(name) => format!("`{name}` is not a kind of clause"),
        None => "no field of this clause names its kind".to_owned(),
    };
    fields.fail_key(name, Wrong::new("unknown-kind", what, suggest(name, known)));
}
