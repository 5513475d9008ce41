//! What a node and an aggregator say of a run, and are answered when its step closes.

use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_secagg::three::{self, Posted, Role, Speaker};
use concordat_secagg::{CHUNK, FromClient, Params};
use concordat_terms::{Digest, PartyId, Period, RunId, Timestamp};
use concordat_tlog::SigningKey;
use concordat_wire::api::{
    Arrived, Attempt, PIECE, Part, PayloadSignature, Progress, Receipts, RunResult, ToSign,
    UNTIL_HEADER, fetch_message,
};
use concordat_wire::round::{
    Announcement, ToClient, decode_posted, decode_to_client, encode_announced, encode_from_client,
    encode_three, posted_bytes_max, to_client_bytes_max,
};

use super::call::{ANSWER_MOST, Answer, By, Method, Request};
use super::fault::{again, garbled, json, ok, unchanged};
use super::{Client, Fault, json_of, octets, receipts_most, signed_by};
use crate::egress::Kind;

/// Nothing is known yet: the same is to be asked again.
const NOT_YET: u16 = 204;
/// How soon, at the earliest.
const BREATH: Duration = Duration::from_millis(20);
/// How long in all.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Who asks for what is kept for parties, or for a run's participants and aggregators.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The log that it means.
    pub log: Digest,
    /// Its party's ledger key.
    pub key: &'a SigningKey,
    /// Its clock.
    pub now: fn() -> Timestamp,
}

impl<'a> Reader<'a> {
    /// One who goes by the machine's clock.
    pub fn new(log: Digest, key: &'a SigningKey) -> Self {
        Self { log, key, now: crate::now }
    }

    /// A request for what is at this path, which counts there and for some minutes alone.
    pub(super) fn asks(&self, (kind, by): (Kind, By), path: String, most: usize) -> Request {
        let until = (self.now)().plus(Period::of_seconds(SIGNED_FOR));
        let mut headers = signed_by(&fetch_message(self.log, &path, until), self.key);
        headers.push((UNTIL_HEADER, until.to_string()));
        Request { kind, by, method: Method::Get, path, headers, body: Vec::new(), most }
    }

    /// The same, of a run.
    fn asks_of(&self, run: &RunId, path: String, most: usize) -> Request {
        self.asks((Kind::RoundRead, By::Run(run.clone())), path, most)
    }
}

/// For how many seconds a request is signed: longer than a call, and so much that two clocks may
/// differ by some minutes.
const SIGNED_FOR: u32 = 300;

impl Client {
    /// `GET /v1/runs/<run>`: how a run goes; for people.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn progress(&self, run: &RunId) -> Result<Progress, Fault> {
        json(&ok(self.get(Kind::RunRead, format!("/v1/runs/{run}"), ANSWER_MOST)?)?)
    }

    /// `POST /v1/runs/<run>/<round>/<attempt>`: one message of a round; answered when its step
    /// closes, with no more than the run's parameters can need.
    ///
    /// # Errors
    /// [`Fault::Again`] where the attempt is over; [`Fault::Gone`] where the run is.
    pub fn exchange(
        &self,
        run: &RunId,
        round: u32,
        attempt: u32,
        message: &FromClient,
        params: &Params,
    ) -> Result<ToClient, Fault> {
        let path = format!("/v1/runs/{run}/{round}/{attempt}");
        let (kind, most) = (Kind::of(message), to_client_bytes_max(params));
        let request = octets((kind, run), path, encode_from_client(message), most);
        let answer = self.held(|| request.clone())?;
        decode_to_client(&ok(again(answer)?)?).map_err(|e| Fault::Own(garbled(&e.to_string())))
    }

    /// `GET /v1/runs/<run>/attempt?round=R&attempt=A&wait=S`: the attempt that is going on, as soon as
    /// one is that is later than `after`, (round, attempt); none after `wait` seconds (at most 30).
    ///
    /// # Errors
    /// [`Fault::Gone`] where the run is over.
    pub fn attempt(
        &self,
        run: &RunId,
        after: Option<(u32, u32)>,
        wait: u32,
    ) -> Result<Option<Attempt>, Fault> {
        let mut path = format!("/v1/runs/{run}/attempt?wait={wait}");
        if let Some((round, attempt)) = after {
            path.push_str(&format!("&round={round}&attempt={attempt}"));
        }
        let answer = self.get_by((Kind::RunRead, By::Run(run.clone())), path, ANSWER_MOST)?;
        if answer.status == NOT_YET { Ok(None) } else { json(&ok(answer)?).map(Some) }
    }

    /// [`Client::exchange`] with three aggregators.
    ///
    /// # Errors
    /// As [`Client::exchange`].
    pub fn exchange_three(
        &self,
        run: &RunId,
        (round, attempt): (u32, u32),
        message: &three::Message,
        params: &Params,
    ) -> Result<Posted, Fault> {
        let (path, most) = (format!("/v1/runs/{run}/{round}/{attempt}"), posted_bytes_max(params));
        let request = octets((Kind::of_three(message), run), path, encode_three(message), most);
        posted(self.held(|| request.clone())?)
    }

    /// `GET /v1/runs/<run>/<round>/<attempt>/steps/<step>`, and `/<role>` by an aggregator: what a
    /// step gives with three aggregators, signed with the party's ledger key; answered when it is
    /// closed.
    ///
    /// # Errors
    /// As [`Client::exchange`].
    pub fn posted(
        &self,
        run: &RunId,
        (round, attempt): (u32, u32),
        (step, role): (three::Step, Option<Role>),
        (params, by): (&Params, &Reader<'_>),
    ) -> Result<Posted, Fault> {
        let role = role.map_or_else(String::new, |role| format!("/{role}"));
        let path = format!("/v1/runs/{run}/{round}/{attempt}/steps/{step}{role}");
        posted(self.held(|| by.asks_of(run, path.clone(), posted_bytes_max(params)))?)
    }

    /// `GET /v1/runs/<run>/<round>/<attempt>/uploads/<party>/<chunk>`: up to [`PIECE`] chunks of what
    /// a participant brought, signed with the neutral aggregator's ledger key.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn brought(
        &self,
        run: &RunId,
        (round, attempt): (u32, u32),
        (party, chunk): (&PartyId, usize),
        (params, by): (&Params, &Reader<'_>),
    ) -> Result<Vec<u8>, Fault> {
        let path = format!("/v1/runs/{run}/{round}/{attempt}/uploads/{party}/{chunk}");
        let most = PIECE * CHUNK.min(params.dimension()) * params.ring().bytes();
        ok(again(self.send(by.asks_of(run, path, most))?)?)
    }

    /// `POST /v1/runs/<run>/<round>/<attempt>/uploads`: what will be uploaded in chunks.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn announce(
        &self,
        run: &RunId,
        (round, attempt): (u32, u32),
        announced: &Announcement,
    ) -> Result<Arrived, Fault> {
        let path = format!("/v1/runs/{run}/{round}/{attempt}/uploads");
        let what = (Kind::UploadAnnounced, run);
        let request = octets(what, path, encode_announced(announced), ANSWER_MOST);
        // A room that is busy answers later too.
        json(&ok(again(self.held(|| request.clone())?)?)?)
    }

    /// `PUT /v1/runs/<run>/<round>/<attempt>/uploads/<party>/<chunk>`, or `/shares/<role>/<chunk>`
    /// of an aggregator: a piece of that.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn bring(
        &self,
        run: &RunId,
        (round, attempt): (u32, u32),
        (by, chunk): (&Speaker, usize),
        piece: Vec<u8>,
    ) -> Result<Arrived, Fault> {
        let (kind, of) = match by {
            Speaker::Contributor(party) => (Kind::UploadPiece, format!("uploads/{party}")),
            Speaker::Aggregator(role) => (Kind::SharePiece, format!("shares/{role}")),
        };
        let path = format!("/v1/runs/{run}/{round}/{attempt}/{of}/{chunk}");
        let headers = vec![("content-type", "application/octet-stream".to_owned())];
        let (method, body, by, most) = (Method::Put, piece, By::Run(run.clone()), ANSWER_MOST);
        let answer = self.send(Request { kind, by, method, path, headers, body, most })?;
        json(&ok(again(answer)?)?)
    }

    /// `GET /v1/runs/<run>/<round>/…`: a part of what is kept of a finished round, signed with a
    /// participant's ledger key; no more than the run's parameters can need.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn fetch(
        &self,
        run: &RunId,
        round: u32,
        (part, params): (&Part, &Params),
        by: &Reader<'_>,
    ) -> Result<Vec<u8>, Fault> {
        let chunk_bytes = CHUNK.min(params.dimension()) * params.ring().bytes();
        let (part, most) = match part {
            Part::Digests(party) => (format!("digests/{party}"), params.chunks() * 32),
            Part::Words(chunk) => (format!("words/{chunk}"), params.clients() * chunk_bytes),
            Part::Sum(chunk) => (format!("sum/{chunk}"), PIECE * chunk_bytes),
            Part::Share(role, chunk) => (format!("shares/{role}/{chunk}"), PIECE * chunk_bytes),
        };
        let path = format!("/v1/runs/{run}/{round}/{part}");
        ok(self.send(by.asks_of(run, path, most))?)
    }

    /// `POST /v1/runs/<run>/result`: what this participant computed; answered with the payload of
    /// a `run.close` to be checked and signed.
    ///
    /// # Errors
    /// [`Fault::Gone`] where the run ended without a result; [`Fault::Again`] and
    /// [`Fault::Conflict`] where those who sign may still become others: post it again.
    pub fn result(&self, run: &RunId, result: &RunResult) -> Result<Vec<u8>, Fault> {
        let path = format!("/v1/runs/{run}/result");
        let what = (Kind::RunResult, By::Run(run.clone()));
        let request = json_of(what, path, result, ANSWER_MOST)?;
        let answer = self.held(|| request.clone())?;
        let ToSign { payload } = json(&ok(unchanged(answer)?)?)?;
        STANDARD.decode(payload).map_err(|e| Fault::Own(garbled(&e.to_string())))
    }

    /// `POST /v1/runs/<run>/signature`: answered when the `run.close` was logged.
    ///
    /// # Errors
    /// [`Fault::Again`] and [`Fault::Conflict`] where those who sign are others now: post the
    /// result again. [`Fault::Refused`] where the log refused the `run.close`.
    pub fn signature(&self, run: &RunId, signed: &PayloadSignature) -> Result<Receipts, Fault> {
        let path = format!("/v1/runs/{run}/signature");
        let what = (Kind::RunSignature, By::Run(run.clone()));
        let request = json_of(what, path, signed, receipts_most(1))?;
        let answer = self.held(|| request.clone())?;
        if let (409, Ok(receipts)) = (answer.status, serde_json::from_slice(&answer.body)) {
            return Err(Fault::Refused(receipts));
        }
        json(&ok(unchanged(answer)?)?)
    }

    /// Sends a request whose answer may be held back, as often as it takes: no call is longer than half
    /// a minute, however long a step is. What is sent again says the same, and counts once.
    fn held(&self, request: impl Fn() -> Request) -> Result<Answer, Fault> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let asked = Instant::now();
            let answer = self.send(request())?;
            if answer.status != NOT_YET {
                return Ok(answer);
            }
            // Whoever says so at once is not asked a thousand times a second.
            thread::sleep(BREATH.saturating_sub(asked.elapsed()));
        }
        Err(Fault::Offline("it has held an answer back for a day".to_owned()))
    }
}

/// What a step gave, or where the run is.
fn posted(answer: Answer) -> Result<Posted, Fault> {
    decode_posted(&ok(again(answer)?)?).map_err(|e| Fault::Own(garbled(&e.to_string())))
}
