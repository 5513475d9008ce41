//! What a party does and sees.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use concordat_agreement::Level;
use concordat_terms::{ActName, Digest, MethodId, ModuleId, SeatId};

#[derive(Debug, Args)]
pub(crate) struct Act {
    /// The act, such as `place.register`.
    #[arg(value_name = "ACT")]
    pub(crate) verb: ActName,
    /// What it carries: one JSON object, `@FILE` with one, or `field=value` for each field.
    #[arg(value_name = "PAYLOAD")]
    pub(crate) payload: Vec<String>,
    /// The seat for which it is signed.
    #[arg(long)]
    pub(crate) seat: SeatId,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// A file that the act names by its digest, to be uploaded before.
    #[arg(long = "blob", value_name = "FILE")]
    pub(crate) blobs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) attach: Attach,
}

/// A signature that was made elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Attach {
    /// The level of a signature that was made elsewhere: `advanced`, `qualified`, `handwritten`.
    #[arg(long, value_name = "LEVEL", value_parser = level, requires_all = ["signed", "report"])]
    pub(crate) level: Option<Level>,
    /// The file that was signed elsewhere, a PAdES PDF or a scan, to be uploaded.
    #[arg(long, value_name = "FILE", requires = "level")]
    pub(crate) signed: Option<PathBuf>,
    /// The report on its validation, to be uploaded.
    #[arg(long, value_name = "FILE", requires = "level")]
    pub(crate) report: Option<PathBuf>,
}

fn level(word: &str) -> Result<Level, String> {
    serde_json::from_value(serde_json::Value::from(word)).map_err(|_| {
        "the levels are `simple`, `advanced`, `qualified` and `handwritten`".to_owned()
    })
}

#[derive(Debug, Args)]
pub(crate) struct View {
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Shows what is here, without asking the coordinator for more.
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) view: View,
    /// The modules as they stood after this entry, at the end of this day or at this time.
    #[arg(long, value_name = "INDEX|DATE|TIME")]
    pub(crate) at: Option<String>,
    /// This module alone.
    #[arg(long, value_name = "MODULE")]
    pub(crate) module: Option<ModuleId>,
    /// Prints the exact texts instead.
    #[arg(long, requires = "at")]
    pub(crate) text: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    pub(crate) view: View,
    /// The first entry to show.
    #[arg(long, default_value_t = 0, value_name = "INDEX")]
    pub(crate) from: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The folder to write; it must not be there yet.
    #[arg(value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The archive.
    #[arg(value_name = "FOLDER")]
    pub(crate) archive: PathBuf,
    /// The genesis id, from somebody you trust.
    #[arg(long, value_name = "GENESIS")]
    pub(crate) log: Option<Digest>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Scores a model on rows that no training has seen, and files the result.
    #[command(override_usage = "concordat evidence test [OPTIONS] --rows <FILE> \\\n    \
        --method <METHOD> --seat <SEAT> --home <FOLDER> <MODEL>")]
    #[command(after_help = "Example:\n  \
        concordat evidence test 3f1c… --rows held-out.csv \\\n    \
        --method pooled-holdout-accuracy --seat test-lab --home homes/lab")]
    Test(Test),
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The model's digest, as a `run.close` gave it.
    pub(crate) model: Digest,
    /// The rows: a table like the dataset's.
    #[arg(long, value_name = "FILE")]
    pub(crate) rows: PathBuf,
    /// The method's name, as the agreement's gate states it.
    #[arg(long)]
    pub(crate) method: MethodId,
    /// The seat for which it is signed.
    #[arg(long)]
    pub(crate) seat: SeatId,
    /// The lab's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}
