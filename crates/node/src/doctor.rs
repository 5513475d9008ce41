//! What a node needs of the machine and the network around it, looked at before anything depends on it.

mod line;
mod named;
mod place;

use std::path::Path;

use concordat_terms::Timestamp;
use serde::Serialize;

use crate::client::{Client, Fault};
use crate::egress::{Ledger, read};
use crate::home::Home;
use crate::now;

pub use self::line::line;
pub use self::place::{disk, sandbox};

/// How it is with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// A node works, and somebody should know.
    Warn,
    /// A node does not work so.
    Fail,
}

impl Level {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Of what.
    pub check: &'static str,
    /// How it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), hint: None }
    }

    /// A node works, and somebody should know.
    pub fn warn(check: &'static str, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check, level: Level::Warn, found: found.into(), hint: Some(hint.into()) }
    }

    /// A node does not work so.
    pub fn fail(check: &'static str, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check, level: Level::Fail, found: found.into(), hint: Some(hint.into()) }
    }
}

/// This machine's clock beside the coordinator's, and whether it answers at all.
pub fn clock(home: &Home, skew: u64) -> Check {
    let client = match Client::of(home) {
        Ok(client) => client,
        Err(problem) => return Check::fail("clock", problem.what, problem.hint),
    };
    let before = now();
    let date = match client.date() {
        Ok(date) => date,
        Err(fault) => return Check::fail("clock", answerless(&fault), fault.problem().hint),
    };
    match date {
        Some(date) => compared(before, date, now(), skew),
        None => Check::warn(
            "clock",
            "the coordinator answers, and does not say what time it has",
            "compare this machine's clock by other means",
        ),
    }
}

fn answerless(fault: &Fault) -> String {
    format!("the coordinator was not asked for its time: {}", fault.problem().what)
}

/// A clock that is read between two readings of our own.
fn compared(before: Timestamp, theirs: Timestamp, after: Timestamp, skew: u64) -> Check {
    let (low, high, theirs) = (before.seconds(), after.seconds(), theirs.seconds());
    let (off, by) = if theirs < low {
        (low - theirs, "ahead of")
    } else {
        (theirs.saturating_sub(high), "behind")
    };
    // What is written in whole seconds is not nearer.
    if off <= 1 {
        return Check::ok("clock", "is the coordinator's, to the second");
    }
    let found = format!("{off} seconds {by} the coordinator's; the agreement allows {skew}");
    let hint = "have this machine's clock set by a time server; if it is right, ask the operator";
    if off > skew {
        Check::fail("clock", found, hint)
    } else if off.saturating_mul(2) > skew {
        Check::warn("clock", found, hint)
    } else {
        Check::ok("clock", found)
    }
}

/// Whether the ledger of what left is what was written, and whether the node is paused.
pub fn egress(dir: &Path) -> Vec<Check> {
    let mut checks = vec![match read(dir, None, |_| {}) {
        Ok(Ok(checked)) => {
            Check::ok("egress", format!("the ledger holds, {} lines", checked.head.lines))
        }
        Ok(Err(broken)) => {
            let problem = broken.problem();
            Check::fail("egress", problem.what, problem.hint)
        }
        Err(problem) if problem.code == "no-egress" => {
            Check::ok("egress", "nothing has left this folder yet")
        }
        Err(problem) => Check::fail("egress", problem.what, problem.hint),
    }];
    if crate::egress::is_paused(dir) {
        let hint = "run `concordat node pause --resume` when it may take part again";
        checks.push(Check::warn("pause", "the node is paused: it takes part in no run", hint));
    }
    checks
}

/// The ledger's folder can be written: nothing leaves otherwise.
pub(crate) fn ledger_mib(home: &Home) -> u64 {
    Ledger::mib_most(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_what_the_agreement_allows() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let level = |theirs| compared(at(1_000), at(theirs), at(1_002), 60).level;
        for same in [999, 1_000, 1_001, 1_002, 1_003] {
            assert_eq!(level(same), Level::Ok, "{same}");
        }
        assert_eq!((level(980), level(1_020)), (Level::Ok, Level::Ok));
        assert_eq!((level(960), level(1_040)), (Level::Warn, Level::Warn));
        assert_eq!((level(900), level(1_100)), (Level::Fail, Level::Fail));
        let said = compared(at(1_000), at(900), at(1_002), 60).found;
        assert_eq!(said, "100 seconds ahead of the coordinator's; the agreement allows 60");
    }
}
