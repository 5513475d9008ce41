//! Every write of a coordinator fails once: every receipt that a client holds is in the log
//! afterwards, once. And: one of two coordinators writes, and one that was restored asks first.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod common;
#[path = "../../store/tests/world/plan.rs"]
mod plan;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::*;
use concordat_coordinator::{Coordinator, Home, RESTORED, TRANSCRIPTS};
use concordat_partnership::Act;
use concordat_partnership::act::*;
use concordat_replay::key_proof;
use concordat_store::Store;
use concordat_terms::Digest;
use concordat_tlog::Note;
use concordat_wire::api::Receipt;
use plan::{How, Plan};

fn register(name: &str) -> Act {
    Act::PlaceRegister(PlaceRegister {
        place: name.parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    })
}

/// A few acts with a blob, each tried until it is answered; the receipts, with what they are for.
fn work(world: &World) -> Vec<(Receipt, Vec<u8>)> {
    let mut receipts = Vec::new();
    for (nth, party) in ["alder", "birch", "cypress"].into_iter().enumerate() {
        let blob = format!("report {nth}").into_bytes();
        while world.client.put_blob(&blob, &key(party)).status != 204 {}
        world.pass(7);
        let envelope = world.envelope(party, "data-holder", &register(&format!("ward-{nth}")));
        let answer = loop {
            let answer = world.client.submit(std::slice::from_ref(&envelope));
            if answer.status != 500 {
                break answer;
            }
        };
        receipts.push((only(&answer), envelope));
    }
    receipts
}

fn all_there(world: &World, receipts: &[(Receipt, Vec<u8>)]) {
    let view = world.running.as_ref().unwrap().view();
    let (checkpoint, _) = world.client.checkpoint();
    assert_eq!(view.snapshot().size, checkpoint.size);
    assert_eq!(view.replica().root_at(checkpoint.size), Some(checkpoint.root));
    let entries: Vec<_> = (0..checkpoint.size).map(|at| view.entry(at).unwrap()).collect();
    for (receipt, envelope) in receipts {
        assert_eq!(entries.iter().filter(|entry| *entry == envelope).count(), 1);
        assert_eq!(&entries[usize::try_from(receipt.index).unwrap()], envelope);
        assert_eq!(view.receipt(receipt.index).as_ref(), Some(receipt));
    }
    for nth in 0..3 {
        let bytes = format!("report {nth}").into_bytes();
        assert_eq!(world.client.blob(&Digest::of(&bytes), &key("lab")).body, bytes);
    }
}

/// A founded log whose store fails as planned, from the next start on.
fn run(plan: &Arc<Plan>) {
    let mut world = World::founded();
    let planned = plan.clone();
    world.restart_with(move |config| {
        config.for_tests.wrap = Some(Arc::new(move |store: Store| {
            store.wrapped(|journal| planned.before_log(journal), |blobs| blobs)
        }));
    });
    let receipts = work(&world);
    all_there(&world, &receipts);
    world.restart();
    all_there(&world, &receipts);
}

#[test]
fn every_receipt_is_in_the_log_whichever_write_fails() {
    let plan = Plan::none();
    run(&plan);
    let writes = plan.writes();
    assert!(writes >= 6, "{writes}");
    for at in 0..writes {
        for how in [How::Refused, How::Unanswered] {
            run(&Plan::new(at, how));
        }
    }
}

/// Blobs and words about keys are read beside the thread that orders acts: whoever reads neither waits for
/// its disk, nor keeps it from an act.
#[test]
fn who_reads_does_not_wait_for_the_disk_of_who_acts() {
    let mut world = World::founded();
    let (armed, given_up) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let (begun, begins) = channel();
    let (release, released) = channel::<()>();
    let (arm, gave_up) = (armed.clone(), given_up.clone());
    let (begun, released) = (Mutex::new(begun), Mutex::new(released));
    world.restart_with(move |config| {
        config.for_tests.append = Arc::new(move |store, from, entries, notes| {
            if arm.swap(false, Ordering::SeqCst) {
                begun.lock().unwrap().send(()).unwrap();
                let waited = released.lock().unwrap().recv_timeout(Duration::from_secs(40));
                gave_up.store(waited.is_err(), Ordering::SeqCst);
            }
            store.append_with_notes(from, entries, notes)
        });
    });
    let blob = b"a report".to_vec();
    assert_eq!(world.client.put_blob(&blob, &key("alder")).status, 204);
    world.pass(7);
    let envelope = world.envelope("alder", "data-holder", &register("ward"));
    armed.store(true, Ordering::SeqCst);
    let client = world.client.clone();
    let acting = std::thread::spawn(move || client.submit(&[envelope]));
    begins.recv().unwrap();
    assert_eq!(world.client.blob(&Digest::of(&blob), &key("lab")).body, blob);
    assert_eq!(world.client.get("/v1/cosigners").status, 200);
    assert!(!given_up.load(Ordering::SeqCst), "it was read once the disk was there again");
    release.send(()).unwrap();
    only(&acting.join().unwrap());
}

#[test]
fn a_restored_log_is_not_signed_before_enough_witnesses_were_heard() {
    let mut world = World::founded();
    work(&world);
    world.running.take().unwrap().stop();
    let (store, backup) = (world.dir.path().join("store"), world.dir.path().join("backup"));
    let copy = |from: &std::path::Path, to: &std::path::Path, more: &[(&str, &[u8])]| {
        Store::snapshot(from).unwrap().copy_to(to, &[TRANSCRIPTS], more).unwrap();
    };
    copy(&store, &backup, &[]);

    // After the backup the log goes on, and witnesses see it.
    world.start();
    let seen_before: Vec<_> = HOLDERS.map(|party| (party, world.cosigned(party))).into();
    world.pass(7);
    world.tries("dogwood", "data-holder", register("late"));
    let late = world.cosigned("dogwood");
    world.running.take().unwrap().stop();
    std::fs::remove_dir_all(&store).unwrap();
    copy(&backup, &store, &[(RESTORED, b"{\"entries\":1}")]);

    let start = |world: &World| {
        let config = config(world.dir.path(), &world.clock, world.timing);
        Coordinator::start(config).map(concordat_coordinator::Running::stop)
    };
    assert_eq!(start(&world).unwrap_err().code, "log-restored");
    let witnessed = world.dir.path().join("witnessed");
    std::fs::create_dir(&witnessed).unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(witnessed.join(name), bytes).unwrap();

    // One alone is not enough; what nobody signed is none; one who saw more is believed.
    put("alder", &seen_before[0].1.to_bytes());
    assert_eq!(start(&world).unwrap_err().code, "log-restored");
    put("birch", b"I saw nothing");
    assert_eq!(start(&world).unwrap_err().code, "bad-witnessed");
    put("birch", &late.to_bytes());
    assert_eq!(start(&world).unwrap_err().code, "log-behind");
    for (party, note) in &seen_before {
        put(party, &note.to_bytes());
    }
    start(&world).unwrap();
    // Compared once, it is a log like any other.
    std::fs::remove_dir_all(&witnessed).unwrap();
    start(&world).unwrap();
}

/// A backup knows what witnesses had cosigned by then: what they are said to have cosigned last is not less.
#[test]
fn a_restored_log_takes_no_note_that_is_older_than_what_the_backup_has() {
    let mut world = World::founded();
    let before: Vec<_> = HOLDERS.map(|name| (name, world.cosigned(name))).into();
    work(&world);
    let known: Vec<_> = HOLDERS.map(|name| (name, world.cosigned(name))).into();
    for (_, note) in &known {
        let status = world.client.post("/v1/cosignatures", &note.to_bytes()).status;
        assert!((200..300).contains(&status), "{status}");
    }
    world.running.take().unwrap().stop();
    let store = world.dir.path().join("store");
    Store::open(&store).unwrap().put_note(RESTORED, b"{\"entries\":1}").unwrap();

    let start = |world: &World| {
        let config = config(world.dir.path(), &world.clock, world.timing);
        Coordinator::start(config).map(concordat_coordinator::Running::stop)
    };
    let witnessed = world.dir.path().join("witnessed");
    std::fs::create_dir(&witnessed).unwrap();
    let put = |name: &str, note: &Note| {
        std::fs::write(witnessed.join(name), note.to_bytes()).unwrap();
    };
    for (name, note) in &before {
        put(name, note);
    }
    let refused = start(&world).unwrap_err();
    assert_eq!(refused.code, "bad-witnessed");
    assert!(refused.what.contains("is not what `"), "{}", refused.what);
    // The last beside it: a witness is heard by the largest of what it cosigned.
    for (name, note) in &known {
        put(&format!("{name} later"), note);
    }
    start(&world).unwrap();
}

/// Who may change the witnesses, which the heart agreement leaves open.
const ADOPT: &str = "\n```clause\nid = \"adopt-policy\"\npermit = \"policy.adopt\"\n\
                     by = \"council-member\"\n```\n";

/// From here on two witnesses make a checkpoint count, of whom one is new.
fn others_witness(world: &World) {
    let text = MODULES[1].1.replace("version = \"1.0.0\"", "version = \"1.1.0\"") + ADOPT;
    let module = Digest::of(text.as_bytes());
    assert_eq!(world.client.put_blob(text.as_bytes(), &key("vendor")).status, 204);
    world.does("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    for name in PARTIES {
        let sign = ModuleSign::of(module, &[module].into(), Digest([7; 32]));
        world.does(name, "signatory", Act::ModuleSign(sign));
    }
    world.does("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules: [module].into() }));
    let policy = WitnessPolicy { witnesses: ["lab", "vendor"].map(party).into(), quorum: 2 };
    let mut signers = vec![("alder", "council-member")];
    signers.extend(PARTIES[1..].iter().map(|name| (*name, "signatory")));
    world.all_do(&signers, &Act::PolicyAdopt(PolicyAdopt { policy }));
}

#[test]
fn a_restored_log_asks_the_witnesses_that_were_adopted_last() {
    let mut world = World::in_force();
    others_witness(&world);
    let (old, new) = (world.cosigned("alder"), ["lab", "vendor"].map(|who| world.cosigned(who)));
    world.running.take().unwrap().stop();
    let (store, backup) = (world.dir.path().join("store"), world.dir.path().join("backup"));
    let mark: (&str, &[u8]) = (RESTORED, b"{\"entries\":1}");
    Store::snapshot(&store).unwrap().copy_to(&backup, &[TRANSCRIPTS], &[mark]).unwrap();
    std::fs::remove_dir_all(&store).unwrap();
    std::fs::rename(&backup, &store).unwrap();

    let start = |world: &World| {
        let config = config(world.dir.path(), &world.clock, world.timing);
        Coordinator::start(config).map(concordat_coordinator::Running::stop)
    };
    let witnessed = world.dir.path().join("witnessed");
    std::fs::create_dir(&witnessed).unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(witnessed.join(name), bytes).unwrap();
    // What a founder cosigned who is no witness any more is nothing.
    put("alder", &old.to_bytes());
    assert_eq!(start(&world).unwrap_err().code, "bad-witnessed");
    std::fs::remove_file(witnessed.join("alder")).unwrap();
    // Two of two make a checkpoint count: one who speaks is enough to know that none was made without.
    put("lab", &new[0].to_bytes());
    start(&world).unwrap();
}

/// A party that has another witness key by now cosigned its last checkpoint with the one that it had then.
#[test]
fn a_restored_log_knows_a_witness_by_the_key_of_its_last_checkpoint() {
    let mut world = World::in_force();
    let heard: Vec<_> = HOLDERS.map(|name| (name, world.cosigned(name))).into();
    for name in HOLDERS {
        let next = witness_key(&format!("{name} 2"));
        let public = next.public().to_string();
        let proof = next.sign(&key_proof(world.log, &party(name), KeyUse::Cosigning, &public));
        let old = id_of(&witness_key(name)).parse().unwrap();
        let rotate = KeyRotate { proof: Some(hex::encode(proof)), ..KeyRotate::of(old, public) };
        world.does(name, "signatory", Act::KeyRotate(rotate));
    }
    world.running.take().unwrap().stop();
    let store = world.dir.path().join("store");
    Store::open(&store).unwrap().put_note(RESTORED, b"{\"entries\":1}").unwrap();

    let witnessed = world.dir.path().join("witnessed");
    std::fs::create_dir(&witnessed).unwrap();
    for (name, note) in heard {
        std::fs::write(witnessed.join(name), note.to_bytes()).unwrap();
    }
    world.start();
    // By a key that it had given up it says nothing of a later log.
    let late = world.cosigned("alder");
    world.running.take().unwrap().stop();
    Store::open(&store).unwrap().put_note(RESTORED, b"{\"entries\":1}").unwrap();
    std::fs::write(witnessed.join("late"), late.to_bytes()).unwrap();
    let config = config(world.dir.path(), &world.clock, world.timing);
    let refused = Coordinator::start(config).map(concordat_coordinator::Running::stop);
    assert_eq!(refused.unwrap_err().code, "bad-witnessed");
}

/// What comes late of a checkpoint is judged by who counted when the log was of its size, as it is by
/// everybody who verifies it.
#[test]
fn cosignatures_that_come_late_count_by_the_witnesses_of_their_size() {
    let world = World::in_force();
    let post = |note: &Note| world.client.post("/v1/cosignatures", &note.to_bytes()).status;
    let counted = || world.client.get("/v1/checkpoint?quorum=1");
    let [lab, vendor] = ["lab", "vendor"].map(|name| world.cosigned(name));
    let then = ["alder", "birch", "cypress"].map(|name| world.cosigned(name));
    others_witness(&world);
    // Two who are enough now were not then, and one of them did not count.
    assert_eq!((post(&lab), post(&vendor)), (204, 400));
    assert_eq!(counted().status, 404);
    for note in &then {
        assert_eq!(post(note), 204);
    }
    assert!(counted().text().starts_with(lab.text()), "{}", counted().text());
    // Who counts now makes the log count as it is now.
    let latest = ["lab", "vendor"].map(|name| world.cosigned(name));
    latest.iter().for_each(|note| assert_eq!(post(note), 204));
    assert!(counted().text().starts_with(latest[0].text()), "{}", counted().text());
}

#[test]
fn a_backup_that_is_being_made_keeps_nobody_from_starting() {
    let mut world = World::founded();
    world.running.take().unwrap().stop();
    let store = world.dir.path().join("store");
    let name = format!("{TRANSCRIPTS}over/1");
    Store::open(&store).unwrap().put_note(&name, b"what rounds left behind").unwrap();
    let backup = Store::snapshot(&store).unwrap();
    assert!(!backup.is_empty().unwrap());
    world.start();
    drop(backup);
    world.restart();
    world.running.take().unwrap().stop();
    assert_eq!(Store::open(&store).unwrap().note(&name).unwrap(), None);
}

#[test]
fn the_settings_name_a_database_and_never_tell_its_password() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("concordat.toml");
    let secret = "tr0ub4dor";
    let write = |store: &str| {
        std::fs::write(&path, format!("listen = \"127.0.0.1:0\"\nstore = {store}\n")).unwrap();
    };
    let refused = |store: &str| {
        write(store);
        let problem = Home::prepare(dir.path()).unwrap_err();
        assert!(!format!("{problem} {problem:?}").contains(secret), "{problem}");
        problem.code
    };
    assert_eq!(refused("\"postgres://ledger:tr0ub4dor@db.example/heart\""), "bad-config");
    assert_eq!(refused("\"postgres://ledger:tr0ub4dor@localhost\""), "bad-config");
    assert_eq!(refused("\"tr0ub4dor\""), "bad-config");
    assert_eq!(refused("[\"tr0ub4dor\"]"), "bad-config");
    assert_eq!(refused("\"tr0ub4dor"), "bad-config");

    let good = "\"postgres://ledger:tr0ub4dor@localhost/heart\"";
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        mode(0o644);
        assert_eq!(refused(good), "config-not-private");
        mode(0o600);
    }
    write(good);
    let home = Home::prepare(dir.path()).unwrap();
    assert!(!format!("{home:?}").contains(secret), "{home:?}");
}

#[cfg(target_os = "linux")]
#[path = "../../store/tests/world/server.rs"]
mod server;

#[cfg(target_os = "linux")]
#[test]
fn of_two_coordinators_at_one_database_the_second_takes_over_and_the_first_writes_no_more() {
    let server = server::shared();
    server.database("heart");
    let mut world = World::founded();
    world.running.take().unwrap().stop();
    world.kept_in(&server.url("heart"));
    world.start();
    let mut receipts = work(&world);
    all_there(&world, &receipts);

    // The first stalls for longer than its lease; the second starts from the same home.
    let (first, first_client) = (world.running.take().unwrap(), world.client.clone());
    server.sql("heart", "UPDATE lease SET until = '-infinity'");
    world.start();
    all_there(&world, &receipts);
    world.pass(7);
    let envelope = world.envelope("dogwood", "data-holder", &register("ward-9"));
    let answer = first_client.submit(std::slice::from_ref(&envelope));
    assert_eq!((answer.status, answer.code().as_str()), (500, "coordinator-fault"));
    let answer = world.client.submit(std::slice::from_ref(&envelope));
    receipts.push((only(&answer), envelope));
    all_there(&world, &receipts);

    // The first still serves what it had published, and nothing else.
    let old = first.view().snapshot().size;
    assert_eq!(old, receipts[2].0.index + 1);
    first.stop();
    world.restart();
    all_there(&world, &receipts);
}
