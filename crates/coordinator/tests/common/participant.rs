//! One participant of a run, who can fall silent before any step.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_learn::{Recipe, Training};
use concordat_partnership::act::Plan;
use concordat_secagg::client::advertise;
use concordat_secagg::{
    Binding, FromClient, Params, Proposal, RingVec, Roster, Session, SigningKey, Step, verify_sum,
};
use concordat_terms::{Digest, PartyId};
use concordat_tlog::dsse::pae;
use concordat_wire::api::{Again, PayloadSignature, RunResult, ToSign};
use concordat_wire::round::{ToClient, decode_to_client, encode_from_client};
use rand_core::{TryCryptoRng, TryRng};

use super::{Answer, Client, HOLDERS, MODULES, key, party};

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
    pub run: String,
    pub recipe: Recipe,
    pub plan: Plan,
    pub training: Training,
    pub transcripts: Vec<Digest>,
    pub roster: BTreeSet<PartyId>,
    pub lost: u32,
}

impl Participant {
    pub fn new(
        name: &'static str,
        client: &Client,
        run: &str,
        plan: &Plan,
        recipe: &Recipe,
    ) -> Self {
        Self {
            name,
            client: client.clone(),
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
            agreement: Digest::of_parts(&parts),
            run: self.run.parse().unwrap(),
            round: self.training.round(),
            attempt,
            model: self.training.digest(),
            quantiser: Digest::of_parts(&[recipe.as_bytes(), &18_u32.to_be_bytes()]),
        };
        Session::new(params, Roster::new(roster.collect()).unwrap(), &binding).unwrap()
    }

    pub fn send(&self, attempt: u32, message: &FromClient) -> Answer {
        let path = format!("/v1/runs/{}/{}/{attempt}", self.run, self.training.round());
        self.client.post(&path, &encode_from_client(message))
    }

    /// Plays one attempt at the current round; silent from `until` on.
    pub fn attempt(&mut self, attempt: u32, until: Option<Step>) -> Outcome {
        let session = self.session(attempt);
        let silent = |step| until.is_some_and(|until| step >= until);
        let dimension = session.params().dimension();
        if silent(Step::AdvertiseKeys) {
            return Outcome::Silent;
        }
        let (state, message) =
            advertise(session.clone(), party(self.name), identity(self.name), &mut Os).unwrap();
        let list = match self.told(attempt, &FromClient::Keys(message)) {
            Ok(ToClient::Keys(list)) => list,
            other => return self.end(attempt, other),
        };
        if silent(Step::ShareKeys) {
            return Outcome::Silent;
        }
        let (state, message) = state.share(&list, &mut Os).unwrap();
        let inbox = match self.told(attempt, &FromClient::Shares(message)) {
            Ok(ToClient::Inbox(inbox)) => inbox,
            other => return self.end(attempt, other),
        };
        if silent(Step::MaskedInput) {
            return Outcome::Silent;
        }
        let own = Self::contribution(self.name, dimension);
        let vector = RingVec::from_signed(session.params().ring(), own);
        let (state, message) = state.mask(&inbox, vector).unwrap();
        let survivors = match self.told(attempt, &FromClient::Masked(message)) {
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
        let transcript = match told {
            Ok(ToClient::Transcript(transcript)) => transcript,
            Ok(other) => panic!("out of place: {other:?}"),
            Err(outcome) => return outcome,
        };
        for attempt in 0..=attempt.max(self.plan.retries) {
            let session = self.session(attempt);
            let Ok(sum) = verify_sum(&session, &transcript) else { continue };
            let values = sum.vector.to_signed();
            self.transcripts.push(transcript.digest(&session));
            self.training = self.training.step(&self.recipe, &values, 18).unwrap();
            self.roster = sum.survivors.clone();
            self.lost += attempt;
            return Outcome::Sum(values, sum.survivors);
        }
        Outcome::Unproved
    }

    /// What it computed, once all rounds are over.
    pub fn result(&self) -> RunResult {
        let parts: Vec<&[u8]> = self.transcripts.iter().map(|d| d.as_bytes().as_slice()).collect();
        self.signed(RunResult {
            party: party(self.name),
            model: Digest::of(&self.training.finish(&self.recipe).unwrap().to_bytes()),
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
        let message = result.message(&self.run.parse().unwrap());
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

pub fn identity(name: &str) -> SigningKey {
    SigningKey::from_bytes(&key(name).to_seed())
}

fn ceil_sqrt(value: u32) -> u64 {
    let root = u64::from(value.isqrt());
    if root * root == u64::from(value) { root } else { root + 1 }
}
