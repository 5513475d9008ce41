//! An attempt with three aggregators: the coordinator carries what they and the contributors say,
//! and can open none of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use concordat_secagg::three::{
    Message, Mismatch, NotTaken, Posted, Proof, Relay, Role, Session, Speaker, Step, Then, Three,
    combine,
};
use concordat_wire::round::encode_posted;

use super::{After, Answers, Attempt, Counts, Loss, Proven};
use crate::room::spool::Uploads;

/// An attempt at one of its steps.
#[derive(Debug)]
pub(in crate::room::course) struct Hands {
    relay: Relay,
    /// What closed steps gave, encoded.
    posted: BTreeMap<Step, Arc<Vec<u8>>>,
}

impl Hands {
    pub(super) fn new(session: Session) -> Self {
        Self { relay: Relay::new(session), posted: BTreeMap::new() }
    }

    pub(super) fn step(&self) -> Step {
        self.relay.step()
    }

    pub(super) fn awaited(&self) -> BTreeSet<Speaker> {
        self.relay.awaited()
    }

    pub(super) fn awaits_words(&self, message: &Message) -> bool {
        message.vector().is_some()
            && message.step() == self.step()
            && self.awaited().contains(&message.from())
    }

    /// Counts a message, whose words have come before it.
    pub(super) fn hear(&mut self, message: Message, uploads: &Uploads) -> Counts {
        let (from, sent, step) = (message.from(), message.step(), self.step());
        let missing = message.vector().is_some_and(|v| uploads.words(&from, v).is_none());
        if sent == step && missing {
            return Counts::Rejected(format!("the words of {from} are not here"));
        }
        // A key after the first one, or after the step: the secret of the first is gone.
        if let (Message::Offer(offer), true) = (&message, sent < step) {
            // Anybody may say again what everybody was shown; another key is its aggregator's own.
            if self.relay.offered(offer.from) == Some(offer) {
                return self.awaits(sent);
            }
            let by = self.relay.named(offer.from);
            let why = format!("{by} began anew");
            return Counts::Spoilt(Loss { why, named: [by.party].into() });
        }
        match self.relay.receive(message) {
            Ok(()) => Counts::Yes,
            Err(NotTaken::Twice { .. }) => Counts::Aside,
            // Sent again because its answer was lost, or too late to count: the step has given something.
            Err(NotTaken::OtherStep { sent, step, .. }) if sent < step => self.awaits(sent),
            Err(why) => Counts::Rejected(why.to_string()),
        }
    }

    /// Somebody wants to know what a step gave.
    pub(super) fn awaits(&self, step: Step) -> Counts {
        match self.posted.get(&step) {
            Some(bytes) => Counts::Posted(bytes.clone()),
            None if step == self.step() => Counts::Yes,
            None => Counts::Aside,
        }
    }

    pub(super) fn close(self, uploads: &Uploads) -> After {
        let Self { relay, mut posted } = self;
        let (session, step) = (relay.session().clone(), relay.step());
        match relay.close() {
            Ok(Then::Next(relay, shown)) => {
                if let Posted::Contributions(said) = &*shown {
                    uploads.close(
                        |by| matches!(by, Speaker::Contributor(party) if said.contains_key(party)),
                    );
                }
                if matches!(*shown, Posted::Rosters(_)) {
                    uploads.open_again();
                }
                let bytes = Arc::new(encode_posted(&shown));
                posted.insert(step, bytes.clone());
                let next = Attempt::Three(Box::new(Self { relay: *relay, posted }));
                After::Next(next, Answers::All(bytes))
            }
            Ok(Then::Done(proof)) => match added(&session, &proof, uploads) {
                Ok(sum) => {
                    // The shares are what a sum is checked with.
                    uploads.close(|by| matches!(by, Speaker::Aggregator(_)));
                    After::Done(Proven::Three(proof), sum)
                }
                Err(loss) => After::Lost(loss, None),
            },
            Err(lost) => {
                let named = lost.named();
                After::Lost(Loss { why: lost.to_string(), named }, None)
            }
        }
    }
}

/// The sum of the three shares, or why they have none.
fn added(
    session: &Session,
    proof: &Proof,
    uploads: &Uploads,
) -> Result<concordat_secagg::RingVec, Loss> {
    let of = |role: Role| [session.aggregators().of(role).party.clone()].into();
    let shares = Three::make(|role| {
        let vector = proof.shares.of(role).body.vector;
        let words = uploads.words(&Speaker::Aggregator(role), vector);
        words.ok_or_else(|| {
            let why = format!("the words of the {role} aggregator's share are not here");
            Loss { why, named: of(role) }
        })
    })?;
    combine(session, proof, &shares).map(|sum| sum.vector).map_err(|why| {
        let named = match why {
            Mismatch::OtherShare { role } => of(role),
            // Whose it is the three shares together do not tell.
            _ => BTreeSet::new(),
        };
        Loss { why: why.to_string(), named }
    })
}
