//! A partnership on loopback: the heart agreement, six parties with keys, and a plain client.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::panic, clippy::disallowed_methods, unreachable_pub)]

pub mod participant;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_coordinator::{Config, Coordinator, Home, Running, Timing, Wait};
use concordat_partnership::act::*;
use concordat_partnership::{Act, key_id};
use concordat_replay::RULES;
use concordat_terms::{Digest, PartyId, Timestamp};
use concordat_tlog::cosign::cosign;
use concordat_tlog::tile::{self, Level, decode_entries};
use concordat_tlog::{Checkpoint, Envelope, Note, SigningKey, Vkey, vkey};
use concordat_wire::act::{decode, encode};
use concordat_wire::api::{Receipt, Receipts, Submit, WORD_HEADER, blob_message, fetch_message};
use concordat_wire::pass::{PASS_HEADER, Pass};
use tempfile::TempDir;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

pub const PARTIES: [&str; 6] = ["alder", "birch", "cypress", "dogwood", "lab", "vendor"];
pub const HOLDERS: [&str; 4] = ["alder", "birch", "cypress", "dogwood"];
pub const ORIGIN: &str = "heart.example/log";
/// 2027-01-01T00:00:00Z.
pub const START: u64 = 1_798_761_600;

pub const MODULES: [(&str, &str); 5] = [
    ("parties", include_str!("../../../../examples/heart/parties.md")),
    ("governance", include_str!("../../../../examples/heart/governance.md")),
    ("data-use", include_str!("../../../../examples/heart/data-use.md")),
    ("protocol", include_str!("../../../../examples/heart/protocol.md")),
    ("release", include_str!("../../../../examples/heart/release.md")),
];

pub fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

pub fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(format!("ledger {name}").as_bytes()).as_bytes())
}

pub fn witness_key(name: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(format!("witness {name}").as_bytes()).as_bytes())
}

pub fn id_of(key: &SigningKey) -> String {
    key_id(&key.public().to_string()).unwrap().to_string()
}

/// Longer than a busy machine needs: whoever is dropped is dropped because a test says so.
pub fn patient() -> Timing {
    let long = Duration::from_secs(120);
    Timing {
        enough_wait: long,
        join_wait: long,
        step: long,
        result: long,
        resume_window: long,
        resume_wait: long,
        hold: long,
    }
}

/// Time passes as soon as such a wait is for these parties alone.
pub fn without(
    silent: &'static [&'static str],
    at: impl Fn(Wait) -> bool + Send + Sync + 'static,
) -> impl FnOnce(&mut Config) {
    let silent: BTreeSet<_> = silent.iter().map(|name| party(name)).collect();
    let overdue = move |wait, awaited: &BTreeSet<_>| at(wait) && *awaited == silent;
    |config| config.for_tests.overdue = Some(Arc::new(overdue))
}

/// One answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// What the log's key has signed of it.
    pub word: Option<Vec<u8>>,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// Speaks HTTPS to one coordinator whose certificate it pins.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    pass: Option<String>,
    /// The log that it means, and the clock by which its requests end.
    of: Option<(Digest, Arc<AtomicU64>)>,
}

impl Client {
    pub fn new(addr: SocketAddr, certificate: &str) -> Self {
        let roots: Vec<_> = parse_pem(certificate.as_bytes())
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(60)));
        Self {
            agent: config.build().new_agent(),
            base: format!("https://127.0.0.1:{}", addr.port()),
            pass: None,
            of: None,
        }
    }

    /// The same for requests to this log, by this clock.
    pub fn of(self, log: Digest, clock: &Arc<AtomicU64>) -> Self {
        Self { of: Some((log, clock.clone())), ..self }
    }

    /// The same with a pass of this party's key, for a log, that counts until then.
    pub fn passing(&self, log: Digest, name: &str, until: Timestamp) -> Self {
        let pass = Pass::seal(log, until, &key(name)).unwrap().to_string();
        Self { pass: Some(pass), ..self.clone() }
    }

    fn with_pass<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.pass {
            Some(pass) => request.header(PASS_HEADER, pass),
            None => request,
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        answer(self.with_pass(self.agent.get(format!("{}{path}", self.base))).call().unwrap())
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.try_post(path, body).unwrap()
    }

    pub fn try_post(&self, path: &str, body: &[u8]) -> Result<Answer, ureq::Error> {
        read(self.with_pass(self.agent.post(format!("{}{path}", self.base))).send(body)?)
    }

    pub fn post_json(&self, path: &str, body: &impl serde::Serialize) -> Answer {
        self.post(path, &serde_json::to_vec(body).unwrap())
    }

    pub fn put_blob(&self, bytes: &[u8], key: &SigningKey) -> Answer {
        let digest = Digest::of(bytes);
        let signature = key.sign(&blob_message(&digest));
        self.put(&digest.to_string(), bytes, &id_of(key), &STANDARD.encode(signature))
    }

    pub fn blob(&self, digest: &Digest, key: &SigningKey) -> Answer {
        let (log, clock) = self.of.as_ref().unwrap();
        let until = Timestamp::from_seconds(clock.load(Ordering::SeqCst) + 600).unwrap();
        let path = format!("/v1/blobs/{digest}");
        self.get_signed(&path, key, (&fetch_message(*log, &path, until), until))
    }

    pub fn put(&self, digest: &str, bytes: &[u8], key: &str, signature: &str) -> Answer {
        let request = self.agent.put(format!("{}/v1/blobs/{digest}", self.base));
        let request = request.header("concordat-key", key).header("concordat-signature", signature);
        answer(request.send(bytes).unwrap())
    }

    pub fn put_bytes(&self, path: &str, bytes: &[u8]) -> Answer {
        answer(self.with_pass(self.agent.put(format!("{}{path}", self.base))).send(bytes).unwrap())
    }

    /// A request that this key signs by this text, and that says until when it counts.
    pub fn get_signed(
        &self,
        path: &str,
        key: &SigningKey,
        (text, until): (&[u8], Timestamp),
    ) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = request.header("concordat-key", id_of(key));
        let request = request.header("concordat-until", until.to_string());
        let signature = STANDARD.encode(key.sign(text));
        answer(request.header("concordat-signature", signature).call().unwrap())
    }

    pub fn submit(&self, envelopes: &[Vec<u8>]) -> Answer {
        self.try_submit(envelopes).unwrap()
    }

    pub fn try_submit(&self, envelopes: &[Vec<u8>]) -> Result<Answer, ureq::Error> {
        let envelopes = envelopes.iter().map(|e| STANDARD.encode(e)).collect();
        self.try_post("/v1/acts", &serde_json::to_vec(&Submit { envelopes }).unwrap())
    }

    pub fn checkpoint(&self) -> (Checkpoint, Note) {
        let answer = self.get("/checkpoint");
        assert_eq!(answer.status, 200);
        let note = Note::parse(&answer.body).unwrap();
        (Checkpoint::parse(note.text()).unwrap(), note)
    }
}

fn answer(response: ureq::http::Response<ureq::Body>) -> Answer {
    read(response).unwrap()
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let word = response.headers().get(WORD_HEADER).map(|word| STANDARD.decode(word).unwrap());
    let body = response.body_mut().with_config().limit(1 << 30).read_to_vec()?;
    Ok(Answer { status, body, word })
}

/// A coordinator, its home, its clock, and the parties' keys.
pub struct World {
    pub dir: TempDir,
    pub clock: Arc<AtomicU64>,
    pub timing: Timing,
    pub running: Option<Running>,
    pub client: Client,
    pub log: Digest,
    nonce: AtomicU64,
}

impl World {
    /// A founded log, and nothing else in it.
    pub fn founded() -> Self {
        Self::founded_with(patient(), |_| {})
    }

    pub fn founded_with(timing: Timing, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::prepare(dir.path()).unwrap();
        let genesis = genesis(dir.path(), &home.sequencer);
        let log = Digest::of(genesis.payload());
        std::fs::write(dir.path().join("genesis.dsse"), genesis.to_bytes()).unwrap();
        let clock = Arc::new(AtomicU64::new(START));
        let mut config = config(dir.path(), &clock, timing);
        change(&mut config);
        let running = Coordinator::start(config).unwrap();
        let client = Client::new(running.addr, &running.certificate_pem).of(log, &clock);
        let nonce = AtomicU64::new(1);
        Self { dir, clock, timing, running: Some(running), client, log, nonce }
    }

    /// With the heart agreement in force.
    pub fn in_force() -> Self {
        Self::in_force_with(|_| {})
    }

    pub fn in_force_with(change: impl FnOnce(&mut Config)) -> Self {
        let world = Self::founded_with(patient(), change);
        world.enter();
        world
    }

    pub fn enter(&self) {
        let digests: BTreeSet<Digest> =
            MODULES.iter().map(|(_, text)| Digest::of(text.as_bytes())).collect();
        for (_, text) in MODULES {
            assert_eq!(self.client.put_blob(text.as_bytes(), &key("vendor")).status, 204);
            let module = Digest::of(text.as_bytes());
            self.does("vendor", "signatory", Act::ModulePropose(OneModule { module }));
            for name in PARTIES {
                let sign = ModuleSign::of(module, &digests, Digest([7; 32]));
                self.does(name, "signatory", Act::ModuleSign(sign));
            }
        }
        self.does("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules: digests }));
    }

    /// Stops the coordinator and starts it again from its home.
    pub fn restart(&mut self) {
        self.restart_with(|_| {});
    }

    pub fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        self.running.take().unwrap().stop();
        self.start_with(change);
    }

    /// Starts the coordinator from its home.
    pub fn start(&mut self) {
        self.start_with(|_| {});
    }

    pub fn start_with(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = config(self.dir.path(), &self.clock, self.timing);
        change(&mut config);
        let running = Coordinator::start(config).unwrap();
        self.client = Client::new(running.addr, &running.certificate_pem).of(self.log, &self.clock);
        self.running = Some(running);
    }

    /// From its next start on, the log of its home is in the database at this address.
    pub fn kept_in(&self, store: &str) {
        let text = format!("listen = \"127.0.0.1:0\"\nstore = \"{store}\"\nblobs = \"blobs\"\n");
        std::fs::write(self.dir.path().join("concordat.toml"), text).unwrap();
    }

    pub fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    /// An envelope of an act, as of the latest checkpoint.
    pub fn envelope(&self, name: &str, seat: &str, act: &Act) -> Vec<u8> {
        let (checkpoint, _) = self.client.checkpoint();
        let key = key(name);
        let header = Header {
            log: self.log,
            signers: vec![Signer {
                seat: seat.parse().unwrap(),
                key: id_of(&key).parse().unwrap(),
            }],
            nonce: format!("{:032x}", self.nonce.fetch_add(1, Ordering::SeqCst)),
            seen: Seen { size: checkpoint.size, root: checkpoint.root },
            expires_at: self.now().plus("P1D".parse().unwrap()),
            attached: None,
        };
        let payload = encode(Some(&header), act).unwrap();
        Envelope::sign(&payload, &[(&id_of(&key), &key)]).unwrap().to_bytes()
    }

    /// Does an act that many sign together, each for a seat, and that is admitted.
    pub fn all_do(&self, signers: &[(&str, &str)], act: &Act) {
        let (checkpoint, _) = self.client.checkpoint();
        let keys: Vec<_> = signers.iter().map(|(name, _)| key(name)).collect();
        let ids: Vec<String> = keys.iter().map(id_of).collect();
        let signer = |((_, seat), id): (&(&str, &str), &String)| Signer {
            seat: seat.parse().unwrap(),
            key: id.parse().unwrap(),
        };
        let header = Header {
            log: self.log,
            signers: signers.iter().zip(&ids).map(signer).collect(),
            nonce: format!("{:032x}", self.nonce.fetch_add(1, Ordering::SeqCst)),
            seen: Seen { size: checkpoint.size, root: checkpoint.root },
            expires_at: self.now().plus("P1D".parse().unwrap()),
            attached: None,
        };
        let payload = encode(Some(&header), act).unwrap();
        let with: Vec<(&str, &SigningKey)> = ids.iter().map(String::as_str).zip(&keys).collect();
        let envelope = Envelope::sign(&payload, &with).unwrap().to_bytes();
        let receipt = only(&self.client.submit(&[envelope]));
        assert!(receipt.admitted, "{:?} {:?}", act.name(), receipt.problem);
    }

    /// Does an act that is admitted.
    pub fn does(&self, name: &str, seat: &str, act: Act) -> Receipt {
        let answer = self.client.submit(&[self.envelope(name, seat, &act)]);
        let receipt = only(&answer);
        assert!(receipt.admitted, "{name}: {:?} {:?}", act.name(), receipt.problem);
        assert_eq!(answer.status, 200);
        receipt
    }

    /// Tries an act that is refused, and gives the refusal's code.
    pub fn tries(&self, name: &str, seat: &str, act: Act) -> String {
        let answer = self.client.submit(&[self.envelope(name, seat, &act)]);
        assert_eq!(answer.status, 409, "{}", answer.text());
        only(&answer).problem.unwrap().code
    }

    /// Whom the abort of a run names, as the log has it.
    pub fn named(&self, run: &str) -> BTreeSet<PartyId> {
        let acts = entries(&self.client).into_iter().map(|entry| {
            let payload = Envelope::parse(&entry).unwrap().payload().to_vec();
            decode(&payload).unwrap().act
        });
        let mut aborts = acts.filter_map(|act| match act {
            Act::RunAbort(abort) if abort.run.as_str() == run => Some(abort.named),
            _ => None,
        });
        aborts.next().unwrap()
    }

    /// The log's key.
    pub fn log_key(&self) -> Vkey {
        let sequencer = Home::prepare(self.dir.path()).unwrap().sequencer;
        Vkey::new(ORIGIN, vkey::Key::Log(sequencer.parse().unwrap())).unwrap()
    }

    /// The latest checkpoint with this witness' line alone.
    pub fn cosigned(&self, name: &str) -> Note {
        let (_, note) = self.client.checkpoint();
        let line = cosign(&format!("{ORIGIN}/{name}"), &witness_key(name), self.now(), note.text())
            .unwrap();
        Note::new(note.text().to_owned(), vec![line]).unwrap()
    }
}

/// All entries, by the tiles of the latest checkpoint.
pub fn entries(client: &Client) -> Vec<Vec<u8>> {
    let (checkpoint, _) = client.checkpoint();
    let mut entries = Vec::new();
    for path in tile::paths(checkpoint.size) {
        if path.level() == Level::Entries {
            let answer = client.get(&format!("/{path}"));
            assert_eq!(answer.status, 200, "{path}");
            let bundle = decode_entries(&answer.body, path.width()).unwrap();
            entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
        }
    }
    entries
}

pub fn only(answer: &Answer) -> Receipt {
    let Receipts { receipts, .. } =
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", answer.text()));
    assert_eq!(receipts.len(), 1);
    receipts.into_iter().next().unwrap()
}

pub fn config(dir: &Path, clock: &Arc<AtomicU64>, timing: Timing) -> Config {
    let clock = clock.clone();
    let mut config = Config::new(dir);
    config.clock = Arc::new(move || Timestamp::from_seconds(clock.load(Ordering::SeqCst)).unwrap());
    config.timing = timing;
    config
}

fn genesis(dir: &Path, sequencer: &str) -> Envelope {
    let founder = |name: &str| {
        let (key, witness) = (key(name).public(), witness_key(name).public());
        Founder::of(key.to_string(), witness.to_string())
    };
    let parties: BTreeMap<_, _> = PARTIES.iter().map(|name| (party(name), founder(name))).collect();
    let genesis = Genesis {
        origin: ORIGIN.to_owned(),
        rules: *RULES,
        time: Timestamp::from_seconds(START).unwrap(),
        sequencer: sequencer.to_owned(),
        parties,
        policy: WitnessPolicy {
            witnesses: PARTIES[..5].iter().map(|name| party(name)).collect(),
            quorum: 4,
        },
        modules: MODULES.iter().map(|(_, text)| Digest::of(text.as_bytes())).collect(),
    };
    let payload = encode(None, &Act::Genesis(genesis)).unwrap();
    let seed = std::fs::read_to_string(dir.join("keys/sequencer.key")).unwrap();
    let mut bytes = [0; 32];
    hex::decode_to_slice(seed, &mut bytes).unwrap();
    let sequencer = SigningKey::from_seed(&bytes);
    let keys: Vec<(String, SigningKey)> = PARTIES
        .iter()
        .map(|name| key(name))
        .chain([sequencer])
        .map(|key| (id_of(&key), key))
        .collect();
    let keys: Vec<(&str, &SigningKey)> = keys.iter().map(|(id, key)| (id.as_str(), key)).collect();
    Envelope::sign(&payload, &keys).unwrap()
}
