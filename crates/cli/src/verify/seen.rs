//! Whether a log goes on from a checkpoint that the reader has seen before.

use concordat_replay::Replica;
use concordat_tlog::note::Unlisted;
use concordat_tlog::trust::{self, Distrust};
use concordat_tlog::{Checkpoint, Policy, Vkey};

use super::{Broken, Promise};

/// The size of the checkpoint that was seen, if the folded log begins with the one that it stands for.
///
/// This is how a history that everybody signed anew is found out, and one that was cut short: an
/// archive by itself can only be checked against itself.
/// What the log's key has signed it has signed: the witnesses of that time may be others than those of
/// now or of the founding, and nobody cosigns a history that is shown to one alone.
pub(super) fn goes_on(seen: &[u8], replica: &Replica, log: &Vkey) -> Result<u64, Broken> {
    let broken =
        |what: String| Broken::of(Promise::History, concordat_tlog::archive::CHECKPOINT, what);
    let Checkpoint { size, root, .. } =
        trust::open(seen, log, &Policy::nobody(), Unlisted::Ignored)
            .map_err(|why| unread(&why))?
            .checkpoint;
    match replica.root_at(size) {
        None => {
            let has = replica.size();
            Err(broken(format!("{has} entries, and you have seen a log of {size}")))
        }
        Some(ours) if ours != root => {
            let what = "the first entries are not those that you have seen";
            Err(broken(format!("{what}: two histories were signed, at size {size}")))
        }
        Some(_) => Ok(size),
    }
}

/// The reader's own file is to blame, and no file of the archive or bundle.
pub(super) fn unread(why: &Distrust) -> Broken {
    let what = format!("{why}: it is no checkpoint by which this log can be judged");
    Broken::of(Promise::History, SEEN, what)
}

/// What the checkpoint is called that the reader brings along.
const SEEN: &str = "the checkpoint that you have seen";
