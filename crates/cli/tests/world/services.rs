//! A partnership that is ready for another run: the pilot's folder, its services under our hand.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use concordat_cli::refold::refold;
use concordat_node::client::Client;
use concordat_partnership::RunStatus;
use concordat_replay::Replica;
use concordat_terms::PartyId;
use concordat_tlog::Checkpoint;
use concordat_wire::api::Progress;
use serde_json::Value;
use tempfile::TempDir;

use super::{answer, answer_with, concordat, example, files, shown};

pub(crate) const HOLDERS: [&str; 4] = ["alder", "birch", "cypress", "dogwood"];
pub(crate) const NODES: [&str; 5] = ["alder", "birch", "cypress", "dogwood", "lab"];
pub(crate) const RUN: &str = "again";

/// A process of the binary; it ends at the latest when this is dropped.
pub(crate) struct Service {
    child: Child,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Service {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// [`Service::start`] in an environment that says this, too.
    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_concordat"))
            .args(arguments)
            .args(["--json", "--until-input-ends"])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (told, output) = (Arc::new(Mutex::new(Vec::new())), child.stdout.take().unwrap());
        let tell = told.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                tell.lock().unwrap().extend(serde_json::from_str::<Value>(&line));
            }
        });
        Self { child, told }
    }

    /// What it has reported so far.
    pub(crate) fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap().clone()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// `kill -STOP` or `-CONT`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Looks until something is there, for a minute at most.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "waited too long until {what}");
        thread::park_timeout(Duration::from_millis(2));
    }
}

/// A partnership whose first run is closed, in a folder and on a port of its own.
pub(crate) struct World {
    temp: TempDir,
    pub(crate) coordinator: Option<Service>,
    pub(crate) nodes: BTreeMap<&'static str, Service>,
    port: u16,
}

impl World {
    /// A copy of a finished pilot, with budget for more and all services running.
    pub(crate) fn ready() -> Self {
        let mut world = Self::at_rest();
        world.start_coordinator();
        for party in NODES {
            world.start_node(party);
        }
        world
    }

    /// The same, with nothing running.
    pub(crate) fn at_rest() -> Self {
        static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
        Self::copied(TEMPLATE.get_or_init(template).path())
    }

    fn copied(from: &Path) -> Self {
        let temp = tempfile::tempdir().unwrap();
        for path in files(from).into_keys() {
            let to = temp.path().join(path.strip_prefix(from).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            // With its mode: keys are private.
            fs::copy(&path, to).unwrap();
        }
        let port = super::port::free_port();
        // Longer than anybody who lives takes on a machine that has much else to do.
        let listen = format!(
            "listen = \"127.0.0.1:{port}\"\njoin_within = \"PT60S\"\nstep_within = \"PT25S\"\n"
        );
        fs::write(temp.path().join("coordinator/concordat.toml"), listen).unwrap();
        for party in HOLDERS.iter().chain(&["vendor", "lab"]) {
            let path = temp.path().join(party).join("concordat.toml");
            let text = fs::read_to_string(&path).unwrap();
            let url = format!("coordinator = \"https://127.0.0.1:{port}\"");
            let line = |line: &str| {
                let own = line.starts_with("coordinator = ");
                (if own { url.clone() } else { line.to_owned() }) + "\n"
            };
            fs::write(&path, text.lines().map(line).collect::<String>()).unwrap();
        }
        Self { temp, coordinator: None, nodes: BTreeMap::new(), port }
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    pub(crate) fn home(&self, party: &str) -> String {
        shown(&self.temp.path().join(party))
    }

    pub(crate) fn start_coordinator(&mut self) {
        let service = Service::start(&["serve", "--home", &self.home("coordinator")]);
        until("the coordinator listens", || service.told().into_iter().next());
        self.coordinator = Some(service);
    }

    pub(crate) fn kill_coordinator(&mut self) {
        self.coordinator.take().unwrap().kill();
    }

    pub(crate) fn start_node(&mut self, party: &'static str) {
        let service = Service::start(&["node", "--home", &self.home(party)]);
        self.nodes.insert(party, service);
    }

    /// [`World::start_node`] in an environment that says this, too.
    pub(crate) fn start_node_with(&mut self, party: &'static str, variables: &[(&str, &str)]) {
        let service = Service::start_with(&["node", "--home", &self.home(party)], variables);
        self.nodes.insert(party, service);
    }

    /// Where the coordinator listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The acts that lead to an open run, each the command line of the party that does it.
    pub(crate) fn acts(&self) -> Vec<Vec<String>> {
        let plan = shown(&self.temp.path().join("agreement/again.toml"));
        let run = format!("{{\"run\":\"{RUN}\"}}");
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let home = |party: &str| self.home(party);
        let mut acts: Vec<Vec<String>> =
            vec![owned(&["run", "propose", &plan, "--seat", "trainer", "--home", &home("vendor")])];
        for party in &HOLDERS[..3] {
            let words = ["act", "run.approve", &run, "--seat", "data-holder", "--home"];
            acts.push(owned(&[&words[..], &[&home(party)]].concat()));
        }
        let words = ["act", "run.open", &run, "--seat", "trainer", "--home"];
        acts.push(owned(&[&words[..], &[&home("vendor")]].concat()));
        acts
    }

    pub(crate) fn open_run(&self) {
        self.open_run_with(&[]);
    }

    /// The same, with these variables in the environment of each command.
    pub(crate) fn open_run_with(&self, variables: &[(&str, &str)]) {
        for act in self.acts() {
            answer_with(&act.iter().map(String::as_str).collect::<Vec<_>>(), variables);
        }
    }

    fn client(&self) -> Client {
        let pem = fs::read(self.temp.path().join("coordinator/tls/cert.pem")).unwrap();
        Client::new(&format!("https://127.0.0.1:{}", self.port), &pem).unwrap()
    }

    /// How many entries the coordinator's log has.
    pub(crate) fn size(&self) -> u64 {
        Checkpoint::stated_size(&self.client().checkpoint().unwrap()).unwrap()
    }

    /// How the run's rounds go, while the coordinator knows.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.client().progress(&RUN.parse().unwrap()).ok()
    }

    /// Stops a node's process at a moment when the others wait for it in this step.
    ///
    /// The process stands still, and the step with it, until somebody lets it go on.
    pub(crate) fn hold(&self, party: &str, step: &str) -> Progress {
        let (client, run) = (self.client(), RUN.parse().unwrap());
        let node = &self.nodes[party];
        until(&format!("`{party}` is awaited in `{step}`"), || {
            let now = client.progress(&run).ok()?;
            assert!(now.step != "closed", "the run was over before `{step}` was met");
            if now.round == 0 {
                return None;
            }
            node.signal("-STOP");
            // What stands still for a while waits for the one that was stopped.
            let (mut still, mut last) = (0, None);
            let held = until("the run stands still", || {
                let now = client.progress(&run).ok();
                let same = now.is_some() && now == last;
                still = if same { still + 1 } else { 0 };
                last = now;
                if still >= 12 { last.clone() } else { None }
            });
            if held.step == step {
                return Some(held);
            }
            assert_ne!(held.step, "signing", "the run was over before `{step}` was met");
            node.signal("-CONT");
            None
        })
    }

    /// Waits, as one party, until its own fold says that the run is over: its status.
    pub(crate) fn ended(&self) -> Value {
        let output = concordat(&["run", "watch", RUN, "--home", &self.home("vendor"), "--json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let last = text.lines().next_back().unwrap_or_default();
        let last: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{text:?}"));
        last
    }

    /// The log that a party exports once a quorum of witnesses has seen the run's end, verified
    /// by the binary and folded again.
    pub(crate) fn archived(&self, party: &str) -> Replica {
        let archive = self.temp.path().join("archive-of-the-end");
        until("the witnesses have seen the run's end", || {
            fs::remove_dir_all(&archive).ok();
            answer(&["export", &shown(&archive), "--home", &self.home(party)]);
            answer(&["verify", &shown(&archive)]);
            let replica = refold(&archive).unwrap();
            let run = replica.state().runs().get(&RUN.parse().unwrap());
            run.is_some_and(|run| run.status != RunStatus::Open).then_some(replica)
        })
    }

    /// What nodes have said of the run, and what they could not do.
    pub(crate) fn said(&self) -> BTreeMap<&'static str, Vec<Value>> {
        let worth = |told: &Value| {
            ["joined", "refused", "dropped", "closed"].iter().any(|own| told["event"] == *own)
        };
        let said = self
            .nodes
            .iter()
            .map(|(party, node)| (*party, node.told().into_iter().filter(worth).collect()));
        said.collect()
    }

    /// Parties whose node has seen its own join in the log.
    pub(crate) fn seen_joined(&self) -> Vec<PartyId> {
        let joined = |service: &Service| {
            service.told().iter().any(|told| told["event"] == "joined" && told["run"] == RUN)
        };
        let parties = self.nodes.iter().filter(|(_, service)| joined(service));
        parties.map(|(party, _)| party.parse().unwrap()).collect()
    }
}

/// A pilot whose agreement leaves budget for another run, after which all rows are listed again.
fn template() -> TempDir {
    let temp = tempfile::tempdir().unwrap();
    let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
    let mut heart = example::read();
    example::replace(&mut heart, "protocol.md", "epsilon = \"1\"", "epsilon = \"4\"");
    example::replace(&mut heart, "protocol.md", "ε = [1](#", "ε = [4](#");
    let again = heart["plan.toml"].replace("run = \"first\"", &format!("run = \"{RUN}\""));
    heart.insert("again.toml".into(), again);
    example::write(&heart, &folder);
    let (folder, shown_dir) = (shown(&folder), shown(&dir));
    answer(&["pilot", "--headless", "--example", &folder, "--dir", &shown_dir]);

    // The pilot ends with a withdrawal: the hospital lists a table with one more row.
    let rows = dir.join("dogwood/rows.csv");
    let text = fs::read_to_string(&rows).unwrap();
    let last = text.lines().next_back().unwrap();
    fs::write(&rows, format!("{text}dogwood-more{}\n", &last["dogwood-0000".len()..])).unwrap();
    let mut world = World::copied(&dir);
    world.start_coordinator();
    let home = world.home("dogwood");
    answer(&["node", "register", "heart-rows", "--place", "dogwood-node", "--home", &home]);
    world.kill_coordinator();
    std::mem::replace(&mut world.temp, temp)
}
