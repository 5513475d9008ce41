//! Sums over three aggregators, of which none opens anything alone.
//!
//! The public side, the private side and a neutral party run an aggregator each. A contribution
//! splits into three additive shares in the ring, one for each of them; each aggregator adds the
//! shares that it has, and the three sums add up to the sum of the contributions. A client says one
//! thing and may fall silent; nothing has to be recovered when it does.
//!
//! | step | who | says |
//! |---|---|---|
//! | [`Step::OfferKey`] | aggregators | a fresh X25519 key |
//! | [`Step::Contribute`] | clients | a fresh X25519 key, and the vector under three masks |
//! | [`Step::Hold`] | aggregators | of whom it has a share, and of which contribution |
//! | [`Step::Agree`] | aggregators | the one roster: what all three have, at least m |
//! | [`Step::Open`] | aggregators | its share of the sum over that roster |
//!
//! *The shares.* A client agrees a secret with each aggregator (X25519 between two fresh keys), and
//! derives a mask from each. The shares of the public and the private aggregator are minus their
//! masks: nothing has to be sent for them but the client's key. The neutral aggregator's share is
//! the contribution plus the other two masks, and travels under the third one, which only the
//! neutral aggregator can take off. What a client uploads is its vector plus three masks: as long
//! as the vector, and a key and a signature beside. Since nothing is sealed, nothing can fail to
//! open, and no client can deal shares that do not fit together: whatever it uploads is the share
//! of *some* vector, and the same one for all three.
//!
//! *What is protected.* While one aggregator is honest, what becomes readable is one sum of at least
//! m contributions: it signs one roster, and opens against three signatures under that roster alone.
//!
//! *What is not.* A cheating aggregator can shift the sum: additive sharing has no integrity check,
//! and this module adds none. [`combine`] shows that the sum is the three signed shares' sum, so that
//! nobody but the three could shift it, and that it is within what the contributors may add up to.
//!
//! Nothing can be asked of an aggregator twice:
//!
//! ```compile_fail,E0382
//! # use concordat_secagg::{Signature, three::{Agreeing, Three}};
//! # use concordat_secagg::RingVec;
//! # use std::collections::BTreeMap;
//! # type Words = BTreeMap<concordat_terms::PartyId, RingVec>;
//! fn two_openings(aggregator: Agreeing, words: &Words, one: &Three<Signature>) {
//!     let share = aggregator.open(one, words);
//!     let again = aggregator.open(one, words); // the state is gone
//! }
//! ```
//!
//! ```compile_fail,E0382
//! # use concordat_secagg::three::{Held, Holding, Signed, Three};
//! fn two_rosters(aggregator: Holding, one: &Three<Signed<Held>>, another: &Three<Signed<Held>>) {
//!     let signed = aggregator.agree(one);
//!     let also = aggregator.agree(another); // the state is gone
//! }
//! ```

mod abort;
mod aggregator;
mod client;
mod message;
mod mismatch;
mod proof;
mod relay;
mod said;
mod session;

pub use self::abort::{Abort, BadOffer, Rejected, TooFew};
pub use self::aggregator::{Agreeing, Gathering, Holding, Offering, offer};
pub use self::client::contribute;
pub use self::message::{
    Agreed, Body, Contribution, Held, Offer, Offers, Share, Signed, Signer, Step,
};
pub use self::mismatch::Mismatch;
pub use self::proof::{Proof, combine};
pub use self::relay::{Lacks, Lost, Named, NotTaken, Relay, Then};
pub use self::said::{Announced, Message, Outgoing, Posted, Speaker};
pub use self::session::{Aggregator, BadAggregators, Role, Session, Three};
