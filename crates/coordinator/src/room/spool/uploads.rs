//! The uploads of the attempt that is going on: announced and counted by the room, brought piece
//! by piece past it, so that nobody waits for another's piece to be on the disk: what the room asks of
//! an upload that is coming is known without waiting for the upload itself. A file is made, renamed
//! and removed while the others wait.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use concordat_secagg::three::Speaker;
use concordat_secagg::{Params, RingVec};
use concordat_terms::{Digest, PartyId};
use concordat_wire::api::{Arrived, PIECE};

use super::arriving::{Arriving, NotTaken, Outline, Words};
use super::{RunSpool, kept, make, remove};
use crate::problem::{Refused, unusable};
use crate::view::lock;

/// Shared by the room and by who brings pieces to it.
#[derive(Clone, Debug)]
pub(crate) struct Uploads(Arc<Mutex<Current>>);

#[derive(Debug)]
struct Current {
    spool: RunSpool,
    /// Round and attempt.
    at: (u32, u32),
    /// Whether pieces still come.
    open: bool,
    arriving: BTreeMap<Speaker, Arc<Upload>>,
}

/// One upload, and what is known of it while a piece is written.
#[derive(Debug)]
struct Upload {
    /// The digest of the vector: it names all the chunks' digests.
    vector: Digest,
    /// How far it has come. Held for a moment.
    arrived: Mutex<Arrived>,
    /// The file. Held as long as the disk takes.
    file: Mutex<Arriving>,
}

impl Upload {
    fn of(arriving: Arriving) -> Self {
        let (vector, arrived) = (arriving.announced().vector, arriving.arrived());
        Self { vector, arrived: Mutex::new(arrived), file: Mutex::new(arriving) }
    }

    fn arrived(&self) -> Arrived {
        *lock(&self.arrived)
    }

    fn take(&self, chunk: usize, bytes: &[u8]) -> Result<Arrived, NotTaken> {
        let mut file = lock(&self.file);
        let arrived = file.take(chunk, bytes)?;
        *lock(&self.arrived) = arrived;
        Ok(arrived)
    }

    /// The words, once all are there.
    fn words(&self) -> io::Result<Option<Words>> {
        let Arrived { next, chunks } = self.arrived();
        if next < chunks { Ok(None) } else { lock(&self.file).words() }
    }
}

impl Uploads {
    /// Of no attempt yet.
    pub(crate) fn new(spool: RunSpool) -> Self {
        let arriving = BTreeMap::new();
        Self(Arc::new(Mutex::new(Current { spool, at: (0, 0), open: false, arriving })))
    }

    /// Another attempt begins: what is left of the one before is destroyed.
    pub(crate) fn begin(&self, at: (u32, u32)) {
        let mut current = lock(&self.0);
        if let Err(fault) = current.clear() {
            // It is tried again when the run ends, and at the next start.
            tracing::warn!(%fault, "uploads of a lost attempt are still there");
        }
        (current.at, current.open) = (at, true);
    }

    /// Takes an announcement that was checked, or finds the upload that it announced before.
    ///
    /// # Errors
    /// 409 `upload-differs`; `spool-full`.
    pub(crate) fn announce(
        &self,
        params: &Params,
        by: &Speaker,
        announced: Outline,
    ) -> Result<Arrived, Refused> {
        let mut current = lock(&self.0);
        if let Some(upload) = current.arriving.get(by) {
            if upload.vector == announced.vector {
                return Ok(upload.arrived());
            }
            let what = format!("{by} announced another upload in this attempt");
            return Err(conflict("upload-differs", what, "send the vector that was announced"));
        }
        let dir = current.spool.attempt(current.at);
        let begun = make(&dir)
            .and_then(|()| Arriving::begin(&dir.join(kept::file_of(by)), params, announced));
        let arriving = begun.map_err(|fault| full(&fault))?;
        let arrived = arriving.arrived();
        current.arriving.insert(by.clone(), Arc::new(Upload::of(arriving)));
        Ok(arrived)
    }

    /// Takes a piece of an announced upload, from `chunk` on.
    ///
    /// # Errors
    /// 409 `upload-late`, 404 `upload-not-announced`; 400 or 409 where the piece is not what comes
    /// next; `spool-full`. Nothing is changed.
    pub(crate) fn bring(
        &self,
        at: (u32, u32),
        by: &Speaker,
        chunk: usize,
        bytes: &[u8],
    ) -> Result<Arrived, Refused> {
        let arriving = {
            let current = lock(&self.0);
            if current.at != at || !current.open {
                return Err(late(by));
            }
            current.arriving.get(by).cloned()
        };
        let Some(arriving) = arriving else {
            let what = format!("{by} has announced no upload");
            let hint = "announce it first, with the digest of each chunk";
            return Err(Refused::new(StatusCode::NOT_FOUND, "upload-not-announced", what, hint));
        };
        arriving.take(chunk, bytes).map_err(|why| not_taken(by, why))
    }

    /// The words of this very vector of somebody's, once all are there.
    pub(crate) fn words(&self, by: &Speaker, vector: Digest) -> Option<Words> {
        let upload = lock(&self.0).arriving.get(by).cloned()?;
        if upload.vector != vector {
            return None;
        }
        upload.words().ok().flatten()
    }

    /// Up to [`PIECE`] chunks from `chunk` on of what somebody brought in (round, attempt), once all
    /// of it is there.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn piece(
        &self,
        at: (u32, u32),
        party: &PartyId,
        chunk: usize,
    ) -> io::Result<Option<Vec<u8>>> {
        let arriving = {
            let current = lock(&self.0);
            let of = Speaker::Contributor(party.clone());
            current.arriving.get(&of).filter(|_| current.at == at).cloned()
        };
        let Some(arriving) = arriving else { return Ok(None) };
        let words = arriving.words()?.filter(|_| chunk < arriving.arrived().chunks);
        words.map(|words| words.bytes(chunk, PIECE)).transpose()
    }

    /// No more pieces come: of uploads that do not count nothing stays.
    pub(crate) fn close(&self, counts: impl Fn(&Speaker) -> bool) {
        let mut current = lock(&self.0);
        current.open = false;
        let dir = current.spool.attempt(current.at);
        current.arriving.retain(|by, _| {
            if !counts(by) {
                fs::remove_file(dir.join(kept::file_of(by))).ok();
            }
            counts(by)
        });
    }

    /// Pieces come again, of other uploads of the same attempt.
    pub(crate) fn open_again(&self) {
        lock(&self.0).open = true;
    }

    /// The run has ended: everything of it is destroyed.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn end(&self) -> io::Result<()> {
        let mut current = lock(&self.0);
        // An open file takes its room even where it has no name any more.
        current.arriving.clear();
        current.open = false;
        remove(&current.spool.dir)
    }

    /// The attempt gave the round's sum: its files become the round's, durably, for those who
    /// check it.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn finish(&self, sum: &RingVec) -> io::Result<()> {
        let mut current = lock(&self.0);
        let (from, to) = (current.spool.attempt(current.at), current.spool.round(current.at.0));
        for (by, arriving) in &current.arriving {
            let arriving = lock(&arriving.file);
            arriving.sync()?;
            if let Speaker::Contributor(party) = by {
                kept::write_digests(&from, party, &arriving.announced().chunks)?;
            }
        }
        kept::write_sum(&from, sum)?;
        remove(&to)?;
        fs::rename(from, &to)?;
        fs::File::open(&current.spool.dir)?.sync_all()?;
        current.arriving.clear();
        Ok(())
    }
}

impl Current {
    fn clear(&mut self) -> io::Result<()> {
        self.arriving.clear();
        self.open = false;
        remove(&self.spool.attempt(self.at))
    }
}

/// 409: what was awaited is over, or has not begun.
pub(crate) fn late(by: &Speaker) -> Refused {
    let what = format!("no upload of {by} is awaited in this attempt");
    conflict("upload-late", what, "send the message of the step: the answer says how it goes on")
}

fn conflict(code: &str, what: String, hint: &str) -> Refused {
    Refused::new(StatusCode::CONFLICT, code, what, hint)
}

fn not_taken(by: &Speaker, why: NotTaken) -> Refused {
    let again = "announce the upload again: the answer says which chunk comes next";
    match why {
        NotTaken::OutOfPlace { chunk, next } => {
            let what = format!("of {by} chunk {next} comes next, and this is chunk {chunk}");
            conflict("chunk-out-of-place", what, again)
        }
        NotTaken::CutShort => {
            let what = format!("the piece of {by} ends within a chunk");
            Refused::bad("chunk-cut-short", what, "send whole chunks")
        }
        NotTaken::TooLong => {
            let what = format!("{by} sends more than it announced");
            Refused::bad("upload-too-long", what, "send the chunks that were announced")
        }
        NotTaken::OtherChunk { chunk } => {
            let what = format!("chunk {chunk} of {by} is not the one that it announced");
            Refused::bad("other-chunk", what, "send the chunks that were announced")
        }
        NotTaken::Disk(fault) => full(&fault),
    }
}

/// 503: the disk does not take it. The detail is for the operator.
fn full(fault: &io::Error) -> Refused {
    tracing::error!(%fault, "the spool takes nothing more");
    let what = "the coordinator has no room for uploads at the moment";
    let problem = unusable("spool-full", what, "try again in a moment, or ask the operator");
    Refused::of(StatusCode::SERVICE_UNAVAILABLE, problem)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use concordat_secagg::{CHUNK, Proposal};

    use super::*;
    use crate::room::spool::Spool;

    /// While a disk takes its time over a piece of alder's, alder may announce again, and everybody
    /// else brings and announces what it likes.
    #[test]
    fn nobody_waits_for_a_piece_that_is_being_written() {
        let params = Params::prove(Proposal {
            clients: 4,
            threshold: 3,
            colluders: 1,
            dropouts: 1,
            ring_bits: 32,
            dimension: CHUNK as u32 + 7,
            units_per_round: 1,
            levels: 1_000,
            noise: 0,
        });
        let params = params.unwrap();
        let home = tempfile::tempdir().unwrap();
        let spool = Spool::open(home.path(), &BTreeSet::new()).unwrap();
        let uploads = Uploads::new(spool.of(&"first".parse().unwrap()));
        uploads.begin((0, 0));
        let by = |name: &str| Speaker::Contributor(name.parse().unwrap());
        let vector = RingVec::zeros(params.ring(), params.dimension());
        let outline = || Outline { vector: vector.digest(), chunks: vector.chunk_digests() };
        let mut first = Vec::new();
        vector.chunk(0).unwrap().put_bytes(&mut first);
        let nothing = Arrived { next: 0, chunks: 2 };
        assert_eq!(uploads.announce(&params, &by("alder"), outline()).unwrap(), nothing);

        let alders = lock(&uploads.0).arriving[&by("alder")].clone();
        let disk = lock(&alders.file);
        let (tell, told) = channel();
        let (others, again) = (uploads.clone(), outline());
        thread::spawn(move || {
            tell.send(others.announce(&params, &by("alder"), again.clone()).unwrap()).unwrap();
            assert!(others.words(&by("alder"), again.vector).is_none());
            tell.send(others.announce(&params, &by("birch"), again).unwrap()).unwrap();
            tell.send(others.bring((0, 0), &by("birch"), 0, &first).unwrap()).unwrap();
        });
        let heard = || told.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!([heard(), heard(), heard()], [nothing, nothing, Arrived { next: 1, chunks: 2 }]);
        drop(disk);
    }
}
