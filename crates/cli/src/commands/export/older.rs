//! The older checkpoints of a log, from whoever keeps them into an archive.

use std::collections::BTreeMap;

use concordat_node::follow::{Follower, Older};
use concordat_terms::Timestamp;

use super::super::desk::answered;
use crate::archive::{Astray, Rest, Sink, Writer};
use crate::failure::Failure;
use crate::out::Out;

/// Those of fewer than `size` entries that the coordinator keeps, by their sizes. Nothing is believed of
/// them yet; where what it sends makes no series, the rest is left out. One of another history ends the
/// export: the node's folder has the evidence.
pub(super) fn fetch(
    follower: &mut Follower,
    size: u64,
    out: Out,
) -> Result<BTreeMap<u64, Vec<u8>>, Failure> {
    let Older { kept, ended } = follower.older_checkpoints(size).map_err(|f| answered(&f))?;
    if let Some(from) = ended {
        let what = format!("no checkpoint of {from} entries or more");
        out.say(&format!("note: the coordinator sent {what} when asked for one"));
    }
    Ok(kept)
}

/// Writes those that count, none of which did after the archive's own checkpoint (`at`); how many.
pub(super) fn write<S: Sink>(
    rest: &Rest,
    at: Option<Timestamp>,
    writer: &mut Writer<S>,
    out: Out,
) -> Result<usize, Failure> {
    let said = |size: &u64, why: &str| {
        out.say(&format!("note: the older checkpoint of {size} entries is left out: {why}"));
    };
    for (size, why) in &rest.astray {
        said(size, &why.to_string());
    }
    let mut count = 0;
    for (size, (own, bytes)) in &rest.older {
        match own.zip(at) {
            // Two witnesses' clocks are not the same.
            Some((own, at)) if own > at => {
                said(size, &Astray::Time { at, earlier: own }.to_string());
            }
            _ => {
                writer.older(*size, bytes)?;
                count += 1;
            }
        }
    }
    Ok(count)
}
