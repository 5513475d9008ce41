//! One duty of a regime.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_terms::{Country, Date, Period};
use serde::{Deserialize, Serialize};

use super::Clock;
use crate::mark::{Confirmed, Status};
use crate::name::{Class, Group, Kind, Measure, Role, RowId, Trigger};

/// One duty of a regime: who owes what to whom, when, and what shows that it was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name, near to how lawyers cite it.
    pub id: RowId,
    /// What is to be done, in our own words.
    pub title: String,
    /// How binding it is.
    pub status: Status,
    /// How it was confirmed.
    pub confirmed: Confirmed,
    /// Where it is laid down.
    pub source: String,
    /// The heading that it stands under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<RowId>,
    /// The first day on which it applies; before the pack was written, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_from: Option<Date>,
    /// The first day on which it does not apply any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_to: Option<Date>,
    /// For systems of these classes, the first day, instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub in_force_by_class: BTreeMap<Class, Date>,
    /// To what it applies.
    #[serde(default)]
    pub applies_if: AppliesIf,
    /// Who owes it: whoever has one of these roles.
    #[serde(default)]
    pub owner: Vec<Role>,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Addressee>,
    /// What kind of addressee that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// What starts it: `aware` of an incident, `before-use`, `continuous`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// How long it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// Whether an incomplete first report is allowed.
    #[serde(default)]
    pub initial_ok: bool,
    /// Rows of one group set the period of one report: only the shortest that applies starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Its clock starts when this row's duty is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RowId>,
    /// Whether the regime itself lets its clock be stopped; others cannot be.
    #[serde(default)]
    pub tollable: bool,
    /// What shows that it was done.
    #[serde(default)]
    pub evidence: BTreeSet<EvidenceKind>,
    /// How long that is kept at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Period>,
    /// How often it is owed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Period>,
    /// Whether the asset must be left as it is until the addressee was informed.
    #[serde(default)]
    pub hold: bool,
    /// What a reader should know besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// To what a row applies; what is empty does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppliesIf {
    /// The kinds of incident that start it; none: no incident does.
    pub incidents: BTreeSet<Kind>,
    /// Classes of systems.
    pub classes: BTreeSet<Class>,
    /// Countries, instead of the pack's.
    pub places: BTreeSet<Country>,
    /// Only of at least so much.
    pub at_least: BTreeMap<Measure, u64>,
    /// Only of at most so much.
    pub at_most: BTreeMap<Measure, u64>,
}

/// To whom a duty is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Addressee {
    /// Whoever has this role in the partnership.
    Role(Role),
    /// Somebody who does not sign: `outside: market surveillance authority`.
    Outside(String),
}

/// A text that is no addressee.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an addressee: write a role, or `outside:` and who it is")]
pub struct NotAnAddressee(String);

impl TryFrom<String> for Addressee {
    type Error = NotAnAddressee;

    fn try_from(text: String) -> Result<Self, NotAnAddressee> {
        match text.strip_prefix("outside:").map(str::trim) {
            Some("") => Err(NotAnAddressee(text)),
            Some(who) => Ok(Self::Outside(who.to_owned())),
            None => text.parse().map(Self::Role).map_err(|_| NotAnAddressee(text)),
        }
    }
}

impl From<Addressee> for String {
    fn from(addressee: Addressee) -> Self {
        addressee.to_string()
    }
}

impl fmt::Display for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "{role}"),
            Self::Outside(who) => write!(f, "outside: {who}"),
        }
    }
}

/// What kind of addressee: two regimes that want the same kind told can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// A regulator or another public authority.
    Authority,
    /// The people concerned.
    People,
    /// Another party.
    Partner,
    /// Everybody, through the media.
    Public,
}

/// What shows that a duty was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// A module or clause of the agreement.
    Agreement,
    /// A signed statement by the holder of a role.
    Attest,
    /// A third party's certificate.
    Cert,
    /// A signed document.
    Doc,
    /// A drill, with its result.
    Drill,
    /// A signed review of the impact on society.
    ImpactReview,
    /// Where data and models come from.
    Lineage,
    /// The digest of a machine's log.
    Log,
    /// Proof of sending, and a receipt.
    Notice,
    /// The number of an entry in a public register.
    Register,
    /// A test artefact.
    Test,
    /// The decision of a body.
    Vote,
}

impl EvidenceKind {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Attest => "attest",
            Self::Cert => "cert",
            Self::Doc => "doc",
            Self::Drill => "drill",
            Self::ImpactReview => "impact-review",
            Self::Lineage => "lineage",
            Self::Log => "log",
            Self::Notice => "notice",
            Self::Register => "register",
            Self::Test => "test",
            Self::Vote => "vote",
        }
    }
}

impl Row {
    /// Whether it applies on a day to systems of these classes. A proposal never does.
    pub fn in_force(&self, on: Date, classes: &BTreeSet<Class>) -> bool {
        if self.in_force_to.is_some_and(|to| on >= to) {
            return false;
        }
        let by_class = classes.iter().filter_map(|class| self.in_force_by_class.get(class)).min();
        self.status != Status::Proposed
            && by_class.or(self.in_force_from.as_ref()).is_none_or(|from| on >= *from)
    }
}
