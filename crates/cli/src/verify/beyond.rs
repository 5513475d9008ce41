//! A checkpoint of fewer entries than lie beside it: an older one was put in its place, or what came later was
//! cosigned by nobody.

use concordat_tlog::archive::{CHECKPOINT, Fault, FaultKind, Files, bundles};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::tile::{Level, TilePath};
use concordat_tlog::{Checkpoint, Frontier, Note};

use super::{Broken, Promise};

/// What a fault of the log means. Where the entries begin with those that the checkpoint stands for and go
/// on beyond it, no tile is to blame that its size would need.
pub(super) fn told(files: &impl Files, fault: Fault) -> Broken {
    beyond(files, &fault).unwrap_or_else(|| fault.into())
}

fn beyond(files: &impl Files, fault: &Fault) -> Option<Broken> {
    if matches!(fault.what, FaultKind::Checkpoint(_)) {
        return None;
    }
    let note = Note::parse(&files.read(CHECKPOINT)?).ok()?;
    let Checkpoint { size, root, .. } = Checkpoint::parse(note.text()).ok()?;
    let paths = files.names().into_iter().filter_map(|name| name.parse::<TilePath>().ok());
    let ends = paths
        .filter(|path| path.level() == Level::Entries)
        .filter_map(|path| path.start().checked_add(u64::from(path.width())));
    let there = ends.max().filter(|there| *there > size)?;
    if root_of_first(files, size, there)? != root {
        return None;
    }
    let what = format!(
        "it stands for {size} entries, and {there} are here: an older checkpoint of this log was put in \
         the place of a later one, or nobody cosigned what came after"
    );
    Some(Broken::of(Promise::History, CHECKPOINT, what))
}

/// The Merkle root of the first `size` of the entries that are there.
fn root_of_first(files: &impl Files, size: u64, there: u64) -> Option<concordat_terms::Digest> {
    let mut tree = Frontier::default();
    for bundle in bundles(files, there) {
        for entry in bundle.ok()? {
            if tree.size() == size {
                return Some(tree.root());
            }
            tree.append(leaf_hash(&entry));
        }
    }
    None
}
