//! What is about persons.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use concordat_terms::{Digest, MemberId, SeatId};

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Seals a value under the person's key, and gives a salted commitment for statements.
    #[command(override_usage = "concordat person commit [OPTIONS] --value <FILE> \\\n    \
        --home <FOLDER> <MEMBER> <LABEL>")]
    #[command(after_help = "Example:\n  \
        concordat person commit m-17 name --value name.txt --home homes/alder")]
    Commit(PersonCommit),
    /// Shows the value behind a commitment.
    #[command(after_help = "Example:\n  concordat person open 3f1c… --home homes/alder")]
    Open(PersonOpen),
}

#[derive(Debug, Args)]
pub(crate) struct PersonCommit {
    /// The person's pseudonym, as mandates have it.
    pub(crate) member: MemberId,
    /// What the value says, such as `name` or `office`.
    pub(crate) label: String,
    /// A file with the value; `-` reads it from standard input. It is not named on the command line,
    /// which others see and shells remember.
    #[arg(long, value_name = "FILE")]
    pub(crate) value: PathBuf,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PersonOpen {
    /// The commitment, as a statement has it.
    pub(crate) commitment: Digest,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The person's pseudonym.
    pub(crate) member: MemberId,
    /// Why, as Article 17(1) of the General Data Protection Regulation has it.
    #[arg(long, value_enum)]
    pub(crate) ground: ErasedFor,
    /// The seat for which it is signed, where statements name what is erased.
    #[arg(long)]
    pub(crate) seat: Option<SeatId>,
    /// The commitment to the request, where somebody asked for it.
    #[arg(long, value_name = "COMMITMENT")]
    pub(crate) request: Option<Digest>,
    /// Erases what this folder keeps, without the log: others keep their copies.
    #[arg(long, conflicts_with_all = ["seat", "request"])]
    pub(crate) offline: bool,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

/// Why a person is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErasedFor {
    /// The data are no longer needed (a).
    NotNeeded,
    /// Consent was withdrawn (b).
    ConsentWithdrawn,
    /// The person objects (c).
    Objection,
    /// They were processed unlawfully (d).
    Unlawful,
    /// The law demands it (e).
    Law,
}
