//! The closed list of what a node sends.

use std::fmt;

use concordat_secagg::FromClient;
use concordat_secagg::three::Message;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// What a message is. The list is closed: what is none of these cannot be sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[doc = $doc])* #[serde(rename = $text)] $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it carries, in a line.
            pub fn carries(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*),)* }.trim_start()
            }
        }
    };
}

kinds! {
    /// asks for a checkpoint of the log: nothing but how far this copy has come
    CheckpointRead = "checkpoint-read",
    /// asks for entries of the log
    TileRead = "tile-read",
    /// asks for the proof that an entry is in the log
    ProofRead = "proof-read",
    /// asks for a text or a model by its digest, signed with the ledger key
    BlobRead = "blob-read",
    /// asks a witness, or the coordinator about witnesses, what they have seen
    WitnessRead = "witness-read",
    /// asks how a run goes
    RunRead = "run-read",
    /// asks for what others have sent in a round
    RoundRead = "round-read",
    /// a signed act of this party
    Act = "act",
    /// a signed act of another party that the coordinator did not take
    ActRelayed = "act-relayed",
    /// a signed act of this party, for another party's node
    ActHandedIn = "act-handed-in",
    /// asks another party's node what became of an act that was handed in there
    HandedInRead = "handed-in-read",
    /// a cosignature on a checkpoint
    Cosignature = "cosignature",
    /// by which further keys this party cosigns
    CosignerKeys = "cosigner-keys",
    /// a file that a person named in a command: a module's text, a report
    File = "file",
    /// the signed act by which this party joins a run
    RunJoin = "run-join",
    /// the model, or the answer, that a run has given: the same bytes at each participant
    Model = "model",
    /// public keys of a round
    RoundKeys = "round-keys",
    /// shares of a round's secrets, each encrypted for one participant
    RoundShares = "round-shares",
    /// a clipped and noised sum over rows, under the masks of a round
    MaskedVector = "masked-vector",
    /// the digests of a masked vector that comes in pieces
    UploadAnnounced = "upload-announced",
    /// a piece of such a vector, still under its masks
    UploadPiece = "upload-piece",
    /// says that all pieces of a vector are there
    UploadClaim = "upload-claim",
    /// signs who is left in a round
    Survivors = "survivors",
    /// shares that take the masks off the sum of all, and of nobody alone
    Reveal = "reveal",
    /// a contribution under the masks of three aggregators: its signature and digests
    Contribution = "contribution",
    /// an aggregator's public key
    AggregatorKey = "aggregator-key",
    /// of whom an aggregator has contributions
    AggregatorList = "aggregator-list",
    /// the roster that an aggregator signs
    AggregatorRoster = "aggregator-roster",
    /// an aggregator's share of a sum: its signature and digests
    AggregatorShare = "aggregator-share",
    /// a piece of an aggregator's share of a sum
    SharePiece = "share-piece",
    /// what this participant computed: digests and counts, signed
    RunResult = "run-result",
    /// a signature over the act that closes a run
    RunSignature = "run-signature",
}

impl Kind {
    /// Whether it is a part in a run: what stops when the node is paused, and what needs a run that this
    /// party has joined.
    pub fn takes_part(self) -> bool {
        self >= Self::RunJoin
    }

    /// Whether it depends on rows, under masks.
    pub fn is_masked(self) -> bool {
        matches!(self, Self::MaskedVector | Self::UploadPiece)
    }

    /// A message under pairwise masks.
    pub(crate) fn of(message: &FromClient) -> Self {
        match message {
            FromClient::Keys(_) => Self::RoundKeys,
            FromClient::Shares(_) => Self::RoundShares,
            FromClient::Masked(_) => Self::MaskedVector,
            FromClient::Upload(_) => Self::UploadClaim,
            FromClient::Survivors(_) => Self::Survivors,
            FromClient::Reveal(_) => Self::Reveal,
        }
    }

    /// A message with three aggregators.
    pub(crate) fn of_three(message: &Message) -> Self {
        match message {
            Message::Offer(_) => Self::AggregatorKey,
            Message::Contribute(_) => Self::Contribution,
            Message::Hold(_) => Self::AggregatorList,
            Message::Agree(_) => Self::AggregatorRoster,
            Message::Open(_) => Self::AggregatorShare,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_by_its_name_and_no_other_is_read() {
        for kind in Kind::ALL {
            let written = serde_json::to_string(kind).unwrap();
            assert_eq!(written, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<Kind>(&written).unwrap(), *kind);
            assert!(kind.carries().len() > 10, "{kind}");
        }
        assert!(serde_json::from_str::<Kind>("\"remark\"").is_err());
    }

    #[test]
    fn what_only_reads_or_signs_for_the_log_is_no_part_in_a_run() {
        let part: Vec<&str> =
            Kind::ALL.iter().filter(|kind| kind.takes_part()).map(|kind| kind.as_str()).collect();
        assert_eq!(part.len(), 18, "{part:?}");
        assert_eq!(part.first(), Some(&"run-join"));
        for kind in Kind::ALL.iter().filter(|kind| kind.is_masked()) {
            assert!(kind.takes_part());
        }
    }
}
