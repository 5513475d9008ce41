//! Packs of a jurisdiction's duties: rows with a clock, evidence, a date and a mark.
//!
//! A pack is data in our own words. It opens clocks and asks for evidence; what the law says is
//! what its source says.

mod changes;
mod citation;
mod clock;
mod conflicts;
mod coverage;
mod crosswalk;
mod incident;
mod read;
mod report;
mod row;
mod situation;

use std::collections::BTreeMap;

use concordat_terms::{Country, Date};
use serde::Serialize;

use crate::calendar::{CalendarText, Calendars};
use crate::mark::Confirmed;
use crate::name::{Fact, PackId, RowId};
use crate::zone::Zone;

pub use changes::{Change, changes};
pub use clock::{Calc, Clock, ClockStart, NotAClockOfARow, Within};
pub use conflicts::{Conflict, conflicts};
pub use coverage::{Covered, coverage};
pub use crosswalk::Crosswalk;
pub use incident::{Incident, Started, applicable, following};
pub use report::Report;
pub use row::{Addressee, AppliesIf, Audience, EvidenceKind, NotAnAddressee, Row};
pub use situation::{Applies, Situation};

/// A jurisdiction's pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pack {
    /// Its name.
    pub id: PackId,
    /// Its version: what changes opens a review.
    pub version: String,
    /// What it is about.
    pub title: String,
    /// How citations of it begin: `GDPR`, of `GDPR Art. 33(1)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cited_as: Option<String>,
    /// Whose law it is.
    pub jurisdiction: Country,
    /// The countries in which it applies; empty: anywhere.
    pub places: Vec<Country>,
    /// The day as of which it was written.
    pub as_of: Date,
    /// The headings that rows stand under, parents first.
    pub headings: Vec<Heading>,
    /// The rows, in the order of the file.
    pub rows: Vec<Row>,
    /// What a contract must say.
    pub terms: Vec<ContractTerm>,
    /// What the facts of reports are, as questions.
    pub facts: BTreeMap<Fact, String>,
    /// What each report must tell.
    pub reports: Vec<Report>,
    /// Zones for its calendars.
    pub zones: Vec<Zone>,
    /// Calendars that it adds or replaces.
    pub calendars: Vec<CalendarText>,
}

/// A heading of a framework: a function, a category, an objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// Its name.
    pub id: RowId,
    /// What it is about.
    pub title: String,
    /// The heading above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<RowId>,
}

/// What a contract must say: one of the fields of Art. 28(3) GDPR, for instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractTerm {
    /// Its name.
    pub id: RowId,
    /// The row that asks for it.
    pub row: RowId,
    /// What is to be agreed.
    pub title: String,
    /// Where that is laid down.
    pub source: String,
    /// How that was confirmed.
    pub confirmed: Confirmed,
}

/// The packs that are shipped: the name of each file and its text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("bayh-dole.toml", include_str!("../../../regimes/bayh-dole.toml")),
    ("eu-ai-act.toml", include_str!("../../../regimes/eu-ai-act.toml")),
    ("eu-gdpr.toml", include_str!("../../../regimes/eu-gdpr.toml")),
    ("eu-nis2.toml", include_str!("../../../regimes/eu-nis2.toml")),
    ("india.toml", include_str!("../../../regimes/india.toml")),
    ("nist-ai-rmf.toml", include_str!("../../../regimes/nist-ai-rmf.toml")),
    ("nist-genai.toml", include_str!("../../../regimes/nist-genai.toml")),
    ("uk.toml", include_str!("../../../regimes/uk.toml")),
    ("us-circia.toml", include_str!("../../../regimes/us-circia.toml")),
    ("us-federal-ai.toml", include_str!("../../../regimes/us-federal-ai.toml")),
    ("us-hipaa.toml", include_str!("../../../regimes/us-hipaa.toml")),
];

impl Pack {
    /// The row of this name.
    pub fn row(&self, id: &RowId) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == *id)
    }

    /// What the report of a row must tell.
    pub fn report(&self, row: &RowId) -> Option<&Report> {
        self.reports.iter().find(|report| report.row == *row)
    }

    /// Calendars with those of this pack added; one of the same country is replaced.
    pub fn extend(&self, calendars: &Calendars) -> Calendars {
        // What could be wrong was found when the pack was read.
        let (zones, texts) = (self.zones.clone(), self.calendars.clone());
        calendars.clone().with(zones, texts, &mut |_, _, _, _| ())
    }
}
