//! Answers as everybody stores them: one JSON text with one spelling, named by its digest.

use std::collections::BTreeSet;

use concordat_terms::{Digest, PartyId, jcs};
use serde::{Deserialize, Serialize};

use super::{Answer, Noise, Query, QueryFault};
use crate::model::Trained;

/// What a query run gave: the released sum with all that is needed to read it, the same for every
/// participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// What was asked.
    pub query: Query,
    /// By which run, under which plan, and what it spends.
    pub made: Trained,
    /// Whose rows, and whose noise, are in the sum.
    pub of: BTreeSet<PartyId>,
    /// The variance of the noise that each of them added to each integer, in squared ring units.
    pub node_variance: u64,
    /// The sum, in ring units.
    pub sum: Vec<i64>,
}

/// Why bytes are no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAnswer {
    /// They are other text.
    #[error("{0}")]
    Text(String),
    /// The query in it cannot be asked.
    #[error(transparent)]
    Query(#[from] QueryFault),
    /// The sum is not of the query.
    #[error("the sum does not fit the query")]
    Sum,
}

/// What it is called in its first field.
const FORMAT: &str = "concordat/answer/v1";

/// Integers are texts: a sum may be larger than JSON's numbers are exact.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    format: String,
    query: Query,
    made: Trained,
    of: BTreeSet<PartyId>,
    node_variance: String,
    sum: Vec<String>,
}

impl Released {
    /// The canonical text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = Text {
            format: FORMAT.to_owned(),
            query: self.query.clone(),
            made: self.made.clone(),
            of: self.of.clone(),
            node_variance: self.node_variance.to_string(),
            sum: self.sum.iter().map(i64::to_string).collect(),
        };
        // Strings and small integers only, so it always has a canonical form.
        jcs::to_bytes(&text).unwrap_or_default()
    }

    /// Reads the canonical text, and no other.
    ///
    /// # Errors
    /// [`NotAnAnswer`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAnAnswer> {
        let other = |why: String| NotAnAnswer::Text(why);
        let text: Text = jcs::from_bytes(bytes).map_err(|e| other(e.to_string()))?;
        if text.format != FORMAT {
            return Err(other(format!("its format is not `{FORMAT}`")));
        }
        text.query.check()?;
        let sum = text.sum.iter().map(|value| value.parse()).collect::<Result<Vec<i64>, _>>();
        let read = Self {
            query: text.query,
            made: text.made,
            of: text.of,
            node_variance: text.node_variance.parse().map_err(|_| NotAnAnswer::Sum)?,
            sum: sum.map_err(|_| NotAnAnswer::Sum)?,
        };
        let fits = read.sum.len() == read.query.length() && !read.of.is_empty();
        // Numbers have one spelling, too.
        if !fits || read.to_bytes() != bytes {
            return Err(NotAnAnswer::Sum);
        }
        Ok(read)
    }

    /// What names it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// The noise in each integer of the sum: that of everybody who is in it.
    pub fn noise(&self) -> Noise {
        Noise::of_nodes(self.node_variance, u32::try_from(self.of.len()).unwrap_or(u32::MAX))
    }

    /// The standard deviation of that noise, in rows.
    pub fn deviation(&self) -> f64 {
        self.noise().deviation() / self.query.unit()
    }

    /// What is read out of it.
    pub fn answer(&self) -> Answer {
        let none = Answer::default();
        self.query.answer(&self.sum, self.noise()).unwrap_or(none)
    }
}
