//! A second coordinator on the same database: it reads along, hands on what is to be written, and takes over
//! when the first has ended. What was acknowledged by either is in the one log.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test")]

mod common;
mod killing;
#[path = "../../store/tests/world/server.rs"]
mod server;
mod stopped;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::{Client, World, config, key, patient};
use concordat_coordinator::{Config, Coordinator, Standby};
use concordat_terms::Digest;
use concordat_tlog::{Checkpoint, Note};
use killing::acts;
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);

/// A copy of the home for a second machine: the same keys, the same database, the same blobs.
fn second_home(world: &World) -> TempDir {
    let home = TempDir::new().unwrap();
    copy(world.dir.path(), home.path());
    let toml = home.path().join("concordat.toml");
    let text = fs::read_to_string(&toml).unwrap();
    let blobs = world.dir.path().join("blobs");
    let text = text.replace("blobs = \"blobs\"", &format!("blobs = {:?}", blobs.display()));
    fs::write(toml, text).unwrap();
    home
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn at_home(world: &World, home: &Path) -> Config {
    Config { waits: false, ..config(home, &world.clock, patient()) }
}

/// The first checkpoint of more than so many entries.
fn checkpoint_after(client: &Client, size: u64) -> (Vec<u8>, Checkpoint) {
    loop {
        let answer = client.get(&format!("/v1/checkpoint?after={size}&wait=30"));
        if answer.status == 200 {
            let note = Note::parse(&answer.body).unwrap();
            return (answer.body, Checkpoint::parse(note.text()).unwrap());
        }
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

#[test]
fn a_second_coordinator_reads_along_and_takes_over_when_the_first_has_ended() {
    let server = server::shared();
    server.database("standby");
    let mut world = World::founded();
    world.running.take().unwrap().stop();
    world.kept_in(&server.url("standby"));
    world.start();
    world.enter();

    let home = second_home(&world);
    let leased = Coordinator::start(at_home(&world, home.path())).unwrap_err();
    assert_eq!(leased.code, "store-leased");
    let standby = Standby::start(at_home(&world, home.path())).unwrap();
    let second = Client::new(standby.addr, &standby.certificate_pem).of(world.log, &world.clock);

    // It has folded all that is there, and says the same of it.
    let (there, _) = world.client.checkpoint();
    let (here, _) = second.checkpoint();
    assert_eq!(here, there);
    for path in ["/tile/entries/000.p/5", "/tile/0/000.p/5", "/v1/proofs/3"] {
        let (one, other) = (world.client.get(path), second.get(path));
        assert_eq!((one.status, &one.body), (200, &other.body), "{path}");
    }
    let text = common::MODULES[0].1.as_bytes();
    assert_eq!(second.blob(&Digest::of(text), &key("vendor")).body, text);

    // What is to be written goes to the writer, and comes back as part of the log.
    let act = acts(&world, 1, 1).remove(0);
    let answer = second.submit(std::slice::from_ref(&act));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let receipt = answer.json()["receipts"][0].clone();
    assert_eq!(receipt["index"], here.size);
    let (_, seen) = checkpoint_after(&second, here.size);
    assert_eq!(seen, checkpoint_after(&world.client, here.size).1);
    assert_eq!(second.put_blob(b"a text", &key("vendor")).status, 204);
    assert_eq!(second.get("/v1/witnesses").body, world.client.get("/v1/witnesses").body);
    // A refusal of the writer's is handed on as it is.
    assert_eq!(second.post("/v1/acts", b"{}").code(), "bad-submission");

    // Nobody's turn while the first lives.
    assert!(!standby.turn_within(Duration::ZERO).unwrap());
    world.running.take().unwrap().stop();
    assert!(standby.turn_within(LONG).unwrap());
    let away = second.submit(std::slice::from_ref(&act));
    assert_eq!((away.status, away.code()), (503, "writer-away".to_owned()));
    // What it has read can be read all the same.
    assert_eq!(second.checkpoint().0, seen);

    standby.stop();
    let running = Coordinator::start(at_home(&world, home.path())).unwrap();
    world.client = Client::new(running.addr, &running.certificate_pem).of(world.log, &world.clock);
    // The act that was acknowledged is not logged twice, and the log goes on.
    let again = world.client.submit(std::slice::from_ref(&act));
    assert_eq!(again.json()["receipts"][0], receipt);
    let answer = world.client.submit(&acts(&world, 2, 1));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(world.client.checkpoint().0.size > seen.size);
    running.stop();
}

#[test]
fn who_keeps_the_log_in_a_folder_cannot_stand_by() {
    let world = World::founded();
    let home = second_home(&world);
    let refused = Standby::start(at_home(&world, home.path())).unwrap_err();
    assert_eq!(refused.code, "no-standby");
}
