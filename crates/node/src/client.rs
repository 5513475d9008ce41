//! The coordinator's HTTP interface as typed, blocking calls.
//!
//! TLS is pinned to one certificate: no public authority can stand in for the coordinator. What
//! the coordinator says is data to be checked; only [`Client::blob`] checks here, by digest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::key_id;
use concordat_secagg::FromClient;
use concordat_terms::{Digest, Problem, RunId};
use concordat_tlog::SigningKey;
use concordat_tlog::tile::TilePath;
use concordat_wire::api::{
    Again, BlobUse, KEY_HEADER, PayloadSignature, Progress, Receipts, RunResult, SIGNATURE_HEADER,
    Submit, ToSign,
};
use concordat_wire::round::{ToClient, decode_to_client, encode_from_client};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::address;
use crate::problems::{of_coordinator, of_its_own, problem};

/// Why a call gave no answer. The variants ask different things of the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The act was logged and refused; the receipts say why.
    #[error("the act was refused")]
    Refused(Receipts),
    /// The attempt ended without a sum: start the one named, with fresh keys and noise.
    #[error("attempt {} of round {} is to be made: {}", .0.attempt, .0.round, .0.reason)]
    Again(Again),
    /// What was posted does not fit what the coordinator holds now; that may change.
    #[error("{}", .0.what)]
    Conflict(Problem),
    /// The run is over.
    #[error("{}", .0.what)]
    Gone(Problem),
    /// Nobody answered, or the connection broke.
    #[error("the coordinator does not answer: {0}")]
    Offline(String),
    /// Whatever else the coordinator answered.
    #[error("{}", .0.what)]
    Http(Problem),
    /// The node is stopping: nobody waits for an answer any more.
    #[error("the node is stopping")]
    Stopped,
}

impl Fault {
    /// The fault for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(receipts) => receipts
                .receipts
                .iter()
                .find_map(|receipt| receipt.problem.clone())
                .unwrap_or_else(|| problem("refused", self.to_string(), "ask `why`")),
            Self::Conflict(inner) | Self::Gone(inner) | Self::Http(inner) => inner.clone(),
            Self::Again(_) => problem("again", self.to_string(), "start that attempt"),
            Self::Offline(_) => problem(
                "coordinator-offline",
                self.to_string(),
                "check address and certificate of the coordinator, and that it runs",
            ),
            Self::Stopped => problem("stopped", self.to_string(), "start the node again"),
        }
    }
}

/// A connection to one coordinator. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    stop: Option<Arc<AtomicBool>>,
}

/// What came back.
struct Answer {
    status: u16,
    body: Vec<u8>,
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
        Ok(Self { agent: config.build().new_agent(), base, stop: None })
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
        ok(self.get("/checkpoint")?)
    }

    /// `GET /v1/checkpoint?after=N&wait=S`: a checkpoint of more than `size` entries, as soon as
    /// there is one; none after `wait` seconds (at most 30).
    ///
    /// # Errors
    /// [`Fault`].
    pub fn checkpoint_after(&self, size: u64, wait: u32) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get(&format!("/v1/checkpoint?after={size}&wait={wait}"))?)
    }

    /// `GET /v1/checkpoint?quorum=1`: the latest that enough witnesses cosigned, if one did.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn quorum_checkpoint(&self) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get("/v1/checkpoint?quorum=1")?)
    }

    /// `GET /tile/…`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>, Fault> {
        ok(self.get(&format!("/{path}"))?)
    }

    /// `GET /v1/blobs/<digest>`, signed with a registered ledger key: bytes that have this digest,
    /// or a fault.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn blob(&self, digest: &Digest, key: &SigningKey) -> Result<Vec<u8>, Fault> {
        let headers = signed_headers(BlobUse::Read, digest, key);
        let path = format!("/v1/blobs/{digest}");
        let bytes = ok(self.send(Method::Get, &path, headers, Vec::new())?)?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        Err(Fault::Http(problem(
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
        let digest = Digest::of(bytes);
        let mut headers = signed_headers(BlobUse::Write, &digest, key);
        headers.push(("content-type", "application/octet-stream".to_owned()));
        ok(self.send(Method::Put, &format!("/v1/blobs/{digest}"), headers, bytes.to_vec())?)?;
        Ok(digest)
    }

    /// `POST /v1/acts`: logs these envelopes in this order.
    ///
    /// # Errors
    /// [`Fault::Refused`] where a single envelope was logged and refused; of several, the receipts
    /// tell which.
    pub fn submit(&self, envelopes: &[Vec<u8>]) -> Result<Receipts, Fault> {
        let envelopes = envelopes.iter().map(|bytes| STANDARD.encode(bytes)).collect();
        let answer = self.post_json("/v1/acts", &Submit { envelopes })?;
        if answer.status == 409 {
            return Err(Fault::Refused(receipts(&answer.body)?));
        }
        receipts(&ok(answer)?)
    }

    /// `POST /v1/cosignatures`: a signed note with this witness's line.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn cosign(&self, note: &[u8]) -> Result<(), Fault> {
        let headers = vec![("content-type", "text/plain; charset=utf-8".to_owned())];
        ok(self.send(Method::Post, "/v1/cosignatures", headers, note.to_vec())?)?;
        Ok(())
    }

    /// `GET /v1/runs/<run>`: how a run goes; for people.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn progress(&self, run: &RunId) -> Result<Progress, Fault> {
        json(&ok(self.get(&format!("/v1/runs/{run}"))?)?)
    }

    /// `POST /v1/runs/<run>/<round>/<attempt>`: one message of a round; answered when its step
    /// closes.
    ///
    /// # Errors
    /// [`Fault::Again`] where the attempt is over; [`Fault::Gone`] where the run is.
    pub fn exchange(
        &self,
        run: &RunId,
        round: u32,
        attempt: u32,
        message: &FromClient,
    ) -> Result<ToClient, Fault> {
        let headers = vec![("content-type", "application/octet-stream".to_owned())];
        let path = format!("/v1/runs/{run}/{round}/{attempt}");
        let answer = self.send(Method::Post, &path, headers, encode_from_client(message))?;
        decode_to_client(&ok(again(answer)?)?).map_err(|e| Fault::Http(garbled(&e.to_string())))
    }

    /// `POST /v1/runs/<run>/result`: what this participant computed; answered with the payload of
    /// a `run.close` to be checked and signed.
    ///
    /// # Errors
    /// [`Fault::Gone`] where the run ended without a result; [`Fault::Again`] and
    /// [`Fault::Conflict`] where those who sign may still become others: post it again.
    pub fn result(&self, run: &RunId, result: &RunResult) -> Result<Vec<u8>, Fault> {
        let answer = self.post_json(&format!("/v1/runs/{run}/result"), result)?;
        let ToSign { payload } = json(&ok(unchanged(answer)?)?)?;
        STANDARD.decode(payload).map_err(|e| Fault::Http(garbled(&e.to_string())))
    }

    /// `POST /v1/runs/<run>/signature`: answered when the `run.close` was logged.
    ///
    /// # Errors
    /// [`Fault::Again`] and [`Fault::Conflict`] where those who sign are others now: post the
    /// result again. [`Fault::Refused`] where the log refused the `run.close`.
    pub fn signature(&self, run: &RunId, signed: &PayloadSignature) -> Result<Receipts, Fault> {
        let answer = self.post_json(&format!("/v1/runs/{run}/signature"), signed)?;
        if let (409, Ok(receipts)) = (answer.status, serde_json::from_slice(&answer.body)) {
            return Err(Fault::Refused(receipts));
        }
        json(&ok(unchanged(answer)?)?)
    }

    fn get(&self, path: &str) -> Result<Answer, Fault> {
        self.send(Method::Get, path, Vec::new(), Vec::new())
    }

    fn post_json<T: Serialize>(&self, path: &str, body: &T) -> Result<Answer, Fault> {
        let bytes = serde_json::to_vec(body).map_err(|e| Fault::Http(garbled(&e.to_string())))?;
        let headers = vec![("content-type", "application/json".to_owned())];
        self.send(Method::Post, path, headers, bytes)
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<Answer, Fault> {
        let (agent, url) = (self.agent.clone(), format!("{}{path}", self.base));
        let Some(stop) = &self.stop else {
            return call(&agent, method, &url, headers, &body);
        };

        // An answer may be held back for long, and a blocking read cannot be called off: the call
        // is made aside, and left alone when the node stops.
        let (done, answer) = sync_channel(1);
        thread::spawn(move || {
            // Nobody may be listening any more.
            let _ = done.send(call(&agent, method, &url, headers, &body));
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

/// The longest call: an answer is held back for at most 30 seconds, or while a step is open.
const CALL: Duration = Duration::from_secs(90);

/// The largest answer: a transcript of a large model.
const ANSWER_MOST: u64 = 1 << 30;

#[derive(Clone, Copy)]
enum Method {
    Get,
    Post,
    Put,
}

fn call(
    agent: &Agent,
    method: Method,
    url: &str,
    headers: Vec<(&'static str, String)>,
    body: &[u8],
) -> Result<Answer, Fault> {
    let sent = match method {
        Method::Get => with(agent.get(url), headers).call(),
        Method::Post => with(agent.post(url), headers).send(body),
        Method::Put => with(agent.put(url), headers).send(body),
    };
    let offline = |e: ureq::Error| Fault::Offline(e.to_string());
    let mut answer = sent.map_err(offline)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(ANSWER_MOST).read_to_vec().map_err(offline)?;
    Ok(Answer { status, body })
}

/// What lets a registered key read a blob, or leave one.
fn signed_headers(asks: BlobUse, digest: &Digest, key: &SigningKey) -> Vec<(&'static str, String)> {
    let id = key_id(&key.public().to_string()).map(|id| id.to_string()).unwrap_or_default();
    let signed = STANDARD.encode(key.sign(&asks.message(digest)));
    vec![(KEY_HEADER, id), (SIGNATURE_HEADER, signed)]
}

fn with<B>(
    request: ureq::RequestBuilder<B>,
    headers: Vec<(&'static str, String)>,
) -> ureq::RequestBuilder<B> {
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

fn ok(answer: Answer) -> Result<Vec<u8>, Fault> {
    match answer.status {
        200..=299 => Ok(answer.body),
        410 => Err(Fault::Gone(problem_of(&answer))),
        // Whoever stands before the coordinator says that it is not there.
        502..=504 => Err(Fault::Offline(format!("HTTP status {}", answer.status))),
        _ => Err(Fault::Http(problem_of(&answer))),
    }
}

/// A conflict that names another attempt is not a problem; any other conflict is one.
fn again(answer: Answer) -> Result<Answer, Fault> {
    match serde_json::from_slice(&answer.body) {
        Ok(named) if answer.status == 409 => Err(Fault::Again(named)),
        _ => Ok(answer),
    }
}

/// Any conflict about a result passes when those who sign become others.
fn unchanged(answer: Answer) -> Result<Answer, Fault> {
    let answer = again(answer)?;
    if answer.status == 409 { Err(Fault::Conflict(problem_of(&answer))) } else { Ok(answer) }
}

fn some(answer: Answer) -> Result<Option<Vec<u8>>, Fault> {
    if matches!(answer.status, 204 | 404) { Ok(None) } else { ok(answer).map(Some) }
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|e| Fault::Http(garbled(&e.to_string())))
}

/// Receipts, and in them what the coordinator says of refusals.
fn receipts(bytes: &[u8]) -> Result<Receipts, Fault> {
    let mut receipts: Receipts = json(bytes)?;
    for receipt in &mut receipts.receipts {
        receipt.problem = receipt.problem.take().map(of_coordinator);
    }
    Ok(receipts)
}

/// The problem in a body of type `application/problem+json`, or one that names the status.
fn problem_of(answer: &Answer) -> Problem {
    serde_json::from_slice(&answer.body).map(of_its_own).unwrap_or_else(|_| {
        problem(
            "http-status",
            format!("the coordinator answered with HTTP status {}", answer.status),
            "ask its operator to look at its log",
        )
    })
}

fn garbled(why: &str) -> Problem {
    problem(
        "garbled-answer",
        format!("the coordinator's answer cannot be read: {why}"),
        "check that both run the same release",
    )
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

    #[test]
    fn answers_are_sorted_by_what_the_caller_must_do() {
        let answer = |status, body: &str| Answer { status, body: body.as_bytes().to_vec() };
        let problem = r#"{"code":"run-over","what":"w","hint":"h","see":"s"}"#;
        assert!(matches!(ok(answer(410, problem)), Err(Fault::Gone(p)) if p.code == "run-over"));
        assert!(matches!(ok(answer(422, problem)), Err(Fault::Http(p)) if p.code == "run-over"));
        assert!(
            matches!(ok(answer(500, "<html>")), Err(Fault::Http(p)) if p.code == "http-status")
        );
        assert!(matches!(ok(answer(503, "")), Err(Fault::Offline(_))));
        assert_eq!(some(answer(204, "")), Ok(None));
        assert_eq!(some(answer(200, "x")), Ok(Some(b"x".to_vec())));
    }
}
