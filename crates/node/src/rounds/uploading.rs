//! A vector on its way, chunk by chunk, over connections that may break.

use concordat_secagg::RingVec;
use concordat_wire::api::{Arrived, PIECE};
use concordat_wire::round::Announcement;

use super::{SILENCE_MOST, Uplink};
use crate::client::Fault;

/// Brings all chunks of a vector that `announced` announces, from wherever the coordinator has it
/// to. What the coordinator says of chunks decides nothing: the message of the step is still to be
/// sent, and its answer says how the attempt goes on.
///
/// # Errors
/// [`Fault`], where the exchange is over or nobody answers for long.
pub(crate) fn upload(
    at: (u32, u32),
    announced: &Announcement,
    vector: &RingVec,
    exchange: &mut impl Uplink,
    tell: &mut dyn FnMut(Arrived),
) -> Result<(), Fault> {
    let (mut furthest, mut silent) = (0, 0);
    loop {
        let mut come = |arrived: Arrived| {
            if arrived.next > furthest {
                (furthest, silent) = (arrived.next, 0);
                tell(arrived);
            }
        };
        match bring_all(at, announced, vector, exchange, &mut come) {
            Ok(()) | Err(Fault::Said(_)) => return Ok(()),
            Err(Fault::Offline(reason)) => {
                silent += 1;
                if silent > SILENCE_MOST {
                    return Err(Fault::Offline(reason));
                }
                exchange.pause(silent);
            }
            Err(other) => return Err(other),
        }
    }
}

fn bring_all(
    (round, attempt): (u32, u32),
    announced: &Announcement,
    vector: &RingVec,
    exchange: &mut impl Uplink,
    come: &mut impl FnMut(Arrived),
) -> Result<(), Fault> {
    let all = announced.chunks().len();
    let mut arrived = exchange.announce(round, attempt, announced)?;
    come(arrived);
    while arrived.next < all {
        let first = arrived.next;
        let mut piece = Vec::new();
        let chunks = (first..all).take(PIECE).filter_map(|chunk| vector.chunk(chunk));
        chunks.for_each(|chunk| chunk.put_bytes(&mut piece));
        arrived = exchange.bring(round, attempt, first, piece)?;
        if arrived.next <= first {
            // It took none of it and says no reason.
            return Ok(());
        }
        come(arrived);
    }
    Ok(())
}
