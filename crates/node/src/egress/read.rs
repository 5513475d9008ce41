//! Reading the ledger, and whether it is what was written.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use concordat_terms::{Digest, PartyId, Problem};
use serde::{Serialize, Serializer};

use super::ledger::{broken, is_paused};
use super::{Entry, Ledger, NOTHING, Totals, What, add, chained};
use crate::home::{unreadable, unwritable};
use crate::plain::NotRead;
use crate::problems::problem;

/// The longest line: a file begins with totals of each kind.
const LINE_MOST: usize = 64 << 10;

/// A place in the ledger, and what stands there: whoever has noted it knows later whether anything before
/// it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many lines.
    pub lines: u64,
    /// The chain of the last of them.
    pub chain: Digest,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.lines, self.chain)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let not = || "a head is like `1200:3f1c…`, lines and 64 hexadecimal digits".to_owned();
        let (lines, chain) = text.split_once(':').ok_or_else(not)?;
        let (lines, chain) = (lines.parse().map_err(|_| not())?, chain.parse().map_err(|_| not())?);
        Ok(Self { lines, chain })
    }
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A ledger that is what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whose it is.
    pub party: Option<PartyId>,
    /// In which log.
    pub log: Option<Digest>,
    /// The first line that is here: those before it went with the oldest files.
    pub first: u64,
    /// The end.
    pub head: Head,
    /// All that was sent, with what is not here any more.
    pub totals: Totals,
    /// Whether the node is paused.
    pub paused: bool,
    /// Whether the head that somebody noted is in it; false where it is older than all that is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noted: Option<bool>,
}

/// Where a ledger is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Broken {
    /// For a person.
    pub fn problem(&self) -> Problem {
        broken(&self.file, &format!("line {}: {}", self.line, self.why))
    }
}

/// How far a ledger was read.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// The number of the next line.
    pub(super) next: u64,
    /// The chain of the last.
    pub(super) chain: Digest,
    /// What was sent so far.
    pub(super) totals: Totals,
    /// Whether a file has just been opened: its first line says what came before.
    opens: bool,
    /// Whether what came before is known from another file.
    known: bool,
}

impl Walk {
    /// Into a file, after what was read of the one before it.
    ///
    /// # Errors
    /// A [`Problem`]: the file's name says no number.
    pub(super) fn into_file(path: &Path, before: Option<Self>) -> Result<Self, Problem> {
        let first = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        let first = first.ok_or_else(|| broken(path, "its name is not the number of a line"))?;
        Ok(match before {
            Some(walk) => Self { opens: true, known: true, ..walk },
            None => Self {
                next: first,
                chain: NOTHING,
                totals: Totals::new(),
                opens: true,
                known: first == 0,
            },
        })
    }

    /// Takes the next line, with the newline at its end.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Entry, String> {
        let line = line.strip_suffix(b"\n").ok_or("it has no end")?;
        let (chain, json) = line.split_at_checked(64).ok_or("it is too short")?;
        let json = json.strip_prefix(b" ").ok_or("no chain stands before it")?;
        let chain = std::str::from_utf8(chain).ok().and_then(|chain| Digest::from_str(chain).ok());
        let chain = chain.ok_or("no chain stands before it")?;
        let entry: Entry =
            serde_json::from_slice(json).map_err(|e| format!("it says nothing: {e}"))?;
        if entry.n != self.next {
            return Err(format!("it is line {} of the ledger, and {} is due", entry.n, self.next));
        }
        match (&entry.what, self.opens) {
            (What::Begun { after, totals, .. }, true) => {
                if self.known && (*after != self.chain || *totals != self.totals) {
                    return Err("what came before it is another".to_owned());
                }
                (self.chain, self.totals) = (*after, totals.clone());
            }
            (What::Begun { .. }, false) => return Err("a file begins in the middle".to_owned()),
            (_, true) => return Err("the file does not begin with what came before".to_owned()),
            (What::Sent(sent), false) => add(&mut self.totals, sent),
            (What::Paused {} | What::Resumed {}, false) => {}
        }
        if chained(&self.chain, json) != chain {
            return Err("its chain is not that of what it says after the line before".to_owned());
        }
        self.opens = false;
        self.chain = chain;
        self.next += 1;
        Ok(entry)
    }
}

/// The files of a ledger, from the oldest on.
pub(super) fn segments(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unwritable(folder, &e)),
    };
    let mut files = Vec::new();
    for file in listed {
        let path = file.map_err(|e| unwritable(folder, &e))?.path();
        if path.extension().is_some_and(|kind| kind == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the ledger of a folder from its first line to its last, and checks each. `heard` hears every
/// entry; at `noted` the chain must be what somebody noted there.
///
/// # Errors
/// A [`Problem`]: there is none, or a file cannot be read. Inside, where it is not what was written.
pub fn read(
    home: &Path,
    noted: Option<Head>,
    mut heard: impl FnMut(&Entry),
) -> Result<Result<Checked, Broken>, Problem> {
    let files = segments(&Ledger::folder(home))?;
    let Some(oldest) = files.first() else {
        let what = format!("`{}` has no ledger of what left it", home.display());
        return Err(problem("no-egress", what, "start the node, or name the folder of one"));
    };
    let mut walk = Walk::into_file(oldest, None)?;
    let first = walk.next;
    let (mut party, mut log, mut met) = (None, None, false);
    let mut last = (oldest.clone(), 0);
    for path in &files {
        if path != oldest {
            walk = Walk::into_file(path, Some(walk))?;
        }
        let at = |line: usize, why: String| Broken { file: path.clone(), line, why };
        let file = fs::File::open(path).map_err(|e| unreadable(path, &NotRead::Io(e)))?;
        let mut lines = BufReader::new(file);
        let mut number = 0;
        loop {
            let mut line = Vec::new();
            let most = u64::try_from(LINE_MOST).unwrap_or(u64::MAX);
            let read = std::io::Read::take(&mut lines, most).read_until(b'\n', &mut line);
            if read.map_err(|e| unreadable(path, &NotRead::Io(e)))? == 0 {
                break;
            }
            number += 1;
            let entry = match walk.line(&line) {
                Ok(entry) => entry,
                // Somebody is just writing it, or was when the machine went down.
                Err(_) if !line.ends_with(b"\n") && Some(path) == files.last() => break,
                Err(why) => return Ok(Err(at(number, why))),
            };
            if let What::Begun { party: whose, log: of, .. } = &entry.what {
                let same = party.as_ref().is_none_or(|party| party == whose)
                    && log.as_ref().is_none_or(|log| log == of);
                if !same {
                    return Ok(Err(at(number, "it is another party's, or of another log".into())));
                }
                (party, log) = (Some(whose.clone()), Some(*of));
            }
            if let Some(noted) = noted.filter(|noted| noted.lines == walk.next) {
                if noted.chain != walk.chain {
                    return Ok(Err(at(number, "it is not the line that was noted here".into())));
                }
                met = true;
            }
            heard(&entry);
        }
        last = (path.clone(), number);
    }
    if let Some(noted) = noted.filter(|noted| !met && noted.lines >= first.max(1)) {
        let why = format!("it ends after {} lines, and {} were noted", walk.next, noted.lines);
        return Ok(Err(Broken { file: last.0, line: last.1, why }));
    }
    let head = Head { lines: walk.next, chain: walk.chain };
    let paused = is_paused(home);
    let noted = noted.map(|_| met);
    Ok(Ok(Checked { party, log, first, head, totals: walk.totals, paused, noted }))
}
