//! The name of one occurrence of a duty.

use std::fmt;
use std::str::FromStr;

use concordat_terms::{ClauseRef, PartyId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One occurrence of a duty clause, owed by one party: `incident/notify:vendor:412`, where 412 is
/// the index of the entry that started its clock. A duty that recurs counts on from there:
/// `oversight/report:vendor:12:3` is the third after the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DutyId {
    /// The clause.
    pub clause: ClauseRef,
    /// Who owes it.
    pub owner: PartyId,
    /// The index of the entry that started its clock.
    pub since: u64,
    /// Which recurrence it is; 0 is the first time.
    pub nth: u32,
}

/// A text that names no duty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duty: write clause, owner and entry, like `incident/notify:vendor:412`")]
pub struct NotADuty(pub String);

impl fmt::Display for DutyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clause, owner, since, nth } = self;
        write!(f, "{clause}:{owner}:{since}")?;
        if *nth > 0 { write!(f, ":{nth}") } else { Ok(()) }
    }
}

impl FromStr for DutyId {
    type Err = NotADuty;

    fn from_str(text: &str) -> Result<Self, NotADuty> {
        let parsed = || {
            let mut parts = text.split(':');
            let clause = parts.next()?.parse().ok()?;
            let owner = parts.next()?.parse().ok()?;
            let since = parts.next()?.parse().ok()?;
            let nth = parts.next().map_or(Some(0), |nth| nth.parse().ok())?;
            parts.next().is_none().then_some(Self { clause, owner, since, nth })
        };
        // One occurrence has one spelling.
        let id = parsed().filter(|id| id.to_string() == text);
        id.ok_or_else(|| NotADuty(text.chars().take(80).collect()))
    }
}

impl Serialize for DutyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DutyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_has_one_spelling() {
        for text in ["incident/notify:vendor:412", "oversight/report:vendor:12:3"] {
            assert_eq!(text.parse::<DutyId>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "incident/notify",
            "incident/notify:vendor",
            "a/b:c:01",
            "a/b:c:1:0",
            "a/b:c:1:2:3",
        ] {
            assert!(bad.parse::<DutyId>().is_err(), "{bad}");
        }
    }
}
