//! Federated queries.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use concordat_terms::RunId;

#[derive(Debug, Subcommand)]
pub(crate) enum Query {
    /// Says what a query would cost each holder and how exact its answer would be; charges nothing.
    #[command(after_help = "Example:\n  \
        concordat query plan examples/heart/query.toml --home homes/vendor\n\n\
        Then propose it:\n  \
        concordat run propose examples/heart/query.toml --home homes/vendor\n\n\
        How: docs/how-to/query-across-sites.md")]
    Plan(PlanQuery),
    /// Shows the answer to a query, with intervals from its noise.
    #[command(after_help = "Examples:\n  \
        concordat query show ages --home homes/vendor --svg ages.svg\n  \
        concordat query show ages-2028 --against ages --home homes/vendor")]
    Show(ShowQuery),
}

#[derive(Debug, Args)]
pub(crate) struct PlanQuery {
    /// The query: run, project, purpose, asset, histograms and moments, readings, and epsilon or
    /// noise.
    #[arg(value_name = "FILE")]
    pub(crate) query: PathBuf,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ShowQuery {
    /// The run.
    pub(crate) run: RunId,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Another query's run: how far each axis that both have drifted since.
    #[arg(long, value_name = "RUN")]
    pub(crate) against: Option<RunId>,
    /// Writes the pictures to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}
