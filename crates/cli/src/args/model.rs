//! Models in the hands of one party.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use concordat_learn::adapt::Adaptation;
use concordat_terms::Decimal;

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Fits a model to rows of one's own, and keeps it here.
    #[command(after_help = "Examples:\n  \
        concordat model adapt released/model/model.safetensors --in rows.csv \\\n    \
        --out adapted.safetensors\n  \
        concordat model adapt model.safetensors --in rows.csv --method last-layer \\\n    \
        --out adapted.safetensors\n\n\
        No noise hides a row in what comes of it: it is for this place alone, and no\n\
        command sends it. How: docs/how-to/use-a-model.md")]
    Adapt(Adapt),
}

#[derive(Debug, Args)]
pub(crate) struct Adapt {
    /// The model's file, as it was released (`model.safetensors`), or as it was adapted before.
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// The rows, with what is predicted and whom they are about: CSV with a header.
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) rows: PathBuf,
    /// What is fitted: how sure it is and how often it says yes, its last layer, or all of them.
    #[arg(long, value_enum, default_value_t = How::Calibrate)]
    pub(crate) method: How,
    /// How strongly weights are held back to the model's, where layers are fitted.
    #[arg(long, value_name = "STRENGTH", default_value = "0.01")]
    pub(crate) pull: Decimal,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum How {
    Calibrate,
    LastLayer,
    All,
}

impl From<How> for Adaptation {
    fn from(how: How) -> Self {
        match how {
            How::Calibrate => Self::Calibrated,
            How::LastLayer => Self::LastLayer,
            How::All => Self::AllLayers,
        }
    }
}
