//! Stories of a coordinator that answers with more than anybody asked for, or later.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods)]

mod common;
#[path = "../../secagg/tests/common/mod.rs"]
mod parties;

use common::shelf::Shelf;
use concordat_node::client::{Client, Fault, Reader};
use concordat_secagg::{Announced, FromClient, Signature, Signed, Survivors, Upload};
use concordat_terms::{Digest, RunId};
use concordat_tlog::SigningKey;
use concordat_tlog::tile::{Level, TilePath};
use concordat_wire::api::{BLOB_BYTES_MAX, PayloadSignature, RunResult};
use concordat_wire::round::{Announcement, to_client_bytes_max};

/// What may lie in buffers on both sides of a connection when one side hangs up.
const BETWEEN: usize = 24 << 20;

fn client(shelf: &Shelf) -> Client {
    Client::new(&shelf.address, shelf.certificate.as_bytes()).unwrap()
}

/// Asks at `path`, where the answer has no end.
#[track_caller]
fn stops_reading<T: std::fmt::Debug>(
    path: &str,
    most: usize,
    ask: impl FnOnce(&Client) -> Result<T, Fault>,
) {
    let shelf = Shelf::open();
    shelf.flood(path);
    match ask(&client(&shelf)) {
        Err(Fault::Own(problem)) => assert_eq!(problem.code, "answer-too-large", "{path}"),
        other => panic!("{path}: {other:?}"),
    }
    let flooded = shelf.flooded(path);
    assert!(flooded <= most + BETWEEN, "{path}: {flooded} bytes were taken");
}

#[test]
fn an_answer_without_an_end_is_read_as_far_as_its_kind_can_need() {
    let key = SigningKey::from_seed(&[7; 32]);
    let run: RunId = "first".parse().unwrap();
    let little = 1 << 20;
    stops_reading("/checkpoint", little, Client::checkpoint);
    stops_reading("/v1/checkpoint?quorum=1", little, Client::quorum_checkpoint);
    stops_reading("/v1/checkpoint?after=7&wait=1", little, |client| client.checkpoint_after(7, 1));

    let hashes = TilePath::new(Level::Hashes(0), 0, 3).unwrap();
    stops_reading("/tile/0/000.p/3", little, |client| client.tile(&hashes));
    let entries = TilePath::new(Level::Entries, 0, 256).unwrap();
    stops_reading("/tile/entries/000", 17 << 20, |client| client.tile(&entries));

    let blob = Digest::of(b"wanted");
    let path = format!("/v1/blobs/{blob}");
    stops_reading(&path, BLOB_BYTES_MAX, |client| client.blob(&blob, &Reader::new(blob, &key)));
    let path = format!("/v1/blobs/{}", Digest::of(b"left"));
    stops_reading(&path, little, |client| client.put_blob(b"left", &key));

    stops_reading("/v1/acts", little, |client| client.submit(&[b"envelope".to_vec()]));
    stops_reading("/v1/cosignatures", little, |client| client.cosign(b"note"));
    stops_reading("/v1/runs/first", little, |client| client.progress(&run));
    let signed = PayloadSignature {
        party: "alder".parse().unwrap(),
        payload: blob,
        signature: String::new(),
    };
    stops_reading("/v1/runs/first/signature", little, |client| client.signature(&run, &signed));
    let result = RunResult {
        party: "alder".parse().unwrap(),
        model: blob,
        rounds: 1,
        attempts: 1,
        transcript: blob,
        roster: Vec::new(),
        signature: String::new(),
    };
    stops_reading("/v1/runs/first/result", little, |client| client.result(&run, &result));

    // As much as four participants of a small model have to say, and no more.
    let message = FromClient::Survivors(Signed {
        from: "alder".parse().unwrap(),
        body: Survivors { parties: [].into() },
        signature: Signature::from_bytes(&[0; 64]),
    });
    let params = parties::params((4, 3, 1, 1), 32, 14);
    assert!(to_client_bytes_max(&params) < little);
    stops_reading("/v1/runs/first/0/0", little, |client| {
        client.exchange(&run, 0, 0, &message, &params)
    });
}

#[test]
fn the_largest_blob_is_read_whole_and_one_byte_more_is_too_much() {
    let shelf = Shelf::open();
    let key = SigningKey::from_seed(&[7; 32]);
    let mut bytes = vec![7; BLOB_BYTES_MAX];
    let largest = Digest::of(&bytes);
    shelf.put(&format!("/v1/blobs/{largest}"), 200, bytes.clone());
    assert!(
        client(&shelf)
            .blob(&largest, &Reader::new(largest, &key))
            .is_ok_and(|found| found == bytes)
    );
    bytes.push(7);
    let larger = Digest::of(&bytes);
    shelf.put(&format!("/v1/blobs/{larger}"), 200, bytes);
    let fault = client(&shelf).blob(&larger, &Reader::new(larger, &key)).unwrap_err();
    assert_eq!(fault.problem().code, "answer-too-large");
}

#[test]
fn an_announcement_that_a_busy_room_does_not_answer_in_time_is_sent_again() {
    let shelf = Shelf::open();
    let path = "/v1/runs/first/0/0/uploads";
    shelf.put(path, 200, br#"{"next":0,"chunks":3}"#);
    shelf.put_off(path, 2);
    let announced = Announcement::Masks(Announced {
        upload: Signed {
            from: "alder".parse().unwrap(),
            body: Upload { peers: Digest::of(b"peers"), vector: Digest::of(b"vector") },
            signature: Signature::from_bytes(&[0; 64]),
        },
        chunks: [b"a", b"b", b"c"].map(|chunk| Digest::of(chunk)).to_vec(),
    });
    let arrived = client(&shelf).announce(&"first".parse().unwrap(), (0, 0), &announced).unwrap();
    assert_eq!((arrived.next, arrived.chunks), (0, 3));
    let received = shelf.received.lock().unwrap();
    let bodies: Vec<_> = received.iter().map(|(_, body)| body).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the same each time");
}
