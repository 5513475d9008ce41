//! How sure we are, and how binding it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a fact of a pack or calendar was confirmed. Nothing is shipped without a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Confirmed {
    /// The primary text was read.
    P,
    /// A secondary source says so: a regulator's page, a law firm's note, another project's data.
    S,
    /// Not confirmed: check before relying on it.
    G,
}

impl Confirmed {
    /// The letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P => "P",
            Self::S => "S",
            Self::G => "G",
        }
    }
}

impl fmt::Display for Confirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How binding a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Law, from its date on.
    Law,
    /// Guidance: opens no clock unless asked for or contracted.
    Guidance,
    /// A bill, a draft, a proposal: not law.
    Proposed,
    /// Binds only whom a contract says.
    Contract,
}

impl Status {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::Guidance => "guidance",
            Self::Proposed => "proposed",
            Self::Contract => "contract",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
