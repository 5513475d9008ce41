//! A coordinator that lies: the parties' own folds and sums notice, and so does whoever reads the
//! archive.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use concordat_cli::archive::Folder;
use concordat_cli::verify::verify;
use concordat_coordinator::{Config, Coordinator, Judge};
use concordat_node::home::Home;
use concordat_node::work::{Event, Node};
use concordat_partnership::act::{AbortReason, Seen};
use concordat_partnership::{Act, RunStatus, key_id};
use concordat_replay::{Opened, Replica};
use concordat_secagg::RingVec;
use concordat_terms::{Problem, RunId};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::{decode, encode};
use serde_json::{Value, json};
use world::services::{HOLDERS, NODES, RUN, World, until};
use world::{answer, concordat, shown};

type Told = Arc<Mutex<Vec<(&'static str, Event)>>>;

/// Nodes on threads of this process.
struct Nodes {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<(), Problem>>>,
    told: Told,
}

impl Nodes {
    fn start(world: &World) -> Self {
        let (stop, told) = (Arc::new(AtomicBool::new(false)), Told::default());
        let node = |party: &&'static str| {
            let home = Home::load(&world.folder(party)).unwrap();
            let (party, stop, told) = (*party, stop.clone(), told.clone());
            thread::spawn(move || {
                Node::run(&home, stop, |event| told.lock().unwrap().push((party, event)))
            })
        };
        let threads = NODES.iter().map(node).collect();
        Self { stop, threads, told }
    }

    /// The nodes of which an event was heard that fits.
    fn who(&self, fits: impl Fn(&Event) -> bool) -> Vec<&'static str> {
        let told = self.told.lock().unwrap();
        let mut who: Vec<_> = told.iter().filter(|(_, e)| fits(e)).map(|(who, _)| *who).collect();
        who.sort_unstable();
        who.dedup();
        who
    }

    fn stop(self) -> Vec<(&'static str, Event)> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap().unwrap();
        }
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn config(world: &World) -> Config {
    let mut config = Config::new(world.folder("coordinator"));
    config.timing.result = Duration::from_secs(2);
    config
}

/// Every key of the partnership by its id, the sequencer's too: the lie needs them all.
fn keys(world: &World) -> BTreeMap<String, SigningKey> {
    let homes = HOLDERS.iter().chain(&["vendor", "lab"]).map(|p| format!("{p}/keys/ledger.key"));
    let files = homes.chain(["coordinator/keys/sequencer.key".to_owned()]);
    let key = |file: String| {
        let mut seed = [0; 32];
        let text = fs::read_to_string(world.folder(&file)).unwrap();
        hex::decode_to_slice(text.trim(), &mut seed).unwrap();
        let key = SigningKey::from_seed(&seed);
        (key_id(&key.public().to_string()).unwrap().to_string(), key)
    };
    files.map(key).collect()
}

/// A judge to whom every proposal is for the purpose that is allowed.
///
/// From that proposal on it folds another log than the one that is published: the same acts, signed
/// anew, with the forbidden purpose replaced and each in sight of this other log.
fn judge_of_another_log(keys: BTreeMap<String, SigningKey>, forbidden: &'static str) -> Judge {
    let forbidden: RunId = forbidden.parse().unwrap();
    let is_it = move |act: &Act| matches!(act, Act::RunPropose(act) if act.run == forbidden);
    let lies = AtomicBool::new(false);
    Arc::new(move |replica: &mut Replica, opened: &Opened<'_>| {
        let entry = opened.entry();
        let shadow = || -> Option<Vec<u8>> {
            let mut signed = decode(Envelope::parse(entry).ok()?.payload()).ok()?;
            if is_it(&signed.act) {
                lies.store(true, Ordering::SeqCst);
            }
            if !lies.load(Ordering::SeqCst) {
                return None;
            }
            let header = signed.header.as_mut()?;
            let seen = header.seen.size;
            header.seen = Seen { size: seen, root: replica.root_at(seen)? };
            if let Act::RunPropose(propose) = &mut signed.act
                && is_it(&Act::RunPropose(propose.clone()))
            {
                propose.plan.purpose = "cardiac-risk".parse().unwrap();
            }
            let payload = encode(signed.header.as_ref(), &signed.act).ok()?;
            let ids: Vec<String> =
                signed.header?.signers.iter().map(|signer| signer.key.to_string()).collect();
            let signers: Option<Vec<_>> =
                ids.iter().map(|id| Some((id.as_str(), keys.get(id)?))).collect();
            Some(Envelope::sign(&payload, &signers?).ok()?.to_bytes())
        };
        let shadow = shadow();
        replica.step(shadow.as_deref().unwrap_or(entry))
    })
}

/// Does an act through the binary; its receipt, whatever the verdict.
fn act(world: &World, party: &str, seat: &str, act: &str, payload: &Value) -> Value {
    let (home, payload) = (world.home(party), payload.to_string());
    let output = concordat(&["act", act, &payload, "--seat", seat, "--home", &home, "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

#[test]
fn a_run_that_only_the_coordinator_admits_is_named_by_every_node_and_the_archive_tells_of_it() {
    const FORBIDDEN: &str = "a-forbidden-one";
    let world = World::at_rest();
    let mut config = config(&world);
    config.for_tests.judge = judge_of_another_log(keys(&world), FORBIDDEN);
    let coordinator = Coordinator::start(config).unwrap();
    let nodes = Nodes::start(&world);
    // A run that is allowed shows that the nodes look at what is open.
    world.open_run();
    world.ended();
    let closed = |event: &Event| matches!(event, Event::Closed { run, .. } if run.as_str() == RUN);
    until("the holders closed the other run", || (nodes.who(closed) == HOLDERS).then_some(()));

    let (plan, home) = (shown(&world.folder("agreement/again.toml")), world.home("vendor"));
    let arguments = ["run", "propose", &plan, "--dry", "--seat", "trainer", "--home", &home];
    let mut plan = answer(&arguments);
    plan["run"] = json!(FORBIDDEN);
    plan["plan"]["purpose"] = json!("insurance-pricing");
    let proposed = act(&world, "vendor", "trainer", "run.propose", &plan);
    assert_eq!(proposed["admitted"], true, "{proposed:#?}");
    let (run, id) = (json!({ "run": FORBIDDEN }), FORBIDDEN.parse::<RunId>().unwrap());
    // What the coordinator makes of acts, it has to record by the time that one has effects.
    let mut receipts = Vec::new();
    for party in &HOLDERS[..3] {
        receipts.push(act(&world, party, "data-holder", "run.approve", &run));
    }
    receipts.push(act(&world, "vendor", "trainer", "run.open", &run));
    assert!(receipts.iter().all(|receipt| receipt["admitted"] == true), "{receipts:#?}");
    let lied = coordinator.view().replica();
    assert_eq!(lied.state().runs()[&id].status, RunStatus::Open);

    // Every node names the run, and the entry by which it knows.
    let named = |event: &Event| match event {
        Event::VerdictsDiffer { runs, problem, .. } => {
            runs.contains(&id) && problem.what.contains("(`run.propose` of `a-forbidden-one`: ")
        }
        _ => false,
    };
    until("every node names the run", || (nodes.who(named) == NODES).then_some(()));
    let status = answer(&["status", "--home", &world.home("lab")]);
    assert_eq!(status["verdicts_differ"]["code"], "verdicts-differ", "{status:#?}");

    // What the witnesses saw is enough to convict, and they sign nothing after it.
    let archive = world.folder("archive");
    let broken = until("the archive shows the lie", || {
        fs::remove_dir_all(&archive).ok();
        answer(&["export", &shown(&archive), "--home", &world.home("lab")]);
        verify(&Folder::open(&archive).unwrap(), None).err()
    });
    let said = broken.to_string();
    assert!(said.contains("the coordinator's own verdicts differ"), "{said}");
    let convicting = broken.entry.unwrap();
    act(&world, "alder", "data-holder", "run.approve", &run);
    let size = coordinator.view().snapshot().size;
    until("the nodes have followed", || {
        let there = |e: &Event| matches!(e, Event::Followed { size: to } if *to == size);
        (nodes.who(there) == NODES).then_some(())
    });
    let told = nodes.stop();
    let cosigned = told.iter().filter_map(|(_, event)| match event {
        Event::Cosigned { size } => Some(*size),
        _ => None,
    });
    assert_eq!(cosigned.max(), Some(convicting + 1), "{told:#?}");
    let took_part = |event: &Event| match event {
        Event::Joined { run } | Event::Round { run, .. } | Event::Closed { run, .. } => *run == id,
        _ => false,
    };
    assert!(!told.iter().any(|(_, event)| took_part(event)), "{told:#?}");
    coordinator.stop();
}

/// A run whose coordinator changes every sum after so many honest rounds ends for this reason.
fn changes_sums_after(honest: u32, reason: AbortReason) {
    let world = World::at_rest();
    let mut config = config(&world);
    let rounds = AtomicU32::new(0);
    config.for_tests.tamper = Some(Arc::new(move |sum| {
        if rounds.fetch_add(1, Ordering::SeqCst) < honest {
            return;
        }
        let (ring, len) = (sum.ring(), sum.len());
        assert!(sum.add(&RingVec::from_signed(ring, std::iter::repeat_n(1, len))));
    }));
    let coordinator = Coordinator::start(config).unwrap();
    let nodes = Nodes::start(&world);
    world.open_run();
    world.ended();

    let replica = world.archived("lab");
    let (state, run) = (replica.state(), RUN.parse::<RunId>().unwrap());
    assert_eq!(state.runs()[&run].status, RunStatus::Aborted(reason));
    assert!(state.models().values().all(|model| model.run.as_ref() != Some(&run)));
    let told = nodes.stop();
    let who = |fits: &dyn Fn(&Event) -> bool| -> BTreeSet<&str> {
        told.iter().filter(|(_, event)| fits(event)).map(|(who, _)| *who).collect()
    };
    let unproved = |event: &Event| match event {
        Event::Refused { run: Some(of), problem } => *of == run && problem.code == "sum-not-proved",
        _ => false,
    };
    assert_eq!(who(&unproved), BTreeSet::from(HOLDERS), "{told:#?}");
    // Not one step is taken with a changed sum.
    let last = |event: &Event| matches!(event, Event::Round { round, .. } if *round == honest);
    assert_eq!(who(&last), BTreeSet::from(HOLDERS));
    let more = |event: &Event| match event {
        Event::Round { round, .. } => *round > honest,
        Event::Closed { .. } => true,
        _ => false,
    };
    assert_eq!(who(&more), BTreeSet::new(), "{told:#?}");
    coordinator.stop();
}

#[test]
fn a_sum_that_the_coordinator_changed_ends_the_run_for_want_of_participants() {
    changes_sums_after(5, AbortReason::TooFewParticipants);
}

#[test]
fn a_last_sum_that_the_coordinator_changed_leaves_a_result_that_nobody_signs() {
    changes_sums_after(99, AbortReason::ResultNotSigned);
}
