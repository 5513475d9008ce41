//! `concordat key recover`: what gives a party another key in the place of one that it has lost is signed by
//! others, and by the new key. It goes from hand to hand as a founding statement does.

use std::fmt;
use std::path::Path;

use concordat_node::client::Fault;
use concordat_node::follow::Follower;
use concordat_node::home::change::read_or_draw;
use concordat_partnership::act::{self, Header, Signed, Signer};
use concordat_partnership::{Act, SIGNATORY, State, key_id};
use concordat_terms::{Digest, KeyId, PartyId, SeatId};
use concordat_tlog::SigningKey;
use concordat_wire::act::{decode, encode};
use concordat_wire::api::Receipt;
use serde::Serialize;

use super::super::desk::{answered, failure, open_latest};
use crate::args::KeyRecover;
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::passed::{Passed, id_of};

/// How far a statement has come.
#[derive(Debug, Serialize)]
struct Statement {
    /// The act's id.
    id: Digest,
    /// What it does, in words.
    does: String,
    /// The keys that have not signed it yet.
    missing: Vec<KeyId>,
    /// The same, each with who signs by it.
    awaited: Vec<Awaited>,
}

/// A signature that is not there yet.
#[derive(Debug, Serialize)]
struct Awaited {
    /// Whose key it is, where the log that is known here says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<PartyId>,
    /// The seat for which it signs.
    seat: SeatId,
    key: KeyId,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { party, seat, key } = self;
        match party {
            Some(party) => write!(f, "{party} as {seat} (key {key})"),
            None => write!(f, "{seat} (key {key})"),
        }
    }
}

/// The key with which the party will sign a statement that is not written yet.
#[derive(Debug, Serialize)]
struct Drawn {
    /// Its public half.
    public: String,
}

pub(super) fn run(args: &KeyRecover, out: Out) -> Result<(), Failure> {
    let Some(home) = &args.home else {
        let next = args.next.as_deref().unwrap_or(Path::new(""));
        return by_the_new_key(args, next, out);
    };
    let (_, follower) = open_latest(home)?;
    let written = args.file.symlink_metadata().is_ok();
    let mut statement = match (written, args.party.is_some() || args.motion.is_some()) {
        (false, true) => Recovery::begin(args, &follower)?,
        (true, false) => Recovery::read(&args.file)?,
        (true, true) => {
            let what = format!("`{}` is there already", args.file.display());
            return Err(Failure::usage("target-exists", what, "sign it, or name another file"));
        }
        (false, false) => {
            let what = format!("there is no statement `{}` yet", args.file.display());
            let hint = "write it with `--party` and `--key`, or with `--motion`";
            return Err(Failure::usage("no-such-file", what, hint));
        }
    };
    if args.submit {
        return statement.submit(&follower, out);
    }
    statement.check(follower.state())?;
    statement.sign(&follower.keys().ledger)?;
    statement.keep(&args.file, Some(follower.state()), out)
}

/// The party that has lost its key signs by the new one, which is all that it has.
fn by_the_new_key(args: &KeyRecover, next: &Path, out: Out) -> Result<(), Failure> {
    let key = read_or_draw(next).map_err(failure)?;
    if args.file.symlink_metadata().is_err() {
        let file = args.file.display();
        out.say(&format!(
            "note: tell the others your new key in person; sign `{file}` once they have sent it"
        ));
        let drawn = Drawn { public: key.public().to_string() };
        return out.answer(&drawn, || format!("key {}", drawn.public));
    }
    let mut statement = Recovery::read(&args.file)?;
    statement.sign(&key)?;
    statement.keep(&args.file, None, out)
}

/// A recovery on its way.
struct Recovery {
    passed: Passed,
    header: Header,
    act: Act,
}

impl Recovery {
    /// Writes it, to be signed by everybody else and by the new key; or, where a motion decided it, by whoever
    /// carries that out.
    fn begin(args: &KeyRecover, follower: &Follower) -> Result<Self, Failure> {
        let state = follower.state();
        let (act, recover) = match (&args.motion, &args.party, &args.key) {
            (Some(motion), ..) => {
                let recover = state.motions().get(motion).and_then(|motion| {
                    match &*motion.proposed.decision {
                        Act::KeyRecover(act) => Some(act.clone()),
                        _ => None,
                    }
                });
                let recover = recover.ok_or_else(|| {
                    let what = format!("no motion `{motion}` is to give a party another key");
                    Failure::usage("bad-recovery", what, "see `concordat decisions`")
                })?;
                (Act::MotionExecute(act::MotionExecute { motion: motion.clone() }), recover)
            }
            (None, Some(party), Some(key)) => {
                let known = state.members().get(party).ok_or_else(|| {
                    let what = format!("`{party}` is no party of this partnership");
                    Failure::usage("unknown-party", what, "name the party whose key is lost")
                })?;
                let (old, key) = (known.key.clone(), key.clone());
                let recover = act::KeyRecover {
                    party: party.clone(),
                    old,
                    key,
                    since: args.since,
                    next: None,
                };
                (Act::KeyRecover(recover.clone()), recover)
            }
            _ => return Err(Failure::usage("usage", "nothing to write is named", "see `--help`")),
        };
        let signatory: SeatId = SIGNATORY.parse().map_err(|_| unwritable("it is for no seat"))?;
        let signer = |key: KeyId, seat: &SeatId| Signer { seat: seat.clone(), key };
        let mut signers = vec![signer(id_of(&recover.key)?, &signatory)];
        match &args.seat {
            Some(seat) => {
                let own = follower.keys().ledger_id().map_err(failure)?;
                signers.insert(0, signer(own, seat));
            }
            None => {
                let others = others(state, &recover.party);
                let keys = others.into_iter().filter_map(|own| state.members().get(&own));
                signers.splice(0..0, keys.map(|member| signer(member.key.clone(), &signatory)));
            }
        }
        let header = follower.header_for_many(signers).map_err(failure)?;
        let payload = encode(Some(&header), &act).map_err(|e| unwritable(&e.to_string()))?;
        Ok(Self { passed: Passed::new(payload), header, act })
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let bad = |why: String| {
            let what = format!("`{}` gives no party another key: {why}", path.display());
            Failure::usage("bad-recovery", what, "name the file that `concordat key recover` wrote")
        };
        let passed = Passed::read(path, bad)?;
        let Signed { header, act, .. } =
            decode(passed.payload()).map_err(|e| bad(e.to_string()))?;
        match (header, act) {
            (Some(header), act @ (Act::KeyRecover(_) | Act::MotionExecute(_))) => {
                Ok(Self { passed, header, act })
            }
            (_, act) => Err(bad(format!("it is a `{}`", act.name()))),
        }
    }

    /// That it is of this log, and does what a signer is told: a motion that is carried out is one of which
    /// this party knows that it gives a key back.
    fn check(&self, state: &State) -> Result<(), Failure> {
        if state.log() != Some(self.header.log) {
            let what = format!("the statement is of the log `{}`", self.header.log.short());
            return Err(Failure::usage("other-log", what, "name a folder of that log"));
        }
        if let Act::MotionExecute(act) = &self.act {
            let motion = state.motions().get(&act.motion);
            if !motion.is_some_and(|own| matches!(&*own.proposed.decision, Act::KeyRecover(_))) {
                let what = format!("the motion `{}` gives no party another key", act.motion);
                return Err(Failure::usage("bad-recovery", what, "see `concordat decisions`"));
            }
        }
        Ok(())
    }

    fn sign(&mut self, key: &SigningKey) -> Result<(), Failure> {
        let id = id_of(&key.public().to_string())?;
        if !self.header.signers.iter().any(|signer| signer.key == id) {
            let what = format!("the statement is not to be signed by key `{id}`");
            return Err(Failure::refused("keys-not-named", what, "have it written anew"));
        }
        self.passed.sign(key)
    }

    /// The keys that have not signed it yet.
    fn missing(&self) -> Vec<KeyId> {
        let keys = self.header.signers.iter().map(|signer| &signer.key);
        keys.filter(|key| !self.passed.is_signed_by(key)).cloned().collect()
    }

    /// Those, each with whose it is: by the fold at hand, and the new one by the statement itself.
    fn awaited(&self, state: Option<&State>) -> Vec<Awaited> {
        let missing = self.missing();
        let signers = self.header.signers.iter().filter(|signer| missing.contains(&signer.key));
        let whose = |key: &KeyId| match &self.act {
            Act::KeyRecover(own) if key_id(&own.key).as_ref() == Some(key) => {
                Some(own.party.clone())
            }
            _ => state.and_then(|state| state.holder(key)?.party.clone()),
        };
        signers
            .map(|Signer { seat, key }| Awaited {
                party: whose(key),
                seat: seat.clone(),
                key: key.clone(),
            })
            .collect()
    }

    fn does(&self) -> String {
        match &self.act {
            Act::KeyRecover(act::KeyRecover { party, old, key, since, .. }) => {
                let doubt = since.map(|since| format!(", which is in doubt since entry {since}"));
                let doubt = doubt.unwrap_or_default();
                format!("gives `{party}` the key {key} in the place of {old}{doubt}")
            }
            Act::MotionExecute(act) => format!("carries out the motion `{}`", act.motion),
            other => other.name().to_string(),
        }
    }

    /// Writes it back, and tells who is still to sign.
    fn keep(&self, path: &Path, state: Option<&State>, out: Out) -> Result<(), Failure> {
        self.passed.write(path, |why| unwritable(&why))?;
        let statement = Statement {
            id: self.passed.id(),
            does: self.does(),
            missing: self.missing(),
            awaited: self.awaited(state),
        };
        out.answer(&statement, || {
            let awaited: Vec<String> = statement.awaited.iter().map(Awaited::to_string).collect();
            let signed = match awaited.as_slice() {
                [] => format!("signed by all until {}", self.header.expires_at),
                awaited => format!("still to be signed by {}", awaited.join(", ")),
            };
            line(&format!("{}: {signed}", statement.does))
        })
    }

    fn submit(&self, follower: &Follower, out: Out) -> Result<(), Failure> {
        let awaited = self.awaited(Some(follower.state()));
        if !awaited.is_empty() {
            let awaited: Vec<String> = awaited.iter().map(Awaited::to_string).collect();
            let what = format!("it is still to be signed by {}", awaited.join(", "));
            return Err(Failure::refused("not-signed-by-all", what, "have them sign it"));
        }
        let receipts = match follower.submit_signed(self.passed.envelope(|why| unwritable(&why))?) {
            // A refusal has its place in the log, too.
            Ok(receipts) | Err(Fault::Refused(receipts)) => receipts,
            Err(fault) => return Err(answered(&fault)),
        };
        let receipt: Receipt = receipts.receipts.into_iter().next().ok_or_else(|| {
            Failure::fault("no-receipt", "the coordinator gave no receipt", "look at the log")
        })?;
        out.answer(&receipt, || {
            let verdict = if receipt.admitted { "admitted" } else { "refused" };
            format!("{} {} {}: {verdict}", receipt.index, receipt.time, self.act.name())
        })?;
        receipt.problem.map_or(Ok(()), |problem| Err(Failure::Refused(problem)))
    }
}

/// Every party but one.
fn others(state: &State, but: &PartyId) -> Vec<PartyId> {
    let mut all = state.agreement().everybody();
    if all.is_empty() {
        all.extend(state.members().keys().cloned());
    }
    all.into_iter().filter(|party| party != but).collect()
}

fn unwritable(why: &str) -> Failure {
    Failure::usage("bad-recovery", format!("no such statement can be written: {why}"), "mend it")
}
