//! Secure aggregation: a sum that opens only when enough clients agree on whose it is.
//!
//! Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning", CCS
//! 2017 (eprint 2017/281), Fig. 4 with the steps against active adversaries, on the complete
//! graph, for 3 to [`CLIENTS_MOST`] clients. Two additions of ours let an opened secret prove
//! itself: commitments to the self-mask seeds and digests of the shares.
//!
//! * [`Params::prove`]: the numbers of an agreement or a plan fit together, and the sum cannot wrap.
//! * [`Session`]: what an attempt is about, bound into every signature and every key.
//! * [`client`] and [`server`]: a type per round, each consumed by the step to the next.
//! * [`three`]: for high assurance, sums over three aggregators, of which none opens anything alone.
//! * [`Chunks`]: the vectors of others, which need not be in memory, are added and verified chunk by
//!   chunk. A client has its own whole, and masks it where it lies.
//! * [`verify_sum`]: any party recomputes a published sum from the signed messages behind it, and
//!   with [`Checking`] single chunks of it.
//!
//! No I/O, no clock; randomness is an argument. What is *not* here: a client may still upload
//! whatever vector it likes, within the ring; [`client`] keeps an honest one within
//! [`Params::contribution_most`].

mod agree;
mod checking;
pub mod client;
mod cover;
pub mod floor;
mod mask;
mod message;
mod mismatch;
mod params;
mod proof;
mod ring;
mod secret;
pub mod server;
mod session;
mod shamir;
mod statement;
#[cfg(test)]
mod testing;
pub mod three;
mod transcript;
mod upload;
#[cfg(test)]
mod vectors;

pub use checking::Checking;
pub use cover::BadVector;
pub use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
pub use message::{
    Body, Dealt, FromClient, Inbox, KeyList, Keys, Masked, Opened, Reveal, SEALED, Shares,
    Signatures, Signed, Step, Survivors,
};
pub use mismatch::Mismatch;
pub use params::{CLIENTS_MOST, DIMENSION_MOST, Impossible, Params, Proposal};
pub use proof::Proof;
pub use ring::{CHUNK, Ring, RingVec};
pub use secret::Secret;
pub use session::{BadRoster, Binding, Roster, Session};
pub use transcript::{Sum, Transcript, verify_sum};
pub use upload::{Announced, Chunks, Upload};
