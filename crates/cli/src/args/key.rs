//! What is done with keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use concordat_terms::{KeyId, MemberId, MotionId, PartyId, SeatId, Timestamp};

use super::Look;

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Creates the folder and its keys, where there are none, and prints the public ones.
    #[command(after_help = "Example:\n  \
        concordat key new --home homes/alder --party alder --json > alder.json")]
    New(KeyArgs),
    /// Prints the public keys.
    #[command(after_help = "Example:\n  concordat key show --home homes/alder --party alder")]
    Show(KeyArgs),
    /// Every key of the log: whose, in which time, what took effect by it, what is in doubt.
    #[command(after_help = "Examples:\n  concordat key list --home homes/alder --as alder\n  \
        concordat key list --archive archive")]
    List(Look),
    /// Publishes the digest of the key that comes next, which takes the first one's place without it.
    #[command(after_help = "Example:\n  \
        concordat key commit --home homes/alder --next /media/safe/alder-next.key")]
    Commit(KeyCommit),
    /// Puts another key in the place of the party's own.
    #[command(after_help = "Examples:\n  concordat key rotate --home homes/alder\n  \
        concordat key rotate --home homes/alder --until 2027-02-01T00:00:00Z\n  \
        concordat key rotate --home homes/alder --witness\n  \
        concordat key rotate --home homes/alder --lost \\\n    \
        --next /media/safe/alder-next.key --then /media/safe/alder-third.key")]
    Rotate(KeyRotate),
    /// Registers a further key.
    #[command(after_help = "Examples:\n  \
        concordat key register --for exports --home homes/alder\n  \
        concordat key register --for acts --member m-17 --file m-17.key --home homes/alder")]
    Register(KeyRegister),
    /// Ends a key at once.
    #[command(after_help = "Example:\n  concordat key revoke 8c1f0d… --home homes/alder")]
    Revoke(KeyRevoke),
    /// Gives a party whose key is lost another one, by a statement that goes from hand to hand: the first
    /// writes it, all sign it, one has it logged.
    #[command(after_help = "Examples:\n  \
        concordat key recover alder.dsse --party alder --key 5d7b… --home homes/birch\n  \
        concordat key recover alder.dsse --home homes/cypress\n  \
        concordat key recover alder.dsse --next /media/safe/alder-new.key\n  \
        concordat key recover alder.dsse --submit --home homes/birch\n  \
        concordat key recover alder.dsse --motion alder-key \\\n    \
        --seat council-member --home homes/birch")]
    Recover(KeyRecover),
    /// Ends a key that others may have used, and marks what it signed since.
    #[command(after_help = "Example:\n  \
        concordat key compromise 8c1f0d… --since 412 --home homes/alder")]
    Compromise(KeyCompromise),
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// The folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Whose keys these are.
    #[arg(long, value_name = "PARTY", required_unless_present = "sequencer")]
    pub(crate) party: Option<PartyId>,
    /// The coordinator's key instead: the one that orders.
    #[arg(long, conflicts_with = "party")]
    pub(crate) sequencer: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeyCommit {
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// The file of the key that comes next; drawn if it is not there. Default: `keys/next.key` in
    /// the folder, to be kept elsewhere.
    #[arg(long, value_name = "FILE")]
    pub(crate) next: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRotate {
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// The file of the new key; drawn if it is not there. Default: `keys/next.key` in the folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) next: Option<PathBuf>,
    /// Until when the old key signs beside it, at most 31 days. Default: it ends at once.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["witness", "lost"])]
    pub(crate) until: Option<Timestamp>,
    /// The file of the key that comes after the new one, to be committed to; drawn if it is not
    /// there.
    #[arg(long, value_name = "FILE", conflicts_with = "witness")]
    pub(crate) then: Option<PathBuf>,
    /// Without the old key, which was lost or stolen: the new one was committed to.
    #[arg(long, requires = "next", conflicts_with = "witness")]
    pub(crate) lost: bool,
    /// The key that cosigns instead; its node is to be started anew.
    #[arg(long)]
    pub(crate) witness: bool,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum KeyFor {
    /// Acts of the party, or of a member under mandates (Ed25519).
    Acts,
    /// Cosignatures beside the Ed25519 one (ML-DSA-44).
    Cosigning,
    /// What leaves in formats of others (P-256).
    Exports,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRegister {
    /// What it is for.
    #[arg(long = "for", value_enum)]
    pub(crate) used: KeyFor,
    /// The member whose key it is, by a pseudonym.
    #[arg(long, value_name = "MEMBER")]
    pub(crate) member: Option<MemberId>,
    /// The file of the key; drawn if it is not there. Default: `keys/export.key`,
    /// `keys/witness-ml-dsa-44.key`, with which the node cosigns, or `keys/further.key` in the folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRecover {
    /// The statement; written if it is not there.
    #[arg(value_name = "STATEMENT")]
    pub(crate) file: PathBuf,
    /// The folder of the party that signs, or has it logged.
    #[arg(long, value_name = "FOLDER", required_unless_present = "next")]
    pub(crate) home: Option<PathBuf>,
    /// The file of the new key, whose party signs by it; drawn if it is not there, to be told to the
    /// others.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["home", "party", "motion", "submit"])]
    pub(crate) next: Option<PathBuf>,
    /// To write it: whose key is lost.
    #[arg(long, value_name = "PARTY", requires = "key", conflicts_with = "motion")]
    pub(crate) party: Option<PartyId>,
    /// To write it: the public key that the party has told in person (64 hexadecimal digits).
    #[arg(long, value_name = "KEY", requires = "party")]
    pub(crate) key: Option<String>,
    /// To write it: the first entry that others may have signed with the lost key.
    #[arg(long, value_name = "INDEX", requires = "party")]
    pub(crate) since: Option<u64>,
    /// To write it where a body has decided it: the motion, which this carries out.
    #[arg(long, value_name = "MOTION", requires = "seat")]
    pub(crate) motion: Option<MotionId>,
    /// For which seat the motion is carried out.
    #[arg(long, requires = "motion")]
    pub(crate) seat: Option<SeatId>,
    /// Has it logged, once all have signed.
    #[arg(long, conflicts_with_all = ["party", "motion"])]
    pub(crate) submit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRevoke {
    /// The key's id, as `key list` shows it.
    pub(crate) key: KeyId,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct KeyCompromise {
    /// The key's id, as `key list` shows it; it may have ended.
    pub(crate) key: KeyId,
    /// The first entry that others may have signed with it.
    #[arg(long, value_name = "INDEX")]
    pub(crate) since: u64,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}
