//! What those who want an agreement answer: `answers.toml`, read and checked before anything is
//! written.

use std::fmt;
use std::marker::PhantomData;

use concordat_terms::{Country, Date, Decimal, Money, PartyId, Side};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

use super::checked::{ROWS_MOST, YEARS_MOST};
use super::choice::{DualUse, Months, Negotiation, Share, Use};
use super::fuel::{MANIFEST_MOST, short};

/// An answer that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadAnswer {
    /// What is wrong, in one line.
    pub what: String,
    /// What would help, in one line.
    pub hint: String,
    /// Its section in `docs/reference/problems.md`: `bad-answer`, or a code of the pack's own
    /// faults.
    pub code: &'static str,
}

impl BadAnswer {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into(), code: "bad-answer" }
    }
}

/// Everything that a template asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The template; what the choice speaks for, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What the agreement is called.
    pub title: String,
    /// The dimensions by which a model of ownership is chosen.
    pub choice: Chosen,
    /// Law, forum, language, term.
    pub terms: TermsAnswer,
    /// What rows and model may be used for.
    pub purpose: PurposeAnswer,
    /// What the partnership wants to reach.
    pub objective: Goal,
    /// The rows; needed where a template speaks of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataAnswer>,
    /// The model; needed where a template speaks of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelAnswer>,
    /// The privacy budget; ε = 1 at δ = 0.00001, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<PrivacyAnswer>,
    /// Pay and caps.
    pub money: MoneyAnswer,
    /// The parties, in the order in which they are written.
    #[serde(rename = "party", default)]
    pub parties: Vec<PartyAnswer>,
}

/// The dimensions by which a model of ownership is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// What the parties do together.
    pub share: Share,
    /// What the result serves.
    #[serde(rename = "use")]
    pub serves: Use,
    /// How far it could serve other ends.
    pub dual_use: DualUse,
    /// How much can be negotiated.
    pub negotiation: Negotiation,
    /// How soon it must serve.
    pub months: Months,
    /// Why another template was taken than the answers speak for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Law, forum, language, term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsAnswer {
    /// The law that governs the agreement, or `none`.
    pub law: String,
    /// Who decides disputes, or `none`.
    pub forum: String,
    /// The language that prevails, as a BCP 47 tag. Templates are in English whatever it is.
    pub language: String,
    /// How many years it runs, 1 to 30.
    #[serde(deserialize_with = "years")]
    pub years: u8,
    /// By when what it waits for must have happened.
    pub start_by: Date,
}

/// What rows and model may be used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeAnswer {
    /// The purpose's id; made from the text, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// As it follows `purpose:`, without a full stop: `to forecast the need for beds`.
    pub text: String,
}

/// What the partnership wants to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// In words, without a full stop.
    pub text: String,
    /// By when.
    pub by: Date,
}

/// The rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataAnswer {
    /// The asset's id; made from the name, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What they are called: `Stay Rows`.
    pub name: String,
    /// The column that names the person a row is about.
    pub person: String,
    /// At most this many rows are about one person, 1 to 10,000.
    #[serde(deserialize_with = "rows")]
    pub rows_per_person: u32,
    /// The columns.
    pub columns: Vec<Column>,
}

/// A column of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the header row.
    pub name: String,
    /// `number`, `category` or `text`.
    pub kind: String,
    /// Numbers: the smallest value.
    #[serde(default, deserialize_with = "exact", skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// Numbers: the largest.
    #[serde(default, deserialize_with = "exact", skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
    /// Categories: every value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
    /// Whether a cell may be empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// The model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelAnswer {
    /// The asset's id; made from the name, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it is called, without an article: `Bed Model`.
    pub name: String,
}

/// The privacy budget of each holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacyAnswer {
    /// ε, above 0 and at most 100.
    pub epsilon: Decimal,
    /// δ, above 0 and below 1.
    pub delta: Decimal,
}

/// Pay and caps, all in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyAnswer {
    /// The most that is paid.
    pub fees: Money,
    /// The cap for work that is late or falls short.
    pub failures: Money,
    /// The cap for harm to people.
    pub harm: Money,
    /// The cap for wrong verdicts and for faults of the log.
    pub record: Money,
}

/// A party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyAnswer {
    /// Its id in the agreement.
    pub id: PartyId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub side: Side,
    /// The countries whose law binds it.
    pub countries: Vec<Country>,
    /// What it does; usual parties do it, if nobody is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
}

/// What a party does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Keeps rows.
    Holder,
    /// Makes the model, or uses the rows.
    Developer,
    /// Orders the work.
    Sponsor,
    /// Tests and audits.
    Lab,
    /// Runs the log.
    Operator,
}

impl Role {
    /// Its word in `roles`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Developer => "developer",
            Self::Sponsor => "sponsor",
            Self::Lab => "lab",
            Self::Operator => "operator",
        }
    }
}

impl Answers {
    /// Reads `answers.toml`.
    ///
    /// # Errors
    /// The first answer that cannot be used: not TOML, an unknown field or word, a text with
    /// control characters, parties that are too few or named twice.
    pub fn read(file: &str, text: &str) -> Result<Self, BadAnswer> {
        if text.len() > MANIFEST_MOST {
            let what = format!("`{file}` has more than {} KiB", MANIFEST_MOST >> 10);
            return Err(BadAnswer::new(what, "name the file with the answers"));
        }
        let answers: Self = toml::from_str(text).map_err(|e| {
            let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.lines().count().max(1) + usize::from(before.ends_with('\n'));
            let message = short(&e.message().lines().collect::<Vec<_>>().join(", "));
            let hint = "compare it with `concordat new --sample`";
            BadAnswer::new(format!("`{file}`, line {line}: {message}"), hint)
        })?;
        answers.check()?;
        Ok(answers)
    }

    /// As TOML, so that reading it gives the same answers.
    pub fn print(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The parties of a side, in order.
    pub fn side(&self, side: Side) -> impl Iterator<Item = &PartyAnswer> {
        self.parties.iter().filter(move |party| party.side == side)
    }
}

/// A decimal, as a text or as a whole number.
fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a whole number, or a decimal in quotes")]
    enum Written {
        Whole(i64),
        Exact(Decimal),
    }
    match Written::deserialize(deserializer)? {
        Written::Exact(decimal) => Ok(Some(decimal)),
        Written::Whole(whole) => {
            Decimal::whole(whole).map(Some).ok_or_else(|| serde::de::Error::custom("too large"))
        }
    }
}

fn years<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    within(deserializer, YEARS_MOST)
}

fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, ROWS_MOST)
}

/// A whole number of a field's type; what no number of that type can be is told with the range that
/// [`Answers::check`] asks for.
fn within<'de, D, T>(deserializer: D, most: u32) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    struct Whole<T>(u32, PhantomData<T>);

    impl<T> Whole<T> {
        fn told<E: serde::de::Error>(&self, number: impl fmt::Display) -> E {
            E::custom(format!("`{number}` is not a number from 1 to {}", self.0))
        }
    }

    impl<T: TryFrom<i64>> Visitor<'_> for Whole<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a number from 1 to {}", self.0)
        }

        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
            T::try_from(number).map_err(|_| self.told(number))
        }

        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
            i64::try_from(number)
                .ok()
                .and_then(|n| T::try_from(n).ok())
                .ok_or_else(|| self.told(number))
        }

        fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<T, E> {
            Err(self.told(number))
        }

        fn visit_u128<E: serde::de::Error>(self, number: u128) -> Result<T, E> {
            Err(self.told(number))
        }
    }

    deserializer.deserialize_any(Whole(most, PhantomData))
}
