//! The lease: who may write, and until when somebody else may take it over.

use std::time::Duration;

/// How a writer holds the log of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What the writer calls itself, for those who wait.
    pub holder: String,
    /// How long the lease lasts after a sign of life; signs come three times as often.
    pub lasts: Duration,
    /// How long to wait for somebody else's to end. Longer than it lasts, and a writer that was
    /// killed can be started again at once.
    pub patience: Duration,
}

impl Lease {
    /// A lease of ten seconds, waited for a little longer than that.
    pub fn of(holder: impl Into<String>) -> Self {
        Self {
            holder: holder.into(),
            lasts: Duration::from_secs(10),
            patience: Duration::from_secs(15),
        }
    }
}
