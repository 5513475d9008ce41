//! The coordinator's HTTP interface as typed, blocking calls.
//!
//! TLS is pinned to one certificate: no public authority can stand in for the coordinator. What
//! the coordinator says is data to be checked; only [`Client::blob`] checks here, by digest. No
//! more of an answer is read than its kind can need.

mod call;
mod fault;
mod lookup;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::key_id;
use concordat_secagg::three::{self, Posted, Role, Speaker};
use concordat_secagg::{CHUNK, FromClient, Params};
use concordat_terms::{Digest, PartyId, Problem, RunId};
use concordat_tlog::SigningKey;
use concordat_tlog::note::NOTE_BYTES_MAX;
use concordat_tlog::tile::TilePath;
use concordat_wire::api::{
    Arrived, Attempt, BLOB_BYTES_MAX, BlobUse, Handed, KEY_HEADER, PIECE, Part, PayloadSignature,
    Progress, Receipts, RunResult, SIGNATURE_HEADER, Submit, ToSign, Witnesses, words_message,
};
use concordat_wire::round::{
    Announcement, ToClient, decode_posted, decode_to_client, encode_announced, encode_from_client,
    encode_three, posted_bytes_max, to_client_bytes_max,
};
use serde::Serialize;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;

use self::call::{ANSWER_MOST, Answer, CALL, Method, Request, call};
pub use self::fault::Fault;
use self::fault::{again, garbled, json, ok, receipts, some, unchanged};
use self::lookup::Lookup;
use crate::address;
use crate::problems::problem;

/// A connection to one coordinator. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    stop: Option<Arc<AtomicBool>>,
}

impl Client {
    /// A client of the coordinator at `base` (`https://host:port`) whose certificate is the one in
    /// `certificate` (PEM), or is signed by it. No other authority counts.
    ///
    /// # Errors
    /// A [`Problem`]: not an `https` address, or no certificate.
    pub fn new(base: &str, certificate: &[u8]) -> Result<Self, Problem> {
        let base = address::checked(base)?;
        let roots: Vec<_> = parse_pem(certificate)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if roots.is_empty() {
            return Err(problem(
                "bad-certificate",
                "the coordinator's certificate is not a certificate in PEM",
                "copy `tls/cert.pem` from the coordinator's operator",
            ));
        }
        let tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).build();
        let mut config = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("concordat-node")
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(CALL));
        if is_local(&base) {
            config = config.proxy(None);
        }
        let (connector, lookup) = (DefaultConnector::default(), Lookup::default());
        let agent = Agent::with_parts(config.build(), connector, lookup);
        Ok(Self { agent, base, stop: None })
    }

    /// The same client, whose calls return [`Fault::Stopped`] soon after `stop` is set, even in
    /// the middle of an answer that the coordinator holds back.
    #[must_use]
    pub fn stopping_with(&self, stop: Arc<AtomicBool>) -> Self {
        Self { stop: Some(stop), ..self.clone() }
    }

    /// `GET /checkpoint`: the latest, as a signed note with the cosignatures so far.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn checkpoint(&self) -> Result<Vec<u8>, Fault> {
        ok(self.get("/checkpoint".to_owned(), NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/checkpoint?after=N&wait=S`: a checkpoint of more than `size` entries, as soon as
    /// there is one; none after `wait` seconds (at most 30).
    ///
    /// # Errors
    /// [`Fault`].
    pub fn checkpoint_after(&self, size: u64, wait: u32) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get(format!("/v1/checkpoint?after={size}&wait={wait}"), NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/checkpoint?quorum=1`: the latest that enough witnesses cosigned, if one did.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn quorum_checkpoint(&self) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get("/v1/checkpoint?quorum=1".to_owned(), NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/checkpoints/<size>`: the smallest that is kept of the older ones that enough witnesses
    /// cosigned, of at least `size` entries; none where none is kept.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn older_checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get(format!("/v1/checkpoints/{size}"), NOTE_BYTES_MAX)?)
    }

    /// `GET /tile/…`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>, Fault> {
        ok(self.get(format!("/{path}"), path.bytes_max())?)
    }

    /// `GET /v1/blobs/<digest>`, signed with a registered ledger key: bytes that have this digest,
    /// or a fault.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn blob(&self, digest: &Digest, key: &SigningKey) -> Result<Vec<u8>, Fault> {
        let headers = signed_headers(BlobUse::Read, digest, key);
        let (path, body) = (format!("/v1/blobs/{digest}"), Vec::new());
        let request = Request { method: Method::Get, path, headers, body, most: BLOB_BYTES_MAX };
        let bytes = ok(self.send(request)?)?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        Err(Fault::Own(problem(
            "other-blob",
            format!("the coordinator sent other bytes than blob `{}`", digest.short()),
            "ask the operator; another party may send you the blob as well",
        )))
    }

    /// `PUT /v1/blobs/<digest>`, signed with a registered ledger key.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn put_blob(&self, bytes: &[u8], key: &SigningKey) -> Result<Digest, Fault> {
        self.put(bytes, signed_headers(BlobUse::Write, &Digest::of(bytes), key))
    }

    /// [`Client::put_blob`] in the name of a key whose signature (base64) somebody hands over.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn put_signed_blob(
        &self,
        bytes: &[u8],
        key: &str,
        signature: &str,
    ) -> Result<Digest, Fault> {
        let headers = [(KEY_HEADER, key.to_owned()), (SIGNATURE_HEADER, signature.to_owned())];
        self.put(bytes, headers.into())
    }

    fn put(&self, bytes: &[u8], mut headers: Vec<(&'static str, String)>) -> Result<Digest, Fault> {
        let digest = Digest::of(bytes);
        headers.push(("content-type", "application/octet-stream".to_owned()));
        let (path, body) = (format!("/v1/blobs/{digest}"), bytes.to_vec());
        let request = Request { method: Method::Put, path, headers, body, most: ANSWER_MOST };
        ok(self.send(request)?)?;
        Ok(digest)
    }

    /// `POST /v1/acts`: logs these envelopes in this order.
    ///
    /// # Errors
    /// [`Fault::Refused`] where a single envelope was logged and refused; of several, the receipts
    /// tell which. [`Fault::Spent`] where too many acts of the party were refused.
    pub fn submit(&self, envelopes: &[Vec<u8>]) -> Result<Receipts, Fault> {
        receipts(&self.submit_body(submission(envelopes), envelopes.len())?)
    }

    /// [`Client::submit`] of what [`submission`] made of so many envelopes; the answer as it came.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub fn submit_body(&self, body: Vec<u8>, envelopes: usize) -> Result<Vec<u8>, Fault> {
        let most = receipts_most(envelopes);
        let answer = self.post("/v1/acts".to_owned(), "application/json", body, most)?;
        if answer.status == 409 {
            return Err(Fault::Refused(receipts(&answer.body)?));
        }
        if let (429, Some(word)) = (answer.status, answer.word.clone()) {
            return Err(match ok(answer) {
                Err(Fault::Said(said)) => Fault::Spent(said, word),
                Err(fault) => fault,
                Ok(_) => Fault::Own(garbled("a status that is none")),
            });
        }
        ok(answer)
    }

    /// `POST /v1/acts` of an act that is somebody else's: whether it is logged.
    ///
    /// # Errors
    /// [`Fault::Offline`] and [`Fault::Stopped`]; what the coordinator says is an answer.
    pub fn relay(&self, envelope: &[u8]) -> Result<Relayed, Fault> {
        let envelopes = vec![STANDARD.encode(envelope)];
        let answer = self.post_json("/v1/acts".to_owned(), &Submit { envelopes }, ANSWER_MOST)?;
        match (answer.status, &answer.word) {
            (200 | 409, _) => Ok(Relayed::Taken),
            (429, Some(word)) => Ok(Relayed::Spent(word.clone())),
            _ => match ok(answer) {
                Err(Fault::Said(problem) | Fault::Gone(problem)) => Ok(Relayed::Turned(problem)),
                Err(fault) => Err(fault),
                Ok(_) => Ok(Relayed::Taken),
            },
        }
    }

    /// `POST /v1/ignored` of another party's node: hands in an act that the coordinator does not take.
    ///
    /// # Errors
    /// [`Fault`]: the node does not take it in either.
    pub fn hand_in(&self, envelope: &[u8]) -> Result<Handed, Fault> {
        let path = "/v1/ignored".to_owned();
        json(&ok(self.post(path, "application/json", envelope.to_vec(), ANSWER_MOST)?)?)
    }

    /// `GET /v1/proofs/<index>`: the proof that an entry is in the log (C2SP tlog-proof); none where the
    /// log does not reach so far.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn proof(&self, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get(format!("/v1/proofs/{index}"), NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/witnesses`: who has cosigned what, by the coordinator's word; for people.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn witnesses(&self) -> Result<Witnesses, Fault> {
        json(&ok(self.get("/v1/witnesses".to_owned(), ANSWER_MOST)?)?)
    }

    /// `GET /<hash of the origin>/checkpoint` of a witness: what it cosigned last of a log, if anything.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn witnessed(&self, origin: &str) -> Result<Option<Vec<u8>>, Fault> {
        let origin = Digest::of(origin.as_bytes());
        some(self.get(format!("/{origin}/checkpoint"), NOTE_BYTES_MAX)?)
    }

    /// `POST /v1/cosigners`: by which further keys a party cosigns.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn introduce(&self, envelope: &[u8]) -> Result<(), Fault> {
        let path = "/v1/cosigners".to_owned();
        ok(self.post(path, "application/json", envelope.to_vec(), ANSWER_MOST)?)?;
        Ok(())
    }

    /// `POST /v1/cosignatures`: a signed note with this witness's line.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn cosign(&self, note: &[u8]) -> Result<(), Fault> {
        let (path, content) = ("/v1/cosignatures".to_owned(), "text/plain; charset=utf-8");
        ok(self.post(path, content, note.to_vec(), ANSWER_MOST)?)?;
        Ok(())
    }

    /// `GET /v1/runs/<run>`: how a run goes; for people.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn progress(&self, run: &RunId) -> Result<Progress, Fault> {
        json(&ok(self.get(format!("/v1/runs/{run}"), ANSWER_MOST)?)?)
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
        let (message, most) = (encode_from_client(message), to_client_bytes_max(params));
        let answer = self.held(octets(path, message, most))?;
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
        let answer = self.get(path, ANSWER_MOST)?;
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
        posted(self.held(octets(path, encode_three(message), most))?)
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
        (params, key): (&Params, &SigningKey),
    ) -> Result<Posted, Fault> {
        let role = role.map_or_else(String::new, |role| format!("/{role}"));
        let path = format!("/v1/runs/{run}/{round}/{attempt}/steps/{step}{role}");
        let headers = signed_by(&words_message(run, round), key);
        let (method, body, most) = (Method::Get, Vec::new(), posted_bytes_max(params));
        posted(self.held(Request { method, path, headers, body, most })?)
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
        (params, key): (&Params, &SigningKey),
    ) -> Result<Vec<u8>, Fault> {
        let path = format!("/v1/runs/{run}/{round}/{attempt}/uploads/{party}/{chunk}");
        let headers = signed_by(&words_message(run, round), key);
        let most = PIECE * CHUNK.min(params.dimension()) * params.ring().bytes();
        let (method, body) = (Method::Get, Vec::new());
        ok(again(self.send(Request { method, path, headers, body, most })?)?)
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
        let body = encode_announced(announced);
        json(&ok(again(self.post(path, "application/octet-stream", body, ANSWER_MOST)?)?)?)
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
        let by = match by {
            Speaker::Contributor(party) => format!("uploads/{party}"),
            Speaker::Aggregator(role) => format!("shares/{role}"),
        };
        let path = format!("/v1/runs/{run}/{round}/{attempt}/{by}/{chunk}");
        let headers = vec![("content-type", "application/octet-stream".to_owned())];
        let (method, body) = (Method::Put, piece);
        let answer = self.send(Request { method, path, headers, body, most: ANSWER_MOST })?;
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
        key: &SigningKey,
    ) -> Result<Vec<u8>, Fault> {
        let chunk_bytes = CHUNK.min(params.dimension()) * params.ring().bytes();
        let (part, most) = match part {
            Part::Digests(party) => (format!("digests/{party}"), params.chunks() * 32),
            Part::Words(chunk) => (format!("words/{chunk}"), params.clients() * chunk_bytes),
            Part::Sum(chunk) => (format!("sum/{chunk}"), PIECE * chunk_bytes),
            Part::Share(role, chunk) => (format!("shares/{role}/{chunk}"), PIECE * chunk_bytes),
        };
        let path = format!("/v1/runs/{run}/{round}/{part}");
        let headers = signed_by(&words_message(run, round), key);
        let (method, body) = (Method::Get, Vec::new());
        ok(self.send(Request { method, path, headers, body, most })?)
    }

    /// `POST /v1/runs/<run>/result`: what this participant computed; answered with the payload of
    /// a `run.close` to be checked and signed.
    ///
    /// # Errors
    /// [`Fault::Gone`] where the run ended without a result; [`Fault::Again`] and
    /// [`Fault::Conflict`] where those who sign may still become others: post it again.
    pub fn result(&self, run: &RunId, result: &RunResult) -> Result<Vec<u8>, Fault> {
        let path = format!("/v1/runs/{run}/result");
        let answer = self.held(json_of(path, result, ANSWER_MOST)?)?;
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
        let answer = self.held(json_of(path, signed, receipts_most(1))?)?;
        if let (409, Ok(receipts)) = (answer.status, serde_json::from_slice(&answer.body)) {
            return Err(Fault::Refused(receipts));
        }
        json(&ok(unchanged(answer)?)?)
    }

    fn get(&self, path: String, most: usize) -> Result<Answer, Fault> {
        let (headers, body) = (Vec::new(), Vec::new());
        self.send(Request { method: Method::Get, path, headers, body, most })
    }

    fn post(
        &self,
        path: String,
        content: &str,
        body: Vec<u8>,
        most: usize,
    ) -> Result<Answer, Fault> {
        let headers = vec![("content-type", content.to_owned())];
        self.send(Request { method: Method::Post, path, headers, body, most })
    }

    fn post_json<T: Serialize>(
        &self,
        path: String,
        body: &T,
        most: usize,
    ) -> Result<Answer, Fault> {
        self.send(json_of(path, body, most)?)
    }

    /// Sends a request whose answer may be held back, as often as it takes: no call is longer than half
    /// a minute, however long a step is. What is sent again is the same, and counts once.
    fn held(&self, request: Request) -> Result<Answer, Fault> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let asked = Instant::now();
            let answer = self.send(request.clone())?;
            if answer.status != NOT_YET {
                return Ok(answer);
            }
            // Whoever says so at once is not asked a thousand times a second.
            thread::sleep(BREATH.saturating_sub(asked.elapsed()));
        }
        Err(Fault::Offline("it has held an answer back for a day".to_owned()))
    }

    fn send(&self, request: Request) -> Result<Answer, Fault> {
        let (agent, base) = (self.agent.clone(), self.base.clone());
        let Some(stop) = &self.stop else {
            return call(&agent, &base, request);
        };

        // An answer may be held back for long, and a blocking read cannot be called off: the call
        // is made aside, and left alone when the node stops.
        let (done, answer) = sync_channel(1);
        thread::spawn(move || {
            // Nobody may be listening any more.
            let _ = done.send(call(&agent, &base, request));
        });
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Fault::Stopped);
            }
            match answer.recv_timeout(Duration::from_millis(20)) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Fault::Offline("the call was lost".to_owned()));
                }
            }
        }
    }
}

/// Nothing is known yet: the same is to be asked again.
const NOT_YET: u16 = 204;
/// How soon, at the earliest.
const BREATH: Duration = Duration::from_millis(20);
/// How long in all.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// `POST` of a run's message.
fn octets(path: String, body: Vec<u8>, most: usize) -> Request {
    let headers = vec![("content-type", "application/octet-stream".to_owned())];
    Request { method: Method::Post, path, headers, body, most }
}

fn json_of<T: Serialize>(path: String, body: &T, most: usize) -> Result<Request, Fault> {
    let body = serde_json::to_vec(body).map_err(|e| Fault::Own(garbled(&e.to_string())))?;
    let headers = vec![("content-type", "application/json".to_owned())];
    Ok(Request { method: Method::Post, path, headers, body, most })
}

/// What the coordinator makes of an act that another party hands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// It is logged, or was.
    Taken,
    /// It is not, since too much of its party was refused: what the log's key says of that.
    Spent(Vec<u8>),
    /// It is not, for another reason.
    Turned(Problem),
}

/// The body of `POST /v1/acts` with these envelopes.
pub fn submission(envelopes: &[Vec<u8>]) -> Vec<u8> {
    let envelopes: Vec<_> = envelopes.iter().map(|bytes| STANDARD.encode(bytes)).collect();
    // Texts cannot fail to be written.
    serde_json::to_vec(&Submit { envelopes }).unwrap_or_default()
}

/// What a step gave, or where the run is.
fn posted(answer: Answer) -> Result<Posted, Fault> {
    decode_posted(&ok(again(answer)?)?).map_err(|e| Fault::Own(garbled(&e.to_string())))
}

/// The receipts of so many envelopes, most of them short.
fn receipts_most(envelopes: usize) -> usize {
    envelopes.saturating_mul(16 << 10).saturating_add(ANSWER_MOST)
}

/// What lets a registered key read a blob, or leave one.
fn signed_headers(asks: BlobUse, digest: &Digest, key: &SigningKey) -> Vec<(&'static str, String)> {
    signed_by(&asks.message(digest), key)
}

fn signed_by(message: &[u8], key: &SigningKey) -> Vec<(&'static str, String)> {
    let id = key_id(&key.public().to_string()).map(|id| id.to_string()).unwrap_or_default();
    let signed = STANDARD.encode(key.sign(message));
    vec![(KEY_HEADER, id), (SIGNATURE_HEADER, signed)]
}

fn is_local(base: &str) -> bool {
    ["https://127.0.0.1", "https://localhost", "https://[::1]"]
        .iter()
        .any(|local| base.starts_with(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pinned_https_coordinator_is_spoken_to() {
        assert_eq!(Client::new("http://127.0.0.1:1", b"").unwrap_err().code, "bad-address");
        assert_eq!(Client::new("https://127.0.0.1:1", b"x").unwrap_err().code, "bad-certificate");
    }
}
