//! The coordinator's HTTP interface as typed, blocking calls.
//!
//! TLS is pinned to one certificate: no public authority can stand in for the coordinator. What
//! the coordinator says is data to be checked; only [`Client::blob`] checks here, by digest. No
//! more of an answer is read than its kind can need. A party's requests are in its
//! [ledger](crate::egress) before they are sent.

mod call;
mod fault;
mod lookup;
mod passed;
mod proxy;
mod runs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_learn::adapt;
use concordat_partnership::key_id;
use concordat_terms::{Digest, Problem, RunId, Timestamp};
use concordat_tlog::note::NOTE_BYTES_MAX;
use concordat_tlog::tile::TilePath;
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::api::{
    BLOB_BYTES_MAX, Handed, KEY_HEADER, Receipts, SIGNATURE_HEADER, Submit, Witnesses, blob_message,
};
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;

use self::call::{ANSWER_MOST, Answer, By, CALL, Method, Request, call};
pub use self::fault::Fault;
use self::fault::{garbled, json, ok, receipts, some};
use self::lookup::Lookup;
use self::passed::Passed;
pub use self::proxy::Proxy;
pub use self::runs::Reader;
use crate::address;
use crate::egress::{Authority, Kind, Ledger, Sent, paused};
use crate::home::Home;
use crate::problems::problem;

/// A connection to one coordinator. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    stop: Option<Arc<AtomicBool>>,
    /// Where what is sent is listed before.
    ledger: Option<Ledger>,
    /// What shows the coordinator whose requests these are.
    passed: Option<Passed>,
}

impl Client {
    /// The party's client of its coordinator.
    ///
    /// # Errors
    /// A [`Problem`]: the address, or the certificate.
    pub fn of(home: &Home) -> Result<Self, Problem> {
        let passed = Passed::new(home.config().log, home.keys().ledger.clone());
        let client = Self::to(home, &home.config().coordinator, &home.certificate()?)?;
        Ok(Self { passed: Some(passed), ..client })
    }

    /// The party's client of somebody else that its configuration names.
    ///
    /// # Errors
    /// As [`Client::of`].
    pub fn to(home: &Home, base: &str, certificate: &[u8]) -> Result<Self, Problem> {
        let mut roots = roots_of(certificate)?;
        if let Some(authority) = home.authority()? {
            // Of an inspecting proxy, say: it may stand in for whoever is spoken to.
            roots.extend(roots_of(&authority)?);
        }
        Ok(Self { ledger: Some(Ledger::of(home)), ..Self::trusting(base, roots)? })
    }

    /// A client for who has no party's folder: what it sends is in no ledger. The coordinator is at `base`
    /// (`https://host:port`), and its certificate is the one in `certificate` (PEM), or is signed by it. No
    /// other authority counts.
    ///
    /// # Errors
    /// A [`Problem`]: not an `https` address, or no certificate.
    pub fn new(base: &str, certificate: &[u8]) -> Result<Self, Problem> {
        let base = address::checked(base)?;
        Self::trusting(&base, roots_of(certificate)?)
    }

    fn trusting(base: &str, roots: Vec<Certificate<'static>>) -> Result<Self, Problem> {
        let base = address::checked(base)?;
        let (host, _) = address::parts(&base)?;
        let proxy = Proxy::of_environment(&host)?;
        let tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).build();
        let config = Agent::config_builder()
            .proxy(proxy.map(|proxy| proxy.inner()))
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("concordat-node")
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(CALL));
        let (connector, lookup) = (DefaultConnector::default(), Lookup::default());
        let agent = Agent::with_parts(config.build(), connector, lookup);
        Ok(Self { agent, base, stop: None, ledger: None, passed: None })
    }

    /// The same client, whose calls return [`Fault::Stopped`] soon after `stop` is set, even in
    /// the middle of an answer that the coordinator holds back.
    #[must_use]
    pub fn stopping_with(&self, stop: Arc<AtomicBool>) -> Self {
        Self { stop: Some(stop), ..self.clone() }
    }

    /// By which entry of the log this party takes part in a run: only then does anything of it leave.
    pub(crate) fn authorise(&self, run: &RunId, entry: u64) {
        if let Some(ledger) = &self.ledger {
            ledger.authorise(run, entry);
        }
    }

    /// Whether the party takes part in no run at present.
    pub(crate) fn is_paused(&self) -> bool {
        self.ledger.as_ref().is_some_and(Ledger::is_paused)
    }

    /// What time the coordinator says it has, with the latest checkpoint: for people.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn date(&self) -> Result<Option<Timestamp>, Fault> {
        let answer = self.get(Kind::CheckpointRead, "/checkpoint".to_owned(), NOTE_BYTES_MAX)?;
        let date = answer.date;
        // A log that has not begun has no checkpoint; that says nothing about the clock.
        if answer.status != 404 {
            ok(answer)?;
        }
        Ok(date)
    }

    /// `GET /checkpoint`: the latest, as a signed note with the cosignatures so far.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn checkpoint(&self) -> Result<Vec<u8>, Fault> {
        ok(self.get(Kind::CheckpointRead, "/checkpoint".to_owned(), NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/checkpoint?after=N&wait=S`: a checkpoint of more than `size` entries, as soon as
    /// there is one; none after `wait` seconds (at most 30).
    ///
    /// # Errors
    /// [`Fault`].
    pub fn checkpoint_after(&self, size: u64, wait: u32) -> Result<Option<Vec<u8>>, Fault> {
        let path = format!("/v1/checkpoint?after={size}&wait={wait}");
        some(self.get(Kind::CheckpointRead, path, NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/checkpoint?quorum=1`: the latest that enough witnesses cosigned, if one did.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn quorum_checkpoint(&self) -> Result<Option<Vec<u8>>, Fault> {
        let path = "/v1/checkpoint?quorum=1".to_owned();
        some(self.get(Kind::CheckpointRead, path, NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/checkpoints/<size>`: the smallest that is kept of the older ones that enough witnesses
    /// cosigned, of at least `size` entries; none where none is kept.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn older_checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get(Kind::CheckpointRead, format!("/v1/checkpoints/{size}"), NOTE_BYTES_MAX)?)
    }

    /// `GET /tile/…`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>, Fault> {
        ok(self.get(Kind::TileRead, format!("/{path}"), path.bytes_max())?)
    }

    /// `GET /v1/blobs/<digest>`, signed with a registered ledger key: bytes that have this digest,
    /// or a fault.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn blob(&self, digest: &Digest, by: &Reader<'_>) -> Result<Vec<u8>, Fault> {
        let (what, path) = ((Kind::BlobRead, By::Log), format!("/v1/blobs/{digest}"));
        let bytes = ok(self.send(by.asks(what, path, BLOB_BYTES_MAX))?)?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        Err(Fault::Own(problem(
            "other-blob",
            format!("the coordinator sent other bytes than blob `{}`", digest.short()),
            "ask the operator; another party may send you the blob as well",
        )))
    }

    /// `PUT /v1/blobs/<digest>`, signed with a registered ledger key: a file that a person named. A model
    /// that was fitted to local rows is not sent.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Own`] with the code `local-model`.
    pub fn put_blob(&self, bytes: &[u8], key: &SigningKey) -> Result<Digest, Fault> {
        let headers = signed_by(&blob_message(&Digest::of(bytes)), key);
        self.put((Kind::File, By::Log), bytes, headers)
    }

    /// [`Client::put_blob`] of the model that a run has given.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn put_model(&self, run: &RunId, bytes: &[u8], key: &SigningKey) -> Result<Digest, Fault> {
        let headers = signed_by(&blob_message(&Digest::of(bytes)), key);
        self.put((Kind::Model, By::Run(run.clone())), bytes, headers)
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
        self.put((Kind::File, By::Log), bytes, headers.into())
    }

    fn put(
        &self,
        (kind, by): (Kind, By),
        bytes: &[u8],
        mut headers: Vec<(&'static str, String)>,
    ) -> Result<Digest, Fault> {
        let digest = Digest::of(bytes);
        if adapt::is_local(bytes) {
            // It may say as much of single rows as the rows themselves.
            let what = format!("blob `{}` is a model fitted to local rows", digest.short());
            let hint = "send the model that it was adapted from: this one stays here";
            return Err(Fault::Own(problem("local-model", what, hint)));
        }
        headers.push(("content-type", "application/octet-stream".to_owned()));
        let (path, body) = (format!("/v1/blobs/{digest}"), bytes.to_vec());
        let (method, most) = (Method::Put, ANSWER_MOST);
        ok(self.send(Request { kind, by, method, path, headers, body, most })?)?;
        Ok(digest)
    }

    /// `POST /v1/acts`: logs these envelopes in this order.
    ///
    /// # Errors
    /// [`Fault::Refused`] where a single envelope was logged and refused; of several, the receipts
    /// tell which. [`Fault::Spent`] where too many acts of the party were refused.
    pub fn submit(&self, envelopes: &[Vec<u8>]) -> Result<Receipts, Fault> {
        let by = envelopes.first().map_or(By::Log, |envelope| By::act(envelope));
        receipts(&self.submit_by((Kind::Act, by), submission(envelopes), envelopes.len())?)
    }

    /// [`Client::submit`] of the act by which this party joins a run.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub(crate) fn submit_join(&self, envelope: &[u8]) -> Result<Receipts, Fault> {
        let (what, body) = ((Kind::RunJoin, By::act(envelope)), submission(&[envelope.to_vec()]));
        receipts(&self.submit_by(what, body, 1)?)
    }

    /// [`Client::submit`] of what [`submission`] made of so many envelopes; the answer as it came.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub fn submit_body(&self, body: Vec<u8>, envelopes: usize) -> Result<Vec<u8>, Fault> {
        self.submit_by((Kind::Act, By::Log), body, envelopes)
    }

    fn submit_by(
        &self,
        what: (Kind, By),
        body: Vec<u8>,
        envelopes: usize,
    ) -> Result<Vec<u8>, Fault> {
        let (path, most) = ("/v1/acts".to_owned(), receipts_most(envelopes));
        let answer = self.post(what, path, "application/json", body, most)?;
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
        let (what, by) = (Kind::ActRelayed, By::act(envelope));
        let submit = Submit { envelopes: vec![STANDARD.encode(envelope)] };
        let request = json_of((what, by), "/v1/acts".to_owned(), &submit, ANSWER_MOST)?;
        let answer = self.send(request)?;
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
        let (path, what) = ("/v1/ignored".to_owned(), (Kind::ActHandedIn, By::act(envelope)));
        json(&ok(self.post(what, path, "application/json", envelope.to_vec(), ANSWER_MOST)?)?)
    }

    /// `GET /v1/ignored/<act>` of another party's node: why it waits no longer for an act that was handed in
    /// there, signed by the log; none as long as it waits, or where the act was logged.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn freed_by(&self, act: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get(Kind::HandedInRead, format!("/v1/ignored/{act}"), NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/proofs/<index>`: the proof that an entry is in the log (C2SP tlog-proof); none where the
    /// log does not reach so far.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn proof(&self, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        some(self.get(Kind::ProofRead, format!("/v1/proofs/{index}"), NOTE_BYTES_MAX)?)
    }

    /// `GET /v1/witnesses`: who has cosigned what, by the coordinator's word; for people.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn witnesses(&self) -> Result<Witnesses, Fault> {
        json(&ok(self.get(Kind::WitnessRead, "/v1/witnesses".to_owned(), ANSWER_MOST)?)?)
    }

    /// `GET /<hash of the origin>/checkpoint` of a witness: what it cosigned last of a log, if anything.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn witnessed(&self, origin: &str) -> Result<Option<Vec<u8>>, Fault> {
        let origin = Digest::of(origin.as_bytes());
        some(self.get(Kind::WitnessRead, format!("/{origin}/checkpoint"), NOTE_BYTES_MAX)?)
    }

    /// `POST /v1/cosigners`: by which further keys a party cosigns.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn introduce(&self, envelope: &[u8]) -> Result<(), Fault> {
        let (path, what) = ("/v1/cosigners".to_owned(), (Kind::CosignerKeys, By::Log));
        ok(self.post(what, path, "application/json", envelope.to_vec(), ANSWER_MOST)?)?;
        Ok(())
    }

    /// `POST /v1/cosignatures`: a signed note with this witness's line.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn cosign(&self, note: &[u8]) -> Result<(), Fault> {
        let (path, content) = ("/v1/cosignatures".to_owned(), "text/plain; charset=utf-8");
        let what = (Kind::Cosignature, By::Log);
        ok(self.post(what, path, content, note.to_vec(), ANSWER_MOST)?)?;
        Ok(())
    }

    fn get(&self, kind: Kind, path: String, most: usize) -> Result<Answer, Fault> {
        self.get_by((kind, By::Log), path, most)
    }

    fn get_by(&self, (kind, by): (Kind, By), path: String, most: usize) -> Result<Answer, Fault> {
        let (method, headers, body) = (Method::Get, Vec::new(), Vec::new());
        self.send(Request { kind, by, method, path, headers, body, most })
    }

    fn post(
        &self,
        (kind, by): (Kind, By),
        path: String,
        content: &str,
        body: Vec<u8>,
        most: usize,
    ) -> Result<Answer, Fault> {
        let (method, headers) = (Method::Post, vec![("content-type", content.to_owned())]);
        self.send(Request { kind, by, method, path, headers, body, most })
    }

    /// Puts a request into the ledger: what is not there is not sent.
    fn list(&self, request: &Request) -> Result<(), Fault> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        let Request { kind, by, path, body, .. } = request;
        let by = match by {
            By::Log => ledger.by_log(),
            By::Act(id) => Authority::Act(*id),
            By::Run(run) => match ledger.by_run(run) {
                Some(by) => by,
                None if kind.takes_part() => return Err(not_joined(*kind, run).into()),
                None => ledger.by_log(),
            },
        };
        let (to, path) = (self.base.clone(), path.clone());
        let (bytes, digest) = (body.len() as u64, Digest::of(body));
        Ok(ledger.sending(Sent { kind: *kind, to, path, bytes, digest, by })?)
    }

    /// The one way out: whatever a party sends to anybody passes here.
    fn send(&self, mut request: Request) -> Result<Answer, Fault> {
        self.list(&request)?;
        request.headers.extend(self.passed.as_ref().and_then(Passed::header));
        let (agent, base) = (self.agent.clone(), self.base.clone());
        let Some(stop) = &self.stop else {
            return call(&agent, &base, request);
        };

        // An answer may be held back for long, and a blocking read cannot be called off: the call
        // is made aside, and left alone when the node stops or is paused.
        let takes_part = request.kind.takes_part();
        let (done, answer) = sync_channel(1);
        thread::spawn(move || {
            // Nobody may be listening any more.
            let _ = done.send(call(&agent, &base, request));
        });
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Fault::Stopped);
            }
            if takes_part && self.is_paused() {
                return Err(paused().into());
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
fn octets((kind, run): (Kind, &RunId), path: String, body: Vec<u8>, most: usize) -> Request {
    let headers = vec![("content-type", "application/octet-stream".to_owned())];
    Request { kind, by: By::Run(run.clone()), method: Method::Post, path, headers, body, most }
}

fn json_of<T: Serialize>(
    (kind, by): (Kind, By),
    path: String,
    body: &T,
    most: usize,
) -> Result<Request, Fault> {
    let body = serde_json::to_vec(body).map_err(|e| Fault::Own(garbled(&e.to_string())))?;
    let headers = vec![("content-type", "application/json".to_owned())];
    Ok(Request { kind, by, method: Method::Post, path, headers, body, most })
}

fn not_joined(kind: Kind, run: &RunId) -> Problem {
    problem(
        "egress-unauthorised",
        format!("a {kind} of `{run}` does not leave: this node has not joined the run"),
        "report this: nothing was sent",
    )
}

/// The id of the act in an envelope.
pub(crate) fn id_of(envelope: &[u8]) -> Digest {
    let parsed = Envelope::parse(envelope);
    parsed.map_or_else(|_| Digest::of(envelope), |envelope| Digest::of(envelope.payload()))
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

/// What lets a registered key read something, or leave a blob.
fn signed_by(message: &[u8], key: &SigningKey) -> Vec<(&'static str, String)> {
    let id = key_id(&key.public().to_string()).map(|id| id.to_string()).unwrap_or_default();
    let signed = STANDARD.encode(key.sign(message));
    vec![(KEY_HEADER, id), (SIGNATURE_HEADER, signed)]
}

/// The certificates in a text in PEM; what else is in it counts for nothing.
pub(crate) fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    roots_in(pem).map(|root| CertificateDer::from(root.der().to_vec())).collect()
}

fn roots_in(pem: &[u8]) -> impl Iterator<Item = Certificate<'static>> {
    parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    })
}

fn roots_of(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Problem> {
    let roots: Vec<_> = roots_in(pem).collect();
    if roots.is_empty() {
        return Err(problem(
            "bad-certificate",
            "what is to be trusted is not a certificate in PEM",
            "copy `tls/cert.pem` from the coordinator's operator, or the authority's own certificate",
        ));
    }
    Ok(roots)
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
