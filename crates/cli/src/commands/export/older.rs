//! The older checkpoints of a log, from whoever keeps them into an archive.

use std::collections::BTreeMap;

use concordat_node::client::Client;
use concordat_terms::Timestamp;
use concordat_tlog::Checkpoint;
use concordat_wire::api::OLDER_CHECKPOINTS_MOST;

use super::super::desk::answered;
use crate::archive::{Astray, Rest, Sink, Writer};
use crate::failure::Failure;
use crate::out::Out;

/// Those of fewer than `size` entries that the coordinator keeps, by their sizes. Nothing is believed of
/// them yet; where what it sends makes no series, the rest is left out.
pub(super) fn fetch(
    client: &Client,
    size: u64,
    out: Out,
) -> Result<BTreeMap<u64, Vec<u8>>, Failure> {
    let (mut older, mut from) = (BTreeMap::new(), 1);
    while older.len() < OLDER_CHECKPOINTS_MOST {
        let found = client.older_checkpoint(from).map_err(|fault| answered(&fault))?;
        let Some(bytes) = found else { break };
        match Checkpoint::stated_size(&bytes).filter(|stated| *stated >= from) {
            Some(stated) if stated >= size => break,
            Some(stated) => {
                older.insert(stated, bytes);
                from = stated + 1;
            }
            None => {
                let what = format!("no checkpoint of {from} entries or more");
                out.say(&format!("note: the coordinator sent {what} when asked for one"));
                break;
            }
        }
    }
    Ok(older)
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
