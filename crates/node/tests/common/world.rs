//! A coordinator over TLS with a founded log, six parties' homes, and nodes on threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use concordat_coordinator::{Coordinator, Running};
use concordat_data::band;
use concordat_learn::Recipe;
use concordat_node::client::{Client, Reader};
use concordat_node::follow::Follower;
use concordat_node::home::{Config, Dataset, Home, NodeConfig};
use concordat_node::now;
use concordat_node::plan::{CODE, calibrated};
use concordat_node::work::{Event, Node};
use concordat_partnership::Act;
use concordat_partnership::act::{
    CodeApproval, DatasetRegister, ModuleEnter, ModuleSign, MotionExecute, MotionPropose,
    MotionVote, OneModule, OneProject, PlaceRegister, ProjectCharter, RunPropose, Vote,
};
use concordat_terms::{Digest, Problem};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::encode;

use super::story::{HOSPITALS, genesis, id_of, key, one_run, texts};
use super::{party, recipe, table, wish};

pub const PARTIES: [&str; 6] = ["alder", "birch", "cypress", "dogwood", "vendor", "lab"];

/// A coordinator with a founded log, and each party's home and desk.
pub struct World {
    pub dir: tempfile::TempDir,
    running: Option<Running>,
    pub homes: BTreeMap<&'static str, Home>,
    pub desks: BTreeMap<&'static str, Follower>,
    /// The modules' texts.
    texts: BTreeMap<&'static str, String>,
    pub data: Data,
    /// What rows are listed for, and the project is for.
    pub purposes: Vec<&'static str>,
}

/// What is trained on, and how.
#[derive(Clone, Copy)]
pub struct Data {
    /// By hospital.
    pub table: fn(&str) -> Vec<u8>,
    pub recipe: fn() -> Recipe,
}

/// The heart tables, and the short recipe.
const HEART: Data = Data { table, recipe };

impl World {
    /// What the coordinator gives this party for a digest.
    pub fn blob(&self, name: &str, digest: &Digest) -> Vec<u8> {
        let log = self.homes[name].config().log;
        let key = key(name);
        self.desks[name].client().blob(digest, &Reader::new(log, &key)).unwrap()
    }

    pub fn founded() -> Self {
        Self::founded_on(texts(), |_| {})
    }

    /// A log of parties that mean to sign these texts, and a coordinator that waits as `bend` says.
    pub fn founded_on(
        texts: BTreeMap<&'static str, String>,
        bend: impl FnOnce(&mut concordat_coordinator::Config),
    ) -> Self {
        Self::founded_over(HEART, texts, bend)
    }

    /// [`World::founded_on`] with other data.
    pub fn founded_over(
        data: Data,
        texts: BTreeMap<&'static str, String>,
        bend: impl FnOnce(&mut concordat_coordinator::Config),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let served = dir.path().join("coordinator");
        let prepared = concordat_coordinator::Home::prepare(&served).unwrap();
        let seed = std::fs::read_to_string(served.join("keys/sequencer.key")).unwrap();
        let mut bytes = [0; 32];
        hex::decode_to_slice(seed.trim(), &mut bytes).unwrap();
        let sequencer = SigningKey::from_seed(&bytes);
        let mut genesis = genesis();
        (genesis.time, genesis.sequencer) = (now(), prepared.sequencer);
        genesis.modules = texts.values().map(|text| Digest::of(text.as_bytes())).collect();
        let payload = encode(None, &Act::Genesis(genesis)).unwrap();
        let mut keys: Vec<(String, SigningKey)> =
            PARTIES.iter().map(|name| (id_of(name).to_string(), key(name))).collect();
        let id = concordat_partnership::key_id(&sequencer.public().to_string()).unwrap();
        keys.push((id.to_string(), sequencer));
        let keys: Vec<(&str, &SigningKey)> = keys.iter().map(|(i, k)| (i.as_str(), k)).collect();
        let envelope = Envelope::sign(&payload, &keys).unwrap();
        std::fs::write(served.join("genesis.dsse"), envelope.to_bytes()).unwrap();
        let mut config = concordat_coordinator::Config::new(&served);
        bend(&mut config);
        let running = Coordinator::start(config).unwrap();

        let log = Digest::of(&payload);
        let home = |name: &&'static str| {
            let table = if HOSPITALS.contains(name) { (data.table)(name) } else { Vec::new() };
            (*name, home(&dir.path().join(name), (name, &table[..]), log, &running))
        };
        let homes: BTreeMap<_, _> = PARTIES.iter().map(home).collect();
        let desk = |(name, home): (&&'static str, &Home)| {
            let pem = home.certificate().unwrap();
            let client = Client::new(&home.config().coordinator, &pem).unwrap();
            let follower = Follower::open_in(home, client, home.dir().join("desk")).unwrap();
            (*name, follower)
        };
        let desks = homes.iter().map(desk).collect();
        let purposes = vec!["cardiac-risk"];
        Self { dir, running: Some(running), homes, desks, texts, data, purposes }
    }

    /// The coordinator stops, and another one goes on where it was, at the same address.
    pub fn restart(&mut self) {
        let before = self.running.take().unwrap();
        let listen = Some(before.addr);
        before.stop();
        let mut config = concordat_coordinator::Config::new(self.dir.path().join("coordinator"));
        config.listen = listen;
        self.running = Some(Coordinator::start(config).unwrap());
    }

    /// The coordinator stops for good.
    pub fn stop(&mut self) {
        self.running.take().unwrap().stop();
    }

    pub fn does(&mut self, name: &str, seat: &str, act: Act) {
        let desk = self.desks.get_mut(name).unwrap();
        desk.catch_up().unwrap();
        let receipts = desk.submit(&seat.parse().unwrap(), &act);
        let receipts = receipts.unwrap_or_else(|fault| panic!("{}", fault.problem()));
        assert!(receipts.receipts[0].admitted);
    }

    /// The agreement in force, rows listed, code approved, a project open.
    pub fn made_ready(&mut self) {
        let texts = self.texts.clone();
        let modules: std::collections::BTreeSet<Digest> =
            texts.values().map(|text| Digest::of(text.as_bytes())).collect();
        for text in texts.into_values() {
            let module = self.desks["vendor"].client().put_blob(text.as_bytes(), &key("vendor"));
            let module = module.unwrap();
            self.does("vendor", "signatory", Act::ModulePropose(OneModule { module }));
            for name in PARTIES {
                let sign = ModuleSign::of(module, &modules, Digest([7; 32]));
                self.does(name, "signatory", Act::ModuleSign(sign));
            }
        }
        self.does("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules }));
        for name in HOSPITALS {
            let place = "ward".parse().unwrap();
            let place = PlaceRegister { place, class: 2, jurisdiction: "CH".parse().unwrap() };
            self.does(name, "data-holder", Act::PlaceRegister(place));
            let listed = DatasetRegister {
                asset: "heart-rows".parse().unwrap(),
                version: self.version(name),
                place: "ward".parse().unwrap(),
                rows_band: band(self.rows(name)),
                purposes: self.purposes.iter().map(|purpose| purpose.parse().unwrap()).collect(),
            };
            self.does(name, "data-holder", Act::DatasetRegister(listed));
            let code = CodeApproval::of(CODE, "heart-rows".parse().unwrap());
            self.does(name, "data-holder", Act::CodeApprove(code));
        }
        let charter = ProjectCharter {
            project: "risk".parse().unwrap(),
            charter: Digest::of(b"charter"),
            objective: "governance/better-risk-estimates".parse().unwrap(),
            assets: ["heart-rows".parse().unwrap(), "risk-model".parse().unwrap()].into(),
            purposes: self.purposes.iter().map(|purpose| purpose.parse().unwrap()).collect(),
        };
        self.does("vendor", "trainer", Act::ProjectCharter(charter));
        let motion: concordat_terms::MotionId = "open-risk".parse().unwrap();
        let (body, decision) = (
            "council".parse().unwrap(),
            Act::ProjectOpen(OneProject { project: "risk".parse().unwrap() }),
        );
        let propose = MotionPropose::of(motion.clone(), body, decision);
        self.does("alder", "council-member", Act::MotionPropose(propose));
        for name in HOSPITALS {
            let vote = MotionVote { motion: motion.clone(), vote: Vote::For };
            self.does(name, "council-member", Act::MotionVote(vote));
        }
        self.does("alder", "council-member", Act::MotionExecute(MotionExecute { motion }));
    }

    /// How many a hospital has.
    fn rows(&self, name: &str) -> usize {
        (self.data.table)(name).iter().filter(|byte| **byte == b'\n').count() - 1
    }

    fn version(&self, name: &str) -> Digest {
        let home = &self.homes[name];
        // What becomes of the source from here on is nothing to a run.
        std::fs::write(home.dir().join("rows.csv"), "changed since\n").unwrap();
        home.freeze(&"heart-rows".parse().unwrap(), &(self.data.table)(name)).unwrap()
    }

    /// Opens a run of four rounds that spends less than half of the budget.
    pub fn open_run(&mut self, run: &str) {
        self.open_run_of(run, None);
    }

    /// [`World::open_run`] with as many retries as are asked for.
    pub fn open_run_of(&mut self, run: &str, retries: Option<u32>) {
        let mut wish = wish();
        wish.retries = retries;
        wish.datasets = HOSPITALS.iter().map(|h| (party(h), self.version(h))).collect();
        let desk = &self.desks["vendor"];
        let (mut plan, bytes) =
            calibrated(desk.state().agreement(), &wish, &(self.data.recipe)()).unwrap();
        plan.noise = "16".parse().unwrap();
        desk.client().put_blob(&bytes, &key("vendor")).unwrap();
        let propose = RunPropose { run: run.parse().unwrap(), plan };
        self.does("vendor", "trainer", Act::RunPropose(propose));
        for name in ["alder", "birch", "cypress"] {
            self.does(name, "data-holder", Act::RunApprove(one_run(run)));
        }
        self.does("vendor", "trainer", Act::RunOpen(one_run(run)));
    }
}

fn home(dir: &Path, (name, table): (&str, &[u8]), log: Digest, running: &Running) -> Home {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(dir.join("keys")).unwrap();
    for (file, key) in [("ledger.key", key(name)), ("witness.key", key(&format!("{name} witness")))]
    {
        let path = dir.join("keys").join(file);
        std::fs::write(&path, hex::encode(*key.to_seed())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::write(dir.join("coordinator.pem"), &running.certificate_pem).unwrap();
    let mut datasets = BTreeMap::new();
    if HOSPITALS.contains(&name) {
        std::fs::write(dir.join("rows.csv"), table).unwrap();
        datasets.insert("heart-rows".parse().unwrap(), Dataset::table("rows.csv"));
    }
    let config = Config {
        party: party(name),
        log,
        coordinator: format!("https://127.0.0.1:{}", running.addr.port()),
        certificate: "coordinator.pem".into(),
        datasets,
        node: NodeConfig { join: true, ..NodeConfig::default() },
        witnesses: BTreeMap::new(),
    };
    Home::create(dir, config).unwrap()
}

/// A node on threads of its own.
pub struct At {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), Problem>>,
}

pub type Told = (&'static str, Event);

impl At {
    pub fn start(home: &Home, name: &'static str, tell: Sender<Told>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (home, stopping) = (home.clone(), stop.clone());
        let tell = std::sync::Mutex::new(tell);
        let thread = thread::spawn(move || {
            Node::run(&home, stopping, |event| {
                tell.lock().unwrap().send((name, event)).ok();
            })
        });
        Self { stop, thread }
    }

    /// Stops within a second.
    pub fn stop(self) {
        let at = Instant::now();
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap().unwrap();
        assert!(at.elapsed() < Duration::from_secs(1), "{:?}", at.elapsed());
    }
}

/// The next event that fits, within a minute; all that came before it.
pub fn until<T: std::fmt::Debug>(events: &Receiver<T>, fits: impl Fn(&T) -> bool) -> Vec<T> {
    let mut seen = Vec::new();
    loop {
        match events.recv_timeout(Duration::from_secs(60)) {
            Ok(told) => {
                let found = fits(&told);
                seen.push(told);
                if found {
                    return seen;
                }
            }
            Err(e) => panic!("{e} after {seen:#?}"),
        }
    }
}
