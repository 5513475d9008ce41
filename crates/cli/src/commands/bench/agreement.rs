//! `concordat bench agreement`: reading, checking and comparing agreements.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use concordat_agreement::effect::effect;
use concordat_agreement::{Agreement, Module, assemble};
use concordat_replay::prove;
use concordat_terms::{Digest, Severity};
use pulldown_cmark::{Options, Parser};
use serde::Serialize;

use super::grown::{Amended, modules};
use super::{Spread, timed, within};
use crate::args::BenchAgreement;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;
use crate::pilot::heart;

/// Parties of the generated agreement.
const PARTIES: usize = 50;

/// The texts of an agreement: file names and bytes.
type Texts = Vec<(PathBuf, Vec<u8>)>;

/// What is measured, and what it should stay below.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    bytes: usize,
    clauses: usize,
    took: Spread,
    /// Reading, hashing and parsing the same bytes as Markdown.
    machine: Spread,
    /// How many times the machine's own.
    times: f64,
    target_ms: f64,
    met: bool,
}

#[derive(Debug, Serialize)]
struct Table {
    runs: u32,
    /// Where the examples were.
    examples: String,
    rows: Vec<Row>,
}

pub(super) fn run(args: &BenchAgreement, out: Out) -> Result<(), Failure> {
    let (examples, from) = examples(args.examples.as_deref())?;
    out.say(&format!("{} runs, the machine's own beside each; examples: {from}", args.runs));
    let clauses = args.clauses as usize;
    let [was, one, all] = [Amended::No, Amended::One, Amended::All].map(|amended| {
        let each = modules(PARTIES, clauses, amended).into_iter();
        each.map(|(name, text)| (PathBuf::from(name), text.into_bytes())).collect::<Texts>()
    });
    let grown = vec![was.clone()];
    let rows = vec![
        row("check every example", args.runs, &examples, 200.0, || {
            examples.iter().map(check).collect::<Result<Vec<_>, _>>()
        })?,
        row(&format!("check {clauses} clauses"), args.runs, &grown, 1_000.0, || check(&was))?,
        row("diff, one limit amended", args.runs, &[was.clone(), one.clone()], 5_000.0, || {
            differs(&was, &one, 1)
        })?,
        row("diff, every limit amended", args.runs, &[was.clone(), all.clone()], 5_000.0, || {
            differs(&was, &all, 20)
        })?,
    ];
    let table = Table { runs: args.runs, examples: from, rows };
    out.answer(&table, || text(&table))?;
    let over: Vec<&str> =
        table.rows.iter().filter(|row| !row.met).map(|row| row.name.as_str()).collect();
    within(&over)
}

/// Every folder of modules below a folder; without one, the example that comes with the program.
fn examples(given: Option<&Path>) -> Result<(Vec<Texts>, String), Failure> {
    let dir = given.unwrap_or(Path::new("examples"));
    if given.is_none() && !dir.is_dir() {
        let own = heart().map(|(path, bytes)| (PathBuf::from(path), bytes.to_vec())).collect();
        return Ok((vec![own], "the heart example that comes with the program".to_owned()));
    }
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    for item in fs::read_dir(dir).map_err(|e| Failure::io("list", dir, &e))? {
        let path = item.map_err(|e| Failure::io("list", dir, &e))?.path();
        folders.extend(path.is_dir().then_some(path));
    }
    folders.sort();
    for folder in folders {
        match files::modules(&folder) {
            Ok(modules) => found.push(modules.into_iter().collect()),
            // Folders of other things stand beside agreements.
            Err(e) if e.problem().code == "no-module" => {}
            Err(e) => return Err(e),
        }
    }
    if found.is_empty() {
        let what = format!("there is no agreement below `{}`", dir.display());
        return Err(Failure::usage("no-module", what, "name a folder of agreements"));
    }
    let from = format!("{} agreements of `{}`", found.len(), dir.display());
    Ok((found, from))
}

/// Measures something and the machine, in turn.
fn row<T>(
    name: &str,
    runs: u32,
    texts: &[Texts],
    target_ms: f64,
    what: impl Fn() -> Result<T, Failure>,
) -> Result<Row, Failure> {
    let (mut took, mut machine): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    // Once unmeasured: what is made once for a process is not what is asked about.
    timed(&what)?;
    for _ in 0..runs {
        took.push(timed(&what)?);
        machine.push(timed(|| Ok(texts.iter().flatten().map(parsed).sum::<usize>()))?);
    }
    let (took, machine) = (Spread::of(took), Spread::of(machine));
    let mut clauses = 0;
    for text in texts {
        clauses += read(text)?.iter().map(|module| module.clauses.len()).sum::<usize>();
    }
    Ok(Row {
        name: name.to_owned(),
        bytes: texts.iter().flatten().map(|(_, bytes)| bytes.len()).sum(),
        clauses,
        took,
        machine,
        times: took.median_ms / machine.median_ms.max(f64::MIN_POSITIVE),
        target_ms,
        met: took.median_ms < target_ms,
    })
}

/// What nobody can do without: the digest of the bytes, and their Markdown.
fn parsed((_, bytes): &(PathBuf, Vec<u8>)) -> usize {
    let digest = Digest::of(bytes);
    let text = String::from_utf8_lossy(bytes);
    let events = Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter().count();
    events + usize::from(digest == Digest::of(b""))
}

fn read(texts: &Texts) -> Result<Vec<Module>, Failure> {
    let each = texts
        .iter()
        .map(|(path, bytes)| files::module(path, bytes).map_err(|found| files::unreadable(&found)));
    each.collect()
}

fn joined(texts: &Texts) -> Result<Agreement, Failure> {
    assemble(read(texts)?).map(|(agreement, _)| agreement).map_err(|found| {
        let errors: Vec<_> =
            found.into_iter().filter(|found| found.severity == Severity::Error).collect();
        files::unreadable(&errors)
    })
}

/// What `concordat check` does, but for showing it.
fn check(texts: &Texts) -> Result<(), Failure> {
    prove(joined(texts)?).map(drop).map_err(|impossible| {
        Failure::usage("parameters-impossible", impossible.to_string(), "mend the clause")
    })
}

/// What `concordat diff` does, but for showing it; at least so many acts are answered otherwise.
fn differs(was: &Texts, is: &Texts, least: usize) -> Result<(), Failure> {
    let found = effect(&joined(was)?, &joined(is)?).acts.len();
    if found < least {
        let what = format!("{found} changes were told, of at least {least}");
        return Err(Failure::fault("bench-wrong", what, "report this with the program's version"));
    }
    Ok(())
}

fn text(table: &Table) -> String {
    let mut out = String::new();
    writeln!(out, "{} runs; milliseconds: median [fastest, slowest]", table.runs).ok();
    writeln!(out, "machine: the same bytes hashed (SHA-256) and parsed as Markdown\n").ok();
    writeln!(out, "{:<26}{:<22}{:<20}{:>6}  target", "", "took", "machine", "times").ok();
    for row in &table.rows {
        let met = if row.met { "" } else { ", over" };
        let (took, machine) = (row.took.shown(), row.machine.shown());
        writeln!(
            out,
            "{:<26}{took:<22}{machine:<20}{:>6.0}  {:.0}{met}",
            row.name, row.times, row.target_ms
        )
        .ok();
    }
    out
}
