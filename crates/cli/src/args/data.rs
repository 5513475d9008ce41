//! What a steward does with rows.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use concordat_terms::{AssetId, Digest};

#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// Looks at all rows under their mapping: counts what does not fit, by kind, and suggests what would
    /// mend it. Nothing leaves this machine, and nothing is kept.
    ///
    /// Exit status 0: all rows fit. 2: some do not, or the mapping is wrong. 3: the source cannot be
    /// reached.
    #[command(after_help = "Examples:\n  \
        concordat data check --mapping mapping.toml --agreement agreement\n  \
        concordat data check heart-rows --table rows.csv --agreement examples/heart\n  \
        concordat data check heart-rows --home homes/alder --show-values\n\n\
        How a mapping is written: docs/reference/mapping.md, docs/how-to/map-your-tables.md")]
    Check(DataCheck),
    /// Signs the mapping of a dataset for the seat that holds it. Without a signature nothing is read
    /// for a version, nor after the mapping was changed.
    #[command(after_help = "Examples:\n  concordat data sign heart-rows --home homes/alder\n  \
        concordat data sign heart-rows --key steward.key --home homes/alder")]
    Sign(DataSign),
    /// Destroys the rows that are kept of a version, once it is withdrawn.
    #[command(after_help = "Example:\n  \
        concordat data forget heart-rows 3f1c… --home homes/alder")]
    Forget(DataForget),
}

#[derive(Debug, Args)]
pub(crate) struct DataCheck {
    /// The dataset, as the agreement calls it; a mapping says it by itself.
    #[arg(required_unless_present = "mapping", conflicts_with = "mapping")]
    pub(crate) asset: Option<AssetId>,
    /// The party's folder: its configuration says where the rows come from.
    #[arg(long, value_name = "FOLDER", required_unless_present = "agreement")]
    pub(crate) home: Option<PathBuf>,
    /// A mapping that nobody has signed yet.
    #[arg(long, value_name = "FILE", requires = "agreement", conflicts_with_all = ["home", "table"])]
    pub(crate) mapping: Option<PathBuf>,
    /// A CSV file that has the agreement's columns.
    #[arg(long, value_name = "FILE", requires = "agreement", conflicts_with = "home")]
    pub(crate) table: Option<PathBuf>,
    /// The folder with the agreement's Markdown files.
    #[arg(long, value_name = "FOLDER", conflicts_with = "home")]
    pub(crate) agreement: Option<PathBuf>,
    /// Shows some of the cells that do not fit. At a terminal only: they are about persons.
    #[arg(long)]
    pub(crate) show_values: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DataSign {
    /// The dataset, as the agreement calls it.
    pub(crate) asset: AssetId,
    /// The steward's key, if it is not the party's: one that the log knows, and a mandate for the seat.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DataForget {
    /// The dataset, as the agreement calls it.
    pub(crate) asset: AssetId,
    /// The version.
    pub(crate) version: Digest,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}
