//! Acts that the party signs in sight of its own copy of the log.

use concordat_partnership::act::{Attached, Header, Seen, Signed, Signer};
use concordat_partnership::{Act, LIFETIME_MOST, Refusal, SIGNATORY, key_id};
use concordat_terms::{Digest, Period, Problem, SeatId};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::encode;
use concordat_wire::api::Receipts;

use super::Follower;
use crate::client::Fault;
use crate::home::Registered;
use crate::problems::problem;
use crate::{now, random};

impl Follower {
    /// An act's envelope, signed for `seat`: it names the log as this replica has verified it, and
    /// expires after an hour of the log's time or this machine's, whichever is later.
    ///
    /// # Errors
    /// A [`Problem`]: two histories, keys that the log does not know as the party's, no
    /// randomness, or an act that is too large.
    pub fn sign_act(&self, seat: &SeatId, act: &Act) -> Result<Vec<u8>, Problem> {
        self.sign_named(seat, act, None).map(|(_, envelope)| envelope)
    }

    /// [`Follower::sign_act`], with the act's id before the envelope, and with a signature that was
    /// made elsewhere.
    ///
    /// # Errors
    /// As [`Follower::sign_act`].
    pub(crate) fn sign_named(
        &self,
        seat: &SeatId,
        act: &Act,
        attached: Option<&Attached>,
    ) -> Result<(Digest, Vec<u8>), Problem> {
        self.check_stopped()?;
        if self.keys.registered(&self.party, self.state())? == Registered::NotYet {
            return Err(problem(
                "key-not-registered",
                format!("the log does not know this ledger key of `{}`", self.party),
                "restore `keys/ledger.key` from its backup",
            ));
        }
        let header = Header { attached: attached.cloned(), ..self.header(seat)? };
        let payload = encode(Some(&header), act).map_err(|e| unsignable(&e.to_string()))?;
        let key = self.keys.ledger_id()?.to_string();
        let envelope = Envelope::sign(&payload, &[(&key, &self.keys.ledger)])
            .map_err(|e| unsignable(&e.to_string()))?;
        Ok((Digest::of(&payload), envelope.to_bytes()))
    }

    /// Signs an act and has it logged. What it does, the party's own replica says once the log was
    /// followed to it.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Own`] for what [`Follower::sign_act`] refuses.
    pub fn submit(&self, seat: &SeatId, act: &Act) -> Result<Receipts, Fault> {
        self.submit_with(seat, act, None)
    }

    /// [`Follower::submit`], with a signature that was made elsewhere.
    ///
    /// # Errors
    /// As [`Follower::submit`].
    pub fn submit_with(
        &self,
        seat: &SeatId,
        act: &Act,
        attached: Option<&Attached>,
    ) -> Result<Receipts, Fault> {
        let (_, envelope) = self.sign_named(seat, act, attached)?;
        self.have_logged(envelope)
    }

    /// Has an envelope logged, and keeps what the log's key says of it.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Own`] where its place was not promised.
    pub(super) fn have_logged(&self, envelope: Vec<u8>) -> Result<Receipts, Fault> {
        let envelopes = [envelope];
        let answered = self.client.submit(&envelopes);
        // A refusal has its place in the log, too.
        if let Ok(receipts) | Err(Fault::Refused(receipts)) = &answered {
            self.keep_promises(&envelopes, receipts)?;
        }
        if let (Err(Fault::Spent(_, word)), [envelope]) = (&answered, &envelopes) {
            self.keep_word(envelope, word)?;
        }
        answered
    }

    /// Signs an act by these keys, each for the seat `signatory`, and has it logged: for acts about
    /// keys, which take other keys than the party's own or more of them.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Own`]: two histories, no randomness, or an act that is too large.
    pub fn submit_by(&self, keys: &[&SigningKey], act: &Act) -> Result<Receipts, Fault> {
        self.check_stopped()?;
        let seat: SeatId = SIGNATORY.parse().map_err(|_| unsignable("it is for no seat"))?;
        let named = keys.iter().map(|key| {
            let id = key_id(&key.public().to_string());
            Ok((id.ok_or_else(|| unsignable("a key has no id"))?, *key))
        });
        let named = named.collect::<Result<Vec<_>, Problem>>()?;
        let signers = named.iter().map(|(key, _)| Signer { seat: seat.clone(), key: key.clone() });
        let header = Header { signers: signers.collect(), ..self.header(&seat)? };
        let payload = encode(Some(&header), act).map_err(|e| unsignable(&e.to_string()))?;
        let ids: Vec<String> = named.iter().map(|(id, _)| id.to_string()).collect();
        let by: Vec<(&str, &SigningKey)> =
            ids.iter().zip(&named).map(|(id, (_, key))| (id.as_str(), *key)).collect();
        let envelope =
            Envelope::sign(&payload, &by).map_err(|e| unsignable(&e.to_string()))?.to_bytes();
        self.have_logged(envelope)
    }

    /// The header of an act that these sign, some of them elsewhere: so that it can go from hand to hand it
    /// expires after as long as it may.
    ///
    /// # Errors
    /// A [`Problem`]: two histories, or no randomness.
    pub fn header_for_many(&self, signers: Vec<Signer>) -> Result<Header, Problem> {
        self.check_stopped()?;
        let time = self.state().time().unwrap_or_else(now);
        let seat: SeatId = SIGNATORY.parse().map_err(|_| unsignable("it is for no seat"))?;
        Ok(Header { signers, expires_at: time.plus(LIFETIME_MOST), ..self.header(&seat)? })
    }

    /// Has an act logged that was signed elsewhere, too.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Own`]: two histories.
    pub fn submit_signed(&self, envelope: Vec<u8>) -> Result<Receipts, Fault> {
        self.check_stopped()?;
        self.have_logged(envelope)
    }

    /// Everything that stands in an act's way by this party's own replica: empty if nothing does.
    ///
    /// # Errors
    /// [`Fault::Own`]: the keys are another party's; any other where a blob that the answer
    /// depends on cannot be had.
    pub fn why(&mut self, seat: &SeatId, act: &Act) -> Result<Vec<Refusal>, Fault> {
        self.keys.registered(&self.party, self.state())?;
        let header = self.header(seat)?;
        let payload = encode(Some(&header), act).map_err(|e| unsignable(&e.to_string()))?;
        let signed = Signed { id: Digest::of(&payload), header: Some(header), act: act.clone() };
        loop {
            match self.replica.why(&signed) {
                Ok(refusals) => return Ok(refusals),
                Err(halt) => {
                    let blob = self.needed(&halt)?;
                    self.replica.supply(blob);
                }
            }
        }
    }

    pub(super) fn header(&self, seat: &SeatId) -> Result<Header, Problem> {
        let time = self.state().time().map_or_else(now, |time| time.max(now()));
        Ok(Header {
            log: self.log,
            signers: vec![Signer { seat: seat.clone(), key: self.keys.ledger_id()? }],
            nonce: hex::encode(*random::bytes::<16>()?),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: time.plus(Period::of_seconds(3600)),
            attached: None,
        })
    }
}

pub(super) fn unsignable(why: &str) -> Problem {
    problem("unsignable", format!("the act cannot be signed: {why}"), "shorten or mend the act")
}
