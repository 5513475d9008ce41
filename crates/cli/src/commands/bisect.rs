//! `concordat bisect`: the first entry at which two parties' folds part.

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use concordat_node::plain::{self, Kind, NotRead};
use concordat_terms::Digest;
use serde::Serialize;

use super::look::{Step as Folded, fold};
use crate::archive::BLOBS;
use crate::args::{Bisect, ExportCourse, Place};
use crate::course::{Comparison, Head, Line, Parted, Step, Teller, Written};
use crate::failure::Failure;
use crate::fetched::{fetch, is_address};
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Found {
    /// How many entries both have alike.
    same: u64,
    /// What parts them, if anything does.
    parted: Option<&'static str>,
    one: Side,
    other: Side,
}

#[derive(Debug, Serialize)]
struct Side {
    /// As it was named.
    from: String,
    program: String,
    entries: u64,
    /// What it makes of the entry at which they part.
    step: Option<Step>,
}

/// How many lines a course may be ahead of the other.
const AHEAD: usize = 1_024;

pub(super) fn run(args: &Bisect, out: Out) -> Result<(), Failure> {
    let found = thread::scope(|scope| {
        let begin = |from: &str, beside: &str| {
            let (tell, told) = sync_channel(AHEAD);
            let (what, beside) = (from.to_owned(), beside.to_owned());
            scope.spawn(move || {
                if let Err(failure) = course(&what, &beside, out, &tell) {
                    // Nobody listens any more where the other failed first.
                    tell.send(Err(failure)).ok();
                }
            });
            Told::begin(from, told)
        };
        let (one, other) = (begin(&args.one, &args.other), begin(&args.other, &args.one));
        compared(args, one?, other?)
    })?;
    let hint = match found.parted {
        None => None,
        Some("entry") => Some(
            "compare both with the witnesses, and report two signed checkpoints: \
             `equivocation.report`",
        ),
        Some("verdict") if found.one.program != found.other.program => {
            Some("fold both with one release, and report it with the entry and both verdicts")
        }
        Some(_) => Some("fold it once more where it is in doubt, and report it with both verdicts"),
    };
    out.answer(&found, || text(&found))?;
    hint.map_or(Ok(()), |hint| {
        Err(Failure::refused("folds-part", format!("they part at entry {}", found.same), hint))
    })
}

/// Compares two courses as they are told.
fn compared(args: &Bisect, mut one: Told, mut other: Told) -> Result<Found, Failure> {
    if one.head.log != other.head.log {
        let (first, second) = (one.head.log.short(), other.head.log.short());
        let what =
            format!("`{}` is of the log `{first}`, and `{}` of `{second}`", args.one, args.other);
        return Err(Failure::usage("other-log", what, "name two copies of one log"));
    }
    let mut comparison = Comparison::default();
    loop {
        match (one.step()?, other.step()?) {
            (None, None) => break,
            (Some(one), Some(other)) => comparison.see(one, other),
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
    let (parted, steps) = comparison.end();
    let (same, parted) = match parted {
        Parted::Nowhere { entries } => (entries, None),
        Parted::Entry(index) => (index, Some("entry")),
        Parted::Verdict(index) => (index, Some("verdict")),
        Parted::Told(index) => (index, Some("words")),
    };
    let (first, second) = steps.unzip();
    let side = |from: &str, told: Told, step| Side {
        from: from.to_owned(),
        program: told.head.program,
        entries: told.entries,
        step,
    };
    let (one, other) = (side(&args.one, one, first), side(&args.other, other, second));
    Ok(Found { same, parted, one, other })
}

/// A course as it comes.
struct Told {
    head: Head,
    lines: Receiver<Result<Line, Failure>>,
    /// How many steps came.
    entries: u64,
}

impl Told {
    fn begin(from: &str, lines: Receiver<Result<Line, Failure>>) -> Result<Self, Failure> {
        match lines.recv() {
            Ok(Ok(Line::Head(head))) => Ok(Self { head, lines, entries: 0 }),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(Line::Step(_))) | Err(_) => {
                let what = format!("`{from}` has no entries yet");
                Err(Failure::usage("bad-course", what, "follow the log first"))
            }
        }
    }

    /// The next step; none at the end.
    fn step(&mut self) -> Result<Option<Step>, Failure> {
        match self.lines.recv() {
            Ok(Ok(Line::Step(step))) => {
                self.entries += 1;
                Ok(Some(step))
            }
            Ok(Ok(Line::Head(_))) => self.step(),
            Ok(Err(failure)) => Err(failure),
            Err(_) => Ok(None),
        }
    }
}

/// Who takes lines; whether more are wanted.
type Tell = SyncSender<Result<Line, Failure>>;

/// Tells the course of an archive, of a log that is published at an address or of a party's folder, folded
/// here; or one that a party wrote. Texts that a server does not give to everybody are taken from what it is
/// compared with, where that is an archive.
fn course(text: &str, beside: &str, out: Out, tell: &Tell) -> Result<(), Failure> {
    if is_address(text) {
        let spare = |digest: &Digest| {
            plain::read(&Path::new(beside).join(format!("{BLOBS}{digest}")), Kind::Blob).ok()
        };
        let fetched = fetch(text, |_, _| (), spare)?;
        return folded(&archive(fetched.path()), out, tell);
    }
    let path = Path::new(text);
    if path.is_file() {
        return written(path, tell);
    }
    folded(&place(path), out, tell)
}

/// What a folder is.
fn place(path: &Path) -> Place {
    match path.join("checkpoint").is_file() {
        true => archive(path),
        false => Place { home: Some(path.to_owned()), archive: None, offline: true },
    }
}

fn archive(path: &Path) -> Place {
    Place { home: None, archive: Some(path.to_owned()), offline: true }
}

/// The course that a party wrote of its own fold.
fn written(path: &Path, tell: &Tell) -> Result<(), Failure> {
    let unread = |e: std::io::Error| Failure::not_read(path, &NotRead::from(e));
    plain::require_plain(path).map_err(|why| Failure::not_read(path, &why))?;
    let file = File::open(path).map_err(unread)?;
    for line in Written::from(BufReader::new(file)) {
        let line = line.map_err(|why| {
            let what = format!("`{}` is no course of a fold: {why}", path.display());
            Failure::usage("bad-course", what, "write one with `concordat export course`")
        })?;
        if tell.send(Ok(line)).is_err() {
            break;
        }
    }
    Ok(())
}

fn folded(place: &Place, out: Out, tell: &Tell) -> Result<(), Failure> {
    let mut teller = Teller::default();
    fold(place, out, |step| {
        let Folded { entry, verdict, state, .. } = *step;
        for line in teller.tell(entry, verdict, state) {
            if tell.send(Ok(line)).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })
    .map(drop)
}

/// `concordat export course`.
pub(super) fn export(args: &ExportCourse, out: Out) -> Result<(), Failure> {
    let place = match (&args.home, &args.archive) {
        (_, Some(path)) | (Some(path), None) => place(path),
        (None, None) => {
            let hint = "name a party's folder with `--home`, or an archive with `--archive`";
            return Err(Failure::usage("usage", "nothing to fold is named", hint));
        }
    };
    let (mut teller, mut stopped, mut entries) = (Teller::default(), None, 0_u64);
    let seen = fold(&place, out, |step| {
        entries += 1;
        for line in teller.tell(step.entry, step.verdict, step.state) {
            // The lines are JSON whether asked for or not.
            if let Err(failure) = (Out { json: false }).answer(&(), || line.text()) {
                stopped = Some(failure);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(failure) = stopped {
        return Err(failure);
    }
    let log = seen.state().log().map(|log| log.short()).unwrap_or_default();
    out.say(&format!("{entries} entries of the log `{log}`"));
    Ok(())
}

fn text(found: &Found) -> String {
    let Found { same, parted, one, other } = found;
    let mut text = String::new();
    match parted {
        None => writeln!(text, "alike: {same} entries, and every verdict on them"),
        Some("entry") => writeln!(text, "entry {same} is not the same; all before it are"),
        Some("verdict") => {
            writeln!(text, "entry {same} is the same, and judged otherwise; all before it alike")
        }
        Some(_) => writeln!(text, "entry {same} is told otherwise than its digest says"),
    }
    .ok();
    let named = |side: &Side| format!("{} ({} entries)", side.from, side.entries);
    writeln!(text, "  one    {}\n  other  {}", named(one), named(other)).ok();
    let (Some(first), Some(second)) = (&one.step, &other.step) else { return text };
    let shown = |step: &Step, what: &str| match what {
        "act" => step.act.map_or_else(|| "bytes".to_owned(), |act| act.to_string()),
        "verdict" => step.verdict.clone(),
        "clause" => step.clause.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string),
        "root" => step.root.short(),
        _ => step.rolling.short(),
    };
    writeln!(text, "\n{:<10}{:<34}other", "", "one").ok();
    for what in ["act", "verdict", "clause", "root", "rolling"] {
        writeln!(text, "{what:<10}{:<34}{}", shown(first, what), shown(second, what)).ok();
    }
    text
}
