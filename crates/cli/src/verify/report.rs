//! What a verification found.

use std::collections::BTreeMap;
use std::fmt;

use concordat_partnership::act::VerdictRuling;
use concordat_terms::{AssetId, Decimal, Digest, PartyId, RunId, Timestamp};
use serde::Serialize;

use super::{Bend, Clocks, Covered, Promise, Promised};
use crate::archive::{Epoch, InDoubt};

/// How many intervals are told to people.
const BENDS_MOST: usize = 5;
/// How many absent blobs are named for people.
const ABSENT_MOST: usize = 16;

/// An archive that holds, and what was checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The genesis id.
    pub log: Digest,
    /// Whether the reader named that id.
    pub pinned: bool,
    /// The log's name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Entries that took effect, as this fold gives it.
    pub admitted: u64,
    /// Entries that changed nothing.
    pub refused: u64,
    /// Their Merkle root.
    pub root: Digest,
    /// Who cosigned, and when by their own clocks.
    pub cosigned_by: BTreeMap<String, Timestamp>,
    /// What was checked, a sentence each, in order.
    pub checks: Vec<String>,
    /// Privacy accounts, recomputed.
    pub accounts: Vec<Account>,
    /// The models that runs gave, and those that were brought in.
    pub models: Vec<ModelLine>,
    /// The longest intervals between ticks, at most five, the longest first: within them, the
    /// log's time may have been bent.
    pub silences: Vec<Silence>,
    /// Intervals in which the log's time could have been bent by more than the agreed skew, the longest
    /// first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bends: Vec<Bend>,
    /// By when each part of the log was there, by the witnesses' clocks alone, in the order of the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Covered>,
    /// Verdicts whose correction was asked for, or on which something was determined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questioned: Vec<Questioned>,
    /// Every key, with its time and what it signed.
    pub keys: Vec<Epoch>,
    /// What took effect by keys that others may have had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_doubt: Vec<InDoubt>,
    /// Receipts that were compared with the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Promised>,
    /// Blobs and commitments that were erased, and the entry that says so; the archive holds none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub erased: BTreeMap<Digest, u64>,
    /// What the sequencer told of acts that it turned away: of whom, how many. It is its word.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub turned_away: BTreeMap<PartyId, u64>,
    /// Blobs that entries name and the archive does not hold, though nothing erased them.
    pub absent: Vec<Digest>,
    /// What came since the entry that the reader named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// What receipts are held against.
    #[serde(skip)]
    pub clocks: Clocks,
}

/// What came since an entry: all of it was checked, and what came before too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Since {
    /// The first entry that is counted.
    pub entry: u64,
    /// Entries from there on that took effect.
    pub admitted: u64,
    /// Entries from there on that changed nothing.
    pub refused: u64,
}

impl Report {
    pub(super) fn check(&mut self, what: String) {
        self.checks.push(what);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "log   {} `{}`", self.log, self.origin)?;
        writeln!(f, "size  {} entries, root {}", self.size, self.root)?;
        for (number, check) in (1..).zip(&self.checks) {
            writeln!(f, "{number:>3}. {check}")?;
        }
        for account in &self.accounts {
            writeln!(f, "{account}")?;
        }
        for model in &self.models {
            let of = model.run.as_ref().map(|run| format!(" of run `{run}`")).unwrap_or_default();
            writeln!(f, "model {}{of}: {}", model.model, model.status)?;
        }
        for bend in self.bends.iter().take(BENDS_MOST) {
            writeln!(f, "{bend}")?;
        }
        if let Some(more) = self.bends.len().checked_sub(BENDS_MOST).filter(|more| *more > 0) {
            writeln!(f, "time: {more} shorter intervals are in the answer of `--json`")?;
        }
        for questioned in &self.questioned {
            writeln!(f, "{questioned}")?;
        }
        for key in self.keys.iter().filter(|key| key.until.is_some()) {
            writeln!(f, "{key}")?;
        }
        for entry in &self.in_doubt {
            writeln!(f, "{entry}")?;
        }
        for promised in &self.promises {
            writeln!(f, "{promised}")?;
        }
        if let Some(Since { entry, admitted, refused }) = &self.since {
            writeln!(f, "since entry {entry}: {admitted} admitted, {refused} refused")?;
        }
        for (digest, entry) in &self.erased {
            writeln!(f, "blob {}: erased by entry {entry}", digest.short())?;
        }
        for (party, count) in &self.turned_away {
            writeln!(f, "turned away: {count} acts of `{party}`, as the sequencer counts them")?;
        }
        for digest in self.absent.iter().take(ABSENT_MOST) {
            let model = self.models.iter().find(|model| model.model == *digest);
            let what = model.map_or("blob", |_| "model");
            writeln!(f, "absent: {what} {digest} is named, and not in the archive")?;
        }
        if let Some(more) = self.absent.len().checked_sub(ABSENT_MOST).filter(|more| *more > 0) {
            writeln!(f, "absent: {more} more; `--json` names them all")?;
        }
        f.write_str("verified")
    }
}

/// A verdict, and what was said against it: both stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Questioned {
    /// The entry.
    pub index: u64,
    /// Its verdict, as this fold gives it.
    pub verdict: String,
    /// Who asked for its correction, and where that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<(PartyId, &'static str)>,
    /// What was determined last, and by which entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determined: Option<(VerdictRuling, u64)>,
    /// What became of what it posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted: Option<Postings>,
}

/// What became of what an entry posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Postings {
    /// It stands.
    Stand,
    /// It stands, and its payments wait for a determination.
    Wait,
    /// It fell, by the entry at this index.
    Fell(u64),
}

impl fmt::Display for Questioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} was {}", self.index, self.verdict)?;
        if let Some((party, is)) = &self.correction {
            write!(f, "; the correction that `{party}` asked for is {is}")?;
        }
        match &self.determined {
            Some((VerdictRuling::Stands, by)) => write!(f, "; by entry {by} it stands")?,
            Some((VerdictRuling::Stayed, by)) => write!(f, "; by entry {by} it is stayed")?,
            Some((VerdictRuling::SetAside, by)) => write!(f, "; by entry {by} it is set aside")?,
            None => {}
        }
        match self.posted {
            Some(Postings::Stand) => write!(f, "; what it posted stands"),
            Some(Postings::Wait) => write!(f, "; payments of what it posted wait"),
            Some(Postings::Fell(by)) => write!(f, "; what it posted fell by entry {by}"),
            None => Ok(()),
        }
    }
}

/// One holder's privacy account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// The dataset.
    pub asset: AssetId,
    /// Whose rows.
    pub holder: PartyId,
    /// ε that is spent or reserved, for people: the integers behind it were compared.
    pub spent: f64,
    /// ε that the agreement allows, or allowed.
    pub epsilon: Decimal,
    /// δ of both.
    pub delta: Decimal,
    /// Whether a clause in force limits the account; if none does, ε and δ are those of the
    /// clause under which it was charged last.
    pub limited: bool,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asset, holder, spent, epsilon, delta, limited } = self;
        write!(
            f,
            "account of `{holder}` for `{asset}`: ε {spent:.4} spent of {epsilon} at δ = {delta}"
        )?;
        if *limited { Ok(()) } else { f.write_str("; no clause in force limits it") }
    }
}

/// A model and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelLine {
    /// Its digest.
    pub model: Digest,
    /// The run that gave it; none gave what was brought in.
    pub run: Option<RunId>,
    /// Where it stands.
    pub status: &'static str,
    /// The dataset versions behind it.
    pub datasets: BTreeMap<PartyId, Digest>,
}

/// An interval between ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// The entry of the tick that ended it.
    pub index: u64,
    /// The time before.
    pub from: Timestamp,
    /// The time after.
    pub to: Timestamp,
    /// Its length.
    pub seconds: u64,
}

/// Where an archive does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// What does not hold.
    pub promise: Promise,
    /// The file to blame.
    pub file: String,
    /// The entry concerned, from 0.
    pub entry: Option<u64>,
    /// The first byte that is not as it should be, where one can be told.
    pub offset: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Broken {
    pub(crate) fn of(promise: Promise, file: &str, what: impl Into<String>) -> Self {
        Self { promise, file: file.to_owned(), entry: None, offset: None, what: what.into() }
    }

    /// Where it does not hold, and which promise that breaks, for people.
    pub fn told(&self) -> String {
        format!("{self}; this breaks `{}`: {}", self.promise.as_str(), self.promise.words())
    }

    pub(super) fn about(self, entry: u64) -> Self {
        Self { entry: Some(entry), ..self }
    }

    pub(super) fn at(self, offset: u64) -> Self {
        Self { offset: Some(offset), ..self }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        if let Some(entry) = self.entry {
            write!(f, ", entry {entry}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for Broken {}
