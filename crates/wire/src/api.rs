//! What travels over HTTP `/v1` besides envelopes, tiles, notes and round messages.

use std::collections::{BTreeMap, BTreeSet};

use concordat_learn::Charged;
use concordat_secagg::three::Role;
use concordat_terms::{ClauseRef, Digest, PartyId, Problem, RunId, Timestamp};
use serde::{Deserialize, Serialize};

/// The largest blob in bytes.
pub const BLOB_BYTES_MAX: usize = 8 << 20;

/// The most older checkpoints that a coordinator keeps.
pub const OLDER_CHECKPOINTS_MOST: usize = 1_024;

/// The header that names the ledger key of whoever reads or leaves a blob: a key id.
pub const KEY_HEADER: &str = "concordat-key";
/// The header with that key's Ed25519 signature over a [`blob_message`] or a [`fetch_message`], in
/// standard base64.
pub const SIGNATURE_HEADER: &str = "concordat-signature";

/// What a ledger key signs to leave a blob: `concordat-blob/v1` and the digest, each with a newline. Whoever
/// sends the same again leaves what is here. To read one it signs a [`fetch_message`].
pub fn blob_message(digest: &Digest) -> Vec<u8> {
    format!("concordat-blob/v1\n{digest}\n").into_bytes()
}

/// `POST /v1/acts`: 1 to 1,000 envelopes, each the exact bytes in standard base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// The envelopes, in the order in which they are to be logged.
    pub envelopes: Vec<String>,
}

/// The answer to a [`Submit`], one receipt an envelope, given after the durable append.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipts {
    /// In the order of the envelopes.
    pub receipts: Vec<Receipt>,
    /// That each stays where it is: signed notes by the log's key (`tlog::word::Promise`), each of
    /// some of the receipts' places.
    #[serde(default)]
    pub promises: Vec<String>,
}

/// What became of one envelope. The verdict is the coordinator's word: a replica computes its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Its place in the log.
    pub index: u64,
    /// The act's id: SHA-256 of the payload.
    pub id: Digest,
    /// The log's time there.
    pub time: Timestamp,
    /// Whether it took effect.
    pub admitted: bool,
    /// The clause that permits it, where one does.
    pub clause: Option<ClauseRef>,
    /// Why it was refused.
    pub problem: Option<Problem>,
}

/// The header with what the log's key has signed of a refusal that is in no log
/// (`tlog::word::Spent`), in standard base64.
pub const WORD_HEADER: &str = "concordat-word";

/// The answer to an act that was handed in at a party's node, because the coordinator does not take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handed {
    /// The act's id.
    pub id: Digest,
    /// Where it is logged, if it is; else it waits, and the node says no more that it has replayed the log.
    pub logged: Option<u64>,
}

/// `GET /v1/witnesses`: who has cosigned what, for people. What counts is on the checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnesses {
    /// Entries of the latest checkpoint.
    pub size: u64,
    /// Entries of the latest checkpoint that satisfies the witness policy; 0 if none does.
    pub counted: u64,
    /// Those of the policy, and those that the coordinator asks beside them, by name.
    pub witnesses: Vec<Standing>,
}

/// Where one witness stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Its name in the policy, or in the coordinator's settings.
    pub name: String,
    /// Whether the policy counts it.
    pub counts: bool,
    /// Whether the coordinator asks it; else it cosigns by itself.
    pub asked: bool,
    /// Entries of the largest checkpoint that it cosigned since the coordinator was started, or that
    /// was kept before.
    pub size: Option<u64>,
    /// When it did so last, by its own clock.
    pub at: Option<Timestamp>,
    /// How often in a row it gave no cosignature when it was asked.
    pub failures: u32,
    /// Why it gave none the last time.
    pub problem: Option<Problem>,
}

/// `GET /v1/runs/<run>`: how a run's rounds go; for people, not for verdicts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The round that is going on, from 0.
    pub round: u32,
    /// The attempt at it, from 0.
    pub attempt: u32,
    /// All rounds.
    pub rounds: u32,
    /// The step of the round: `advertise-keys`, `share-keys`, `masked-input`,
    /// `consistency-check`, `unmasking`, or `waiting`, `signing`, `closed`, `aborted`.
    pub step: String,
    /// Participants that are still there.
    pub present: Vec<PartyId>,
    /// Whom the step is waiting for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaited: Vec<PartyId>,
    /// Who joined and counts no more: its message of some step did not come in time, or was none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<PartyId>,
    /// How fast rounds have gone since this coordinator began or resumed the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// Who came late to steps, a second or more after half of all had.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub late: BTreeMap<PartyId, Late>,
    /// What the run told of itself last, where its recipe says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

/// What some rounds told of their batches, clipped, noised and charged as gradients are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// After so many rounds.
    pub round: u32,
    /// Of the last of these.
    pub charged: Charged,
}

/// How fast rounds go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// Rounds that gave a sum.
    pub rounds: u32,
    /// How long they took together, lost attempts too, in milliseconds.
    pub ms: u64,
}

impl Pace {
    /// How many seconds so many more rounds take at this pace; none before the first is over.
    pub fn left(self, rounds: u32) -> Option<u64> {
        let all = u128::from(self.ms) * u128::from(rounds);
        let seconds = all.checked_div(u128::from(self.rounds) * 1_000)?;
        u64::try_from(seconds).ok()
    }
}

/// How late somebody was: in whole seconds of each step, since less than that may come from how many rows
/// were drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// In how many steps.
    pub steps: u32,
    /// By how many seconds together.
    pub seconds: u64,
}

/// The answer 409 to a round message: the attempt is over without a sum, or was never begun here.
/// To a result or a signature: the set of those who sign has changed, post the result again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// The round to do.
    pub round: u32,
    /// The attempt to start with fresh keys and noise.
    pub attempt: u32,
    /// Why the last one ended.
    pub reason: String,
}

/// Seconds that an answer is held back at most. What is not known by then is answered with 204, and
/// whoever waits for it sends the same request again.
pub const HOLD_MOST: u32 = 30;

/// Chunks that one request brings or fetches at most: 4 MiB of elements of 32 bits.
pub const PIECE: usize = 64;

/// How far an upload has come: the answer to its announcement, and to each piece of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrived {
    /// The chunk that comes next; `chunks` once all are there.
    pub next: usize,
    /// All chunks.
    pub chunks: usize,
}

/// A part of a finished round whose vectors came in chunks, as little-endian bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The digests of the chunks of one survivor's upload, 32 bytes each.
    Digests(PartyId),
    /// One chunk of every survivor's upload, one after the other in the order of their names.
    Words(usize),
    /// Up to [`PIECE`] chunks of the sum, from this one on.
    Sum(usize),
    /// Up to [`PIECE`] chunks of what this aggregator opened, from this one on.
    Share(Role, usize),
}

/// `GET /v1/runs/<run>/attempt?round=R&attempt=A&wait=S`: the attempt that is going on, for aggregators;
/// with R and A as soon as it is a later one than that, within S seconds. Who is told
/// something else than the participants shares no session with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// The round, from 0.
    pub round: u32,
    /// The attempt at it, from 0.
    pub attempt: u32,
    /// The digest of the model that the round starts from.
    pub model: Digest,
}

/// The header that says until when a signed request for a blob or a part of a round counts: a time.
pub const UNTIL_HEADER: &str = "concordat-until";

/// How many seconds after the coordinator's clock that may be at most.
pub const FETCH_SECONDS_MOST: u32 = 900;

/// What a ledger key signs to read a blob, to fetch words, digests, shares and the sum of a round, and to
/// be told what its steps give: `concordat-fetch/v1`, the log's name, the path of the request, which names
/// run, round, attempt and part, and until when it counts, each with a newline.
pub fn fetch_message(log: Digest, path: &str, until: Timestamp) -> Vec<u8> {
    format!("concordat-fetch/v1\n{log}\n{path}\n{until}\n").into_bytes()
}

/// `POST /v1/runs/<run>/result`: what a participant computed; the answer is the payload of a
/// `run.close` for it to check and sign, as [`ToSign`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// Who.
    pub party: PartyId,
    /// The model's digest.
    pub model: Digest,
    /// Rounds that gave a sum.
    pub rounds: u32,
    /// Attempts that were charged.
    pub attempts: u32,
    /// The digest over the rounds' transcripts.
    pub transcript: Digest,
    /// Who contributed to the last round.
    pub roster: Vec<PartyId>,
    /// The party's ledger key over [`RunResult::message`]: Ed25519, in standard base64.
    pub signature: String,
}

impl RunResult {
    /// What two results must have in common to be one: [`Digest::of_parts`] over `model`, `rounds`
    /// and `attempts` (4 bytes each, big-endian), `transcript`, and the roster's names in order.
    pub fn content(&self) -> Digest {
        let (rounds, attempts) = (self.rounds.to_be_bytes(), self.attempts.to_be_bytes());
        let roster: BTreeSet<&PartyId> = self.roster.iter().collect();
        let mut parts: Vec<&[u8]> =
            vec![self.model.as_bytes(), &rounds, &attempts, self.transcript.as_bytes()];
        parts.extend(roster.into_iter().map(|party| party.as_str().as_bytes()));
        Digest::of_parts(&parts)
    }

    /// What is signed: `concordat-result/v1`, the log's name, the run and the
    /// [content](Self::content)'s digest, each with a newline. The party is in the key, not in the
    /// text.
    pub fn message(&self, log: Digest, run: &RunId) -> Vec<u8> {
        format!("concordat-result/v1\n{log}\n{run}\n{}\n", self.content()).into_bytes()
    }
}

/// A payload to check and sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToSign {
    /// The payload's exact bytes in standard base64.
    pub payload: String,
}

/// `POST /v1/runs/<run>/signature`: one participant's signature over such a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadSignature {
    /// Who.
    pub party: PartyId,
    /// SHA-256 of the payload that was signed.
    pub payload: Digest,
    /// The Ed25519 signature over its PAE, in standard base64.
    pub signature: String,
}
