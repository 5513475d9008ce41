//! The coordinator's HTTP interface as typed, blocking calls.
//!
//! TLS is pinned to one certificate: no public authority can stand in for the coordinator. What
//! the coordinator says is data to be checked; only [`Client::blob`] checks here, by digest. No
//! more of an answer is read than its kind can need.

mod call;
mod fault;
mod lookup;
mod runs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::key_id;
use concordat_terms::{Digest, Problem};
use concordat_tlog::SigningKey;
use concordat_tlog::note::NOTE_BYTES_MAX;
use concordat_tlog::tile::TilePath;
use concordat_wire::api::{
    BLOB_BYTES_MAX, BlobUse, Handed, KEY_HEADER, Receipts, SIGNATURE_HEADER, Submit, Witnesses,
};
use serde::Serialize;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;

use self::call::{ANSWER_MOST, Answer, CALL, Method, Request, call};
pub use self::fault::Fault;
use self::fault::{garbled, json, ok, receipts, some};
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
