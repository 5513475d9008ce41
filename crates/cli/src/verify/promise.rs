//! What a log, an archive or a bundle promises, by name: so that a program knows what was broken.

use serde::Serialize;

/// Something that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// Every file that is there belongs there, and none is missing.
    Layout,
    /// The log begins with a genesis that all founders signed, and that the reader named.
    Founding,
    /// The log and enough witnesses signed the checkpoint, and each of the older ones.
    Witnessed,
    /// The entries are those under the signed root, in that order.
    Order,
    /// The log goes on from what the reader has seen, and from what was cosigned before.
    History,
    /// Whole entries are signed by those whom they name.
    Signatures,
    /// Texts have the digests that entries name.
    Blobs,
    /// Each verdict is what the agreed rules give.
    Verdicts,
    /// The coordinator said in time what it made of the entries, and said the same.
    Coordinator,
    /// No privacy budget was overspent, and reservations cover what runs cost.
    Budgets,
    /// Every duty has an owner, and none has vanished.
    Duties,
    /// Each model can be traced to all that it was made from.
    Lineage,
    /// What is shown in part belongs to what its digests stand for.
    Disclosure,
    /// A party with a key of this log stands by the records.
    Attestation,
    /// What people are given to read says what the rest says.
    Papers,
}

impl Promise {
    /// Its name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::Founding => "founding",
            Self::Witnessed => "witnessed",
            Self::Order => "order",
            Self::History => "history",
            Self::Signatures => "signatures",
            Self::Blobs => "blobs",
            Self::Verdicts => "verdicts",
            Self::Coordinator => "coordinator",
            Self::Budgets => "budgets",
            Self::Duties => "duties",
            Self::Lineage => "lineage",
            Self::Disclosure => "disclosure",
            Self::Attestation => "attestation",
            Self::Papers => "papers",
        }
    }

    /// What it promises, for people: without a capital, without a full stop.
    pub fn words(self) -> &'static str {
        match self {
            Self::Layout => "every file that is there belongs there, and none is missing",
            Self::Founding => "the log begins with what all its founders signed",
            Self::Witnessed => "the log and enough witnesses have signed how far it goes",
            Self::Order => "no entry is lost, altered or out of its order",
            Self::History => "the log goes on from what was signed before",
            Self::Signatures => "what took effect is signed by those whom it names",
            Self::Blobs => "every text is the one that an entry names",
            Self::Verdicts => "every verdict is what the agreed rules give",
            Self::Coordinator => "the coordinator said in time what it made of the entries",
            Self::Budgets => "no privacy budget is overspent",
            Self::Duties => "every duty has an owner, and none has vanished",
            Self::Lineage => "every model can be traced to all that it was made from",
            Self::Disclosure => "what is shown in part belongs to what was signed",
            Self::Attestation => "those who made it stand by what it says",
            Self::Papers => "what people are given to read says what the rest says",
        }
    }
}
