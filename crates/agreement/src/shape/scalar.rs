//! Single values: texts, names, numbers, times, money.

use std::fmt;
use std::str::FromStr;

use concordat_terms::{
    ActName, AssetId, BodyId, ClassId, ClauseId, ClauseRef, Country, CourseId, Date, Decimal,
    Digest, IncidentId, KeyId, MethodId, MetricId, ModuleId, Money, PartyId, Period, ProjectId,
    PurposeId, RegimeId, RoleId, SeatId,
};
use semver::{Version, VersionReq};
use toml::de::DeValue;

use crate::fields::{Fields, Value, wrong_type};
use crate::nearest::nearest;
use crate::source::Wrong;

use super::{Field, Named, Reference};

/// A single value that has one spelling.
pub(crate) trait Scalar: Sized {
    /// What a writer puts there, with its article.
    const WRITTEN: &'static str;
    /// TOML values that can be read.
    const EXAMPLES: &'static [&'static str];
    fn convert(value: &Value<'_>) -> Result<Self, Wrong> {
        Self::parse(string(value)?)
    }
    /// From a text, or a key.
    fn parse(text: &str) -> Result<Self, Wrong>;
    fn print(&self) -> String;
    /// What it names: kind, name, module.
    fn refers_to(&self) -> Option<(Named, &str, Option<&str>)> {
        None
    }
}

/// A scalar is a field.
macro_rules! scalar_field {
    ($($name:ty),+ $(,)?) => {$(
        impl Field for $name {
            fn written() -> String {
                <Self as Scalar>::WRITTEN.to_owned()
            }

            fn examples() -> Vec<String> {
                <Self as Scalar>::EXAMPLES.iter().map(|&example| example.to_owned()).collect()
            }

            fn read<'a>(fields: &mut Fields<'a>, place: &str, value: Value<'a>) -> Option<Self> {
                fields.convert(place, &value, <Self as Scalar>::convert)
            }

            fn print(&self) -> String {
                Scalar::print(self)
            }

            fn refer<'s>(&'s self, place: &str, found: &mut Vec<Reference<'s>>) {
                if let Some((to, name, module)) = self.refers_to() {
                    found.push(Reference { place: place.to_owned(), to, name, module });
                }
            }
        }
    )+};
}

pub(crate) use scalar_field;

scalar_field! {
    String, Cell, Country, Decimal, Money, Period, Date, Digest, u32, ActName, MethodId, MetricId,
    PartyId, SeatId, PurposeId, AssetId, BodyId, ModuleId, ProjectId, ClauseId, ClauseName, Decider,
    Addressee, Version, VersionReq, CourseId,
    RoleId, ClassId, IncidentId, RegimeId, KeyId,
}

/// A TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

pub(crate) fn string<'v>(value: &'v Value<'_>) -> Result<&'v str, Wrong> {
    let wrong = || wrong_type("a text in quotes", value.get_ref());
    value.get_ref().as_str().ok_or_else(wrong)
}

impl Scalar for String {
    const WRITTEN: &'static str = "a text";
    const EXAMPLES: &'static [&'static str] =
        &["\"Some words\"", "\"Ein paar Wörter, \\\"so\\\"\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.trim().is_empty() {
            return Err(Wrong::new("empty-text", "the text is empty", "say what it is"));
        }
        Ok(text.to_owned())
    }

    fn print(&self) -> String {
        quoted(self)
    }
}

/// What a cell of a table or of a dataset holds: any text, the empty one too.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Cell(pub String);

impl Scalar for Cell {
    const WRITTEN: &'static str = "a text or a whole number";
    const EXAMPLES: &'static [&'static str] = &["\"yes\"", "2"];

    fn convert(value: &Value<'_>) -> Result<Self, Wrong> {
        match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => {
                Ok(Self(number.as_str().to_owned()))
            }
            _ => Self::parse(string(value)?),
        }
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        Ok(Self(text.to_owned()))
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Cell {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Scalar for Country {
    const WRITTEN: &'static str = "a country, like `\"BE\"`";
    const EXAMPLES: &'static [&'static str] = &["\"BE\"", "\"JP\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|e: concordat_terms::NotACountry| {
            let hint = "write two capital letters of ISO 3166, like `BE`";
            Wrong::new("bad-country", e.to_string(), hint)
        })
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for u32 {
    const WRITTEN: &'static str = "a whole number";
    const EXAMPLES: &'static [&'static str] = &["2", "0", "4096"];

    fn convert(value: &Value<'_>) -> Result<Self, Wrong> {
        let DeValue::Integer(number) = value.get_ref() else {
            return Err(wrong_type("a whole number", value.get_ref()));
        };
        Self::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| not_a_count(number.as_str()))
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| not_a_count(text))
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

fn not_a_count(text: &str) -> Wrong {
    let what = format!("`{text}` is not a whole number from 0 to {}", u32::MAX);
    Wrong::new("bad-number", what, "write a smaller whole number, without a sign")
}

impl Scalar for Decimal {
    const WRITTEN: &'static str = "an exact decimal, like `\"0.25\"`";
    const EXAMPLES: &'static [&'static str] = &["\"0.25\"", "1.5", "7"];

    fn convert(value: &Value<'_>) -> Result<Self, Wrong> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            other => return Err(wrong_type("a decimal such as `\"0.25\"`", other)),
        };
        Self::parse(text)
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|e: concordat_terms::NotADecimal| {
            Wrong::new("bad-decimal", e.to_string(), "write it without exponent, like `\"0.0001\"`")
        })
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }
}

macro_rules! texts {
    ($($name:ty, $written:literal, [$($example:literal),+], $code:literal, $hint:literal;)+) => {$(
        impl Scalar for $name {
            const WRITTEN: &'static str = $written;
            const EXAMPLES: &'static [&'static str] = &[$(concat!('"', $example, '"')),+];

            fn parse(text: &str) -> Result<Self, Wrong> {
                text.parse().map_err(|e: <$name as FromStr>::Err| {
                    Wrong::new($code, e.to_string(), $hint)
                })
            }

            fn print(&self) -> String {
                quoted(&self.to_string())
            }
        }
    )+};
}

texts! {
Period, "a period, like `\"P30D\"`", ["P30D", "PT4H", "P1Y2M"],
    "bad-period", "write days as `P30D`, minutes as `PT10M`";
Date, "a day, like `\"2027-01-31\"`", ["2027-01-31", "2028-02-29"],
    "bad-date", "write year, month and day, like `2027-01-31`";
Money, "an amount, like `\"EUR 1000\"`", ["EUR 1000", "USD 0.50"],
    "bad-money", "write the currency's three capital letters and an amount, like `EUR 1000.50`";
Digest, "a SHA-256 digest, 64 hex digits",
    ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    "bad-digest", "write 64 hex digits";
}

impl Scalar for Version {
    const WRITTEN: &'static str = "a version of three numbers, like `\"1.0.0\"`";
    const EXAMPLES: &'static [&'static str] = &["\"1.0.0\"", "\"2.1.3\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| {
            let what = format!("`{text}` is not a version");
            Wrong::new("bad-version", what, "write three numbers, like `\"1.0.0\"`")
        })
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Scalar for VersionReq {
    const WRITTEN: &'static str = "a range of versions, like `\"^1.2\"`";
    const EXAMPLES: &'static [&'static str] = &["\"^1.2\"", "\">=1.2, <2\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| {
            let what = format!("`{text}` is not a range of versions");
            Wrong::new("bad-version", what, "write `\"^1.2\"` or `\">=1.2, <2\"`")
        })
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Scalar for ActName {
    const WRITTEN: &'static str = "an act";
    const EXAMPLES: &'static [&'static str] = &["\"run.propose\"", "\"evidence.submit\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|e: concordat_terms::NotAnAct| {
            let hint = match nearest(text, Self::ALL.iter().map(|act| act.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the acts are listed in docs/reference/acts.md".to_owned(),
            };
            Wrong::new("unknown-act", e.to_string(), hint)
        })
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

macro_rules! names {
    ($($name:ty, $to:expr, $written:literal, [$($example:literal),+];)+) => {$(
        impl Scalar for $name {
            const WRITTEN: &'static str = $written;
            const EXAMPLES: &'static [&'static str] = &[$(concat!('"', $example, '"')),+];

            fn parse(text: &str) -> Result<Self, Wrong> {
                name(text)
            }

            fn print(&self) -> String {
                quoted(self.as_str())
            }

            fn refers_to(&self) -> Option<(Named, &str, Option<&str>)> {
                Some(($to, self.as_str(), None))
            }
        }
    )+};
}

names! {
    PartyId, Named::Party, "a party", ["alder", "birch"];
    SeatId, Named::Seat, "a seat", ["trainer", "data-holder"];
    PurposeId, Named::Purpose, "a purpose", ["research"];
    AssetId, Named::Asset, "an asset", ["records", "model"];
    BodyId, Named::Body, "a body", ["council"];
    ModuleId, Named::Module, "a module", ["data-use"];
    Decider, Named::Decider, "a seat or a body", ["council", "trainer"];
}

impl Scalar for ClauseId {
    const WRITTEN: &'static str = "a short plain name";
    const EXAMPLES: &'static [&'static str] = &["\"delete-copies\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for ProjectId {
    const WRITTEN: &'static str = "a project";
    const EXAMPLES: &'static [&'static str] = &["\"risk-study\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for MethodId {
    const WRITTEN: &'static str = "a method";
    const EXAMPLES: &'static [&'static str] = &["\"pooled-holdout\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for CourseId {
    const WRITTEN: &'static str = "a course";
    const EXAMPLES: &'static [&'static str] = &["\"data-protection\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for RoleId {
    const WRITTEN: &'static str = "what a party is under a regime";
    const EXAMPLES: &'static [&'static str] = &["\"provider\"", "\"controller\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for ClassId {
    const WRITTEN: &'static str = "what a system is under a regime";
    const EXAMPLES: &'static [&'static str] = &["\"annex-iii\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for IncidentId {
    const WRITTEN: &'static str = "a kind of incident";
    const EXAMPLES: &'static [&'static str] = &["\"personal-data-breach\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for RegimeId {
    const WRITTEN: &'static str = "the name of a regime's pack";
    const EXAMPLES: &'static [&'static str] = &["\"eu-gdpr\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for KeyId {
    const WRITTEN: &'static str = "the id of a key";
    const EXAMPLES: &'static [&'static str] = &["\"21fe31dfa154a261626bf854046fd227\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

impl Scalar for MetricId {
    const WRITTEN: &'static str = "a metric";
    const EXAMPLES: &'static [&'static str] = &["\"accuracy\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        name(text)
    }

    fn print(&self) -> String {
        quoted(self.as_str())
    }
}

/// A name, from a key.
pub(crate) fn name<T: FromStr<Err: ToString>>(text: &str) -> Result<T, Wrong> {
    text.parse().map_err(|e: T::Err| {
        let hint = match plain(text) {
            mended if mended.is_empty() => "choose a short plain name".to_owned(),
            mended => format!("write `{mended}`"),
        };
        Wrong::new("bad-name", e.to_string(), hint)
    })
}

/// What a name might have been meant to be.
fn plain(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let plain: String =
        lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect();
    plain.trim_matches('-').to_owned()
}

/// Who decides: a seat or a body, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Decider(ClauseId);

impl Decider {
    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Decider {
    type Err = concordat_terms::NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A clause, by its name in this module or as `module/clause`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct ClauseName {
    /// The module, if it is another.
    pub module: Option<ModuleId>,
    /// The clause.
    pub clause: ClauseId,
}

impl ClauseName {
    /// The clause it means, as a verdict cites it, where it stands in the module `own`.
    pub fn cited(&self, own: &ModuleId) -> ClauseRef {
        ClauseRef::new(self.module.as_ref().unwrap_or(own), &self.clause)
    }
}

impl fmt::Display for ClauseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, "{module}/")?;
        }
        write!(f, "{}", self.clause)
    }
}

impl Scalar for ClauseName {
    const WRITTEN: &'static str = "a clause, like `\"data-use/delete-copies\"`";
    const EXAMPLES: &'static [&'static str] = &["\"delete-copies\"", "\"data-use/delete-copies\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        let (module, clause) = match text.split_once('/') {
            Some((module, clause)) => (Some(name(module)?), clause),
            None => (None, text),
        };
        Ok(Self { module, clause: name(clause)? })
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }

    fn refers_to(&self) -> Option<(Named, &str, Option<&str>)> {
        let module = self.module.as_ref().map(ModuleId::as_str);
        Some((Named::Clause, self.clause.as_str(), module))
    }
}

/// To whom something is owed or shown: a seat, or somebody who does not sign.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressee {
    /// A seat of the agreement.
    Seat(SeatId),
    /// A regulator, the people concerned, the public: `"outside: the data protection authority"`.
    Outside(String),
}

const OUTSIDE: &str = "outside:";

impl Addressee {
    /// The seat, if it is one.
    pub fn seat(&self) -> Option<&SeatId> {
        match self {
            Self::Seat(seat) => Some(seat),
            Self::Outside(_) => None,
        }
    }
}

impl fmt::Display for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seat(seat) => write!(f, "{seat}"),
            Self::Outside(who) => write!(f, "{OUTSIDE} {who}"),
        }
    }
}

impl Scalar for Addressee {
    const WRITTEN: &'static str = "a seat, or `\"outside: \"` and who";
    const EXAMPLES: &'static [&'static str] = &["\"steward\"", "\"outside: the people concerned\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text.strip_prefix(OUTSIDE).map(str::trim) {
            Some("") => {
                let what = "nobody is named after `outside:`";
                Err(Wrong::new("empty-text", what, "say who, like `outside: the regulator`"))
            }
            Some(who) => Ok(Self::Outside(who.to_owned())),
            None => name(text).map(Self::Seat),
        }
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }

    fn refers_to(&self) -> Option<(Named, &str, Option<&str>)> {
        match self {
            Self::Seat(seat) => Some((Named::Seat, seat.as_str(), None)),
            Self::Outside(_) => None,
        }
    }
}
