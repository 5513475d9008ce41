//! A run's end: the model, the result, and the payload that this party signs only if it says what
//! this node computed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::act::RunClose;
use concordat_partnership::{Act, LIFETIME_MOST, RunStatus};
use concordat_replay::Replica;
use concordat_terms::{Digest, KeyId, PartyId, Problem, RunId, SeatId};
use concordat_tlog::dsse::pae;
use concordat_wire::act::decode;
use concordat_wire::api::{PayloadSignature, RunResult};

use super::Node;
use super::errand::Ended;
use crate::client::Fault;
use crate::now;
use crate::plan::Member;
use crate::problems::problem;

impl Node {
    /// Keeps and publishes the model or the answer, and signs the run's result.
    pub(super) fn close(&self, member: Member<'_>, ended: &Ended) -> Result<Digest, Problem> {
        let run = &member.basis.run;
        let bytes = &ended.bytes;
        let model = Digest::of(bytes);
        let key = {
            let mut follower = self.log.follower();
            follower.store_mut().put_blob(bytes).map_err(|fault| fault.problem())?;
            follower.keys().ledger.clone()
        };
        let mut result = RunResult {
            party: member.party.clone(),
            model,
            rounds: ended.rounds,
            attempts: ended.attempts,
            transcript: ended.transcript,
            roster: ended.roster.iter().cloned().collect(),
            signature: String::new(),
        };
        result.signature = STANDARD.encode(key.sign(&result.message(member.basis.log, run)));
        let mut tries = 0;
        loop {
            let closed = self.log.client.put_model(run, bytes, &key).and_then(|_| {
                let payload = self.log.client.result(run, &result)?;
                self.check_close(member, &result, &payload)?;
                let signature = PayloadSignature {
                    party: member.party.clone(),
                    payload: Digest::of(&payload),
                    signature: STANDARD.encode(key.sign(&pae(&payload))),
                };
                let answered = self.log.client.signature(run, &signature);
                // A refusal has its place in the log, too.
                if let Ok(receipts) | Err(Fault::Refused(receipts)) = &answered {
                    self.log.follower().keep_promise_of(&payload, receipts)?;
                }
                answered
            });
            match closed {
                Ok(receipts) => {
                    let refused = receipts.receipts.into_iter().find_map(|r| r.problem);
                    return refused.map_or(Ok(model), Err);
                }
                // Somebody else did not sign, or the coordinator was away.
                Err(Fault::Again(_) | Fault::Conflict(_) | Fault::Offline(_))
                    if tries < TRIES_MOST =>
                {
                    tries += 1;
                    self.log.pause(Duration::from_millis(500));
                }
                Err(fault) => {
                    // The run may have been closed while the answer was lost: the party's own log says
                    // so, soon at the latest.
                    if matches!(fault, Fault::Gone(_)) {
                        self.await_end(run);
                    }
                    return if self.is_closed(run, model) {
                        Ok(model)
                    } else {
                        Err(fault.problem())
                    };
                }
            }
        }
    }

    /// Waits for a while until the run is not open any more in the party's own log.
    fn await_end(&self, run: &RunId) {
        let open = || {
            let follower = self.log.follower();
            follower.state().runs().get(run).is_some_and(|run| run.status == RunStatus::Open)
        };
        let begun = Instant::now();
        while open() && begun.elapsed() < END_MOST && !self.log.is_stopping() {
            self.log.pause(Duration::from_millis(50));
        }
    }

    fn is_closed(&self, run: &RunId, model: Digest) -> bool {
        let follower = self.log.follower();
        let known = follower.state().runs().get(run);
        known.is_some_and(|run| matches!(&run.status, RunStatus::Closed(by) if by.model == model))
    }

    fn check_close(
        &self,
        member: Member<'_>,
        result: &RunResult,
        payload: &[u8],
    ) -> Result<(), Problem> {
        let follower = self.log.follower();
        follower.check_verdicts()?;
        let own = Own {
            key: follower.keys().ledger_id()?,
            run: &member.basis.run,
            seat: &member.basis.seat,
            parties: &member.plan.datasets,
            threshold: member.basis.params.threshold(),
            result,
        };
        own.check(follower.replica(), payload)
    }
}

/// How long what ended a run may take to get into the party's own log.
const END_MOST: Duration = Duration::from_secs(30);
/// How often a result is posted again.
const TRIES_MOST: u32 = 10;

/// What this node knows of the result that it is asked to sign.
struct Own<'a> {
    key: KeyId,
    run: &'a RunId,
    seat: &'a SeatId,
    /// The plan's parties.
    parties: &'a BTreeMap<PartyId, Digest>,
    /// How many must sign.
    threshold: usize,
    result: &'a RunResult,
}

impl Own<'_> {
    /// Whether a payload is the `run.close` of exactly this result, signed for the right seat by
    /// participants of whom this party is one.
    fn check(&self, replica: &Replica, payload: &[u8]) -> Result<(), Problem> {
        let signed = decode(payload).map_err(|e| other(&e.to_string()))?;
        if signed.act != Act::RunClose(self.close()) {
            return Err(other("it states another result than this node's"));
        }
        let header = signed.header.as_ref().ok_or_else(|| other("it has no header"))?;
        if Some(header.log) != replica.state().log() {
            return Err(other("it is for another log"));
        }
        if header.expires_at > now().plus(LIFETIME_MOST) {
            return Err(other("it stays valid for too long"));
        }
        // As the fold counts them: whoever has two keys is one party.
        let (mut keys, mut parties) = (BTreeSet::new(), BTreeSet::new());
        for signer in &header.signers {
            let holder = replica.state().holder(&signer.key).filter(|own| own.signs());
            let party = holder.and_then(|holder| holder.party.as_ref());
            let takes_part = party.filter(|party| self.parties.contains_key(*party));
            let Some(party) = takes_part.filter(|_| signer.seat == *self.seat) else {
                return Err(other("it names a signer who is no participant"));
            };
            keys.insert(&signer.key);
            parties.insert(party);
        }
        if parties.len() < self.threshold {
            return Err(other("it names fewer signers than the agreement asks for"));
        }
        if !keys.contains(&self.key) {
            return Err(other("this party is not among its signers"));
        }
        // A log this node has not reached yet is the fold's to judge.
        let seen = replica.root_at(header.seen.size);
        if seen.is_some_and(|root| root != header.seen.root) {
            return Err(other("it was made in sight of another log"));
        }
        Ok(())
    }

    fn close(&self) -> RunClose {
        RunClose {
            run: self.run.clone(),
            model: self.result.model,
            rounds: self.result.rounds,
            attempts: self.result.attempts,
            transcript: self.result.transcript,
            roster: self.result.roster.iter().cloned().collect(),
        }
    }
}

fn other(why: &str) -> Problem {
    problem(
        "other-result",
        format!("the coordinator's `run.close` is not signed: {why}"),
        "compare results with the other participants",
    )
}

#[cfg(test)]
mod tests {
    use concordat_partnership::act::{
        Founder, Genesis, Header, KeyRegister, Seen, Signer, WitnessPolicy,
    };
    use concordat_partnership::key_id;
    use concordat_replay::RULES;
    use concordat_terms::Period;
    use concordat_tlog::{Envelope, SigningKey};
    use concordat_wire::act::encode;

    use super::*;

    const PARTIES: [&str; 5] = ["alder", "birch", "cypress", "dogwood", "lab"];

    fn key(name: &str) -> SigningKey {
        SigningKey::from_seed(Digest::of(name.as_bytes()).as_bytes())
    }

    fn id(name: &str) -> KeyId {
        key_id(&key(name).public().to_string()).unwrap()
    }

    /// A log that five parties founded, in which alder has another key.
    fn founded() -> Replica {
        let public = |name: &str| key(name).public().to_string();
        let founder = |name: &&str| {
            let witness = public(&format!("{name} witness"));
            (name.parse().unwrap(), Founder::of(public(name), witness))
        };
        let genesis = Act::Genesis(Genesis {
            origin: "heart.example/log".to_owned(),
            rules: *RULES,
            time: now(),
            sequencer: public("sequencer"),
            parties: PARTIES.iter().map(founder).collect(),
            policy: WitnessPolicy {
                witnesses: PARTIES.iter().map(|name| name.parse().unwrap()).collect(),
                quorum: 4,
            },
            modules: BTreeSet::new(),
        });
        let keys: Vec<_> = PARTIES
            .iter()
            .chain(&["sequencer"])
            .map(|name| (id(name).to_string(), key(name)))
            .collect();
        let keys: Vec<_> = keys.iter().map(|(id, key)| (id.as_str(), key)).collect();
        let entry = Envelope::sign(&encode(None, &genesis).unwrap(), &keys).unwrap().to_bytes();
        let mut replica = Replica::new();
        assert!(replica.step(&entry).unwrap().is_admitted());
        let second =
            KeyRegister { key: key("alder second").public().to_string(), ..KeyRegister::default() };
        let header = Header {
            log: replica.state().log().unwrap(),
            // A new key shows that it is there.
            signers: ["alder", "alder second"]
                .map(|name| Signer { seat: "signatory".parse().unwrap(), key: id(name) })
                .into(),
            nonce: "1".repeat(32),
            seen: Seen { size: replica.size(), root: replica.root() },
            expires_at: now().plus(Period::of_seconds(3600)),
            attached: None,
        };
        let payload = encode(Some(&header), &Act::KeyRegister(second)).unwrap();
        let signers = ["alder", "alder second"].map(|name| (id(name).to_string(), key(name)));
        let signers: Vec<_> = signers.iter().map(|(id, key)| (id.as_str(), key)).collect();
        let entry = Envelope::sign(&payload, &signers).unwrap().to_bytes();
        let verdict = replica.step(&entry).unwrap();
        assert!(verdict.is_admitted(), "{verdict:?}");
        replica
    }

    fn names(names: &[&str]) -> BTreeSet<PartyId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    /// What an honest coordinator asks alder to sign, after `bend` has been at it: what alder says.
    fn asked(bend: impl FnOnce(&mut Header, &mut RunClose)) -> Result<(), Problem> {
        let replica = founded();
        let (run, seat) = ("first".parse().unwrap(), "data-holder".parse::<SeatId>().unwrap());
        let digest = Digest::of(b"version");
        let parties = names(&PARTIES[..4]).into_iter().map(|party| (party, digest)).collect();
        let result = RunResult {
            party: "alder".parse().unwrap(),
            model: Digest::of(b"model"),
            rounds: 100,
            attempts: 101,
            transcript: Digest::of(b"transcript"),
            roster: names(&["alder", "birch", "cypress"]).into_iter().collect(),
            signature: String::new(),
        };
        let own = Own {
            key: id("alder"),
            run: &run,
            seat: &seat,
            parties: &parties,
            threshold: 3,
            result: &result,
        };
        let signer = |name: &&str| Signer { seat: seat.clone(), key: id(name) };
        let mut header = Header {
            log: replica.state().log().unwrap(),
            signers: PARTIES[..3].iter().map(signer).collect(),
            nonce: "0".repeat(32),
            seen: Seen { size: replica.size(), root: replica.root() },
            expires_at: now().plus(Period::of_seconds(3600)),
            attached: None,
        };
        let mut close = own.close();
        bend(&mut header, &mut close);
        own.check(&replica, &encode(Some(&header), &Act::RunClose(close)).unwrap())
    }

    /// Alder does not sign, for this reason.
    fn refused(why: &str, bend: impl FnOnce(&mut Header, &mut RunClose)) {
        let said = asked(bend).unwrap_err();
        assert_eq!(said.code, "other-result");
        assert!(said.what.ends_with(why), "{said}");
    }

    #[test]
    fn a_party_signs_its_own_result_and_no_other_field_by_field() {
        assert_eq!(asked(|_, _| {}), Ok(()));
        let another = "it states another result than this node's";
        refused(another, |_, close| close.model = Digest::of(b"another model"));
        refused(another, |_, close| close.roster = names(&["alder", "birch", "dogwood"]));
        refused(another, |_, close| drop(close.roster.pop_last()));
        refused(another, |_, close| close.rounds = 99);
        refused(another, |_, close| close.attempts = 100);
        refused(another, |_, close| close.transcript = Digest::of(b"another transcript"));
        refused(another, |_, close| close.run = "second".parse().unwrap());
    }

    #[test]
    fn a_party_signs_beside_participants_for_their_seat_in_its_own_log_and_not_for_ever() {
        let stranger = "it names a signer who is no participant";
        refused(stranger, |header, _| header.signers[1].key = id("lab"));
        refused(stranger, |header, _| header.signers[1].key = id("sequencer"));
        refused(stranger, |header, _| header.signers[1].key = id("nobody"));
        refused(stranger, |header, _| header.signers[0].seat = "signatory".parse().unwrap());
        let fewer = "it names fewer signers than the agreement asks for";
        refused(fewer, |header, _| drop(header.signers.pop()));
        // Three keys of two parties.
        refused(fewer, |header, _| header.signers[1].key = id("alder second"));
        let twice = "`signers` names no key, or one twice";
        refused(twice, |header, _| header.signers[2] = header.signers[1].clone());
        refused("this party is not among its signers", |header, _| {
            header.signers[0].key = id("dogwood");
        });
        refused("it is for another log", |header, _| header.log = Digest::of(b"another log"));
        refused("it was made in sight of another log", |header, _| {
            header.seen.root = Digest::of(b"another log");
        });
        refused("it stays valid for too long", |header, _| {
            header.expires_at = now().plus(Period { months: 0, days: 32, seconds: 0 });
        });
        // What this node has not reached yet is the fold's to judge.
        assert_eq!(asked(|header, _| header.seen.size += 9), Ok(()));
    }
}
