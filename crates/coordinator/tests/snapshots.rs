//! A coordinator that starts again goes on from a snapshot, and is as it was; where the file is no
//! good, it folds its whole log, and is as it was.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::*;
use concordat_partnership::Act;
use concordat_partnership::act::PlaceRegister;
use concordat_replay::Replica;
use concordat_store::WORTH_AT_STOP;
use concordat_wire::api::Receipt;

/// More than a coordinator that stops leaves to the next start.
const MANY: u64 = WORTH_AT_STOP * 2;

/// What can be told apart of a coordinator from outside, and of its fold from inside.
#[derive(Debug, PartialEq)]
struct Told {
    size: u64,
    root: concordat_terms::Digest,
    receipts: Vec<Receipt>,
    entries: Vec<Vec<u8>>,
    state: concordat_partnership::State,
}

fn told(world: &World) -> Told {
    let view = world.running.as_ref().unwrap().view();
    let (checkpoint, _) = world.client.checkpoint();
    let size = checkpoint.size;
    Told {
        size,
        root: checkpoint.root,
        receipts: view.receipts(0, usize::MAX),
        entries: (0..size).map(|index| view.entry(index).unwrap()).collect(),
        state: view.replica().state().clone(),
    }
}

/// So many acts of one party, all of them refused: each is logged, none changes much.
fn tries(world: &World, so_many: u64) {
    let envelopes: Vec<Vec<u8>> = (0..so_many)
        .map(|nth| {
            let place = format!("ward-{nth}").parse().unwrap();
            let act = PlaceRegister { place, class: 2, jurisdiction: "CH".parse().unwrap() };
            world.envelope("alder", "trainer", &Act::PlaceRegister(act))
        })
        .collect();
    for batch in envelopes.chunks(64) {
        let answer = world.client.submit(batch);
        assert_eq!(answer.json()["receipts"].as_array().unwrap().len(), batch.len());
    }
}

fn snapshots(world: &World, kind: &str) -> Vec<PathBuf> {
    let items = fs::read_dir(world.dir.path().join("snapshots")).unwrap();
    let paths = items.map(|item| item.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == kind)).collect();
    paths.sort();
    paths
}

fn resumed_from(world: &World) -> u64 {
    world.running.as_ref().unwrap().resumed_from
}

/// An agreement in force, and a log that is long enough.
fn long() -> World {
    let world = World::in_force();
    tries(&world, MANY);
    world
}

#[test]
fn a_start_goes_on_from_where_the_last_process_stopped_and_nobody_sees_a_difference() {
    let mut world = long();
    assert_eq!(resumed_from(&world), 0);
    let before = told(&world);
    world.restart();
    let from = resumed_from(&world);
    assert!(from >= WORTH_AT_STOP && from < before.size, "{from} of {}", before.size);
    assert_eq!(told(&world), before);

    // It goes on, and what it says now is what a fold of everything says.
    world.pass(60);
    tries(&world, 3);
    let after = told(&world);
    let mut whole = Replica::new();
    for (_, text) in MODULES {
        whole.supply(text.as_bytes().to_vec());
    }
    for (entry, receipt) in after.entries.iter().zip(&after.receipts) {
        assert_eq!(whole.step(entry).unwrap().is_admitted(), receipt.admitted);
    }
    assert_eq!(whole.state(), &after.state);
    assert_eq!(whole.root(), after.root);

    // Others may not read the file, and a third start goes on from the same one: little was added.
    use std::os::unix::fs::PermissionsExt as _;
    let files = snapshots(&world, "snapshot");
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    world.restart();
    assert_eq!((resumed_from(&world), snapshots(&world, "snapshot")), (from, files));
    assert_eq!(told(&world), after);
}

#[test]
fn a_party_that_spent_its_refusals_has_spent_them_after_a_restart() {
    let mut world = World::founded();
    tries(&world, 1_001);
    let act = PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    };
    let once_more = |world: &World| {
        let envelope = world.envelope("alder", "trainer", &Act::PlaceRegister(act.clone()));
        world.client.submit(&[envelope]).code()
    };
    assert_eq!(once_more(&world), "refusals-spent");
    world.restart();
    assert!(resumed_from(&world) > 0);
    assert_eq!(once_more(&world), "refusals-spent");
}

#[test]
fn a_snapshot_that_is_no_good_is_put_aside_and_the_whole_log_is_folded() {
    let mut world = long();
    let before = told(&world);
    let spoil = |spoiled: &dyn Fn(Vec<u8>) -> Vec<u8>, world: &mut World| {
        world.running.take().unwrap().stop();
        let files = snapshots(world, "snapshot");
        let bytes = fs::read(files.last().unwrap()).unwrap();
        for file in &files {
            fs::write(file, spoiled(bytes.clone())).unwrap();
        }
        world.start();
        assert_eq!(resumed_from(world), 0);
        assert_eq!(told(world), before);
        assert_eq!(snapshots(world, "unfit").len(), 1, "for who wants to know why");
        assert_eq!(snapshots(world, "snapshot"), Vec::<PathBuf>::new());
    };
    spoil(&|bytes| bytes[..bytes.len() / 2].to_vec(), &mut world);
    let turned = |mut bytes: Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    spoil(&turned, &mut world);

    // Of another home.
    let mut other = long();
    other.running.take().unwrap().stop();
    let foreign = fs::read(&snapshots(&other, "snapshot")[0]).unwrap();
    spoil(&|_| foreign.clone(), &mut world);

    // The next stop writes a good one.
    world.restart();
    assert!(resumed_from(&world) > 0);
    assert_eq!(told(&world), before);
}

#[test]
fn a_log_that_was_put_back_to_an_older_state_is_folded() {
    let mut world = World::in_force();
    let before = told(&world);
    world.running.take().unwrap().stop();
    let old = tempfile::tempdir().unwrap();
    let copy = |from: PathBuf, to: PathBuf| {
        fs::create_dir_all(&to).unwrap();
        for item in fs::read_dir(from).unwrap() {
            let path = item.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    };
    copy(world.dir.path().join("store"), old.path().to_owned());
    world.start();
    tries(&world, MANY);
    world.running.take().unwrap().stop();
    assert_eq!(snapshots(&world, "snapshot").len(), 1);
    for item in fs::read_dir(world.dir.path().join("store")).unwrap() {
        let path = item.unwrap().path();
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    copy(old.path().to_owned(), world.dir.path().join("store"));
    world.start();
    assert_eq!((resumed_from(&world), snapshots(&world, "unfit").len()), (0, 1));
    assert_eq!(told(&world), before);
}

#[test]
fn a_process_that_died_while_it_wrote_leaves_nothing_that_is_read() {
    let mut world = long();
    let before = told(&world);
    world.restart();
    let from = resumed_from(&world);
    // The next one was being written.
    world.running.take().unwrap().stop();
    let good = fs::read(&snapshots(&world, "snapshot")[0]).unwrap();
    let draft = world.dir.path().join("snapshots/999999.draft");
    fs::write(&draft, &good[..good.len() / 3]).unwrap();
    world.start();
    assert_eq!((resumed_from(&world), draft.exists()), (from, false));
    assert_eq!(told(&world), before);
}
