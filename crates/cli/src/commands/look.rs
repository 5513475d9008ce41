//! What a view is taken from: a party's own copy of the log, or an archive that somebody exported.

mod folding;

use std::collections::BTreeSet;
use std::path::Path;

use concordat_agreement::suggest;
use concordat_node::follow::Follower;
use concordat_partnership::{CatalogueEntry, State};
use concordat_replay::Replica;
use concordat_terms::{AssetId, Digest, PartyId};

use super::desk::{failure, open, open_latest};
use concordat_tlog::archive::{Files as _, bundles};

use crate::archive::{BLOBS, Folder};
use crate::args::{Look, Place};
use crate::failure::Failure;
use crate::verify::Broken;
pub(super) use crate::width::count;

pub(super) use folding::{Step, fold, see_folding};

/// A folded log with its entries and the blobs beside it, and who looks at it.
///
/// What a view shows of assets and versions goes through [`Seen::reads`] and its like: there is no
/// other place where labels are looked at.
pub(super) struct Seen {
    log: Log,
    /// Who reads: whoever was named, or whose folder it is. Nobody in particular reads an archive:
    /// its holder has all that is in it.
    reader: Option<PartyId>,
}

enum Log {
    /// A party's own.
    Home { follower: Box<Follower>, offline: bool },
    /// An archive's.
    Archive { replica: Box<Replica>, folder: Folder },
}

impl Seen {
    /// A party's own copy, read by the party.
    pub(super) fn home(follower: Follower) -> Self {
        let reader = Some(follower.party().clone());
        let log = Log::Home { follower: Box::new(follower), offline: false };
        Self { log, reader }
    }
}

/// Opens what is to be looked at.
///
/// # Errors
/// A folder that cannot be used, a log that does not hold, a party that is none.
pub(super) fn see(look: &Look) -> Result<Seen, Failure> {
    see_as(&look.at, look.party.as_ref())
}

/// [`see`], for whoever is named.
pub(super) fn see_as(place: &Place, reader: Option<&PartyId>) -> Result<Seen, Failure> {
    match (&place.home, &place.archive) {
        (Some(home), _) => Seen::of(Log::home(home, place.offline)?, reader),
        (None, Some(archive)) => {
            let folder = Folder::open(archive)?;
            let replica = crate::verify::refold(&folder).map_err(Failure::Refused)?;
            Seen::of(Log::Archive { replica: Box::new(replica), folder }, reader)
        }
        (None, None) => Err(nothing_named()),
    }
}

fn nothing_named() -> Failure {
    let hint = "name a party's folder with `--home`, or an archive with `--archive`";
    Failure::usage("usage", "nothing to look at is named", hint)
}

/// That somebody is or once was a party: who has left may be asked about what it still owes.
///
/// # Errors
/// A party that is none.
pub(super) fn require_party(state: &State, party: &PartyId) -> Result<(), Failure> {
    let parties = state.parties_ever();
    if parties.contains(party) {
        return Ok(());
    }
    let names: Vec<&str> = parties.iter().map(PartyId::as_str).collect();
    let what = format!("`{party}` is no party of this partnership");
    Err(Failure::usage("unknown-party", what, suggest(party.as_str(), names)))
}

impl Log {
    fn home(dir: &Path, offline: bool) -> Result<Self, Failure> {
        let opened = if offline { open(dir) } else { open_latest(dir) };
        Ok(Self::Home { follower: Box::new(opened?.1), offline })
    }

    fn replica(&self) -> &Replica {
        match self {
            Self::Home { follower, .. } => follower.replica(),
            Self::Archive { replica, .. } => replica,
        }
    }
}

impl Seen {
    /// A log as whoever is named reads it; else whose folder it is.
    fn of(log: Log, reader: Option<&PartyId>) -> Result<Self, Failure> {
        if let Some(party) = reader {
            require_party(log.replica().state(), party)?;
        }
        let own = match &log {
            Log::Home { follower, .. } => Some(follower.party()),
            Log::Archive { .. } => None,
        };
        let reader = reader.or(own).cloned();
        Ok(Self { log, reader })
    }

    /// Who reads; nobody in particular, if it is an archive and nobody was named.
    pub(super) fn reader(&self) -> Option<&PartyId> {
        self.reader.as_ref()
    }

    /// Whether who reads may see what the record says about an asset.
    pub(super) fn reads(&self, asset: &AssetId) -> bool {
        self.reader.as_ref().is_none_or(|reader| self.state().may_read(reader, asset))
    }

    /// Whether who reads may see what the record says about a version.
    pub(super) fn reads_version(&self, version: &Digest) -> bool {
        self.reader.as_ref().is_none_or(|reader| self.state().may_read_version(reader, version))
    }

    /// The catalogue, as far as who reads may see it.
    pub(super) fn catalogue(&self) -> Vec<CatalogueEntry> {
        let mut all = self.state().catalogue();
        all.retain(|entry| self.reads(&entry.asset));
        for entry in &mut all {
            entry.versions.retain(|version| self.reads_version(&version.version));
        }
        all
    }

    /// The names of all that is kept from who reads: assets, and the digests of versions.
    pub(super) fn withheld(&self) -> BTreeSet<String> {
        let all = self.state().catalogue();
        let versions = all.iter().flat_map(|entry| &entry.versions).map(|own| own.version);
        let versions = versions.filter(|own| !self.reads_version(own)).map(|own| own.to_string());
        let assets = all.iter().map(|entry| &entry.asset).filter(|asset| !self.reads(asset));
        assets.map(ToString::to_string).chain(versions).collect()
    }

    /// The log, folded.
    pub(super) fn replica(&self) -> &Replica {
        self.log.replica()
    }

    /// The partnership's state.
    pub(super) fn state(&self) -> &State {
        self.replica().state()
    }

    /// The party's own copy, where it is one.
    pub(super) fn follower(&self) -> Option<&Follower> {
        match &self.log {
            Log::Home { follower, .. } => Some(follower),
            Log::Archive { .. } => None,
        }
    }

    /// The entries, in order: no more of them are held than a few hundred.
    pub(super) fn entries(&self) -> impl Iterator<Item = Result<Vec<u8>, Failure>> + '_ {
        self.bundles().flat_map(|some| match some {
            Ok(entries) => entries.into_iter().map(Ok).collect(),
            Err(failure) => vec![Err(failure)],
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// A store that cannot be read; an archive that was changed meanwhile.
    pub(super) fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, Failure> {
        match &self.log {
            Log::Home { follower, .. } => {
                follower.store().entry(index).map_err(|fault| failure(fault.problem()))
            }
            Log::Archive { replica, folder } => {
                let found = concordat_tlog::archive::entry(folder, replica.size(), index);
                folder.said(found.map_err(Broken::from))
            }
        }
    }

    /// The entries, in order, a few hundred at a time.
    fn bundles(&self) -> Box<dyn Iterator<Item = Result<Vec<Vec<u8>>, Failure>> + '_> {
        const READ: u64 = 256;
        let size = self.replica().size();
        match &self.log {
            Log::Home { follower, .. } => Box::new((0..size.div_ceil(READ)).map(move |part| {
                let from = part * READ;
                let most = usize::try_from(READ.min(size - from)).unwrap_or(usize::MAX);
                let entries = follower.store().entries(from, most);
                entries.map_err(|fault| failure(fault.problem()))
            })),
            Log::Archive { folder, .. } => Box::new(
                bundles(folder, size).map(|bundle| folder.said(bundle.map_err(Broken::from))),
            ),
        }
    }

    /// A blob, if it is here, and what its name says.
    pub(super) fn blob(&self, digest: &Digest) -> Option<Vec<u8>> {
        let found = match &self.log {
            Log::Home { follower, .. } => follower.store().blob(digest).ok().flatten(),
            Log::Archive { folder, .. } => folder.read(&format!("{BLOBS}{digest}")),
        };
        found.filter(|bytes| Digest::of(bytes) == *digest)
    }

    /// A blob as [`Seen::blob`] has it; else the coordinator's, where there is one to ask.
    pub(super) fn brought(&mut self, digest: &Digest) -> Option<Vec<u8>> {
        self.blob(digest).or_else(|| match &mut self.log {
            Log::Home { follower, offline: false } => follower.blob(digest).ok(),
            _ => None,
        })
    }
}

/// How much time is left, in words.
pub(super) fn left(seconds: u64) -> String {
    if seconds == 0 { "over".to_owned() } else { format!("{} left", count(seconds)) }
}
