//! Appending to the ledger: from several processes, durably, before anything is sent.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use concordat_terms::{Digest, PartyId, Problem, RunId};

use super::read::{Walk, segments};
use super::{Authority, Entry, NOTHING, Sent, Totals, What, chained};
use crate::home::{Home, make_dir, unwritable, write_whole};
use crate::now;
use crate::problems::problem;

/// After how many bytes a file ends and the next one begins.
const FILE_BYTES: u64 = 8 << 20;
/// How many MiB are kept, where the configuration does not say.
const MIB_MOST: u32 = 512;

/// The ledger of what leaves a party's folder. Clones share it; other processes may append beside.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    home: PathBuf,
    party: PartyId,
    log: Digest,
    /// After how many bytes a file ends.
    file_bytes: u64,
    /// How many files are kept.
    files_most: usize,
    /// The end, as far as it was read.
    tail: Mutex<Option<Tail>>,
    /// By which entries this process takes part in runs.
    runs: Mutex<BTreeMap<RunId, u64>>,
}

/// The end of the ledger.
#[derive(Debug)]
struct Tail {
    path: PathBuf,
    file: File,
    walk: Walk,
    /// How long the file is, in whole lines.
    bytes: u64,
}

impl Ledger {
    /// The ledger in a party's folder; nothing is written before something is to leave.
    pub fn of(home: &Home) -> Self {
        let files = usize::try_from((Self::mib_most(home) << 20) / FILE_BYTES);
        Self::in_files(home, FILE_BYTES, files.unwrap_or(usize::MAX).max(2))
    }

    /// How many MiB of it are kept.
    pub(crate) fn mib_most(home: &Home) -> u64 {
        u64::from(home.config().node.egress_mib_most.unwrap_or(MIB_MOST))
    }

    /// [`Ledger::of`] in so many files of so many bytes.
    pub(super) fn in_files(home: &Home, file_bytes: u64, files_most: usize) -> Self {
        let config = home.config();
        Self(Arc::new(Inner {
            home: home.dir().to_owned(),
            party: config.party.clone(),
            log: config.log,
            file_bytes,
            files_most,
            tail: Mutex::default(),
            runs: Mutex::default(),
        }))
    }

    /// The folder of a ledger.
    pub fn folder(home: &Path) -> PathBuf {
        home.join("egress")
    }

    /// By which entry this party takes part in a run: without one, nothing of the run leaves.
    pub(crate) fn authorise(&self, run: &RunId, entry: u64) {
        self.runs().insert(run.clone(), entry);
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, BTreeMap<RunId, u64>> {
        // An insertion is whole or has not begun.
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By what a message about a run leaves.
    pub(crate) fn by_run(&self, run: &RunId) -> Option<Authority> {
        self.runs().get(run).map(|entry| Authority::Run { run: run.clone(), entry: *entry })
    }

    /// By what a message leaves that any party of the log may send.
    pub(crate) fn by_log(&self) -> Authority {
        Authority::Log(self.0.log)
    }

    /// Lists a message that is about to leave; it may be sent once this has returned.
    ///
    /// # Errors
    /// A [`Problem`]: the node is paused and this takes part in a run; the ledger is not what it was, or
    /// cannot be written.
    pub(crate) fn sending(&self, sent: Sent) -> Result<(), Problem> {
        self.locked(|tail, inner| {
            // Under the lock: after a pause no such line is written.
            if sent.kind.takes_part() && is_paused(&inner.home) {
                return Err(paused());
            }
            inner.append(tail, What::Sent(sent))
        })
    }

    /// Stops this node taking part in runs, or lets it again; whether that changed anything. It holds from
    /// here on, also for processes that run already, and over restarts.
    ///
    /// # Errors
    /// A [`Problem`]: the folder cannot be written. Where only the ledger cannot, the node is paused all the
    /// same.
    pub fn pause(&self, paused: bool) -> Result<bool, Problem> {
        let home = &self.0.home;
        let path = mark(home);
        if is_paused(home) == paused {
            return Ok(false);
        }
        if paused {
            write_whole(&path, format!("{}\n", now()).as_bytes())?;
            sync_folder(home)?;
            // Whoever was about to list a message has done so before this line, or does not any more.
            self.locked(|tail, inner| inner.append(tail, What::Paused {}))?;
        } else {
            self.locked(|tail, inner| inner.append(tail, What::Resumed {}))?;
            fs::remove_file(&path).map_err(|e| unwritable(&path, &e))?;
            sync_folder(home)?;
        }
        Ok(true)
    }

    /// Whether the node takes part in no run.
    pub fn is_paused(&self) -> bool {
        is_paused(&self.0.home)
    }

    /// Does something with the end of the ledger, and nobody else meanwhile.
    fn locked<T>(
        &self,
        act: impl FnOnce(&mut Tail, &Inner) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let inner = &*self.0;
        // After a panic the end is read anew.
        let mut held = self.0.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Self::folder(&inner.home);
        make_dir(&folder)?;
        let path = folder.join("lock");
        let lock = OpenOptions::new().create(true).append(true).open(&path);
        let lock = lock.map_err(|e| unwritable(&path, &e))?;
        lock.lock().map_err(|e| unwritable(&path, &e))?;

        let mut tail = match held.take() {
            Some(tail) => inner.caught_up(&folder, tail)?,
            None => inner.opened(&folder)?,
        };
        let done = act(&mut tail, inner)?;
        // What failed half way is read anew.
        *held = Some(tail);
        Ok(done)
    }
}

impl Inner {
    /// The end of the ledger as it lies on the disk; a new ledger, if there is none.
    fn opened(&self, folder: &Path) -> Result<Tail, Problem> {
        let Some(path) = segments(folder)?.into_iter().next_back() else {
            return self.begun(folder, 0, NOTHING, Totals::new());
        };
        let file = OpenOptions::new().read(true).append(true).open(&path);
        let file = file.map_err(|e| unwritable(&path, &e))?;
        let walk = Walk::into_file(&path, None)?;
        self.grown(Tail { path, file, walk, bytes: 0 })
    }

    /// What others have appended since.
    fn caught_up(&self, folder: &Path, tail: Tail) -> Result<Tail, Problem> {
        let last = segments(folder)?.into_iter().next_back();
        if last.as_ref() == Some(&tail.path) { self.grown(tail) } else { self.opened(folder) }
    }

    /// Reads the lines that are new. Half a line at the end was never finished, and so nothing was sent
    /// for it: it is taken away.
    fn grown(&self, mut tail: Tail) -> Result<Tail, Problem> {
        let unreadable = |e: &std::io::Error| unwritable(&tail.path, e);
        let there = tail.file.metadata().map_err(|e| unreadable(&e))?.len();
        if there == tail.bytes {
            return Ok(tail);
        }
        if there < tail.bytes {
            return Err(broken(&tail.path, "it has become shorter"));
        }
        if there > MOST {
            return Err(broken(&tail.path, "it is longer than it can be"));
        }
        let mut new = Vec::new();
        tail.file.seek(SeekFrom::Start(tail.bytes)).map_err(|e| unreadable(&e))?;
        tail.file.read_to_end(&mut new).map_err(|e| unreadable(&e))?;
        let whole = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (lines, torn) = new.split_at(whole);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let entry = tail.walk.line(line).map_err(|why| broken(&tail.path, &why))?;
            if let What::Begun { party, log, .. } = &entry.what
                && (*party != self.party || *log != self.log)
            {
                return Err(self.not_ours(&tail.path, party, log));
            }
        }
        tail.bytes += whole as u64;
        if !torn.is_empty() {
            tail.file.set_len(tail.bytes).map_err(|e| unwritable(&tail.path, &e))?;
        }
        Ok(tail)
    }

    /// The ledger is whole, and begun for others than `concordat.toml` names: more often it is that which is
    /// wrong.
    fn not_ours(&self, path: &Path, party: &PartyId, log: &Digest) -> Problem {
        let path = path.display();
        let hint = |name: &str| {
            format!(
                "correct `{name}` in `concordat.toml`; if it is right, keep the folder `egress` under \
                 another name"
            )
        };
        if *party == self.party {
            let what =
                format!("what left this folder was of log {log} (`{path}`), not of {}", self.log);
            return problem("other-log", what, hint("log"));
        }
        let what = format!(
            "`concordat.toml` says that the folder is of `{}`, and what left it was of `{party}` (`{path}`)",
            self.party
        );
        problem("other-party", what, hint("party"))
    }

    /// A new file, which begins after this line.
    fn begun(&self, folder: &Path, n: u64, after: Digest, totals: Totals) -> Result<Tail, Problem> {
        let path = folder.join(format!("{n:012}.jsonl"));
        let (party, log) = (self.party.clone(), self.log);
        let what = What::Begun { party, log, after, totals };
        let line = written(&Entry { n, time: now(), what }, &after)?;
        write_whole(&path, &line)?;
        sync_folder(folder)?;
        let file = OpenOptions::new().read(true).append(true).open(&path);
        let file = file.map_err(|e| unwritable(&path, &e))?;
        let walk = Walk::into_file(&path, None)?;
        self.grown(Tail { path, file, walk, bytes: 0 })
    }

    fn append(&self, tail: &mut Tail, what: What) -> Result<(), Problem> {
        if tail.bytes >= self.file_bytes {
            self.turn(tail)?;
        }
        let line = written(&Entry { n: tail.walk.next, time: now(), what }, &tail.walk.chain)?;
        let kept = tail.file.write_all(&line).and_then(|()| tail.file.sync_data());
        if let Err(e) = kept {
            // What is not all on the disk is not sent; what is there of it would be half a line.
            tail.file.set_len(tail.bytes).ok();
            return Err(unwritable(&tail.path, &e));
        }
        tail.bytes += line.len() as u64;
        tail.walk.line(&line).map(drop).map_err(|why| broken(&tail.path, &why))
    }

    /// Goes on in the next file, and takes the oldest away if there are too many.
    fn turn(&self, tail: &mut Tail) -> Result<(), Problem> {
        let folder = Ledger::folder(&self.home);
        let walk = &tail.walk;
        *tail = self.begun(&folder, walk.next, walk.chain, walk.totals.clone())?;
        let files = segments(&folder)?;
        for old in files.iter().take(files.len().saturating_sub(self.files_most)) {
            fs::remove_file(old).map_err(|e| unwritable(old, &e))?;
        }
        Ok(())
    }
}

/// More than a file can have: it ends with the first line beyond [`FILE_BYTES`].
const MOST: u64 = FILE_BYTES + (1 << 20);

fn written(entry: &Entry, before: &Digest) -> Result<Vec<u8>, Problem> {
    let json = serde_json::to_vec(entry)
        .map_err(|e| problem("egress-broken", e.to_string(), "report this"))?;
    let mut line = format!("{} ", chained(before, &json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

fn sync_folder(folder: &Path) -> Result<(), Problem> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|e| unwritable(folder, &e))
}

fn mark(home: &Path) -> PathBuf {
    home.join("paused")
}

/// Whether the node of a folder takes part in no run: anything in this place stops it, whoever put it
/// there, and so does a folder that cannot be looked into.
pub fn is_paused(home: &Path) -> bool {
    mark(home).try_exists().unwrap_or(true)
}

pub(crate) fn paused() -> Problem {
    problem(
        "paused",
        "this node is paused: nothing of a run leaves it",
        "run `concordat node pause --resume` when it may take part again",
    )
}

pub(super) fn broken(path: &Path, why: &str) -> Problem {
    problem(
        "egress-broken",
        format!(
            "the ledger of what leaves is not what was written, in `{}`: {why}",
            path.display()
        ),
        "keep the folder `egress` as evidence under another name: a new ledger begins without it",
    )
}
