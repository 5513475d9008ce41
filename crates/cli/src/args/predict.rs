//! Using a model.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// The model's file, as it was released (`model.safetensors`).
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// The rows: CSV with a header. Columns may come in any order, and others beside them.
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) rows: PathBuf,
    /// A column that each answer is named by, instead of by the row's number.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportOnnx {
    /// The model's file, as it was released (`model.safetensors`).
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// The file to write; `model.onnx`, if not given.
    #[arg(long, value_name = "FILE", default_value = "model.onnx")]
    pub(crate) out: PathBuf,
}
