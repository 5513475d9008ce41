//! Stories of clients without manners: slow, half, too many, too long, misspelt.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::participant::{Outcome, Participant};
use common::*;
use concordat_coordinator::Limits;
use concordat_terms::{Digest, Period};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A test that waits for longer than this has found a connection that is held for ever.
const LONG: Duration = Duration::from_secs(20);

fn impatient() -> Limits {
    let short = Duration::from_millis(400);
    let front = concordat_front::Limits { handshake: short, head: short, stall: short, ..few(128) };
    Limits { front, body: short, ..Limits::default() }
}

fn few(connections_of_peer: usize) -> concordat_front::Limits {
    concordat_front::Limits { connections_of_peer, ..concordat_front::Limits::default() }
}

fn world(limits: Limits) -> World {
    World::founded_with(patient(), |config| config.limits = limits)
}

fn tcp(world: &World) -> TcpStream {
    let stream = TcpStream::connect(world.running.as_ref().unwrap().addr).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

fn tls(world: &World) -> Tls {
    let mut roots = RootCertStore::empty();
    let pem = &world.running.as_ref().unwrap().certificate_pem;
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(client, tcp(world))
}

/// All that comes until the other side closes; a test fails if it does not.
fn rest(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 1_024];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => bytes.extend(&chunk[..length]),
            Err(fault) if fault.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("the connection is held: {}", String::from_utf8_lossy(&bytes))
            }
            // Closed without ceremony.
            Err(_) => break,
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn whoever_never_shakes_hands_is_let_go() {
    let world = world(impatient());
    assert_eq!(rest(&mut tcp(&world)), "");
}

#[test]
fn half_a_head_holds_no_connection() {
    let world = world(impatient());
    let mut stream = tls(&world);
    stream.write_all(b"GET /checkpoint HTTP/1.1\r\nhost: local").unwrap();
    assert_eq!(rest(&mut stream), "");
}

#[test]
fn half_a_body_is_refused_in_time() {
    let world = world(impatient());
    let mut stream = tls(&world);
    let head = "POST /v1/acts HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    let answer = rest(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("body-too-slow") && answer.contains("hint"), "{answer}");
}

#[test]
fn an_idle_connection_is_closed_and_a_long_poll_is_not() {
    let world = world(impatient());
    let mut stream = tls(&world);
    stream.write_all(b"GET /checkpoint HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let answer = rest(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    // Five times longer than any limit.
    let begun = Instant::now();
    assert_eq!(world.client.get("/v1/checkpoint?after=1&wait=2").status, 204);
    assert!(begun.elapsed() >= Duration::from_secs(2));
}

#[test]
fn one_connection_too_many_is_closed_at_once_and_places_are_given_back() {
    let world = world(Limits { front: few(3), ..Limits::default() });
    let mut held: Vec<Tls> = (0..3)
        .map(|_| {
            let mut stream = tls(&world);
            stream.write_all(b"GET /checkpoint HTTP/1.1\r\nhost: local").unwrap();
            stream
        })
        .collect();
    let begun = Instant::now();
    assert_eq!(rest(&mut tcp(&world)), "");
    assert!(begun.elapsed() < Limits::default().front.handshake, "nobody waited for a handshake");

    // One leaves, and soon there is a place again.
    drop(held.pop());
    while world.client.try_post("/v1/acts", b"").is_err() {
        assert!(begun.elapsed() < LONG);
    }
}

#[test]
fn a_body_that_is_too_long_is_answered_and_not_cut_off() {
    let world = world(Limits::default());
    let long = vec![b'x'; (16 << 20) + 1];
    let answer = world.client.post("/v1/acts", &long);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body-too-long"));
    let answer = world.client.post("/v1/cosignatures", &long);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body-too-long"));
    let answer = world.client.put_blob(&long, &key("alder"));
    assert_eq!((answer.status, answer.code().as_str()), (413, "body-too-long"));
    let answer = world.client.put(&"0".repeat(64), &long, "x", "y");
    assert_eq!((answer.status, answer.code().as_str()), (403, "blob-not-signed"));
    // A run that has no large model takes no large messages.
    let answer = world.client.post("/v1/runs/first/0/0", &long);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body-too-long"));
}

#[test]
fn strangers_hold_little_of_the_memory_and_none_of_what_is_for_parties() {
    let room = 256 << 10;
    let world = world(Limits { strangers: room, strangers_of_one: room, ..Limits::default() });
    let announce = |path: &str, length: usize| {
        let mut stream = tls(&world);
        let head =
            format!("{path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    // Nearly all of a body, and then nothing: what has come has to be kept.
    let mut stalled = announce("POST /v1/acts", room);
    stalled.write_all(&vec![b'x'; room - 1]).unwrap();
    stalled.flush().unwrap();
    let small = vec![b'x'; 1 << 10];
    let begun = Instant::now();
    let refused = loop {
        let answer = world.client.post("/v1/acts", &small);
        if answer.status == 503 {
            break answer;
        }
        assert!(begun.elapsed() < LONG);
    };
    assert_eq!(refused.code(), "bodies-too-many");

    // What a party vouches for does not wait for strangers. A pass of somebody else, for another log,
    // that counts no more or for too long makes nobody a party.
    let ahead = |seconds| world.now().plus(Period::of_seconds(seconds));
    let sends = |log, name, until| world.client.passing(log, name, until).post("/v1/acts", &small);
    assert_eq!(sends(world.log, "alder", ahead(900)).code(), "bad-submission");
    for answer in [
        sends(world.log, "nobody", ahead(600)),
        sends(Digest::of(b"another genesis"), "alder", ahead(600)),
        sends(world.log, "alder", ahead(0)),
        sends(world.log, "alder", ahead(901)),
    ] {
        assert_eq!(answer.code(), "bodies-too-many");
    }
    let passed = world.client.passing(world.log, "alder", ahead(600));
    assert_eq!(passed.post("/v1/acts", &small).code(), "bad-submission");
    world.pass(600);
    assert_eq!(passed.post("/v1/acts", &small).code(), "bodies-too-many", "it is known, and over");
    // A blob by somebody with a key does not wait for strangers; one by nobody holds nothing.
    assert_eq!(world.client.put_blob(&small, &key("alder")).status, 204);
    let mut unsigned = announce(&format!("PUT /v1/blobs/{}", "0".repeat(64)), room);
    unsigned.write_all(&vec![b'x'; room - 1]).unwrap();
    assert_eq!(world.client.put_blob(&vec![b'y'; room], &key("alder")).status, 204);

    // Whoever leaves gives back what it held.
    drop(stalled);
    while world.client.post("/v1/acts", &small).status == 503 {
        assert!(begun.elapsed() < LONG);
    }
}

#[test]
fn while_strangers_hold_all_of_their_room_a_run_goes_on() {
    let room = 64 << 10;
    let world = world(Limits { strangers: room, strangers_of_one: room, ..Limits::default() });
    world.enter();
    let (plan, recipe) = world.open_run("first", 1, 0);
    let until = world.now().plus(Period::of_seconds(600));
    let mut all = Vec::new();
    for name in HOLDERS {
        world.join(name, "first", &plan);
        let mut one = Participant::new(name, &world, "first", &plan, &recipe);
        one.client = world.client.passing(world.log, name, until);
        all.push(one);
    }
    let mut stalled = tls(&world);
    let head =
        format!("POST /v1/acts HTTP/1.1\r\nhost: localhost\r\ncontent-length: {room}\r\n\r\n");
    stalled.write_all(head.as_bytes()).unwrap();
    stalled.write_all(&vec![b'x'; room - 1]).unwrap();
    stalled.flush().unwrap();
    let begun = Instant::now();
    let small = [b'x'; 1 << 10];
    while world.client.post("/v1/acts", &small).status != 503 {
        assert!(begun.elapsed() < LONG);
    }

    let playing = all.into_iter().map(|mut one| {
        std::thread::spawn(move || {
            assert!(matches!(one.attempt(0, None), Outcome::Sum(..)));
            one.close()
        })
    });
    let playing: Vec<_> = playing.collect();
    for one in playing {
        let answer = one.join().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(world.client.post("/v1/acts", &small).status, 503, "all the time");
    drop(stalled);
}

#[test]
fn while_strangers_hold_all_of_their_connections_whoever_has_shown_a_pass_gets_in() {
    let front = concordat_front::Limits {
        connections: 6,
        connections_of_strangers: 2,
        ..concordat_front::Limits::default()
    };
    let world = world(Limits { front, ..Limits::default() });
    let known = world.client.passing(world.log, "alder", world.now().plus(Period::of_seconds(60)));
    let greeted = |world: &World| {
        let mut stream = tls(world);
        stream.write_all(b"GET /checkpoint HTTP/1.1\r\nhost: localhost\r\n\r\n").ok();
        let mut first = [0; 12];
        (stream.read_exact(&mut first).is_ok() && &first == b"HTTP/1.1 200").then_some(stream)
    };
    let held = [greeted(&world).unwrap(), greeted(&world).unwrap()];
    assert!(greeted(&world).is_none(), "two of strangers");
    drop(held);
    let begun = Instant::now();
    while known.try_post("/v1/acts", b"x").is_err() {
        assert!(begun.elapsed() < LONG);
    }
    let more: Vec<_> = (0..3).filter_map(|_| greeted(&world)).collect();
    assert_eq!(more.len(), 3, "the address belongs here now");
}

#[test]
fn what_cannot_be_read_is_answered_with_what_why_and_where() {
    let world = world(Limits::default());
    for path in [
        "/v1/checkpoint?quorum=2",
        "/v1/checkpoint?quorum=yes",
        "/v1/checkpoint?after=abc",
        "/v1/checkpoint?size=3",
        "/checkpoint?quorum=1",
        "/v1/blobs/00?x",
        "/v1/runs/first?round=1",
    ] {
        let answer = world.client.get(path);
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad-query"), "{path}");
        for part in ["what", "hint", "see"] {
            assert!(!answer.json()[part].as_str().unwrap().is_empty(), "{path}: {part}");
        }
    }
    for (path, code) in [
        ("/v1/acts", "bad-submission"),
        ("/v1/runs/first/result", "bad-message"),
        ("/v1/runs/first/zero/0", "http-400"),
        ("/v1/cosignatures", "not-a-cosignature"),
        ("/checkpoint", "http-405"),
    ] {
        let answer = world.client.post(path, b"{\"a\":");
        assert_eq!(answer.code(), code, "{path}");
        assert!(!answer.json()["hint"].as_str().unwrap().is_empty(), "{path}");
    }
}
