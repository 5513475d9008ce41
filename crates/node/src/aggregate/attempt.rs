//! One attempt at one round, from the key to the share.

use std::collections::BTreeSet;

use concordat_partnership::RunStatus;
use concordat_replay::RoundBasis;
use concordat_secagg::three::{
    Abort, Announced, Gathering, Message, Outgoing, Posted, Role, Session, Speaker, Step, TooFew,
    offer,
};
use concordat_secagg::{RingVec, SigningKey};
use concordat_terms::{PartyId, Problem};
use concordat_wire::api::{Arrived, Attempt};
use concordat_wire::round::Announcement;

use super::{Aggregator, Event, Tell};
use crate::client::{Fault, Reader};
use crate::following::backoff;
use crate::plan::{check_keys, no_basis};
use crate::problems::problem;
use crate::random;
use crate::rounds::{Fetching, Line, Uplink, upload};

/// Why an attempt is left without a share.
pub(super) enum Left {
    /// The exchange says so, or something that this party found itself.
    Fault(Fault),
    /// What was shown cannot be right, or too few are there.
    Abort(String),
}

impl From<Fault> for Left {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Problem> for Left {
    fn from(found: Problem) -> Self {
        Self::Fault(Fault::Own(found))
    }
}

impl From<Abort> for Left {
    fn from(abort: Abort) -> Self {
        Self::Abort(abort.to_string())
    }
}

impl From<TooFew> for Left {
    fn from(few: TooFew) -> Self {
        Self::Abort(few.to_string())
    }
}

/// One attempt, as every step of it needs it.
struct At<'a> {
    aggregator: &'a Aggregator,
    basis: &'a RoundBasis,
    role: Role,
    round: u32,
    attempt: u32,
    ledger: concordat_tlog::SigningKey,
}

impl Aggregator {
    /// Offers a key, gathers, signs the one roster, and opens this aggregator's share over it.
    pub(super) fn attempt(
        &self,
        basis: &RoundBasis,
        role: Role,
        at: &Attempt,
        tell: Tell<'_>,
    ) -> Result<(), Left> {
        let Attempt { round, attempt, model } = *at;
        let ledger = self.log.home.keys().ledger.clone();
        let at = At { aggregator: self, basis, role, round, attempt, ledger };
        at.check_unsigned()?;
        at.await_cover()?;
        let session = basis.three(round, attempt, model).map_err(|why| no_basis(&why))?;
        let session = session.ok_or_else(|| Left::Abort("no aggregators are agreed".to_owned()))?;
        at.play(session, tell)
    }
}

impl At<'_> {
    fn play(mut self, session: Session, tell: Tell<'_>) -> Result<(), Left> {
        let (round, attempt, run) = (self.round, self.attempt, &self.basis.run);
        let identity = SigningKey::from_bytes(&self.ledger.to_seed());
        let (state, key) = offer(session, self.role, identity, &mut random::generator()?)?;
        tell(Event::Offered { run: run.clone(), round, attempt });
        let Posted::Offers(offers) = self.say(&Message::Offer(key))? else { return Err(astray()) };
        let mut gathering = state.gather(&offers)?;
        let Posted::Contributions(said) = self.posted(Step::Contribute)? else {
            return Err(astray());
        };
        for (party, message) in said {
            if let Err(why) = gathering.receive(message) {
                tracing::warn!(%run, round, attempt, %why, "a contribution does not count");
                continue;
            }
            if self.role == Role::Neutral {
                self.read(&mut gathering, &party)?;
            }
        }
        let (state, held) = gathering.close()?;
        let Posted::Held(held) = self.say(&Message::Hold(held))? else { return Err(astray()) };

        let line = Line::default();
        let agreed = state.agree(&held, |party| self.brought(party, &line));
        if let Some(fault) = line.broken() {
            return Err(fault.into());
        }
        let (state, agreed) = agreed?;
        let listed: BTreeSet<PartyId> = agreed.body.contributions.keys().cloned().collect();
        self.check_roster(&listed)?;
        // That it was signed is on disk before anybody can have it.
        self.note_signed()?;
        let contributors = agreed.body.contributions.len();
        let Posted::Rosters(rosters) = self.say(&Message::Agree(agreed))? else {
            return Err(astray());
        };

        self.check_roster(&listed)?;
        let Outgoing { message: share, chunks, words } = state.open(&rosters)?;
        self.bring_share(Announced { message: Message::Open(share.clone()), chunks }, &words)?;
        drop(words);
        tell(Event::Opened { run: self.basis.run.clone(), round, attempt, contributors });
        match self.say(&Message::Open(share)) {
            // Whatever is answered now, this share is given.
            Ok(_) | Err(Fault::Offline(_)) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Reads the words that a participant brought; whoever's are not what it signed is left out.
    fn read(&self, gathering: &mut Gathering, party: &PartyId) -> Result<(), Left> {
        let line = Line::default();
        let read = gathering.read(party, &self.brought(party, &line));
        match line.broken() {
            // What is said or sent in place of words leaves their contributor out.
            None | Some(Fault::Said(_) | Fault::Own(_)) => {}
            Some(fault) => return Err(fault.into()),
        }
        if let Err(why) = read {
            let (run, round, attempt) = (&self.basis.run, self.round, self.attempt);
            tracing::warn!(%run, round, attempt, %why, "a contribution does not count");
        }
        Ok(())
    }

    /// The words that a participant brought, of which a piece at a time comes here.
    fn brought<'a>(
        &'a self,
        party: &PartyId,
        line: &'a Line,
    ) -> Fetching<'a, impl Fn(usize) -> Result<Vec<u8>, Fault> + use<'a>> {
        let (party, params) = (party.clone(), &self.basis.params);
        let bring = move |first| {
            let (at, by) = ((self.round, self.attempt), (params, &self.reader()));
            self.aggregator.log.client.brought(&self.basis.run, at, (&party, first), by)
        };
        Fetching::new(params, line, bring)
    }

    fn bring_share(&mut self, announced: Announced, words: &RingVec) -> Result<(), Fault> {
        let announced = Announcement::Three(announced);
        upload((self.round, self.attempt), &announced, words, self, &mut |_| {})
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(self.basis.log, &self.ledger)
    }

    fn say(&self, message: &Message) -> Result<Posted, Fault> {
        let (at, basis) = ((self.round, self.attempt), self.basis);
        self.aggregator.log.client.exchange_three(&basis.run, at, message, &basis.params)
    }

    fn posted(&self, step: Step) -> Result<Posted, Fault> {
        let (at, basis) = ((self.round, self.attempt), self.basis);
        let (step, by) = ((step, Some(self.role)), (&basis.params, &self.reader()));
        self.aggregator.log.client.posted(&basis.run, at, step, by)
    }

    /// Waits until a quorum of witnesses has lately seen the log that this aggregator goes by, as a
    /// node does before each attempt: whoever keeps the log back from it gets no sum.
    fn await_cover(&self) -> Result<(), Left> {
        let still = || Ok(self.check_still()?);
        if self.aggregator.log.await_cover(0, still)? {
            return Ok(());
        }
        Err(Left::Abort("no quorum of witnesses has lately seen the log".to_owned()))
    }

    /// Whether the run goes on, by this party's own replica, under the same agreement and with the
    /// same good keys.
    fn check_still(&self) -> Result<(), Problem> {
        let follower = self.aggregator.log.follower();
        follower.check_verdicts()?;
        let (state, run) = (follower.state(), &self.basis.run);
        let known = state.runs().get(run).filter(|known| known.status == RunStatus::Open);
        let Some(known) = known else {
            let what = format!("run `{run}` is not open any more");
            return Err(problem("run-not-open", what, "nothing is to be done"));
        };
        check_keys(state, self.basis)?;
        if state.agreement_digest_of(&known.proposed.plan.project) == self.basis.agreement {
            return Ok(());
        }
        Err(problem(
            "agreement-changed",
            format!("the agreement has changed since `{run}` was attended"),
            "propose a new run under the agreement in force",
        ))
    }

    /// Whether the run goes on, and nothing that stops any of these contributors is in force. What
    /// stops one may be lifted, and the next attempt is without it: this attempt alone is left.
    fn check_roster(&self, contributors: &BTreeSet<PartyId>) -> Result<(), Left> {
        self.check_still()?;
        let follower = self.aggregator.log.follower();
        let (state, run, seat) = (follower.state(), &self.basis.run, &self.basis.seat);
        match contributors.iter().find_map(|one| state.stopped(run, one, seat)) {
            Some(stopped) => Err(Left::Abort(stopped.problem().what)),
            None => Ok(()),
        }
    }

    /// That no roster of this attempt was signed before, by whatever process.
    fn check_unsigned(&self) -> Result<(), Left> {
        let follower = self.aggregator.log.follower();
        let note = follower.store().note(&self.note()).map_err(|fault| fault.problem())?;
        if note.is_none() {
            return Ok(());
        }
        Err(Left::Abort("a roster of this attempt was signed before".to_owned()))
    }

    fn note_signed(&self) -> Result<(), Problem> {
        let mut follower = self.aggregator.log.follower();
        let noted = follower.store_mut().put_note(&self.note(), b"signed");
        noted.map_err(|fault| fault.problem())
    }

    fn note(&self) -> String {
        format!("rosters/{}/{}-{}", self.basis.run, self.round, self.attempt)
    }
}

impl Uplink for At<'_> {
    fn announce(
        &mut self,
        round: u32,
        attempt: u32,
        announced: &Announcement,
    ) -> Result<Arrived, Fault> {
        self.aggregator.log.client.announce(&self.basis.run, (round, attempt), announced)
    }

    fn bring(
        &mut self,
        round: u32,
        attempt: u32,
        chunk: usize,
        piece: Vec<u8>,
    ) -> Result<Arrived, Fault> {
        let (run, by) = (&self.basis.run, Speaker::Aggregator(self.role));
        self.aggregator.log.client.bring(run, (round, attempt), (&by, chunk), piece)
    }

    fn pause(&mut self, tries: u32) {
        self.aggregator.log.pause(backoff(tries));
    }
}

fn astray() -> Left {
    Left::Abort("the coordinator answered another step".to_owned())
}
