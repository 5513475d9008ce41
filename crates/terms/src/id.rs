//! Names: each kind of thing has its own type, so that a seat cannot stand where a party should.
//! Copies of a name share its text: a state names the same parties and clauses over and over.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that cannot be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: 1 to 64 of a–z, 0–9 and `-`, starting with a letter or digit")]
pub struct NotAnId(pub String);

fn checked(text: &str) -> Result<Arc<str>, NotAnId> {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if first && rest && text.len() <= 64 {
        Ok(shared(text))
    } else {
        Err(NotAnId(text.chars().take(80).collect()))
    }
}

thread_local! {
    /// The texts of names that are being read, while [`sharing_names`] says so.
    static NAMES: RefCell<Option<BTreeSet<Arc<str>>>> = const { RefCell::new(None) };
}

/// Names that `read` reads share their text where they are spelt alike, as copies do: for whoever
/// reads many at once, and keeps them.
pub fn sharing_names<T>(read: impl FnOnce() -> T) -> T {
    NAMES.set(Some(BTreeSet::new()));
    let read = read();
    NAMES.set(None);
    read
}

fn shared(text: &str) -> Arc<str> {
    NAMES.with_borrow_mut(|names| {
        let Some(names) = names else { return text.into() };
        if let Some(known) = names.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        names.insert(new.clone());
        new
    })
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl Ord for $name {
            /// By the text; a name and its copy are equal without a look at it.
            fn cmp(&self, other: &Self) -> Ordering {
                if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                checked(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parsed(deserializer)
            }
        }
    )*};
}

names! {
    /// An organisation.
    PartyId;
    /// A role that the agreement creates and a party fills.
    SeatId;
    /// One module of the agreement.
    ModuleId;
    /// One clause, unique within its module.
    ClauseId;
    /// A dataset, model, code or report.
    AssetId;
    /// What an asset may be used for.
    PurposeId;
    /// A child agreement under the frame agreement.
    ProjectId;
    /// Seats of several parties that decide together.
    BodyId;
    /// A question put to a body.
    MotionId;
    /// A meeting of a body.
    MeetingId;
    /// One joint computation.
    RunId;
    /// Where something runs.
    PlaceId;
    /// A signing key of a party.
    KeyId;
    /// A way of testing, as a lab states it.
    MethodId;
    /// What a test measures.
    MetricId;
    /// A person or machine that acts for a party, by a pseudonym that the party alone can resolve.
    MemberId;
    /// A member's right to sign for a seat.
    MandateId;
    /// A way of recognising results from elsewhere.
    RecognitionId;
    /// A training, as whoever gives it names it.
    CourseId;
    /// Somebody whom a party has work with an asset, and who does not sign.
    ProcessorId;
    /// An incident, a dispute, a claim, a request for records, or an exit.
    CaseId;
    /// A line of the risk register.
    RiskId;
    /// What a party is under a regime: `provider`, `controller`.
    RoleId;
    /// What a system is under a regime: `annex-iii`.
    ClassId;
    /// A kind of incident, as regimes name it: `personal-data-breach`.
    IncidentId;
    /// A regime, by the name of its pack: `eu-gdpr`.
    RegimeId;
}

/// A text that is no country code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a country code")]
pub struct NotACountry(pub String);

/// A country of ISO 3166, by its two capital letters; `EU` and `UN` stand for themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(Arc<str>);

impl Country {
    /// Two capital letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(text.into()))
        } else {
            Err(NotACountry(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

/// A clause as a verdict cites it: `module/clause`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClauseRef {
    /// The module that holds the clause.
    pub module: ModuleId,
    /// The clause's permanent name.
    pub clause: ClauseId,
}

impl ClauseRef {
    /// Joins the two halves.
    pub fn new(module: &ModuleId, clause: &ClauseId) -> Self {
        Self { module: module.clone(), clause: clause.clone() }
    }
}

impl fmt::Display for ClauseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.module, self.clause)
    }
}

impl FromStr for ClauseRef {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (module, clause) = text.split_once('/').ok_or_else(|| NotAnId(text.to_owned()))?;
        Ok(Self { module: module.parse()?, clause: clause.parse()? })
    }
}

impl Serialize for ClauseRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClauseRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_lowercase_and_plain() {
        for good in ["alder", "data-use", "2nd", "a"] {
            assert_eq!(good.parse::<PartyId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "Alder", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<PartyId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_that_are_read_together_share_their_text() {
        let read = || ["alder", "alder"].map(|name| name.parse::<PartyId>().unwrap());
        let [one, other] = sharing_names(read);
        assert!(Arc::ptr_eq(&one.0, &other.0));
        let [one, other] = read();
        assert!(one == other && !Arc::ptr_eq(&one.0, &other.0));
    }

    #[test]
    fn a_clause_is_cited_with_its_module() {
        let cited: ClauseRef = "data-use/train-on-notes".parse().unwrap();
        assert_eq!(cited.to_string(), "data-use/train-on-notes");
        assert!("train-on-notes".parse::<ClauseRef>().is_err());
    }
}
