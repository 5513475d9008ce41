//! What those who want an agreement answer: `answers.toml`, read and checked before anything is
//! written.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Country, Date, Decimal, Money, PartyId, Side, steers};
use serde::{Deserialize, Deserializer, Serialize};

use super::choice::{DualUse, Months, Negotiation, Share, Use};

/// The most letters of a name.
const NAME_MOST: usize = 80;
/// The most letters of a sentence.
const TEXT_MOST: usize = 200;
/// The most parties of one side.
const PARTIES_MOST: usize = 24;

/// An answer that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadAnswer {
    /// What is wrong, in one line.
    pub what: String,
    /// What would help, in one line.
    pub hint: String,
}

impl BadAnswer {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
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
    /// The law that governs the agreement.
    pub law: String,
    /// Who decides disputes.
    pub forum: String,
    /// The language that prevails, as a BCP 47 tag.
    pub language: String,
    /// How many years it runs, 1 to 30.
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
    /// What it is called: `the Bed Model`.
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
        let answers: Self = toml::from_str(text).map_err(|e| {
            let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.lines().count().max(1) + usize::from(before.ends_with('\n'));
            let message = e.message().lines().collect::<Vec<_>>().join(", ");
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

    /// Looks at everything that can be told without a template.
    ///
    /// # Errors
    /// The first answer that cannot be used.
    pub fn check(&self) -> Result<(), BadAnswer> {
        words("title", &self.title, NAME_MOST)?;
        words("terms.law", &self.terms.law, NAME_MOST)?;
        words("terms.forum", &self.terms.forum, NAME_MOST)?;
        tag(&self.terms.language)?;
        range("terms.years", u32::from(self.terms.years), 30)?;
        words("purpose.text", &self.purpose.text, TEXT_MOST)?;
        words("objective.text", &self.objective.text, TEXT_MOST)?;
        if let Some(reason) = &self.choice.reason {
            words("choice.reason", reason, TEXT_MOST)?;
        }
        if let Some(model) = &self.model {
            words("model.name", &model.name, NAME_MOST)?;
        }
        self.data.as_ref().map_or(Ok(()), data)?;
        self.privacy.as_ref().map_or(Ok(()), privacy)?;
        money(&self.money)?;
        self.check_parties()
    }

    fn check_parties(&self) -> Result<(), BadAnswer> {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for (index, party) in self.parties.iter().enumerate() {
            let at = format!("the name of party {}", index + 1);
            words(&at, &party.name, NAME_MOST)?;
            if let Some(earlier) = named.insert(&party.name, index + 1) {
                let what = format!("parties {earlier} and {} have the same name", index + 1);
                return Err(BadAnswer::new(what, "give each party its own name"));
            }
            if !ids.insert(&party.id) {
                let what = format!("the id `{}` is used by two parties", party.id);
                return Err(BadAnswer::new(what, "give each party its own `id`"));
            }
            if party.countries.is_empty() {
                let what = format!("party `{}` has no country", party.id);
                return Err(BadAnswer::new(what, "write `countries = [\"BE\"]`"));
            }
        }
        for side in [Side::Public, Side::Private, Side::Independent] {
            let count = self.side(side).count();
            if count == 0 && side != Side::Independent {
                let what = format!("there is no party on the {side} side");
                let hint = format!("add a `[[party]]` with `side = \"{side}\"`");
                return Err(BadAnswer::new(what, hint));
            }
            if count > PARTIES_MOST {
                let what = format!("there are {count} parties on the {side} side");
                return Err(BadAnswer::new(what, format!("name at most {PARTIES_MOST}")));
            }
        }
        Ok(())
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

fn data(data: &DataAnswer) -> Result<(), BadAnswer> {
    words("data.name", &data.name, NAME_MOST)?;
    range("data.rows_per_person", data.rows_per_person, 10_000)?;
    for column in &data.columns {
        words("the name of a column", &column.name, NAME_MOST)?;
        for level in &column.levels {
            words("a level of a column", level, NAME_MOST)?;
        }
    }
    if data.columns.iter().any(|column| column.name == data.person) {
        return Ok(());
    }
    let what = format!("`data.person` is `{}`, and no column has that name", data.person);
    Err(BadAnswer::new(what, "name a column of `data.columns`"))
}

fn privacy(privacy: &PrivacyAnswer) -> Result<(), BadAnswer> {
    let most = |whole| Decimal::whole(whole).unwrap_or(Decimal::ZERO);
    if !privacy.epsilon.is_positive() || privacy.epsilon > most(100) {
        let what = format!("`privacy.epsilon` is {}", privacy.epsilon);
        return Err(BadAnswer::new(what, "write more than 0 and at most 100, like `\"1\"`"));
    }
    if !privacy.delta.is_positive() || privacy.delta >= most(1) {
        let what = format!("`privacy.delta` is {}", privacy.delta);
        return Err(BadAnswer::new(what, "write more than 0 and less than 1, like `\"0.00001\"`"));
    }
    Ok(())
}

fn money(money: &MoneyAnswer) -> Result<(), BadAnswer> {
    let currency = money.fees.currency();
    for (name, amount) in [
        ("fees", &money.fees),
        ("failures", &money.failures),
        ("harm", &money.harm),
        ("record", &money.record),
    ] {
        if amount.currency() != currency {
            let what = format!("`money.{name}` is in {}, not in {currency}", amount.currency());
            return Err(BadAnswer::new(what, "write all amounts in one currency"));
        }
        if !amount.amount().is_positive() {
            let what = format!("`money.{name}` is {amount}");
            return Err(BadAnswer::new(what, "write an amount above 0"));
        }
    }
    Ok(())
}

/// Words that can stand in a text: something, of bounded length, on one line, that steers no
/// terminal and hides nothing.
fn words(name: &str, text: &str, most: usize) -> Result<(), BadAnswer> {
    let (what, hint) = if text.trim().is_empty() {
        ("is empty".to_owned(), "say what it is".to_owned())
    } else if text.trim() != text || text.contains("  ") {
        ("has spaces at an end, or two in a row".to_owned(), "remove them".to_owned())
    } else if let Some(c) = text.chars().find(|c| steers(*c)) {
        let what = format!("holds the character U+{:04X}, which is not shown", u32::from(c));
        (what, "write it on one line, without control characters".to_owned())
    } else if text.chars().count() > most {
        (format!("has more than {most} letters"), "shorten it".to_owned())
    } else if !text.chars().any(char::is_alphanumeric) {
        ("holds no letter and no digit".to_owned(), "say what it is".to_owned())
    } else {
        return Ok(());
    };
    Err(BadAnswer::new(format!("{name} {what}"), hint))
}

fn tag(language: &str) -> Result<(), BadAnswer> {
    let mut parts = language.split('-');
    let first = parts.next().unwrap_or_default();
    let fits = (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
    if fits {
        return Ok(());
    }
    let what = "`terms.language` is no tag of a language";
    Err(BadAnswer::new(what, "write it as in BCP 47, like `en` or `fr-BE`"))
}

fn range(name: &str, number: u32, most: u32) -> Result<(), BadAnswer> {
    if (1..=most).contains(&number) {
        return Ok(());
    }
    let hint = format!("write a number from 1 to {most}");
    Err(BadAnswer::new(format!("`{name}` is {number}"), hint))
}
