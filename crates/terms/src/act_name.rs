//! The vocabulary: the name of every act, once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! vocabulary {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The name of an act, `noun.verb`. What each carries and does is told by the type of
        /// its payload.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ActName {
            $($(#[$doc])* $variant,)*
        }

        impl ActName {
            /// Every act, in the order of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// `noun.verb`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl FromStr for ActName {
            type Err = NotAnAct;

            fn from_str(text: &str) -> Result<Self, NotAnAct> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(NotAnAct(text.chars().take(80).collect())),
                }
            }
        }
    };
}

vocabulary! {
    /// Starts the log.
    Genesis = "genesis",
    /// Moves time on.
    Tick = "tick",
    /// Records the rolling digest, so that replicas compare.
    DigestRecord = "digest.record",
    /// Puts a module's text before its signers.
    ModulePropose = "module.propose",
    /// One signer's signature under a module's exact bytes.
    ModuleSign = "module.sign",
    /// Brings a complete, consistent set of modules into force.
    ModuleEnter = "module.enter",
    /// Declares where a party runs things.
    PlaceRegister = "place.register",
    /// Lists a dataset version in the catalogue.
    DatasetRegister = "dataset.register",
    /// Takes a dataset version out of use.
    DatasetWithdraw = "dataset.withdraw",
    /// Allows code to run beside a party's data.
    CodeApprove = "code.approve",
    /// Takes that back.
    CodeRevoke = "code.revoke",
    /// Puts a project's charter before its body.
    ProjectCharter = "project.charter",
    /// Opens a chartered project.
    ProjectOpen = "project.open",
    /// Ends a project.
    ProjectEnd = "project.end",
    /// Puts a question to a body.
    MotionPropose = "motion.propose",
    /// One member's vote.
    MotionVote = "motion.vote",
    /// Carries out what a body decided, gated again at that moment.
    MotionExecute = "motion.execute",
    /// Proposes a joint computation.
    RunPropose = "run.propose",
    /// One seat's approval of a proposed run.
    RunApprove = "run.approve",
    /// Opens an approved run for its participants.
    RunOpen = "run.open",
    /// Joins a run and reserves the budget of all its rounds and retries.
    RunJoin = "run.join",
    /// Closes a run with its result, signed by at least t participants.
    RunClose = "run.close",
    /// Ends a run without a result; what was reserved stays spent.
    RunAbort = "run.abort",
    /// Files a lab's test result about a digest.
    EvidenceSubmit = "evidence.submit",
    /// Proposes a model for release.
    ReleasePropose = "release.propose",
    /// Releases it.
    ReleasePromote = "release.promote",
}

/// A text that names no act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an act")]
pub struct NotAnAct(pub String);

impl fmt::Display for ActName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ActName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ActName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_is_found_by_its_name() {
        for act in ActName::ALL {
            assert_eq!(act.as_str().parse::<ActName>(), Ok(*act));
        }
        assert!("run.invent".parse::<ActName>().is_err());
    }
}
