//! Services, and what belongs to them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use concordat_node::egress::Head;
use concordat_terms::{AssetId, PlaceId, PurposeId, SeatId};
use concordat_tlog::Vkey;

use crate::commands::{Since, noted};

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The folder with configuration, keys and store.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Runs one of the three aggregators instead, where the agreement names the party whose folder
    /// `--home` is: for the side that the party is on.
    #[arg(long, conflicts_with_all = ["founding", "console", "banner"])]
    pub(crate) aggregator: bool,
    /// The founding statement that all have signed, where the folder has none yet. What founders
    /// signed with `sign --enter` is brought into force.
    #[arg(long, value_name = "FILE")]
    pub(crate) founding: Option<PathBuf>,
    /// Where the console is, or `off`: its pages show the agreement to whoever reaches them. A port
    /// of 0 takes a free one, and says which.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = console)]
    pub(crate) console: ConsoleAt,
    /// A line to show on every page of the console: what this partnership is not, say.
    #[arg(long, value_name = "TEXT")]
    pub(crate) banner: Option<String>,
}

/// Where the console is; nowhere, if it is off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsoleAt(pub(crate) Option<SocketAddr>);

fn console(word: &str) -> Result<ConsoleAt, String> {
    let not = |_| "an address is like `127.0.0.1:7444`, and no console is `off`".to_owned();
    if word == "off" {
        Ok(ConsoleAt(None))
    } else {
        word.parse().map(Some).map(ConsoleAt).map_err(not)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Pilot {
    /// The folder for everything the pilot makes; it must not be there yet, or be empty.
    #[arg(long, value_name = "FOLDER", default_value = "concordat-pilot")]
    pub(crate) dir: PathBuf,
    /// Ends after the report instead of leaving the console running.
    #[arg(long)]
    pub(crate) headless: bool,
    /// An example of one's own: modules, `plan.toml`, a recipe and `data/<party>.csv`.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) example: Option<PathBuf>,
    /// Measures the model over many keyed splits instead, without processes.
    #[arg(long)]
    pub(crate) bench: bool,
    /// How many splits the bench takes.
    #[arg(long, default_value_t = 100, requires = "bench",
        value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub(crate) splits: u32,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Node {
    #[command(subcommand)]
    pub(crate) command: Option<NodeCommand>,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER", required = true)]
    pub(crate) home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Lists the table of a dataset in the catalogue: a salted commitment, and no row.
    #[command(after_help = "Example:\n  \
        concordat node register heart-rows --place ward --purpose cardiac-risk \\\n    \
        --seat data-holder --home homes/alder")]
    Register(Register),
    /// Checks a party's folder, the machine and the way to the coordinator, or a table against an
    /// agreement. No row and no key leaves; with `--home` the log is read from the coordinator. Exit
    /// status 1 where a node does not work.
    #[command(after_help = "Examples:\n  concordat node doctor --home homes/alder\n  \
        concordat node doctor heart-rows --agreement examples/heart \\\n    \
        --table examples/heart/data/alder.csv")]
    Doctor(Doctor),
    /// Takes part in no run from this moment on, running or not: local, by nobody's leave. What was sent
    /// before stays sent; the log is followed as before.
    #[command(after_help = "Examples:\n  concordat node pause --home homes/alder\n  \
        concordat node pause --resume --home homes/alder")]
    Pause(Pause),
    /// Shows what has left a party's folder, message by message if asked, and whether that list is what
    /// was written. Exit status 1 where it is not.
    #[command(after_help = "Examples:\n  concordat node egress --home homes/alder\n  \
        concordat node egress --since 2027-03-01 --each --json --home homes/alder\n  \
        concordat node egress --verify --noted 1200:3f1c… --home homes/alder")]
    Egress(Egress),
    /// Runs a plan's trainer once on made-up rows, as it would run beside the rows themselves: no
    /// network, no budget. Shows what changed since it was approved last, what it needs, what it may
    /// do, what would leave and at which cost; and keeps its files here, for runs to come.
    #[command(override_usage = "concordat node rehearse [OPTIONS] --code <FOLDER> \\\n    \
        --environment <FOLDER> --home <FOLDER> <PLAN>")]
    #[command(after_help = "Example:\n  concordat node rehearse plan.toml --code trainer \\\n    \
        --environment environment --home homes/alder")]
    Rehearse(Rehearse),
    /// Shows what trainers did at this node: what its steward is told, and nobody else.
    #[command(after_help = "Example:\n  concordat node trainers --home homes/alder")]
    Trainers(Trainers),
}

#[derive(Debug, Args)]
pub(crate) struct Pause {
    /// Takes part in runs again.
    #[arg(long)]
    pub(crate) resume: bool,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    /// The plan, beside its recipe.
    pub(crate) plan: PathBuf,
    /// The folder with the trainer's files.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) code: PathBuf,
    /// The folder of what it runs in: `environment.lock`, and the packages that it names in
    /// `packages`.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) environment: PathBuf,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Egress {
    /// Shows what was sent from this day or moment on (UTC).
    #[arg(long, value_name = "DAY")]
    pub(crate) since: Option<Since>,
    /// Shows each message.
    #[arg(long, conflicts_with = "verify")]
    pub(crate) each: bool,
    /// Only says whether the list is what was written, and where it ends.
    #[arg(long)]
    pub(crate) verify: bool,
    /// The head that somebody noted earlier: nothing before it may have been changed.
    #[arg(long, value_name = "LINES:CHAIN", value_parser = noted)]
    pub(crate) noted: Option<Head>,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Trainers {
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The party's folder: its keys, certificate, salts and tables, and whose keys they are by
    /// the log.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
    /// The dataset, as the agreement calls it.
    #[arg(required_unless_present = "home", conflicts_with = "home")]
    pub(crate) asset: Option<AssetId>,
    /// The table (CSV).
    #[arg(long, value_name = "FILE", required_unless_present = "home", conflicts_with = "home")]
    pub(crate) table: Option<PathBuf>,
    /// The folder with the agreement's Markdown files.
    #[arg(long, value_name = "FOLDER", required_unless_present = "home", conflicts_with = "home")]
    pub(crate) agreement: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Register {
    /// The dataset, as the agreement calls it.
    pub(crate) asset: AssetId,
    /// Where the rows stay: a place that the party has registered.
    #[arg(long)]
    pub(crate) place: PlaceId,
    /// A use that the party permits; may be given several times. Default: all of the agreement's.
    #[arg(long = "purpose", value_name = "PURPOSE")]
    pub(crate) purposes: Vec<PurposeId>,
    /// The seat for which it is signed. Default: the dataset's holder.
    #[arg(long)]
    pub(crate) seat: Option<SeatId>,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The coordinator's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// The folder to write; it is not there yet.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// A folder that `backup` wrote.
    #[arg(value_name = "BACKUP")]
    pub(crate) from: PathBuf,
    /// The coordinator's folder; it has no store, or its database nothing.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Witness {
    #[command(subcommand)]
    pub(crate) command: Option<WitnessCommand>,
    /// The witness's folder.
    #[arg(long, value_name = "FOLDER", required = true)]
    pub(crate) home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Makes a witness's folder: keys of its own, a certificate, and which logs it watches. Shows the
    /// keys by which others know its cosignatures.
    #[command(after_help = "Example:\n  \
        concordat witness new --home witness --name witness.example/w1 \\\n    \
        --founding founding.dsse")]
    New(WitnessNew),
}

#[derive(Debug, Args)]
pub(crate) struct WitnessNew {
    /// The folder; it has no `witness.toml` yet.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// The name on its cosignatures: a host and a path that are its own.
    #[arg(long)]
    pub(crate) name: String,
    /// A log that it watches, by its key (C2SP signed-note's vkey); may be given several times.
    #[arg(long = "log", value_name = "VKEY", required_unless_present = "foundings")]
    pub(crate) logs: Vec<Vkey>,
    /// A log that it watches, by the statement that founds it; may be given several times.
    #[arg(long = "founding", value_name = "FILE")]
    pub(crate) foundings: Vec<PathBuf>,
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7444")]
    pub(crate) listen: SocketAddr,
}
