//! Whose test results count here.
//!
//! A rule is data, adopted by a body and revocable. It recognises the *result*: the receiver
//! re-applies its own threshold to it, and never takes over another's pass or fail.

use std::collections::BTreeSet;
use std::fmt;

use concordat_terms::{Country, Decimal, Digest, MethodId, MetricId, PartyId, Period, Timestamp};
use serde::{Deserialize, Serialize};

use crate::name::Family;

/// Who a lab is to whom it tests, least independent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabClass {
    /// The maker itself.
    FirstParty,
    /// A customer or partner of the maker.
    SecondParty,
    /// Neither owned nor paid by result.
    Independent,
}

impl LabClass {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstParty => "first-party",
            Self::SecondParty => "second-party",
            Self::Independent => "independent",
        }
    }
}

impl fmt::Display for LabClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One way of recognising results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Countries whose labs count; empty: all.
    pub from: BTreeSet<Country>,
    /// The country in which the result is to count; `EU` is one.
    pub to: Country,
    /// The family of methods it is about.
    pub family: Family,
    /// The least independence of the lab.
    pub lab: LabClass,
    /// The accreditations of which the lab holds one, `ISO/IEC 17025` for instance; empty: none is
    /// asked for.
    pub accredited: BTreeSet<String>,
    /// How old the test may be.
    pub max_age: Period,
    /// What has to be tested here besides.
    pub extra_tests: BTreeSet<MethodId>,
}

/// A test report, as far as its recognition hangs on it (ISO/IEC 17025:2017, 7.8.2 and 7.8.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Who tested.
    pub lab: Lab,
    /// The report, by its bytes.
    pub report: Digest,
    /// When the test ended.
    pub tested: Timestamp,
    /// How it was tested.
    pub method: Method,
    /// What was tested.
    pub subject: Subject,
    /// The plan and when it was registered: before the test, or it is no plan.
    pub plan: Option<(Digest, Timestamp)>,
    /// What came out.
    pub results: Vec<Measured>,
    /// What the lab concludes. Not taken over: the receiver has a threshold of its own.
    pub conformity: Option<Conformity>,
    /// The first moment at which it is not valid any more.
    pub valid_until: Option<Timestamp>,
    /// Whether something voided it: a changed subject, a withdrawn method.
    pub voided: bool,
    /// What it was computed from.
    pub raw: BTreeSet<Digest>,
}

/// A lab, as the report tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// The party.
    pub party: PartyId,
    /// Where it tests.
    pub country: Country,
    /// Who it is to whom it tests.
    pub class: LabClass,
    /// What it is accredited for.
    pub accreditations: Vec<Accreditation>,
}

/// An accreditation and its scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accreditation {
    /// By which standard.
    pub standard: String,
    /// By which body.
    pub body: String,
    /// The number of the certificate.
    pub certificate: String,
    /// The methods it is for.
    pub scope: BTreeSet<MethodId>,
    /// From when.
    pub from: Timestamp,
    /// The first moment at which it is not valid any more.
    pub until: Timestamp,
}

/// A method of testing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Its name.
    pub id: MethodId,
    /// Its family: what rules speak of.
    pub family: Family,
    /// Its version.
    pub version: String,
    /// Its text or program.
    pub digest: Digest,
    /// Whether the lab deviated from it.
    pub deviated: bool,
}

/// What was tested. A model's name is no identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// These bytes, so configured.
    Asset {
        /// The asset's bytes.
        digest: Digest,
        /// Its configuration.
        configuration: Digest,
    },
    /// Whatever answered at an address in a time: nobody knows which bytes.
    Endpoint {
        /// The digest of the address.
        address: Digest,
        /// From when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
}

/// One result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// What was measured.
    pub metric: MetricId,
    /// How much.
    pub value: Decimal,
    /// In which unit.
    pub unit: String,
    /// On how many cases.
    pub n: u64,
    /// Half the width of its interval, if it was computed.
    pub uncertainty: Option<Decimal>,
}

/// What a lab concludes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformity {
    /// With which specification.
    pub specification: Digest,
    /// Whether it conforms.
    pub passed: bool,
    /// How uncertainty was taken into account (7.8.6.2).
    pub decision_rule: String,
}

/// What a rule says of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recognition {
    /// The result counts.
    Accepted,
    /// It counts once these were tested here.
    WithTopUp(BTreeSet<MethodId>),
    /// It does not count, for these fields.
    Refused(Vec<Lacking>),
}

impl Recognition {
    /// How little it is: accepted, then the fewest tests besides, then the refusal for the fewest
    /// fields.
    pub fn rank(&self) -> usize {
        match self {
            Self::Accepted => 0,
            Self::WithTopUp(tests) => tests.len(),
            Self::Refused(lacking) => 1_000_000 + lacking.len(),
        }
    }
}

/// The field of a record for which it does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lacking {
    /// The method is of another family.
    MethodFamily,
    /// The lab deviated from the method.
    MethodDeviations,
    /// The lab is of a country that does not count.
    LabCountry,
    /// The lab is not independent enough.
    LabClass,
    /// No accreditation asked for covered this method when it was tested.
    LabAccreditation,
    /// It was tested too long ago.
    Tested,
    /// It is not valid any more.
    ValidUntil,
    /// It was voided.
    Voided,
    /// The plan was registered after the test had ended.
    Plan,
    /// There is no result in it.
    Results,
}

impl Lacking {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MethodFamily => "method-family",
            Self::MethodDeviations => "method-deviations",
            Self::LabCountry => "lab-country",
            Self::LabClass => "lab-class",
            Self::LabAccreditation => "lab-accreditation",
            Self::Tested => "tested",
            Self::ValidUntil => "valid-until",
            Self::Voided => "voided",
            Self::Plan => "plan",
            Self::Results => "results",
        }
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a record counts under a rule at a moment.
pub fn recognise(rule: &Rule, record: &Record, now: Timestamp) -> Recognition {
    let lab = &record.lab;
    let covers = |held: &Accreditation| {
        rule.accredited.contains(&held.standard)
            && held.scope.contains(&record.method.id)
            && (held.from..held.until).contains(&record.tested)
    };
    let accredited = rule.accredited.is_empty() || lab.accreditations.iter().any(covers);
    let planned = record.plan.is_none_or(|(_, registered)| registered < record.tested);
    let fresh = record.tested <= now && now <= record.tested.plus(rule.max_age);
    let asked = [
        (Lacking::MethodFamily, record.method.family == rule.family),
        (Lacking::MethodDeviations, !record.method.deviated),
        (Lacking::LabCountry, rule.from.is_empty() || rule.from.contains(&lab.country)),
        (Lacking::LabClass, lab.class >= rule.lab),
        (Lacking::LabAccreditation, accredited),
        (Lacking::Tested, fresh),
        (Lacking::ValidUntil, record.valid_until.is_none_or(|until| now < until)),
        (Lacking::Voided, !record.voided),
        (Lacking::Plan, planned),
        (Lacking::Results, !record.results.is_empty()),
    ];
    let lacking: Vec<Lacking> =
        asked.into_iter().filter(|(_, met)| !met).map(|(field, _)| field).collect();
    if !lacking.is_empty() {
        return Recognition::Refused(lacking);
    }
    if rule.extra_tests.is_empty() {
        return Recognition::Accepted;
    }
    Recognition::WithTopUp(rule.extra_tests.clone())
}

/// What the most favourable rule says of a record: accepted, then the fewest tests besides, then the
/// refusal for the fewest fields; none, if there is no rule.
pub fn recognised<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    record: &Record,
    now: Timestamp,
) -> Option<(&'r Rule, Recognition)> {
    let answers = rules.into_iter().map(|rule| (rule, recognise(rule, record, now)));
    answers.min_by_key(|(_, answer)| answer.rank())
}
