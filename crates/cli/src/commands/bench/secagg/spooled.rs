//! Uploads through files, as a coordinator takes them, and the check of a sum from these files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use concordat_coordinator::{Arriving, Outline, Words};
use concordat_secagg::{Announced, Checking, Chunks as _, Params, Proof, RingVec, Session};
use concordat_terms::{Digest, PartyId};
use concordat_wire::api::PIECE;
use rand_core::CryptoRng;

use super::attempt::once;

/// How many chunks of a sum are checked: as many as a node checks.
const CHECKED: usize = 64;

/// What it took beside the server's own work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spooled {
    /// Taking one upload piece by piece, each chunk hashed and written; the mean.
    pub(super) arrive: Duration,
    /// Chunks of a vector.
    pub(super) chunks: usize,
    /// Those of them that were checked.
    pub(super) checked: usize,
    /// Reading and checking these, and the proof.
    pub(super) check: Duration,
}

/// A folder of uploads, which is gone when this is.
pub(super) struct Spool {
    dir: PathBuf,
    params: Params,
    uploads: BTreeMap<PartyId, Arriving>,
    took: Duration,
}

impl Spool {
    /// A folder of its own below `dir`.
    pub(super) fn new(dir: &Path, params: &Params) -> Result<Self, String> {
        let dir = dir.join(format!("concordat-spool-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|e| format!("`{}`: {e}", dir.display()))?;
        let (params, uploads) = (params.clone(), BTreeMap::new());
        Ok(Self { dir, params, uploads, took: Duration::ZERO })
    }

    /// Brings a vector that was announced, and forgets it: its words are read from the file.
    pub(super) fn bring(&mut self, announced: Announced, vector: RingVec) -> Result<Words, String> {
        let Announced { upload, chunks } = announced;
        let announced = Outline { vector: upload.body.vector, chunks };
        let party = upload.from;
        let path = self.dir.join(party.as_str());
        let begun = Arriving::begin(&path, &self.params, announced);
        let mut arriving = begun.map_err(|e| e.to_string())?;
        while arriving.arrived().next < self.params.chunks() {
            let first = arriving.arrived().next;
            let mut piece = Vec::new();
            let chunks = (first..first + PIECE).map_while(|chunk| vector.chunk(chunk));
            chunks.for_each(|chunk| chunk.put_bytes(&mut piece));
            let (taken, took) = once(|| arriving.take(first, &piece));
            taken.map_err(|why| format!("{why:?}"))?;
            self.took += took;
        }
        drop(vector);
        let words = arriving.words().map_err(|e| e.to_string())?;
        self.uploads.insert(party, arriving);
        words.ok_or_else(|| "an upload is not complete".to_owned())
    }

    /// Checks as many chunks of the sum as a node does, drawn at random.
    pub(super) fn check(
        self,
        session: &Session,
        proof: &Proof,
        sum: &RingVec,
        rng: &mut impl CryptoRng,
    ) -> Result<Spooled, String> {
        let chunks = self.params.chunks();
        let mut drawn: BTreeSet<usize> =
            if chunks <= CHECKED { (0..chunks).collect() } else { BTreeSet::new() };
        while drawn.len() < chunks.min(CHECKED) {
            drawn.insert((rng.next_u64() % chunks as u64) as usize);
        }
        let digests: BTreeMap<PartyId, Vec<Digest>> = self
            .uploads
            .iter()
            .map(|(p, one)| (p.clone(), one.announced().chunks.clone()))
            .collect();
        let words = self.uploads.iter().map(|(party, one)| {
            let words = one.words().ok().flatten().ok_or("words are missing")?;
            Ok((party.clone(), words))
        });
        let words: BTreeMap<PartyId, Words> = words.collect::<Result<_, &str>>()?;
        let (checked, check) = once(|| {
            let mut checking = Checking::begin(session, proof, digests)?;
            drawn.iter().try_for_each(|chunk| {
                let read = words.iter().filter_map(|(p, w)| {
                    let mut bytes = Vec::new();
                    let read = w.read(*chunk, &mut bytes);
                    let words = RingVec::of_bytes(sum.ring(), &bytes).filter(|_| read)?;
                    Some((p.clone(), words))
                });
                let published = sum.chunk(*chunk);
                let published = published.unwrap_or_else(|| RingVec::zeros(sum.ring(), 0));
                checking.check(*chunk, &read.collect(), &published)
            })
        });
        checked.map_err(|why| why.to_string())?;
        let uploads = self.uploads.len().max(1);
        let arrive = self.took / u32::try_from(uploads).unwrap_or(1);
        Ok(Spooled { arrive, chunks, checked: drawn.len(), check })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Whoever named the folder is told by what is left there.
        std::fs::remove_dir_all(&self.dir).ok();
    }
}
