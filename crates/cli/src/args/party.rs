//! What a party does and sees.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use concordat_agreement::Level;
use concordat_terms::{ActName, AssetId, Digest, MethodId, ModuleId, PartyId, Period, SeatId};

use super::ExportOnnx;
use crate::bundle::For;

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
    /// Where the coordinator does not take the act: a node of another party, as `[witnesses.NAME]` of the
    /// folder's configuration calls it. It cosigns no more until the act is logged.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["blobs", "level"])]
    pub(crate) hand_to: Option<String>,
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

/// What is looked at.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The party's folder.
    #[arg(long, value_name = "FOLDER", required_unless_present = "archive")]
    pub(crate) home: Option<PathBuf>,
    /// An archive instead, that somebody exported.
    #[arg(long, value_name = "FOLDER", conflicts_with = "home")]
    pub(crate) archive: Option<PathBuf>,
    /// Shows what is here, without asking the coordinator for more.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// What is looked at, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Look {
    #[command(flatten)]
    pub(crate) at: Place,
    /// For this party alone, and what it may read.
    #[arg(long = "as", value_name = "PARTY")]
    pub(crate) party: Option<PartyId>,
}

/// Which part of a list is shown.
#[derive(Debug, Args)]
pub(crate) struct PartArgs {
    /// At most so many, from the first on.
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
    /// What came about by this entry, on this day or at this time, and later.
    #[arg(long, value_name = "INDEX|DATE|TIME")]
    pub(crate) since: Option<String>,
}

/// A list, as whom it is looked at, and which part of it.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) look: Look,
    #[command(flatten)]
    pub(crate) part: PartArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DutiesArgs {
    #[command(flatten)]
    pub(crate) list: ListArgs,
    /// Those that are done, waived or superseded, too.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// The words, all of which must occur.
    #[arg(required = true, value_name = "WORDS")]
    pub(crate) words: Vec<String>,
    /// Without `--limit`, twenty of clauses, of acts and of minutes each.
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// The digest of the version: a model, a dataset version, a report. Its first digits will do, eight
    /// or more.
    #[arg(value_name = "VERSION")]
    pub(crate) version: Digits,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// A digest, or the first digits of one as views print them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digits(String);

impl Digits {
    /// The fewest by which a digest is named.
    const LEAST: usize = 8;

    pub(crate) fn begin(&self, digest: &Digest) -> bool {
        digest.to_string().starts_with(&self.0)
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches('…');
        let good = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !good || !(Self::LEAST..=64).contains(&digits.len()) {
            return Err(
                "write a digest, or its first digits: 8 to 64 of `0` to `9` and `a` to `f`"
                    .to_owned(),
            );
        }
        Ok(Self(digits.to_owned()))
    }
}

#[derive(Debug, Args)]
pub(crate) struct SeriesArgs {
    #[command(flatten)]
    pub(crate) look: Look,
    /// How long a window is, the first one from the founding on.
    #[arg(long, value_name = "PERIOD", default_value = "P1M")]
    pub(crate) window: Period,
    /// A file to draw the series in, as SVG; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BudgetArgs {
    #[command(flatten)]
    pub(crate) look: Look,
    /// A file to draw the privacy accounts in, run by run, as SVG; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) place: Place,
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
    pub(crate) look: Look,
    /// At most so many entries, from the first on.
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
    /// From this entry on, from this day or this time.
    #[arg(long, alias = "from", value_name = "INDEX|DATE|TIME")]
    pub(crate) since: Option<String>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Export {
    #[command(subcommand)]
    pub(crate) what: Option<Exported>,
    /// The folder to write; it must not be there yet.
    #[arg(value_name = "FOLDER", required = true)]
    pub(crate) out: Option<PathBuf>,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER", required = true)]
    pub(crate) home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Exported {
    /// Writes a part of the record for somebody who is no party, to be checked offline.
    #[command(
        override_usage = "concordat export bundle --for <WHOM> --act <ID|INDEX|RANGE>… \\\n    \
        --out <FILE> <--home <FOLDER>|--archive <FOLDER>>"
    )]
    #[command(after_help = "Examples:\n  \
        concordat export bundle --for public --act 41 \\\n    \
        --home homes/alder --out published.tar\n  \
        concordat export bundle --for regulator --reader \"the data protection authority\" \\\n    \
        --act 12..20 --home homes/alder --out bundle.tar\n\n\
        Who is given what: docs/how-to/show-a-part-of-the-record.md")]
    Bundle(ExportBundle),
    /// Writes the catalogue of datasets in a format of others.
    #[command(after_help = "Examples:\n  \
        concordat export catalog --format dcat-ap --archive archive > catalog.jsonld\n  \
        concordat export catalog --format odcs --as lab --home homes/alder")]
    Catalog(ExportCatalog),
    /// Writes where a version comes from as a signed in-toto statement (SLSA provenance v1).
    #[command(after_help = "Example:\n  \
        concordat export lineage 3f1c… --home homes/alder > lineage.json")]
    Lineage(ExportLineage),
    /// Writes what this fold made of each entry, a line each: for `concordat bisect`.
    #[command(after_help = "Examples:\n  \
        concordat export course --home homes/alder > alder.jsonl\n  \
        concordat export course --archive archive > archive.jsonl")]
    Course(ExportCourse),
    /// Writes a released model with where it comes from, signed for OpenSSF model signing.
    #[command(after_help = "Example:\n  \
        concordat export model 3f1c… --home homes/alder --to released\n\n\
        Others check it with `model_signing verify key released/model \\\n  \
        --signature released/model.sig --public_key released/key.pem`.")]
    Model(ExportModel),
    /// Writes a model as an ONNX graph, which takes cells as they are in a table.
    #[command(after_help = "Example:\n  \
        concordat export onnx released/model/model.safetensors --out model.onnx\n\n\
        What the graph takes and gives: docs/how-to/use-a-model.md")]
    Onnx(ExportOnnx),
}

#[derive(Debug, Args)]
pub(crate) struct ExportCourse {
    /// The party's folder.
    #[arg(
        long,
        value_name = "FOLDER",
        conflicts_with = "archive",
        required_unless_present = "archive"
    )]
    pub(crate) home: Option<PathBuf>,
    /// An archive instead, whose log is folded here.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) archive: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Bisect {
    /// A party's folder, an archive, the course that a party wrote of its own fold, or the address
    /// (`http://…`) of a coordinator or of an archive on a web server.
    #[arg(value_name = "ONE")]
    pub(crate) one: String,
    /// Another one, of the same log.
    #[arg(value_name = "OTHER")]
    pub(crate) other: String,
}

#[derive(Debug, Args)]
pub(crate) struct ExportCatalog {
    /// Which format.
    #[arg(long, value_enum)]
    pub(crate) format: CatalogFormat,
    /// Of this dataset alone.
    #[arg(long, value_name = "ASSET")]
    pub(crate) asset: Option<AssetId>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who is to read it: what this party may see. Without it, what is public.
    #[arg(long = "as", value_name = "PARTY")]
    pub(crate) reader: Option<PartyId>,
    /// A folder to write one file a document into; it must not be there yet. To standard output,
    /// if this is absent.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
}

/// Formats of catalogues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CatalogFormat {
    /// DCAT-AP 3.0.0, JSON-LD: one document for all.
    DcatAp,
    /// Croissant 1.0, JSON-LD: one document a dataset.
    Croissant,
    /// Open Data Contract Standard 3.1.0, JSON: one document a dataset.
    Odcs,
}

#[derive(Debug, Args)]
pub(crate) struct ExportLineage {
    /// The digest of the version: a model, a dataset version, a report.
    #[arg(value_name = "VERSION")]
    pub(crate) version: Digest,
    #[command(flatten)]
    pub(crate) view: View,
}

#[derive(Debug, Args)]
pub(crate) struct ExportModel {
    /// The model's digest.
    #[arg(value_name = "MODEL")]
    pub(crate) model: Digest,
    /// The party's folder. Its export key is drawn when it is first needed.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// The folder to write; it must not be there yet.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// An archive's folder, a bundle's file or folder, or the address of a static log (`http://…`).
    #[arg(value_name = "FOLDER|FILE|URL", required_unless_present_any = ["receipts", "fork"])]
    pub(crate) what: Option<String>,
    /// The genesis id, from somebody you trust.
    #[arg(long, value_name = "GENESIS")]
    pub(crate) log: Option<Digest>,
    /// A checkpoint of the log that you have seen before, as a file: the log must go on from it.
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Option<PathBuf>,
    /// A receipt of an act: whether the log keeps what it promises; may be given several times. Without
    /// an archive, by the proof beside it (`.proof`).
    #[arg(long = "receipt", value_name = "FILE")]
    pub(crate) receipts: Vec<PathBuf>,
    /// A node's `evidence` of two histories: whether it convicts whoever signs for the log.
    #[arg(long, value_name = "FOLDER", conflicts_with = "what")]
    pub(crate) fork: Option<PathBuf>,
    /// Without an archive: the statement that founds the log, which names its key. Anybody can write
    /// one: `--log` says which log is meant.
    #[arg(long, value_name = "FILE", conflicts_with = "what")]
    pub(crate) founding: Option<PathBuf>,
    /// Counts apart what came since: from this entry on, or since the checkpoint in this file (or in a
    /// proof), from which the log must go on. Everything is checked all the same. Of a bundle, that its
    /// log goes on from the checkpoint.
    #[arg(long, value_name = "SIZE|FILE", conflicts_with = "seen")]
    pub(crate) since: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportBundle {
    /// For whom it is: that decides what is withheld.
    #[arg(long = "for", value_enum)]
    pub(crate) audience: For,
    /// Who that is: an auditing party, or an authority as disclosure clauses name it.
    #[arg(long, value_name = "NAME")]
    pub(crate) reader: Option<String>,
    /// An entry, by its index, its act's id, or a range `12..20` (both ends included). More than once
    /// for more.
    #[arg(long = "act", value_name = "ID|INDEX|RANGE", required = true)]
    pub(crate) acts: Vec<String>,
    /// How many entries a checkpoint has that the reader holds: with it, the reader can tell that the log
    /// goes on from there (`verify --since`). More than once for more.
    #[arg(long, value_name = "SIZE")]
    pub(crate) from: Vec<u64>,
    /// The party's folder: it attests the bundle with its key.
    #[arg(long, value_name = "FOLDER", required_unless_present = "archive")]
    pub(crate) home: Option<PathBuf>,
    /// An archive instead; then nobody attests the bundle yet.
    #[arg(long, value_name = "FOLDER", conflicts_with = "home")]
    pub(crate) archive: Option<PathBuf>,
    /// The file to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Attest {
    /// The bundle.
    #[arg(value_name = "FILE")]
    pub(crate) bundle: PathBuf,
    /// The folder of the party that attests.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// The file to write, the bundle with the attestation; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Scores a model on rows that no training has seen, and files the result.
    #[command(override_usage = "concordat evidence test [OPTIONS] --rows <FILE> \\\n    \
        --method <METHOD> --seat <SEAT> --home <FOLDER> <MODEL>")]
    #[command(after_help = "Example:\n  \
        concordat evidence test 3f1c… --rows held-out.csv \\\n    \
        --method pooled-holdout-accuracy --seat test-lab --home homes/lab\n\n\
        With `--against`, `concordat run compare` tells more: docs/how-to/compare-runs.md")]
    Test(Test),
    /// Reads a report of Inspect (`.eval` or JSON), lm-evaluation-harness, Every Eval Ever or garak, and
    /// files what it says.
    #[command(after_help = "Examples:\n  concordat evidence import garak.report.jsonl\n  \
        concordat evidence import garak.report.jsonl --model 3f1c… \\\n    \
        --label restricted --seat test-lab --home homes/lab")]
    Import(Import),
    /// Test results: what they say, what was replied, who relied on them.
    #[command(after_help = "Examples:\n  concordat evidence list --home homes/vendor\n  \
        concordat evidence list --home homes/vendor --technique owasp:llm01")]
    List(ListResults),
    /// Labs, for what and for how long they are accredited, and methods that were registered.
    #[command(after_help = "Example:\n  concordat evidence labs --archive archive")]
    Labs(Look),
    /// Rules by which results from elsewhere count here.
    #[command(after_help = "Example:\n  concordat evidence rules --archive archive")]
    Rules(ListPlace),
    /// How many tests recognition has spared, and at what cost.
    #[command(after_help = "Example:\n  concordat evidence savings --archive archive")]
    Savings(Place),
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The report, as the tool wrote it.
    #[arg(value_name = "REPORT")]
    pub(crate) report: PathBuf,
    /// The digest of what was tested: a name in a report is no identity.
    #[arg(long, value_name = "DIGEST", requires = "home")]
    pub(crate) model: Option<Digest>,
    /// The method's name, as a gate states it, where the report holds one test.
    #[arg(long)]
    pub(crate) method: Option<MethodId>,
    /// How confidential the report is; as what was tested, without it.
    #[arg(long, value_parser = ["public", "internal", "restricted"])]
    pub(crate) label: Option<String>,
    /// The seat for which it is signed.
    #[arg(long, requires = "home")]
    pub(crate) seat: Option<SeatId>,
    /// The party's folder; without it the report is read, and nothing is filed.
    #[arg(long, value_name = "FOLDER", requires_all = ["model", "seat"])]
    pub(crate) home: Option<PathBuf>,
}

/// A list that is the same for every reader, and which part of it.
#[derive(Debug, Args)]
pub(crate) struct ListPlace {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) part: PartArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListResults {
    #[command(flatten)]
    pub(crate) list: ListArgs,
    /// Those that tried this way of attacking.
    #[arg(long)]
    pub(crate) technique: Option<String>,
    /// Those by this method.
    #[arg(long)]
    pub(crate) method: Option<MethodId>,
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
    /// Another model, to be asked about the same rows: the report says how far apart both are, row by
    /// row.
    #[arg(long, value_name = "MODEL")]
    pub(crate) against: Vec<Digest>,
    /// The seat for which it is signed.
    #[arg(long)]
    pub(crate) seat: SeatId,
    /// The lab's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
}
