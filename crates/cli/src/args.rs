//! The command line.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use concordat_terms::{ActName, AssetId, Digest, RunId, SeatId};

use crate::failure::{Failure, lowercase};

/// An agreement you can run.
///
/// Data goes to stdout, talk to stderr. Exit status: 0 done, 1 refused or not verified, 2 bad
/// usage or input, 3 a fault of the machine or the network.
#[derive(Debug, Parser)]
#[command(name = "concordat", version, disable_help_subcommand = true)]
#[command(after_help = "Examples:\n  concordat check examples/heart\n  concordat verify archive/")]
pub(crate) struct Cli {
    /// Answers in JSON: one document, or a line for each item of a stream.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Services stop when their standard input ends: for whoever starts them as children.
    #[arg(long, global = true, hide = true)]
    pub(crate) until_input_ends: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a whole partnership on this machine, on published data, and shows how it went.
    #[command(after_help = "Examples:\n  concordat pilot\n  \
        concordat pilot --headless --dir /tmp/pilot\n  concordat pilot --bench")]
    Pilot(Pilot),
    /// Tests models and files the results.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  \
        concordat evidence test 3f1c… --rows held-out.csv \\\n    \
        --method pooled-holdout-accuracy --seat test-lab --home homes/lab")]
    Evidence(Evidence),
    /// Checks the modules of an agreement, each alone and all together.
    #[command(after_help = "Example:\n  concordat check examples/heart --verbose")]
    Check(Check),
    /// Creates and shows keys.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  concordat key new --home homes/alder --party alder")]
    Key(Key),
    /// Writes the founding statement of a log, for every founder to sign.
    #[command(after_help = "Example:\n  concordat found --agreement examples/heart \\\n    \
        --origin heart.example/log --sequencer 7b4e… \\\n    \
        --party alder=alder.json --party birch=birch.json --out genesis.dsse")]
    Found(Found),
    /// Signs a founding statement, or modules of the agreement.
    #[command(after_help = "Examples:\n  \
        concordat sign --home homes/alder --agreement examples/heart genesis.dsse\n  \
        concordat sign --home coordinator --sequencer genesis.dsse\n  \
        concordat sign --home homes/alder --all examples/heart --enter")]
    Sign(Sign),
    /// Does something under the agreement: signs an act and has it logged.
    #[command(after_help = "Examples:\n  \
        concordat act place.register place=ward class=2 jurisdiction=US \\\n    \
        --seat data-holder --home homes/alder\n  \
        concordat act motion.vote '{\"motion\":\"open-it\",\"vote\":\"for\"}' \\\n    \
        --seat council-member --home homes/alder")]
    Act(Act),
    /// Says everything that stands in an act's way, and who can supply it.
    #[command(after_help = "Example:\n  \
        concordat why project.open project=cardiac --seat council-member --home homes/alder")]
    Why(Act),
    /// Shows where the partnership stands, by this party's own fold.
    #[command(after_help = "Example:\n  concordat status --home homes/alder --json")]
    Status(View),
    /// Shows the log with this party's own verdicts.
    #[command(after_help = "Example:\n  concordat log --home homes/alder --from 20")]
    Log(LogArgs),
    /// Runs the coordinator, until it is interrupted.
    #[command(after_help = "Example:\n  concordat serve --home coordinator --json")]
    Serve(Serve),
    /// Runs the node of a party, until it is interrupted; or lists its data.
    #[command(after_help = "Examples:\n  concordat node --home homes/alder\n  \
        concordat node register heart-rows --place ward --purpose cardiac-risk \\\n    \
        --seat data-holder --home homes/alder")]
    Node(Node),
    /// Proposes and watches runs.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  \
        concordat run propose examples/heart/plan.toml --seat trainer --home homes/vendor")]
    Run(Run),
    /// Writes an archive that anyone can verify offline.
    #[command(after_help = "Example:\n  concordat export archive --home homes/alder")]
    Export(Export),
    /// Verifies an archive offline: signatures, order, every verdict, every budget, every byte.
    #[command(after_help = "Example:\n  concordat verify archive --log 3f1c…")]
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The folder with configuration, keys and store.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// A line to show on every page of the console: what this partnership is not, say.
    #[arg(long, value_name = "TEXT")]
    pub(crate) banner: Option<String>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Scores a model on rows that no training has seen, and files the result.
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
    pub(crate) method: String,
    /// The seat for which it is signed.
    #[arg(long)]
    pub(crate) seat: SeatId,
    /// The lab's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Home {
    /// The folder with configuration, keys and store.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The folder with the agreement's Markdown files.
    #[arg(value_name = "FOLDER")]
    pub(crate) dir: PathBuf,
    /// Lists the paragraphs that no clause enforces, and the notes.
    #[arg(long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Creates the folder and its keys, where there are none, and prints the public ones.
    #[command(after_help = "Example:\n  \
        concordat key new --home homes/alder --party alder --json > alder.json")]
    New(KeyArgs),
    /// Prints the public keys.
    #[command(after_help = "Example:\n  concordat key show --home homes/alder --party alder")]
    Show(KeyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// The folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Whose keys these are.
    #[arg(long, value_name = "PARTY", required_unless_present = "sequencer")]
    pub(crate) party: Option<concordat_terms::PartyId>,
    /// The coordinator's key instead: the one that orders.
    #[arg(long, conflicts_with = "party")]
    pub(crate) sequencer: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Found {
    /// The folder with the agreement's first modules.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) agreement: PathBuf,
    /// The log's name: a host-like text.
    #[arg(long)]
    pub(crate) origin: String,
    /// The public key that orders, in hexadecimal.
    #[arg(long, value_name = "KEY")]
    pub(crate) sequencer: String,
    /// A founder and the file with its public keys, as `key new --json` prints them.
    #[arg(long = "party", value_name = "PARTY=FILE", required = true)]
    pub(crate) parties: Vec<String>,
    /// Where to write the statement.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The folder of who signs.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// A founding statement (`.dsse`), or modules (`.md`).
    #[arg(value_name = "FILE", required_unless_present_any = ["all"])]
    pub(crate) files: Vec<PathBuf>,
    /// Signs every module of a folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) all: Option<PathBuf>,
    /// Brings the modules into force, once all have signed.
    #[arg(long)]
    pub(crate) enter: bool,
    /// The folder with the modules that a founding statement names, to compare.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) agreement: Option<PathBuf>,
    /// Signs a founding statement as the coordinator.
    #[arg(long)]
    pub(crate) sequencer: bool,
}

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
pub(crate) struct LogArgs {
    #[command(flatten)]
    pub(crate) view: View,
    /// The first entry to show.
    #[arg(long, default_value_t = 0, value_name = "INDEX")]
    pub(crate) from: u64,
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
    /// Checks a party's folder, or a table against an agreement; nothing is sent anywhere.
    #[command(after_help = "Examples:\n  concordat node doctor --home homes/alder\n  \
        concordat node doctor heart-rows --agreement examples/heart \\\n    \
        --table examples/heart/data/alder.csv")]
    Doctor(Doctor),
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
    pub(crate) place: concordat_terms::PlaceId,
    /// A use that the party permits; may be given several times. Default: all of the agreement's.
    #[arg(long = "purpose", value_name = "PURPOSE")]
    pub(crate) purposes: Vec<concordat_terms::PurposeId>,
    /// The seat for which it is signed. Default: the dataset's holder.
    #[arg(long)]
    pub(crate) seat: Option<SeatId>,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Run {
    /// Proposes a run from a plan file.
    #[command(after_help = "Example:\n  \
        concordat run propose examples/heart/plan.toml --seat trainer --home homes/vendor")]
    Propose(Propose),
    /// Shows how a run goes, until it is over.
    #[command(after_help = "Example:\n  concordat run watch first --home homes/vendor --json")]
    Watch(Watch),
}

#[derive(Debug, Args)]
pub(crate) struct Propose {
    /// The plan: run, project, purpose, asset, model, recipe, and epsilon or noise.
    #[arg(value_name = "FILE")]
    pub(crate) plan: PathBuf,
    /// The seat for which it is signed.
    #[arg(long, default_value = "trainer")]
    pub(crate) seat: SeatId,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Prints the act instead of doing it.
    #[arg(long)]
    pub(crate) dry: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The run.
    pub(crate) run: RunId,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
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

/// Parses a command line; `None` when help or the version was asked for and printed.
///
/// # Errors
/// [`Failure::Usage`].
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Option<Command>, Failure> {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => Ok(Some(cli.command)),
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // A reader that has gone away is no fault.
            e.print().ok();
            std::io::stdout().flush().ok();
            Ok(None)
        }
        Err(e) => Err(usage(&e)),
    }
}

/// clap's message in three lines: what it says first, then its tip or the help to ask for.
fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let first: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).collect();
    let what = first.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what).replace('\'', "`");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let asked: Vec<&str> = text
        .lines()
        .find_map(|line| line.strip_prefix("Usage: "))
        .unwrap_or("concordat")
        .split(' ')
        .take_while(|word| !word.starts_with(['-', '<', '[']))
        .collect();
    let hint = match tip {
        Some(tip) => lowercase(&tip.replace('\'', "`")),
        None => format!("run `{} --help`", asked.join(" ")),
    };
    if matches!(error.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) {
        return Failure::usage("usage", "a command is missing", "run `concordat --help`");
    }
    Failure::usage("usage", lowercase(&what), hint)
}
