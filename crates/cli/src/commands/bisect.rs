//! `concordat bisect`: the first entry at which two parties' folds part.

use std::fmt::Write as _;
use std::path::Path;

use concordat_node::plain::{self, Kind};
use serde::Serialize;

use super::look::{Seen, see};
use crate::archive::Folder;
use crate::args::{Bisect, ExportCourse, Look, Place};
use crate::course::{Course, Head, Parted, Step};
use crate::failure::Failure;
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

pub(super) fn run(args: &Bisect, out: Out) -> Result<(), Failure> {
    let (one, other) = (course(&args.one)?, course(&args.other)?);
    if one.head.log != other.head.log {
        let what = format!(
            "`{}` is of the log `{}`, and `{}` of `{}`",
            args.one.display(),
            one.head.log.short(),
            args.other.display(),
            other.head.log.short()
        );
        return Err(Failure::usage("other-log", what, "name two copies of one log"));
    }
    let (same, parted) = match one.parts_from(&other) {
        Parted::Nowhere { entries } => (entries, None),
        Parted::Entry(index) => (index, Some("entry")),
        Parted::Verdict(index) => (index, Some("verdict")),
        Parted::Told(index) => (index, Some("words")),
    };
    let side = |path: &Path, course: &Course| Side {
        from: path.display().to_string(),
        program: course.head.program.clone(),
        entries: course.steps.len() as u64,
        step: parted.and_then(|_| course.step(same)).cloned(),
    };
    let found =
        Found { same, parted, one: side(&args.one, &one), other: side(&args.other, &other) };
    out.answer(&found, || text(&found))?;
    let hint = match found.parted {
        None => return Ok(()),
        Some("entry") => {
            "compare both with the witnesses, and report two signed checkpoints: \
             `equivocation.report`"
        }
        Some("verdict") if one.head.program != other.head.program => {
            "fold both with one release, and report it with the entry and both verdicts"
        }
        Some(_) => "fold it once more where it is in doubt, and report it with both verdicts",
    };
    Err(Failure::refused("folds-part", format!("they part at entry {same}"), hint))
}

/// The course of an archive or of a party's folder, folded here; or one that a party wrote.
fn course(path: &Path) -> Result<Course, Failure> {
    if path.is_file() {
        return written(path);
    }
    if path.join("checkpoint").is_file() {
        let seen = Seen::archive(Folder::open(path)?)?;
        return of(&seen);
    }
    let at = Place { home: Some(path.to_owned()), archive: None, offline: true };
    folded(&Look { at, party: None })
}

/// The course that a party wrote of its own fold.
fn written(path: &Path) -> Result<Course, Failure> {
    let bytes = plain::read(path, Kind::Verdicts).map_err(|why| Failure::not_read(path, &why))?;
    let text = String::from_utf8_lossy(&bytes);
    Course::parse(&text).map_err(|why| {
        let what = format!("`{}` is no course of a fold: {why}", path.display());
        Failure::usage("bad-course", what, "write one with `concordat export course`")
    })
}

fn folded(look: &Look) -> Result<Course, Failure> {
    of(&see(look)?)
}

fn of(seen: &Seen) -> Result<Course, Failure> {
    let entries = seen.entries()?;
    let named = entries.iter().filter_map(|entry| crate::archive::act_in(entry));
    let named: Vec<_> = named.flat_map(|signed| signed.blobs()).collect();
    let blobs = named.iter().filter_map(|digest| {
        seen.replica().blob(digest).map(<[u8]>::to_vec).or_else(|| seen.blob(digest))
    });
    Course::folded(&entries, blobs).map_err(|halt| halted(&halt))
}

fn halted(halt: &concordat_replay::Halt) -> Failure {
    Failure::fault("fold-halted", halt.to_string(), "follow the log online once")
}

/// `concordat export course`.
pub(super) fn export(args: &ExportCourse, out: Out) -> Result<(), Failure> {
    let course = match (&args.home, &args.archive) {
        (_, Some(archive)) => course(archive)?,
        (Some(home), None) => course(home)?,
        (None, None) => {
            let hint = "name a party's folder with `--home`, or an archive with `--archive`";
            return Err(Failure::usage("usage", "nothing to fold is named", hint));
        }
    };
    let Head { log, .. } = &course.head;
    out.say(&format!("{} entries of the log `{}`", course.steps.len(), log.short()));
    // The lines are JSON whether asked for or not.
    Out { json: false }.answer(&(), || course.text())
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
