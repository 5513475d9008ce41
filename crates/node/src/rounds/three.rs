//! An attempt with three aggregators: one upload, and the three signed shares added up at the end.

use std::cell::RefCell;

use concordat_secagg::three::{
    Announced, Message, Outgoing, Posted, Proof, Role, Session, Step, Three, combine, contribute,
};
use concordat_wire::api::{Arrived, Part};
use concordat_wire::round::Announcement;

use super::checking::fetch;
use super::fetching::{Fetching, Line};
use super::{Exchange, Finished, Lost, Progress, Round, Tries, fresh, uploading};
use crate::client::Fault;
use crate::plan::no_basis;
use crate::random::Randomness;

impl Round<'_> {
    /// One message, and then the steps of the aggregators are waited for; at any of them the
    /// finished round may be the answer.
    pub(super) fn three(
        &mut self,
        attempt: u32,
        tries: &mut Tries,
        exchange: &mut impl Exchange,
        random: &mut impl Randomness,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Finished, Lost> {
        let (session, round) = (self.three_session(attempt)?, self.round);
        if tries.uploaded.contains_key(&attempt) {
            // What was brought counts, if it came: nothing is uploaded twice, and there is a sum or
            // another attempt.
            let last = exchange.posted(round, attempt, Step::Open)?;
            return self.opened(last, exchange);
        }
        let offers = match exchange.posted(round, attempt, Step::OfferKey)? {
            Posted::Offers(offers) => offers,
            other => return self.opened(other, exchange),
        };
        tries.begun = true;
        let vector = self.drawn(attempt, tries, random)?;
        let (party, identity) = (self.member.party, self.identity);
        let rng = &mut fresh(random)?;
        let own = contribute(&session, party, identity, &offers, vector, rng)?;
        let Outgoing { message, chunks, words } = own;
        let message = Message::Contribute(message);
        let announced = Announcement::Three(Announced { message: message.clone(), chunks });
        let mut tell = |Arrived { next: chunks, chunks: of }| {
            tell(Progress::Uploaded { round, chunks, of });
        };
        uploading::upload((round, attempt), &announced, &words, exchange, &mut tell)?;
        drop(words);
        let mut last = exchange.contribute(round, attempt, &message)?;
        for step in [Step::Hold, Step::Agree, Step::Open] {
            if matches!(last, Posted::Proof(_)) {
                break;
            }
            last = exchange.posted(round, attempt, step)?;
        }
        self.opened(last, exchange)
    }

    /// The sum of a finished round, added up from what the aggregators signed; it may be of any
    /// attempt that the plan allows.
    fn opened(&self, answer: Posted, exchange: &mut impl Exchange) -> Result<Finished, Lost> {
        let Posted::Proof(proof) = answer else {
            return Err(Lost::Abort("the coordinator answered another step".to_owned()));
        };
        // Every signature of it is of one attempt: the first says of which.
        let first = &proof.offers.public;
        let (attempt, session) =
            self.proved(|attempt| self.three_session(attempt), |session| first.holds(session))?;
        let sum = added(self.round, &session, &proof, exchange).map_err(|why| match why {
            Unadded::Fault(fault) => Lost::Fault(fault),
            Unadded::Mismatch(why) => self.not_proved(&why),
        })?;
        let digest = proof.digest(&session, sum.vector.digest());
        Ok(Finished { attempt, sum: sum.vector, survivors: sum.survivors, digest })
    }

    fn three_session(&self, attempt: u32) -> Result<Session, Lost> {
        let session = self.member.basis.three(self.round, attempt, self.start);
        let session = session.map_err(|why| Lost::Hopeless(no_basis(&why)))?;
        session.ok_or_else(|| Lost::Abort("no aggregators are agreed".to_owned()))
    }
}

/// Why there is no sum.
enum Unadded {
    /// A share cannot be fetched.
    Fault(Fault),
    /// The shares do not give one.
    Mismatch(String),
}

/// Fetches the three shares piece by piece, and adds them up.
fn added<E: Exchange>(
    round: u32,
    session: &Session,
    proof: &Proof,
    exchange: &mut E,
) -> Result<concordat_secagg::Sum, Unadded> {
    let (line, exchange) = (Line::default(), RefCell::new(exchange));
    let roles = Three { public: Role::Public, private: Role::Private, neutral: Role::Neutral };
    let shares = roles.map(|_, role| {
        let exchange = &exchange;
        let bring =
            move |first| fetch(round, &Part::Share(role, first), &mut **exchange.borrow_mut());
        Fetching::new(session.params(), &line, bring)
    });
    let added = combine(session, proof, &shares);
    drop(shares);
    match line.broken() {
        Some(fault) => Err(Unadded::Fault(fault)),
        None => added.map_err(|why| Unadded::Mismatch(why.to_string())),
    }
}
