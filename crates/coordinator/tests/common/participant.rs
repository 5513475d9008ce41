//! One participant of a run, who can fall silent before any step.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_learn::{Recipe, Training};
use concordat_partnership::act::Plan;
use concordat_secagg::client::{ConsistencyCheck, advertise};
use concordat_secagg::{
    Announced, Binding, CHUNK, Checking, FromClient, Masked, Params, Proof, Proposal, RingVec,
    Roster, Session, Signed, SigningKey, Step, verify_sum,
};
use concordat_terms::{Digest, PartyId, Timestamp, jcs};
use concordat_tlog::dsse::pae;
use concordat_wire::api::{Again, PIECE, PayloadSignature, RunResult, ToSign};
use concordat_wire::round::{
    Announcement, ToClient, decode_to_client, encode_announced, encode_from_client,
};
use rand_core::{TryCryptoRng, TryRng};

use super::{Answer, Client, HOLDERS, MODULES, START, World, key, party};

/// The operating system's randomness.
pub struct Os;

impl TryRng for Os {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        getrandom::fill(bytes).unwrap();
        Ok(())
    }
}

impl TryCryptoRng for Os {}

/// How one attempt went for one participant.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// The proved sum, and whose it is.
    Sum(Vec<i64>, BTreeSet<PartyId>),
    Again(Again),
    /// Any other status, with the problem's code.
    Refused(u16, String),
    /// It fell silent on purpose.
    Silent,
    /// A transcript that does not prove its sum.
    Unproved,
}

#[derive(Clone)]
pub struct Participant {
    pub name: &'static str,
    pub client: Client,
    pub log: Digest,
    pub run: String,
    pub recipe: Recipe,
    pub plan: Plan,
    pub training: Training,
    pub transcripts: Vec<Digest>,
    pub roster: BTreeSet<PartyId>,
    pub lost: u32,
}

impl Participant {
    pub fn new(name: &'static str, world: &World, run: &str, plan: &Plan, recipe: &Recipe) -> Self {
        Self {
            name,
            client: world.client.clone(),
            log: world.log,
            run: run.to_owned(),
            recipe: recipe.clone(),
            plan: plan.clone(),
            training: Training::begin(recipe),
            transcripts: Vec::new(),
            roster: BTreeSet::new(),
            lost: 0,
        }
    }

    /// What this participant contributes: its place among the holders plus one, everywhere.
    pub fn contribution(name: &str, dimension: usize) -> Vec<i64> {
        let place = HOLDERS.iter().position(|holder| *holder == name).unwrap();
        vec![i64::try_from(place).unwrap() + 1; dimension]
    }

    pub fn session(&self, attempt: u32) -> Session {
        // Written out by hand: what the coordinator derives is not to be trusted here.
        let sensitivity = (1 << 18) + (1 << 8) + ceil_sqrt(self.plan.dimension);
        let params = Params::prove(Proposal {
            clients: 4,
            threshold: 3,
            colluders: 1,
            dropouts: 1,
            ring_bits: 32,
            dimension: self.plan.dimension,
            units_per_round: 1_024,
            levels: sensitivity,
            noise: 8 * sensitivity + 1,
        })
        .unwrap();
        let roster = HOLDERS.iter().map(|name| (party(name), identity(name).verifying_key()));
        let mut modules: Vec<_> = MODULES.to_vec();
        modules.sort();
        let modules: Vec<Digest> =
            modules.iter().map(|(_, text)| Digest::of(text.as_bytes())).collect();
        let parts: Vec<&[u8]> = modules.iter().map(|d| d.as_bytes().as_slice()).collect();
        let recipe = self.recipe.digest();
        let binding = Binding {
            agreed: Digest::of_parts(&[
                b"concordat/rounds/v1",
                self.log.as_bytes(),
                Digest::of_parts(&parts).as_bytes(),
                Digest::of(&jcs::to_bytes(&self.plan).unwrap()).as_bytes(),
            ]),
            run: self.run.parse().unwrap(),
            round: self.training.round(),
            attempt,
            model: self.training.digest(),
            quantiser: Digest::of_parts(&[recipe.as_bytes(), &18_u32.to_be_bytes()]),
        };
        Session::new(params, Roster::new(roster.collect()).unwrap(), &binding).unwrap()
    }

    /// Sends a message, again for as long as nothing is known.
    pub fn send(&self, attempt: u32, message: &FromClient) -> Answer {
        loop {
            let answer = self.send_once(attempt, message);
            if answer.status != 204 {
                return answer;
            }
        }
    }

    pub fn send_once(&self, attempt: u32, message: &FromClient) -> Answer {
        let path = format!("/v1/runs/{}/{}/{attempt}", self.run, self.training.round());
        self.client.post(&path, &encode_from_client(message))
    }

    /// Plays one attempt at the current round; silent from `until` on.
    pub fn attempt(&mut self, attempt: u32, until: Option<Step>) -> Outcome {
        let silent = |step| until.is_some_and(|until| step >= until);
        let (state, announced, vector) = match self.masked(attempt, until) {
            Ok(masked) => masked,
            Err(outcome) => return outcome,
        };
        if silent(Step::MaskedInput) {
            return Outcome::Silent;
        }
        let message = self.upload(attempt, announced, vector);
        self.unmask(attempt, state, &message, until)
    }

    /// Plays an attempt until its vector is masked.
    pub fn masked(
        &mut self,
        attempt: u32,
        until: Option<Step>,
    ) -> Result<(ConsistencyCheck, Announced, RingVec), Outcome> {
        let session = self.session(attempt);
        let silent = |step| until.is_some_and(|until| step >= until);
        if silent(Step::AdvertiseKeys) {
            return Err(Outcome::Silent);
        }
        let (state, message) =
            advertise(session.clone(), party(self.name), identity(self.name), &mut Os).unwrap();
        let list = match self.told(attempt, &FromClient::Keys(message)) {
            Ok(ToClient::Keys(list)) => list,
            other => return Err(self.end(attempt, other)),
        };
        if silent(Step::ShareKeys) {
            return Err(Outcome::Silent);
        }
        let (state, message) = state.share(&list, &mut Os).unwrap();
        let inbox = match self.told(attempt, &FromClient::Shares(message)) {
            Ok(ToClient::Inbox(inbox)) => inbox,
            other => return Err(self.end(attempt, other)),
        };
        let own = Self::contribution(self.name, session.params().dimension());
        let mut vector = RingVec::from_signed(session.params().ring(), own);
        let (state, announced) = state.mask_in_place(&inbox, &mut vector).unwrap();
        Ok((state, announced, vector))
    }

    /// Plays the rest of an attempt, once nothing but the message of MaskedInput is to be said.
    pub fn unmask(
        &mut self,
        attempt: u32,
        state: ConsistencyCheck,
        message: &FromClient,
        until: Option<Step>,
    ) -> Outcome {
        let silent = |step| until.is_some_and(|until| step >= until);
        let survivors = match self.told(attempt, message) {
            Ok(ToClient::Survivors(survivors)) => survivors,
            other => return self.end(attempt, other),
        };
        if silent(Step::ConsistencyCheck) {
            return Outcome::Silent;
        }
        let (state, message) = state.sign(&survivors).unwrap();
        let signatures = match self.told(attempt, &FromClient::Survivors(message)) {
            Ok(ToClient::Signatures(signatures)) => signatures,
            other => return self.end(attempt, other),
        };
        if silent(Step::Unmasking) {
            return Outcome::Silent;
        }
        let message = FromClient::Reveal(state.reveal(&signatures).unwrap());
        let last = self.told(attempt, &message);
        self.end(attempt, last)
    }

    /// Brings a vector that is too long for one message, a chunk at a time; what is then to be said.
    pub fn upload(&self, attempt: u32, announced: Announced, vector: RingVec) -> FromClient {
        let all = announced.chunks.len();
        if all == 1 {
            let Signed { from, body, signature } = announced.upload;
            let body = Masked { peers: body.peers, vector };
            return FromClient::Masked(Signed { from, body, signature });
        }
        assert_eq!(self.announce(attempt, &announced).status, 200);
        for chunk in 0..all {
            let answer = self.bring(attempt, chunk, &bytes_of(&vector, chunk));
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        FromClient::Upload(announced.upload)
    }

    pub fn announce(&self, attempt: u32, announced: &Announced) -> Answer {
        let path = format!("/v1/runs/{}/{}/{attempt}/uploads", self.run, self.training.round());
        let announced = Announcement::Masks(announced.clone());
        self.client.post(&path, &encode_announced(&announced))
    }

    pub fn bring(&self, attempt: u32, chunk: usize, bytes: &[u8]) -> Answer {
        let (run, round, name) = (&self.run, self.training.round(), self.name);
        let path = format!("/v1/runs/{run}/{round}/{attempt}/uploads/{name}/{chunk}");
        self.client.put_bytes(&path, bytes)
    }

    /// Asks for a part of a finished round: of the current one, which it has not moved on from.
    pub fn fetch(&self, part: &str) -> Answer {
        let round = self.training.round();
        let path = format!("/v1/runs/{}/{round}/{part}", self.run);
        // Written out by hand; the coordinator's clock stands at the start, or a little after.
        let until = Timestamp::from_seconds(START + 600).unwrap();
        let text = format!("concordat-fetch/v1\n{}\n{path}\n{until}\n", self.log);
        self.client.get_signed(&path, &key(self.name), (text.as_bytes(), until))
    }

    /// The sum that a proof proves, every chunk of it checked; none where one does not fit.
    fn proved(&self, session: &Session, proof: &Proof) -> Option<RingVec> {
        let (params, ring) = (session.params(), session.params().ring());
        let digests = proof.uploads.keys().map(|party| {
            let bytes = self.fetch(&format!("digests/{party}")).body;
            let digests = bytes.chunks(32).map(|d| Digest(d.try_into().unwrap()));
            (party.clone(), digests.collect::<Vec<_>>())
        });
        let mut checking = Checking::begin(session, proof, digests.collect()).ok()?;
        let mut sum = RingVec::zeros(ring, 0);
        for chunk in (0..params.chunks()).step_by(PIECE) {
            let piece = RingVec::of_bytes(ring, &self.fetch(&format!("sum/{chunk}")).body);
            assert!(sum.append(&piece.unwrap()));
        }
        for chunk in 0..params.chunks() {
            let words = self.fetch(&format!("words/{chunk}")).body;
            let parts = words.chunks(params.chunk_len(chunk).min(CHUNK) * ring.bytes());
            let parts = parts.map(|part| RingVec::of_bytes(ring, part).unwrap());
            let words = proof.uploads.keys().cloned().zip(parts).collect();
            checking.check(chunk, &words, &sum.chunk(chunk).unwrap()).ok()?;
        }
        Some(sum)
    }

    fn told(&self, attempt: u32, message: &FromClient) -> Result<ToClient, Outcome> {
        let answer = self.send(attempt, message);
        match answer.status {
            200 => Ok(decode_to_client(&answer.body).unwrap()),
            409 => Err(Outcome::Again(serde_json::from_slice(&answer.body).unwrap())),
            status => Err(Outcome::Refused(status, answer.code())),
        }
    }

    /// A transcript moves the training on, whatever step it came at.
    fn end(&mut self, attempt: u32, told: Result<ToClient, Outcome>) -> Outcome {
        let told = match told {
            Ok(told) => told,
            Err(outcome) => return outcome,
        };
        for attempt in 0..=attempt.max(self.plan.retries) {
            let session = self.session(attempt);
            let found = match &told {
                ToClient::Transcript(transcript) => {
                    let sum = verify_sum(&session, transcript).ok();
                    sum.map(|sum| (sum.vector, sum.survivors, transcript.digest(&session)))
                }
                ToClient::Proof(proof) => self.proved(&session, proof).map(|sum| {
                    let digest = proof.digest(&session, sum.digest());
                    (sum, proof.uploads.keys().cloned().collect(), digest)
                }),
                other => panic!("out of place: {other:?}"),
            };
            let Some((sum, survivors, digest)) = found else { continue };
            let values = sum.to_signed();
            self.transcripts.push(digest);
            self.training = self.training.step(&self.recipe, &values, 18).unwrap();
            self.roster = survivors.clone();
            self.lost += attempt;
            return Outcome::Sum(values, survivors);
        }
        Outcome::Unproved
    }

    /// What it computed, once all rounds are over.
    pub fn result(&self) -> RunResult {
        let parts: Vec<&[u8]> = self.transcripts.iter().map(|d| d.as_bytes().as_slice()).collect();
        self.signed(RunResult {
            party: party(self.name),
            model: Digest::of(&self.training.finish(&self.recipe, None).unwrap().to_bytes()),
            rounds: self.plan.rounds,
            attempts: self.plan.rounds + self.lost,
            transcript: Digest::of_parts(&parts),
            roster: self.roster.iter().cloned().collect(),
            signature: String::new(),
        })
    }

    /// A result of no rounds that claims to be this party's, and that nobody signed.
    pub fn result_of(&self, name: &str) -> RunResult {
        let nothing = Digest::of(b"nothing");
        RunResult {
            party: party(name),
            model: nothing,
            rounds: 1,
            attempts: 1,
            transcript: nothing,
            roster: Vec::new(),
            signature: String::new(),
        }
    }

    /// A result with its own signature.
    pub fn signed(&self, mut result: RunResult) -> RunResult {
        let message = result.message(self.log, &self.run.parse().unwrap());
        result.signature = STANDARD.encode(key(self.name).sign(&message));
        result
    }

    /// Posts its result, and signs what comes back.
    pub fn close(&self) -> Answer {
        let answer =
            self.client.post_json(&format!("/v1/runs/{}/result", self.run), &self.result());
        if answer.status != 200 {
            return answer;
        }
        let ToSign { payload } = serde_json::from_slice(&answer.body).unwrap();
        let payload = STANDARD.decode(payload).unwrap();
        let signed = PayloadSignature {
            party: party(self.name),
            payload: Digest::of(&payload),
            signature: STANDARD.encode(key(self.name).sign(&pae(&payload))),
        };
        self.client.post_json(&format!("/v1/runs/{}/signature", self.run), &signed)
    }
}

/// The bytes of one chunk.
pub fn bytes_of(vector: &RingVec, chunk: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    vector.chunk(chunk).unwrap().put_bytes(&mut bytes);
    bytes
}

pub fn identity(name: &str) -> SigningKey {
    SigningKey::from_bytes(&key(name).to_seed())
}

fn ceil_sqrt(value: u32) -> u64 {
    let root = u64::from(value.isqrt());
    if root * root == u64::from(value) { root } else { root + 1 }
}
