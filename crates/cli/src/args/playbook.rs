//! What is done with packs of templates.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use concordat_terms::PartyId;
use semver::Version;

/// By whom a pack has to be signed.
#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// The key that has to have signed the pack, as `concordat key show` prints it.
    #[arg(long, value_name = "KEY")]
    pub(crate) signer: Option<String>,
    /// Takes the pack without asking who signed it.
    #[arg(long, conflicts_with = "signer")]
    pub(crate) unsigned: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pack {
    /// Writes the digest of the texts into `pack.toml`; or begins a pack with the program's own.
    #[command(
        after_help = "Examples:\n  concordat pack make playbook --id transport-playbook \\\n    \
        --owner \"Playbook Board of the Ministry of Transport (example)\"\n  \
        concordat pack make playbook --release 1.1.0"
    )]
    Make(PackMake),
    /// Signs a pack with a party's key.
    #[command(after_help = "Example:\n  \
        concordat pack sign playbook --home homes/ministry --party ministry")]
    Sign(PackSign),
    /// Checks a pack: its digest, who signed it, and that each template gives a clean agreement.
    #[command(after_help = "Example:\n  concordat pack check playbook --signer 7b4e…")]
    Check(PackCheck),
    /// Lists agreements that were made from an older version of a pack.
    #[command(after_help = "Example:\n  \
        concordat pack outdated --pack playbook --signer 7b4e… agreements/*")]
    Outdated(PackOutdated),
    /// Drafts the amendment that takes an agreement to a newer version of its pack.
    #[command(
        after_help = "Examples:\n  concordat pack draft agreement --from playbook-1.0 \\\n    \
        --pack playbook --signer 7b4e…\n  \
        concordat pack draft agreement --from playbook-1.0 \\\n    \
        --pack playbook --signer 7b4e… --out amended"
    )]
    Draft(PackDraft),
}

#[derive(Debug, Args)]
pub(crate) struct PackMake {
    /// The folder with the pack; where it is not there yet or empty, the program's own pack is
    /// copied into it.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The pack's name, where one begins.
    #[arg(long, value_name = "NAME", requires = "owner")]
    pub(crate) id: Option<String>,
    /// Who owns it, where one begins.
    #[arg(long, value_name = "NAME", requires = "id")]
    pub(crate) owner: Option<String>,
    /// The pack's version from now on.
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: Option<Version>,
}

#[derive(Debug, Args)]
pub(crate) struct PackSign {
    /// The folder with the pack.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The folder of who signs.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Whose keys these are.
    #[arg(long, value_name = "PARTY")]
    pub(crate) party: PartyId,
}

#[derive(Debug, Args)]
pub(crate) struct PackCheck {
    /// The folder with the pack.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The key that has to have signed it, as `concordat key show` prints it.
    #[arg(long, value_name = "KEY")]
    pub(crate) signer: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PackOutdated {
    /// The folder with the newer pack; the program's own, if this is absent.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) pack: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Folders with agreements.
    #[arg(value_name = "AGREEMENT", required = true)]
    pub(crate) agreements: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PackDraft {
    /// The folder with the agreement, and the `answers.toml` that it was made from.
    #[arg(value_name = "AGREEMENT")]
    pub(crate) agreement: PathBuf,
    /// The folder with the pack that it was made from; the program's own, if this is absent.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,
    /// The folder with the newer pack; the program's own, if this is absent.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) pack: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Where to write the texts as they would be; without it, they are only compared.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}
