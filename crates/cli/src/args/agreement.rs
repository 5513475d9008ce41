//! What is done with texts and keys, before there is a log.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use concordat_terms::{Date, PartyId, Timestamp};

use super::{Attach, Trust};

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The folder to write; it must not be there yet, or be empty.
    #[arg(value_name = "FOLDER", required_unless_present_any = ["list", "sample"])]
    pub(crate) folder: Option<PathBuf>,
    /// The template. Default: the one that the answers speak for.
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    /// A file with the answers, instead of questions at the terminal.
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// A folder with a pack of templates, instead of the program's own.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) pack: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Lists the templates of the pack.
    #[arg(long, conflicts_with_all = ["folder", "sample", "answers", "template"])]
    pub(crate) list: bool,
    /// Takes the answers that come with the template; without a folder, prints them.
    #[arg(long, conflicts_with = "answers", requires = "template")]
    pub(crate) sample: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The folder with the agreement's Markdown files.
    #[arg(value_name = "FOLDER")]
    pub(crate) dir: PathBuf,
    /// The folder with the frame agreement, where the first folder holds modules of a project.
    #[arg(long, value_name = "FRAME")]
    pub(crate) frame: Option<PathBuf>,
    /// The folder with the texts as they were: a module that changed must have a higher version.
    #[arg(long, value_name = "OLD")]
    pub(crate) since: Option<PathBuf>,
    /// A regime or framework to hold the clauses against: the name of a pack of this program, or a
    /// file. Repeat it for several; with `--strict`, a gap is an error.
    #[arg(long, value_name = "PACK", conflicts_with = "frame")]
    pub(crate) coverage: Vec<String>,
    /// The day for which that is asked. Default: today.
    #[arg(long, value_name = "DAY", requires = "coverage")]
    pub(crate) on: Option<Date>,
    /// Lists the paragraphs that no clause enforces, and the notes.
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Counts warnings as errors.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Checks again whenever a text in the folder changes, until it is interrupted.
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The folder with the agreement as it is.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The folder with the agreement as it would be.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// The folder with the frame agreement, where the others hold modules of a project; as OLD, it
    /// stands for the project before it has any.
    #[arg(long, value_name = "FRAME")]
    pub(crate) frame: Option<PathBuf>,
    /// Tells only what changes for this party, and what others may do on what is its own.
    #[arg(long = "for", value_name = "PARTY", conflicts_with = "text")]
    pub(crate) party: Option<PartyId>,
    /// Compares the texts line by line instead of what they do.
    #[arg(long)]
    pub(crate) text: bool,
    /// Compares what they do. This is the default.
    #[arg(long, conflicts_with = "text")]
    pub(crate) effect: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Render {
    /// The folder with the agreement's Markdown files.
    #[arg(value_name = "FOLDER")]
    pub(crate) dir: PathBuf,
    /// The folder with the frame agreement, where the first folder holds modules of a project.
    #[arg(long, value_name = "FRAME")]
    pub(crate) frame: Option<PathBuf>,
    /// Where to write the page; to stdout, if this is absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Has prose in this language where there is any, for who reads in it; what is signed is the
    /// document without this option.
    #[arg(long, value_name = "TAG", conflicts_with = "digest")]
    pub(crate) language: Option<String>,
    /// Prints only the SHA-256 of the page's exact bytes.
    #[arg(long, conflicts_with = "out")]
    pub(crate) digest: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Measures checking and comparing agreements: every example, and a generated one. Exit status
    /// 1 if a median is over its target.
    #[command(after_help = "Examples:\n  concordat bench agreement\n  \
        concordat bench agreement examples --runs 21 --json")]
    Agreement(BenchAgreement),
    /// Measures accounting and noise, beside the accountants of others where a Python that has them
    /// is named. Exit status 1 if ours is not ten times as fast, or tells something else.
    #[command(after_help = "Examples:\n  concordat bench dp\n  \
        concordat bench dp --python venv/bin/python --json")]
    Dp(BenchDp),
    /// Measures verdicts: a partnership with a generated agreement judges and applies a mix of acts,
    /// beside what checking their signatures takes. Exit status 1 if a figure is over its target.
    #[command(
        after_help = "Examples:\n  concordat bench law --acts 2000 --measure 500 --state 0\n  \
        concordat bench law --by-act --json"
    )]
    Law(BenchLaw),
    /// Measures an epoch of private training (DP-SGD) of a small network on one thread, beside
    /// Opacus where a Python that has it is named. Exit status 1 if ours is not eight times as fast
    /// with noise in floats, and six times with exact noise in each step's sum.
    #[command(after_help = "Examples:\n  concordat bench learn\n  \
        concordat bench learn --python venv/bin/python --json")]
    Learn(BenchLearn),
    /// Accepts acts over HTTPS, folds a log again, verifies it as an archive and proves entries of it,
    /// beside what the machine needs for signatures and disk alone. Exit status 1 if a figure misses
    /// its target.
    #[command(after_help = "Examples:\n  concordat bench log\n  \
        concordat bench log --acts 2000 --entries 3000 --tree 100000 --json")]
    Log(BenchLog),
    /// Measures rounds over the wire: a coordinator and its nodes, each a process of this program,
    /// train a trivial model. Exit status 1 if a figure is over its target.
    #[command(after_help = "Examples:\n  concordat bench rounds\n  \
        concordat bench rounds --nodes 20 --rounds 100 --json")]
    Rounds(BenchRounds),
    /// Measures secure aggregation: clients mask their vectors and a server adds them up, beside the
    /// keystream that both cannot do without. Exit status 1 if a figure is over its target.
    #[command(after_help = "Examples:\n  concordat bench secagg\n  \
        concordat bench secagg --clients 10,50 --dimensions 1000000 --json")]
    Secagg(BenchSecagg),
}

#[derive(Debug, Args)]
pub(crate) struct BenchAgreement {
    /// A folder of agreements, each in a folder; `examples`, or if that is not there the example
    /// that comes with the program.
    #[arg(value_name = "FOLDER")]
    pub(crate) examples: Option<PathBuf>,
    /// How often each is measured.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) runs: u32,
    /// How many clauses the generated agreement has.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(450..=5_000))]
    pub(crate) clauses: u32,
}

#[derive(Debug, Args)]
pub(crate) struct BenchDp {
    /// How often each is measured.
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) runs: u32,
    /// A Python with the packages dp-accounting and, to compare noise, opendp: the same is measured
    /// there, at most five times.
    #[arg(long, value_name = "FILE")]
    pub(crate) python: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchLearn {
    /// How many epochs each way is trained.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) epochs: u32,
    /// A Python with the package opacus: the same rows are trained on there.
    #[arg(long, value_name = "FILE")]
    pub(crate) python: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchLaw {
    /// How many acts were judged before it is measured.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(..=10_000_000))]
    pub(crate) acts: u64,
    /// How many acts are measured then, and as many in batches.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(64..=1_000_000))]
    pub(crate) measure: u32,
    /// How many parties there are.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(30..=200))]
    pub(crate) parties: u32,
    /// How many clauses the generated agreement has.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(450..=2_000))]
    pub(crate) clauses: u32,
    /// How many acts the partnership has whose state is weighed; with 0, none is beyond those
    /// measured.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) state: u32,
    /// Tells the times of each kind of act, too.
    #[arg(long)]
    pub(crate) by_act: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchLog {
    /// How many acts clients send, once one by one and once ten a request.
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(64..=10_000_000))]
    pub(crate) acts: u32,
    /// How many clients there are at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=128))]
    pub(crate) clients: u32,
    /// How many entries the log has that is folded and verified.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(2_000..=10_000_000))]
    pub(crate) entries: u32,
    /// How many entries the log has of which one is proved.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) tree: u64,
    /// Where to work, on the disk that is measured; without it, where temporary files are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// Does one thing with what is in that folder, and tells how much memory it took: a process of its
    /// own for each.
    #[arg(long, hide = true, requires = "dir")]
    pub(crate) weigh: Option<Weigh>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchRounds {
    /// How many data holders there are, each with a node; the lab's, which cosigns alone, is one more.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(4..=40))]
    pub(crate) nodes: u32,
    /// How many rounds the run has.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub(crate) rounds: u32,
    /// Where to work, on the disk that is measured; without it, where temporary files are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchSecagg {
    /// How many clients there are.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 10, 50, 100],
        value_parser = clap::value_parser!(u32).range(4..=100))]
    pub(crate) clients: Vec<u32>,
    /// How many elements a vector has.
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000, 10_000_000],
        value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) dimensions: Vec<u32>,
    /// Bits of an element.
    #[arg(long, default_value_t = 32, value_parser = ring_bits)]
    pub(crate) ring: u32,
    /// A folder on the disk that is to be measured: uploads go through files there, piece by piece
    /// as a coordinator takes them, and chunks of the sum are checked from them. Without it they
    /// stay in memory.
    #[arg(long, value_name = "DIR")]
    pub(crate) spool: Option<PathBuf>,
}

fn ring_bits(text: &str) -> Result<u32, String> {
    match text {
        "32" => Ok(32),
        "64" => Ok(64),
        _ => Err("an element has 32 or 64 bits".to_owned()),
    }
}

/// What is done with a log to see how much memory it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Weigh {
    /// Its archive is folded, for its state alone.
    Fold,
    /// Its archive is verified.
    Verify,
    /// A coordinator starts with it.
    Serve,
}

impl Weigh {
    /// As it is given.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Fold => "fold",
            Self::Verify => "verify",
            Self::Serve => "serve",
        }
    }
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
    #[arg(long, value_name = "KEY", required_unless_present = "coordinator")]
    pub(crate) sequencer: Option<String>,
    /// The coordinator's folder: made if it is not there, and its key signs. Founders can then
    /// sign everything at once, with `sign --enter`.
    #[arg(long, value_name = "FOLDER", conflicts_with = "sequencer")]
    pub(crate) coordinator: Option<PathBuf>,
    /// Where that coordinator will listen.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7443",
        requires = "coordinator"
    )]
    pub(crate) listen: SocketAddr,
    /// A folder with the founders' public keys: `<party>.json` each, as `key new --json` prints
    /// them.
    #[arg(long, value_name = "FOLDER", required_unless_present = "parties")]
    pub(crate) keys: Option<PathBuf>,
    /// A founder and the file with its public keys.
    #[arg(long = "party", value_name = "PARTY=FILE")]
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
    /// Signs the modules of a folder that are not in force as they are, as one set: they enter
    /// together or not at all.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) all: Option<PathBuf>,
    /// From when on the signatures count no more, if the modules have not entered by then.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["sequencer", "withdraw"])]
    pub(crate) until: Option<Timestamp>,
    /// Takes back this party's signatures under the modules, which have not entered yet.
    #[arg(long, conflicts_with_all = ["enter", "show", "document", "sequencer"])]
    pub(crate) withdraw: bool,
    /// Brings the modules into force, once all have signed. With a founding statement: signs the
    /// modules that it names, too, so that they enter into force when the log begins.
    #[arg(long)]
    pub(crate) enter: bool,
    /// The folder with your own texts of the whole agreement: those of a founding statement are
    /// compared with it, and modules are read in the document that it makes.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) agreement: Option<PathBuf>,
    /// Signs a founding statement as the coordinator.
    #[arg(long)]
    pub(crate) sequencer: bool,
    /// Shows what would be signed, and signs nothing.
    #[arg(long)]
    pub(crate) show: bool,
    /// Writes the document that is signed with the modules to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) attach: Attach,
}
