//! Stories of the log over real HTTPS: ordering, receipts, tiles, witnesses, restarts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::*;
use concordat_coordinator::{Config, Console, Coordinator};
use concordat_partnership::act::*;
use concordat_partnership::{Act, Refusal, Verdict};
use concordat_replay::{Opened, Records, Replica};
use concordat_terms::Digest;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::note::Unlisted;
use concordat_tlog::tile::{Level, TilePath, decode_hashes};
use concordat_tlog::word::Spent;
use concordat_tlog::{Envelope, Frontier};
use concordat_wire::api::{blob_message, fetch_message};

fn place(name: &str) -> Act {
    Act::PlaceRegister(PlaceRegister {
        place: name.parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    })
}

#[test]
fn time_moves_on_by_ticks_before_acts_and_never_without_a_clock_that_moved() {
    let world = World::founded();
    assert_eq!(world.client.checkpoint().0.size, 1);
    assert_eq!(world.tries("alder", "data-holder", place("ward")), "not-your-seat");
    assert_eq!(world.client.checkpoint().0.size, 2, "no tick: the second has not passed");
    world.pass(7);
    let answer = world.client.submit(&[world.envelope("alder", "data-holder", &place("ward"))]);
    let receipt = only(&answer);
    assert_eq!((receipt.index, receipt.time), (3, world.now()));
    assert_eq!(world.client.checkpoint().0.size, 4);
}

#[test]
fn a_refused_act_is_logged_and_answered_with_409_the_reason_and_a_remedy() {
    let world = World::founded();
    let envelope = world.envelope("alder", "data-holder", &place("ward"));
    let answer = world.client.submit(std::slice::from_ref(&envelope));
    assert_eq!(answer.status, 409);
    let receipt = only(&answer);
    assert!(!receipt.admitted);
    assert!(!receipt.problem.clone().unwrap().hint.is_empty());

    // The very same bytes once more are the same promise once more, not another entry.
    let again = world.client.submit(&[envelope]);
    assert_eq!((again.status, only(&again)), (409, receipt));
    assert_eq!(world.client.checkpoint().0.size, 2);
}

#[test]
fn bytes_that_no_registered_key_signed_are_not_logged() {
    let world = World::founded();
    let answer = world.client.submit(&[b"{}".to_vec()]);
    assert_eq!((answer.status, answer.code().as_str()), (400, "not-an-act"));
    // A stranger's envelope, in every other respect like a party's.
    let answer = world.client.submit(&[world.envelope("stranger", "data-holder", &place("x"))]);
    assert_eq!((answer.status, answer.code().as_str()), (400, "not-an-act"));
    assert_eq!(world.client.get("/v1/nothing").code(), "http-404");
    assert_eq!(world.client.post("/v1/acts", b"[]").code(), "bad-submission");
    assert_eq!(world.client.post("/v1/acts", br#"{"envelopes":[]}"#).code(), "bad-submission");
    assert_eq!(world.client.checkpoint().0.size, 1);
}

#[test]
fn a_key_that_was_revoked_uses_up_nothing_that_its_party_may_have_refused() {
    let world = World::founded();
    let stolen = key("stolen");
    let public = stolen.public().to_string();
    let register = Act::KeyRegister(KeyRegister { key: public, ..KeyRegister::default() });
    world.all_do(&[("alder", "signatory"), ("stolen", "signatory")], &register);
    let early = world.envelope("stolen", "data-holder", &place("ward"));
    assert_eq!(world.client.submit(&[early]).status, 409, "refused, and logged");

    let key = id_of(&stolen).parse().unwrap();
    world.does("alder", "signatory", Act::KeyRevoke(KeyRevoke { key }));
    let before = world.client.checkpoint().0;
    let act = world.envelope("stolen", "data-holder", &place("x"));
    let answer = world.client.submit(&[act]);
    assert_eq!((answer.status, answer.code().as_str()), (400, "not-an-act"));
    let garbage = Envelope::sign(b"{}", &[(&id_of(&stolen), &stolen)]).unwrap();
    let answer = world.client.submit(&[garbage.to_bytes()]);
    assert_eq!((answer.status, answer.code().as_str()), (400, "not-an-act"));
    assert_eq!(world.client.checkpoint().0, before);
}

#[test]
fn who_holds_no_key_does_not_grow_the_log_however_often_the_clock_moves() {
    let world = World::founded();
    let logged = world.envelope("alder", "data-holder", &place("ward"));
    world.client.submit(std::slice::from_ref(&logged));
    let before = world.client.checkpoint().0;
    for _ in 0..3 {
        world.pass(7);
        assert_eq!(world.client.submit(&[b"{}".to_vec()]).code(), "not-an-act");
        let stranger = world.envelope("stranger", "data-holder", &place("x"));
        assert_eq!(world.client.submit(&[stranger]).code(), "not-an-act");
        // A copy of what was logged has the receipt it had.
        assert_eq!(only(&world.client.submit(std::slice::from_ref(&logged))).index, 1);
        assert_eq!(world.client.checkpoint().0, before);
    }
    // A party's act moves time on, and so does half a day in which nobody acts.
    let answer = world.client.submit(&[world.envelope("alder", "data-holder", &place("w2"))]);
    assert_eq!((only(&answer).index, only(&answer).time), (3, world.now()));
    world.pass(13 * 3_600);
    assert_eq!(world.client.submit(&[b"{}".to_vec()]).code(), "not-an-act");
    assert_eq!(world.client.checkpoint().0.size, 5);
}

#[test]
fn a_proposal_is_logged_only_once_its_text_is_here() {
    let world = World::founded();
    let text = MODULES[0].1.as_bytes();
    let module = Digest::of(text);
    let propose = Act::ModulePropose(OneModule { module });
    let answer = world.client.submit(&[world.envelope("vendor", "signatory", &propose)]);
    assert_eq!((answer.status, answer.code().as_str()), (422, "missing-blob"));

    // Only a registered key can leave a blob, and only under its own name.
    assert_eq!(world.client.blob(&module, &key("vendor")).status, 404);
    assert_eq!(world.client.put_blob(text, &key("stranger")).code(), "blob-not-signed");
    assert_eq!(world.client.put(&module.to_string(), text, "x", "y").status, 403);
    assert_eq!(world.client.put_blob(text, &key("vendor")).status, 204);
    assert_eq!(world.client.blob(&module, &key("alder")).body, text);
    world.does("vendor", "signatory", propose);
}

#[test]
fn blobs_are_read_by_parties_and_by_nobody_else() {
    let world = World::founded();
    let text = b"weights";
    let digest = Digest::of(text);
    assert_eq!(world.client.put_blob(text, &key("vendor")).status, 204);
    // Whoever knows the digest alone, a stranger, and a party's signature for writing, for another blob or
    // log, or that counts no more or for too long.
    let path = format!("/v1/blobs/{digest}");
    assert_eq!(world.client.get(&path).code(), "blob-not-signed");
    assert_eq!(world.client.blob(&digest, &key("stranger")).code(), "blob-not-signed");
    let ahead = |seconds| world.now().plus(concordat_terms::Period::of_seconds(seconds));
    let other = format!("/v1/blobs/{}", Digest::of(b"other"));
    for (text, until) in [
        (blob_message(&digest), ahead(600)),
        (fetch_message(world.log, &other, ahead(600)), ahead(600)),
        (fetch_message(Digest::of(b"another genesis"), &path, ahead(600)), ahead(600)),
        (fetch_message(world.log, &path, ahead(600)), ahead(601)),
        (fetch_message(world.log, &path, ahead(0)), ahead(0)),
        (fetch_message(world.log, &path, ahead(901)), ahead(901)),
    ] {
        let refused = world.client.get_signed(&path, &key("alder"), (&text, until));
        assert_eq!((refused.status, refused.code().as_str()), (403, "blob-not-signed"));
    }
    // Nor does such a reader learn what is there.
    let absent = Digest::of(b"absent");
    assert_eq!(world.client.blob(&absent, &key("stranger")).status, 403);
    // Every founder, from the genesis on.
    for name in PARTIES {
        assert_eq!(world.client.blob(&digest, &key(name)).body, text);
    }
}

#[test]
fn no_key_fills_the_disk_alone_and_a_restart_forgets_nothing() {
    let few = |config: &mut Config| {
        config.limits.blobs = 3;
        config.limits.blob_bytes = 100;
    };
    let mut world = World::founded_with(patient(), few);
    let vendor = key("vendor");
    assert_eq!(world.client.put_blob(&[1; 60], &vendor).status, 204);
    let answer = world.client.put_blob(&[2; 60], &vendor);
    assert_eq!((answer.status, answer.code().as_str()), (429, "blobs-spent"));
    assert_eq!(world.client.put_blob(&[3; 20], &vendor).status, 204);
    assert_eq!(world.client.put_blob(&[4; 20], &vendor).status, 204);
    world.restart_with(few);
    assert_eq!(world.client.put_blob(b"", &vendor).code(), "blobs-spent");
    // What is here already costs nothing, and another key has its own.
    assert_eq!(world.client.put_blob(&[1; 60], &vendor).status, 204);
    assert_eq!(world.client.put_blob(&[2; 60], &key("alder")).status, 204);
}

#[test]
fn tiles_hold_what_the_checkpoint_signs_for_every_published_size() {
    let world = World::founded();
    world.enter();
    let log_key = world.log_key();
    let (checkpoint, note) = world.client.checkpoint();
    assert_eq!(note.verify([&log_key], Unlisted::Rejected).unwrap().len(), 1);
    let entries = entries(&world.client);
    assert_eq!(entries.len() as u64, checkpoint.size);
    let mut frontier = Frontier::default();
    let mut replica = Replica::new();
    for (_, text) in MODULES {
        replica.supply(text.as_bytes().to_vec());
    }
    for (index, entry) in entries.iter().enumerate() {
        frontier.append(leaf_hash(entry));
        replica.step(entry).unwrap();
        let width = u16::try_from(index + 1).unwrap();
        let path = TilePath::new(Level::Hashes(0), 0, width).unwrap();
        let tile = world.client.get(&format!("/{path}"));
        let hashes = decode_hashes(&tile.body, width).unwrap();
        assert_eq!(hashes[index], leaf_hash(entry));
    }
    assert_eq!(frontier.root(), checkpoint.root);
    assert_eq!(replica.root(), checkpoint.root);
    assert_eq!(replica.state().in_force().len(), 5);
    // The digest of every verdict went into the log with the batch that changed the agreement.
    let last = replica.state().rolling();
    let view = world.running.as_ref().unwrap().view();
    assert_eq!(view.replica().state().rolling(), last);
    assert!(view.receipt(checkpoint.size - 1).unwrap().admitted);

    let beyond = TilePath::new(Level::Hashes(0), 0, 256).unwrap();
    assert_eq!(world.client.get(&format!("/{beyond}")).status, 404);
    assert_eq!(world.client.get("/tile/0/0").code(), "not-a-tile");
}

#[test]
fn a_checkpoint_counts_when_four_of_the_five_witnesses_cosigned_it() {
    let mut world = World::founded();
    assert_eq!(world.client.get("/v1/checkpoint?quorum=1").status, 404);
    for name in ["alder", "birch", "cypress"] {
        let note = world.cosigned(name);
        assert_eq!(world.client.post("/v1/cosignatures", &note.to_bytes()).status, 204);
    }
    // The same witness twice is one witness; a stranger is none; another text is an alarm.
    let twice = world.cosigned("alder");
    assert_eq!(world.client.post("/v1/cosignatures", &twice.to_bytes()).status, 204);
    let stranger = world.cosigned("vendor");
    assert_eq!(world.client.post("/v1/cosignatures", &stranger.to_bytes()).status, 400);
    assert_eq!(world.client.get("/v1/checkpoint?quorum=1").status, 404);

    let fourth = world.cosigned("lab");
    assert_eq!(world.client.post("/v1/cosignatures", &fourth.to_bytes()).status, 204);
    let counts = world.client.get("/v1/checkpoint?quorum=1");
    assert_eq!(counts.status, 200);
    // The log's own line and four others, on both.
    assert_eq!(world.client.checkpoint().1.lines().len(), 5);

    // A new entry: the latest moves on, what counts does not, and a restart forgets neither.
    world.tries("alder", "data-holder", place("ward"));
    world.restart();
    assert_eq!(world.client.checkpoint().0.size, 2);
    assert_eq!(world.client.get("/v1/checkpoint?quorum=1").body, counts.body);
}

/// Four witnesses cosign the latest checkpoint, whose size it gives.
fn counts(world: &World) -> u64 {
    for name in ["alder", "birch", "cypress", "lab"] {
        let note = world.cosigned(name);
        assert_eq!(world.client.post("/v1/cosignatures", &note.to_bytes()).status, 204);
    }
    world.client.checkpoint().0.size
}

#[test]
fn of_the_checkpoints_that_counted_one_a_day_is_kept_for_whoever_asks() {
    let mut world = World::founded();
    let older = |world: &World, from: u64| {
        let answer = world.client.get(&format!("/v1/checkpoints/{from}"));
        (answer.status == 200).then(|| {
            let note = concordat_tlog::Note::parse(&answer.body).unwrap();
            (concordat_tlog::Checkpoint::parse(note.text()).unwrap().size, answer.body)
        })
    };
    assert_eq!(older(&world, 1), None);
    let first = counts(&world);
    let counted = world.client.get("/v1/checkpoint?quorum=1").body;
    assert_eq!(older(&world, 1), Some((first, counted.clone())));
    assert_eq!(older(&world, 0), Some((first, counted)));
    assert_eq!(older(&world, first + 1), None);

    // Within a day, however much is logged, there is no further one; then there is.
    for hours in [1, 22] {
        world.pass(hours * 3_600);
        world.tries("alder", "data-holder", place("ward"));
        counts(&world);
        assert_eq!(older(&world, first + 1), None, "{hours}");
    }
    world.pass(3_600);
    world.tries("alder", "data-holder", place("ward"));
    let second = counts(&world);
    assert_eq!(older(&world, first + 1).unwrap().0, second);
    // A restart knows them all, and when the last one counted.
    world.restart();
    assert_eq!(older(&world, 1).unwrap().0, first);
    world.tries("alder", "data-holder", place("annex"));
    counts(&world);
    assert_eq!(older(&world, second + 1), None);
    assert_eq!(older(&world, 2).unwrap().0, second);
    for bad in ["x", "-1", "99999999999999999999"] {
        assert_eq!(older(&world, 1).map(drop), Some(()));
        assert_eq!(world.client.get(&format!("/v1/checkpoints/{bad}")).status, 404, "{bad}");
    }
}

#[test]
fn a_cosignature_from_another_time_does_not_count_and_a_later_one_takes_an_earlier_ones_place() {
    let world = World::founded();
    let post = |note: concordat_tlog::Note| world.client.post("/v1/cosignatures", &note.to_bytes());
    let early = world.cosigned("alder");
    world.pass(601);
    let late = world.cosigned("alder");
    let answer = post(early.clone());
    assert_eq!((answer.status, answer.code().as_str()), (400, "cosignature-time"));
    world.clock.store(START, Ordering::SeqCst);
    let answer = post(late.clone());
    assert_eq!((answer.status, answer.code().as_str()), (400, "cosignature-time"));

    // Both are near now: the later one stays, in whatever order they come.
    world.pass(300);
    for note in [&early, &late, &early] {
        assert_eq!(post(note.clone()).status, 204);
    }
    let (_, held) = world.client.checkpoint();
    let line = held.lines().iter().find(|line| line.name().ends_with("/alder")).unwrap();
    assert_eq!(Some(line), late.lines().first());
    assert_eq!(held.lines().len(), 2);
}

#[test]
fn two_histories_of_one_size_are_told_apart() {
    let one = World::founded();
    let two = World::founded();
    let foreign = two.cosigned("alder");
    let answer = one.client.post("/v1/cosignatures", &foreign.to_bytes());
    assert_eq!((answer.status, answer.code().as_str()), (409, "other-checkpoint"));
}

#[test]
fn a_poll_waits_until_the_log_grows_and_not_longer() {
    let world = World::founded();
    let started = Instant::now();
    assert_eq!(world.client.get("/v1/checkpoint?after=1&wait=0").status, 204);
    assert_eq!(world.client.get("/v1/checkpoint?after=0&wait=30").status, 200);
    let client = world.client.clone();
    let poll = std::thread::spawn(move || client.get("/v1/checkpoint?after=1&wait=30"));
    world.tries("alder", "data-holder", place("ward"));
    assert_eq!(poll.join().unwrap().status, 200);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_restart_keeps_log_receipts_and_blobs() {
    let mut world = World::in_force();
    let envelope = world.envelope("alder", "data-holder", &place("ward"));
    let receipt = only(&world.client.submit(std::slice::from_ref(&envelope)));
    assert!(receipt.admitted);
    let before = world.client.checkpoint().0;
    let all = entries(&world.client);
    world.restart();
    assert_eq!(world.client.checkpoint().0, before);
    assert_eq!(entries(&world.client), all);
    assert_eq!(only(&world.client.submit(&[envelope])), receipt);
    world.does("birch", "data-holder", place("ward"));
}

#[test]
fn a_log_that_is_not_the_one_that_was_signed_is_not_served() {
    let mut world = World::founded();
    world.tries("alder", "data-holder", place("ward"));
    world.running.take().unwrap().stop();
    {
        let mut store = concordat_store::Store::open(&world.dir.path().join("store")).unwrap();
        let size = store.len().unwrap();
        store.append(size, &[b"slipped in".to_vec()]).unwrap();
    }
    let problem =
        Coordinator::start(config(world.dir.path(), &world.clock, patient())).unwrap_err();
    assert_eq!(problem.code, "log-differs");
}

#[test]
fn what_keeps_a_coordinator_from_starting_is_three_lines() {
    let world = World::founded();
    let addr = world.running.as_ref().unwrap().addr;
    let dir = tempfile::tempdir().unwrap();

    let problem = Coordinator::start(Config::new(dir.path())).unwrap_err();
    assert_eq!(problem.code, "no-genesis");
    let mut config = Config::new(dir.path());
    config.listen = Some(addr);
    let problem = Coordinator::start(config).unwrap_err();
    assert_eq!(problem.code, "port-in-use");
    assert_eq!(problem.to_string().lines().count(), 3);

    // Another coordinator's genesis, and a store that is in use.
    let genesis = std::fs::read(world.dir.path().join("genesis.dsse")).unwrap();
    std::fs::write(dir.path().join("genesis.dsse"), genesis).unwrap();
    assert_eq!(Coordinator::start(Config::new(dir.path())).unwrap_err().code, "bad-genesis");
    let problem = Coordinator::start(Config::new(world.dir.path())).unwrap_err();
    assert_eq!(problem.code, "store-locked");

    // A key that others can read, a key that is none, and a configuration with another word.
    let toml = dir.path().join("concordat.toml");
    std::fs::write(&toml, "listen = \"127.0.0.1:0\"\nlogin = true\n").unwrap();
    assert_eq!(Coordinator::start(Config::new(dir.path())).unwrap_err().code, "bad-config");
    std::fs::remove_file(&toml).unwrap();
    let key = dir.path().join("keys/sequencer.key");
    std::fs::write(&key, "not a key").unwrap();
    assert_eq!(Coordinator::start(Config::new(dir.path())).unwrap_err().code, "bad-key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let problem = Coordinator::start(Config::new(dir.path())).unwrap_err();
        assert_eq!(problem.code, "key-not-private");
    }
}

#[test]
fn a_party_whose_refusals_are_spent_is_turned_away_and_the_others_are_not() {
    let world = World::founded();
    let envelopes: Vec<Vec<u8>> =
        (0..1_001).map(|_| world.envelope("alder", "data-holder", &place("ward"))).collect();
    for chunk in envelopes.chunks(334) {
        assert_eq!(world.client.submit(chunk).status, 200);
    }
    let size = world.client.checkpoint().0.size;
    let answer = world.client.submit(&[world.envelope("alder", "data-holder", &place("ward"))]);
    assert_eq!((answer.status, answer.code().as_str()), (429, "refusals-spent"));
    assert_eq!(world.client.checkpoint().0.size, size);
    // What it is told it can show: the log's key has signed it.
    let spent = Spent::open(&answer.word.unwrap(), &world.log_key()).unwrap();
    assert_eq!((spent.party.as_str(), spent.refused, spent.log), ("alder", 1_001, world.log));
    world.tries("birch", "data-holder", place("ward"));
    // The next day of the log's time alder may err again.
    world.pass(24 * 3_600);
    world.tries("birch", "data-holder", place("ward"));
    let answer = world.client.submit(&[world.envelope("alder", "data-holder", &place("ward"))]);
    assert_ne!(answer.status, 429);
    // Of any 256 entries in a row one is a digest record, however large the batches are.
    let (mut replica, mut records) = (Replica::new(), Records::default());
    for entry in entries(&world.client) {
        assert_eq!(records.heard(&replica.step(&entry).unwrap()), Ok(()));
    }
    assert!(records.admitted() >= 3, "{records:?}");
}

#[test]
fn a_coordinator_that_lies_about_verdicts_cannot_lie_about_entries() {
    let lie = Arc::new(AtomicBool::new(false));
    let told = lie.clone();
    let world = World::founded_with(patient(), move |config| {
        config.for_tests.judge = Arc::new(move |replica: &mut Replica, opened: &Opened<'_>| {
            let verdict = replica.step_opened(opened)?;
            if told.load(Ordering::SeqCst) && !verdict.is_admitted() {
                let act = concordat_terms::ActName::PlaceRegister;
                let (by, clause, effects) = (None, None, vec![]);
                return Ok(Verdict::Admitted { act, by, clause, effects });
            }
            Ok(verdict)
        });
    });
    lie.store(true, Ordering::SeqCst);
    // Its word is that the act was admitted; whoever folds the tiles knows better.
    assert!(
        only(&world.client.submit(&[world.envelope("alder", "data-holder", &place("x"))])).admitted
    );
    let mut replica = Replica::new();
    let verdicts: Vec<Verdict> =
        entries(&world.client).iter().map(|entry| replica.step(entry).unwrap()).collect();
    assert!(matches!(verdicts.last().unwrap().refusal(), Some(Refusal::NotYourSeat { .. })));
    assert_eq!(replica.root(), world.client.checkpoint().0.root);
}

/// How the disk of a test fails next.
#[derive(Clone, Copy, PartialEq)]
enum Disk {
    Works,
    /// Nothing is written.
    Refuses,
    /// Everything is written, and that is not said.
    WritesAndFails,
}

#[test]
fn a_failed_append_leaves_one_log_whatever_the_disk_made_of_it() {
    let next = Arc::new(std::sync::Mutex::new(Disk::Works));
    let disk = next.clone();
    let mut world = World::founded_with(patient(), move |config| {
        config.for_tests.append = Arc::new(move |store, from, entries, notes| {
            let fault = || concordat_store::Fault::NotAtEnd { expected: 0, found: from };
            match *disk.lock().unwrap() {
                Disk::Works => store.append_with_notes(from, entries, notes),
                Disk::Refuses => Err(fault()),
                Disk::WritesAndFails => {
                    store.append_with_notes(from, entries, notes)?;
                    Err(fault())
                }
            }
        });
    });
    world.enter();
    let fails = |how: Disk, envelope: &[u8]| {
        *next.lock().unwrap() = how;
        let answer = world.client.submit(&[envelope.to_vec()]);
        assert_eq!((answer.status, answer.code().as_str()), (500, "coordinator-fault"));
        *next.lock().unwrap() = Disk::Works;
    };
    let before = world.client.checkpoint().0;

    // Nothing was written: the log is what it was, and the same act is logged afterwards.
    let first = world.envelope("alder", "data-holder", &place("ward"));
    fails(Disk::Refuses, &first);
    assert_eq!(world.client.checkpoint().0, before);
    assert_eq!(entries(&world.client).len() as u64, before.size);
    let receipt = only(&world.client.submit(std::slice::from_ref(&first)));
    assert!(receipt.admitted && receipt.index >= before.size);

    // It was written: the log has it, with the receipt that was not given.
    let second = world.envelope("birch", "data-holder", &place("ward"));
    let size = world.client.checkpoint().0.size;
    fails(Disk::WritesAndFails, &second);
    assert!(world.client.checkpoint().0.size > size);
    let receipt = only(&world.client.submit(std::slice::from_ref(&second)));
    assert!(receipt.admitted);
    assert_eq!(entries(&world.client)[usize::try_from(receipt.index).unwrap()], second);

    // Both are there once, in what is served, what is folded, and what a restart finds.
    let folded = |world: &World| {
        let (checkpoint, all) = (world.client.checkpoint().0, entries(&world.client));
        for envelope in [&first, &second] {
            assert_eq!(all.iter().filter(|entry| *entry == envelope).count(), 1);
        }
        let replica = world.running.as_ref().unwrap().view().replica();
        assert_eq!((replica.root(), replica.size()), (checkpoint.root, checkpoint.size));
        (checkpoint, all, replica.state().rolling())
    };
    let now = folded(&world);
    world.restart();
    assert_eq!(folded(&world), now);
    assert!(
        only(&world.client.submit(&[world.envelope("cypress", "data-holder", &place("x"))]))
            .admitted
    );
}

#[test]
fn pages_for_people_have_an_address_of_their_own_and_read_what_is_published() {
    let world = World::founded_with(patient(), |config| {
        let pages: concordat_coordinator::Pages = Box::new(|view| {
            let size = move || async move { view.snapshot().size.to_string() };
            axum::Router::new().route("/size", axum::routing::get(size))
        });
        config.console = Some(Console { listen: "127.0.0.1:0".parse().unwrap(), pages });
    });
    let running = world.running.as_ref().unwrap();
    let console = Client::new(running.console.unwrap(), &running.certificate_pem);
    assert_eq!(console.get("/size").text(), "1");
    // Who reaches the log does not reach them with it, nor the log by them.
    assert_eq!(world.client.get("/size").code(), "http-404");
    assert_eq!(console.get("/checkpoint").status, 404);
}

#[test]
fn copies_of_expired_acts_are_not_logged_again() {
    let world = World::founded();
    let envelope = world.envelope("alder", "data-holder", &place("ward"));
    world.client.submit(std::slice::from_ref(&envelope));
    let late = world.envelope("birch", "data-holder", &place("ward"));
    world.pass(2 * 24 * 3_600);
    world.tries("lab", "data-holder", place("ward"));
    let size = world.client.checkpoint().0.size;
    // Never logged, and expired by now: anybody may have kept it.
    let answer = world.client.submit(&[late]);
    assert_eq!((answer.status, answer.code().as_str()), (400, "expired"));
    // Logged once already: its old receipt.
    assert_ne!(world.client.submit(&[envelope]).status, 400);
    assert_eq!(world.client.checkpoint().0.size, size);
}
