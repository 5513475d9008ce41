//! A log looked at entry by entry, as it is folded. It is folded once: an archive while it is checked; a
//! party's own copy, which was folded as far as its last snapshot before, from its beginning.

use std::borrow::Cow;
use std::io::{IsTerminal as _, stderr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use concordat_partnership::act::Signed;
use concordat_partnership::{State, Verdict};
use concordat_replay::{Halt, Opened, Replica};
use concordat_terms::PartyId;

use super::{Log, Seen, nothing_named};
use crate::archive::Folder;
use crate::args::{Look, Place};
use crate::failure::Failure;
use crate::out::Out;
use crate::verify::{Folded, cores, refold_told};

/// How often somebody who waits is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// An entry with what the fold says of it.
pub(in super::super) struct Step<'a> {
    /// Its index.
    pub(in super::super) index: u64,
    /// Its bytes.
    pub(in super::super) entry: &'a [u8],
    /// The act in them, whoever signed it.
    pub(in super::super) signed: Option<&'a Signed>,
    pub(in super::super) verdict: &'a Verdict,
    /// The state after it.
    pub(in super::super) state: &'a State,
}

/// Opens what is to be looked at, and shows each entry, until nobody wants to see more.
///
/// Of an archive nothing that was shown counts unless this succeeds: what is wrong with one may be found at
/// its end.
///
/// # Errors
/// As [`super::see`]; a store that cannot be read, a log that stops.
pub(in super::super) fn see_folding(
    look: &Look,
    out: Out,
    each: impl FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Seen, Failure> {
    open(&look.at, look.party.as_ref(), out, each)
}

/// [`see_folding`], for nobody in particular.
pub(in super::super) fn fold(
    place: &Place,
    out: Out,
    each: impl FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Seen, Failure> {
    open(place, None, out, each)
}

fn open(
    place: &Place,
    reader: Option<&PartyId>,
    out: Out,
    mut each: impl FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Seen, Failure> {
    match (&place.home, &place.archive) {
        (Some(home), _) => {
            let seen = Seen::of(Log::home(home, place.offline)?, reader)?;
            seen.fold_again(out, each)?;
            Ok(seen)
        }
        (None, Some(archive)) => {
            let folder = Folder::open(archive)?;
            let (mut watch, mut wanted) = (Watch::of(out), ControlFlow::Continue(()));
            let replica = refold_told(&folder, |folded| {
                let Folded { index, of, opened, verdict, state } = folded;
                watch.tell(*index, *of);
                if wanted.is_continue() {
                    wanted = each(&Step::of(*index, opened, verdict, state));
                }
            });
            let replica = Box::new(replica.map_err(Failure::Refused)?);
            Seen::of(Log::Archive { replica, folder }, reader)
        }
        (None, None) => Err(nothing_named()),
    }
}

impl Seen {
    /// Folds the log once more and shows each entry, until the end or until nobody wants to see more. Who
    /// waits at a terminal is told how far it is.
    ///
    /// # Errors
    /// A store that cannot be read, a log that stops.
    pub(in super::super) fn fold_again(
        &self,
        out: Out,
        mut each: impl FnMut(&Step<'_>) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let (mut replica, mut watch) = (Replica::new(), Watch::of(out));
        let pieces = self.bundles().flat_map(|some| match some {
            Ok(entries) => pieces(entries),
            Err(failure) => vec![Err(Stop::Failed(failure))],
        });
        let step = |replica: &mut Replica, opened: &Opened<'_>| {
            let index = replica.size();
            watch.tell(index, self.replica().size());
            let verdict = self.judged(replica, opened).map_err(Stop::Failed)?;
            match each(&Step::of(index, opened, &verdict, replica.state())) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Stop::Enough),
            }
        };
        match replica.fold_stream(pieces, cores(), step) {
            Ok(()) | Err(Stop::Enough) => Ok(()),
            Err(Stop::Failed(failure)) => Err(failure),
        }
    }

    /// What a verdict depends on was here when the log was folded first.
    fn judged(&self, replica: &mut Replica, opened: &Opened<'_>) -> Result<Verdict, Failure> {
        loop {
            let halt = match replica.step_opened(opened) {
                Ok(verdict) => return Ok(verdict),
                Err(halt) => halt,
            };
            let missing = match &halt {
                Halt::MissingBlob { blob, .. } => self.replica().blob(blob),
                _ => None,
            };
            let Some(blob) = missing else {
                let hint = "follow the log online once";
                return Err(Failure::fault("fold-halted", halt.to_string(), hint));
            };
            replica.supply(blob.to_vec());
        }
    }
}

/// Why a fold ends before its log does.
enum Stop {
    Enough,
    Failed(Failure),
}

/// Entries as they are read ahead: a few dozen at a time.
fn pieces(entries: Vec<Vec<u8>>) -> Vec<Result<Vec<Cow<'static, [u8]>>, Stop>> {
    const PIECE: usize = 32;
    let mut entries = entries.into_iter().map(Cow::Owned).peekable();
    let mut pieces = Vec::new();
    while entries.peek().is_some() {
        pieces.push(Ok(entries.by_ref().take(PIECE).collect()));
    }
    pieces
}

impl<'a> Step<'a> {
    fn of(index: u64, opened: &'a Opened<'_>, verdict: &'a Verdict, state: &'a State) -> Self {
        Self { index, entry: opened.entry(), signed: opened.unverified(), verdict, state }
    }
}

/// Tells who waits at a terminal how far it is.
struct Watch {
    out: Out,
    watched: bool,
    told: Instant,
}

impl Watch {
    fn of(out: Out) -> Self {
        Self { out, watched: stderr().is_terminal(), told: Instant::now() }
    }

    fn tell(&mut self, index: u64, of: u64) {
        if self.watched && self.told.elapsed() >= TELL_EVERY {
            self.out.say(&format!("entry {index} of {of}"));
            self.told = Instant::now();
        }
    }
}
