//! A log in a database that others operate: one writer, whoever else believes to be it; nothing lost
//! when the server dies.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod world;

use std::thread;
use std::time::{Duration, Instant};

use concordat_store::{Address, Fault, Lease, Store};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use world::load::{append_batch, check};
use world::script::at_every_call_site;
use world::server::{PASSWORD, Server, shared};

fn soon(holder: &str) -> Lease {
    Lease {
        holder: holder.to_owned(),
        lasts: Duration::from_millis(600),
        patience: Duration::from_secs(20),
    }
}

fn at_once(holder: &str) -> Lease {
    Lease { patience: Duration::ZERO, ..Lease::of(holder) }
}

fn blobs(home: &TempDir) -> std::path::PathBuf {
    home.path().join("blobs")
}

fn acts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn a_store_in_a_database_keeps_what_a_folder_would() {
    let server = shared();
    let address = server.database("keeps");
    let home = TempDir::new().unwrap();
    let mut store = Store::connect(&address, &blobs(&home), Lease::of("first")).unwrap();
    assert!(store.is_empty().unwrap());
    store.append(0, &acts(&["genesis", "", "tick"])).unwrap();
    let notes: [(&str, &[u8]); 3] = [("cursor", b"old"), ("wit/é", b""), ("cursor", b"4")];
    store.append_with_notes(3, &acts(&["act"]), &notes).unwrap();
    store.put_note("witness", b"lab").unwrap();
    store.put_note("witness", b"clinic").unwrap();
    let report = store.put_blob(b"report").unwrap();

    for wrong in [0, 3, 5, u64::MAX] {
        let fault = store.append_with_notes(wrong, &acts(&["c"]), &[("cursor", b"9")]).unwrap_err();
        assert!(matches!(fault, Fault::NotAtEnd { expected: 4, found } if found == wrong));
    }
    drop(store);

    let mut store = Store::connect(&address, &blobs(&home), at_once("second")).unwrap();
    assert_eq!(store.entries(0, 100).unwrap(), acts(&["genesis", "", "tick", "act"]));
    assert_eq!(store.entries(1, 2).unwrap(), acts(&["", "tick"]));
    assert_eq!(store.entry(4).unwrap(), None);
    assert_eq!(store.entries(u64::MAX, usize::MAX).unwrap(), acts(&[]));
    assert_eq!(store.note("cursor").unwrap(), Some(b"4".to_vec()));
    assert_eq!(store.note("Cursor").unwrap(), None);
    assert_eq!(store.note_names("wit").unwrap(), ["witness", "wit/é"].map(str::to_owned).sorted());
    assert_eq!(store.notes("witness").unwrap()["witness"], b"clinic");
    assert_eq!(store.blob(&report).unwrap(), Some(b"report".to_vec()));
    store.remove_notes("wit").unwrap();
    assert_eq!(store.note_names("").unwrap(), ["cursor"]);
    assert_eq!(store.note("wit/é").unwrap(), None);
}

trait Sorted {
    fn sorted(self) -> Self;
}

impl<const N: usize> Sorted for [String; N] {
    fn sorted(mut self) -> Self {
        self.sort();
        self
    }
}

#[test]
fn a_second_writer_waits_for_the_lease_and_the_first_is_fenced_after() {
    let server = shared();
    let address = server.database("fenced");
    let home = TempDir::new().unwrap();
    let lease = Lease { lasts: Duration::from_secs(3), ..soon("north") };
    let mut first = Store::connect(&address, &blobs(&home), lease).unwrap();
    first.append(0, &acts(&["a"])).unwrap();

    // While the first gives signs of life, nobody else writes, however long the log is idle: four signs
    // are more than the lease lasts without one.
    let lasts_until = || server.sql("fenced", "SELECT until FROM lease");
    for _ in 0..4 {
        let fault = Store::connect(&address, &blobs(&home), at_once("south")).unwrap_err();
        assert_eq!(fault.code(), "store-leased");
        assert!(fault.to_string().contains("`north`"), "{fault}");
        let (now, end) = (lasts_until(), Instant::now() + Duration::from_secs(60));
        while lasts_until() == now {
            assert!(Instant::now() < end, "no sign of life");
        }
    }
    first.confirm().unwrap();

    // The first stalls: its lease is over, and it does not know.
    server.sql("fenced", "UPDATE lease SET until = '-infinity'");
    let mut second = Store::connect(&address, &blobs(&home), at_once("south")).unwrap();
    second.append(1, &acts(&["b"])).unwrap();
    for fault in [
        first.append(1, &acts(&["x"])).unwrap_err(),
        first.append(2, &acts(&["x"])).unwrap_err(),
        first.put_note("cursor", b"x").unwrap_err(),
        first.remove_notes("").unwrap_err(),
        first.confirm().unwrap_err(),
    ] {
        assert_eq!(fault.code(), "store-fenced", "{fault}");
    }
    second.append_with_notes(2, &acts(&["c"]), &[("cursor", b"3")]).unwrap();

    // It may read what is there, and its end does not take the lease from the second.
    assert_eq!(first.entries(0, 9).unwrap(), acts(&["a", "b", "c"]));
    drop(first);
    second.append(3, &acts(&["d"])).unwrap();
    assert_eq!(second.note("cursor").unwrap(), Some(b"3".to_vec()));
    assert_eq!(second.len().unwrap(), 4);
}

#[test]
fn writers_that_take_over_from_one_another_all_the_time_lose_and_double_nothing() {
    let server = shared();
    let address = server.database("contended");
    let home = TempDir::new().unwrap();
    drop(Store::connect(&address, &blobs(&home), at_once("founder")).unwrap());
    let receipts: Vec<(u64, Vec<u8>)> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (address, home, server) = (&address, &home, &server);
                scope.spawn(move || {
                    let mut receipts = Vec::new();
                    while receipts.len() < 25 {
                        let mut lease = soon(&format!("writer {writer}"));
                        lease.lasts = Duration::from_millis(30);
                        let mut store = Store::connect(address, &blobs(home), lease).unwrap();
                        // Until it is overtaken, or gives way.
                        for nth in 0..5 {
                            let at = store.len().unwrap();
                            let text = format!("{writer}.{}.{nth}", receipts.len()).into_bytes();
                            match store.append(at, std::slice::from_ref(&text)) {
                                Ok(()) => receipts.push((at, text)),
                                Err(Fault::Fenced { .. } | Fault::NotAtEnd { .. }) => break,
                                Err(fault) => panic!("{fault:?}"),
                            }
                        }
                        // As if it had stalled: it neither writes nor lets the lease go.
                        server.sql("contended", "UPDATE lease SET until = '-infinity'");
                    }
                    receipts
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let log = Store::follow(&address, &blobs(&home)).unwrap().entries(0, usize::MAX).unwrap();
    assert_eq!(log.len(), receipts.len());
    for (index, text) in receipts {
        assert_eq!(log[index as usize], text);
    }
}

#[test]
fn a_reader_follows_the_end_of_the_log_and_cannot_write() {
    let server = shared();
    let address = server.database("followed");
    let home = TempDir::new().unwrap();
    let mut writer = Store::connect(&address, &blobs(&home), Lease::of("writer")).unwrap();
    let mut reader = Store::follow(&address, &blobs(&home)).unwrap();
    assert_eq!(reader.wait(0, Duration::from_millis(50)).unwrap(), 0);
    assert_eq!(reader.append(0, &acts(&["x"])).unwrap_err().code(), "store-fenced");

    let waits = thread::spawn(move || {
        let mut seen = Vec::new();
        while seen.len() < 40 {
            let from = seen.len() as u64;
            let length = reader.wait(from, Duration::from_secs(20)).unwrap();
            assert!(length > from, "nothing came");
            seen.extend(reader.entries(from, usize::MAX).unwrap());
        }
        seen
    });
    let entries: Vec<Vec<u8>> = (0..40_u8).map(|nth| vec![nth; 3]).collect();
    for (at, entry) in (0..).zip(&entries) {
        writer.append(at, std::slice::from_ref(entry)).unwrap();
    }
    assert_eq!(waits.join().unwrap(), entries);

    // Where the notification is lost, looking finds it: here nothing was told.
    let reader = Store::follow(&address, &blobs(&home)).unwrap();
    let before = Instant::now();
    let waits = thread::spawn(move || reader.wait(40, Duration::from_secs(20)).unwrap());
    let digest = "decode(repeat('00', 32), 'hex')";
    server.sql("followed", &format!("INSERT INTO entries VALUES (40, '', {digest})"));
    assert_eq!(waits.join().unwrap(), 41);
    assert!(before.elapsed() < Duration::from_secs(15));
}

#[test]
fn the_database_itself_refuses_gaps_changes_and_deletions_and_what_changed_is_noticed() {
    let server = shared();
    let address = server.database("guarded");
    let home = TempDir::new().unwrap();
    let mut store = Store::connect(&address, &blobs(&home), Lease::of("writer")).unwrap();
    store.append_with_notes(0, &acts(&["a", "b", "c"]), &[("cursor", b"3")]).unwrap();
    for edit in [
        "UPDATE entries SET bytes = '' WHERE position = 1",
        "DELETE FROM entries WHERE position = 2",
        "TRUNCATE entries",
        "INSERT INTO entries VALUES (7, '', decode(repeat('00', 32), 'hex'))",
        "INSERT INTO entries VALUES (1, '', decode(repeat('00', 32), 'hex'))",
    ] {
        assert!(server.try_sql("guarded", edit).is_err(), "{edit}");
    }
    assert_eq!(store.len().unwrap(), 3);

    // Who removes the guard first is still noticed.
    server.sql("guarded", "UPDATE notes SET bytes = 'other' WHERE name = 'cursor'");
    server.sql("guarded", "ALTER TABLE entries DISABLE TRIGGER entries_stay");
    server.sql("guarded", "UPDATE entries SET bytes = 'other' WHERE position = 2");
    assert_eq!(store.note("cursor").unwrap_err().code(), "store-corrupt");
    assert_eq!(store.entries(0, 3).unwrap_err().code(), "store-corrupt");
    assert_eq!(store.entries(0, 2).unwrap().len(), 2);
    drop(store);
    server.sql("guarded", "DELETE FROM entries WHERE position = 1");
    let fault = Store::connect(&address, &blobs(&home), at_once("writer")).unwrap_err();
    assert_eq!(fault.code(), "store-corrupt");
    assert!(fault.to_string().contains("/guarded`"), "{fault}");
}

#[test]
fn foreign_newer_and_lost_databases_are_left_alone() {
    let server = shared();
    let home = || TempDir::new().unwrap();
    let address = server.database("newer");
    let dir = home();
    drop(Store::connect(&address, &blobs(&dir), at_once("writer")).unwrap());
    server.sql("newer", "UPDATE concordat_schema SET version = 99");
    let fault = Store::connect(&address, &blobs(&dir), at_once("writer")).unwrap_err();
    assert!(matches!(fault, Fault::TooNew { found: 99, known: 1, .. }), "{fault}");

    let address = server.database("strange");
    server.sql("strange", "CREATE TABLE entries (x int)");
    let fault = Store::connect(&address, &blobs(&home()), at_once("writer")).unwrap_err();
    assert_eq!(fault.code(), "store-server");
    assert!(fault.problem().what.contains("already exists"), "{}", fault.problem());
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(server.sql("strange", tables), "1");

    // A log never silently begins anew beside its blobs.
    let address = server.database("lost");
    let fault = Store::connect(&address, &blobs(&dir), at_once("writer")).unwrap_err();
    assert_eq!(fault.code(), "store-corrupt");
}

#[test]
fn a_server_that_may_forget_and_one_that_is_not_there_are_refused_without_the_password() {
    let mut server = Server::start();
    let address = server.database("unsafe");
    server.kill();
    let home = TempDir::new().unwrap();
    let fault = Store::connect(&address, &blobs(&home), at_once("writer")).unwrap_err();
    assert_eq!(fault.code(), "store-server");

    server.resume(&["fsync=off", "listen_addresses=127.0.0.1"]);
    // Over the network, with a password: the wrong one first.
    for (password, code) in [("battery-staple", "store-server"), ("", "store-server")] {
        let text = format!("postgres://ledger:{password}@127.0.0.1:{}/unsafe", server.port);
        let address: Address = text.parse().unwrap();
        let fault = Store::connect(&address, &blobs(&home), at_once("writer")).unwrap_err();
        assert_eq!(fault.code(), code);
        let told = format!("{fault} {fault:?} {:?} {}", fault.problem(), fault.hint());
        assert!(!told.contains("staple"), "{told}");
    }
    let coded = PASSWORD.replace(':', "%3A").replace('/', "%2F");
    let text = format!("postgres://ledger:{coded}@127.0.0.1:{}/unsafe", server.port);
    let fault =
        Store::connect(&text.parse().unwrap(), &blobs(&home), at_once("writer")).unwrap_err();
    assert_eq!(fault.code(), "store-unsafe", "{}", fault.problem());
    let told = format!("{fault} {fault:?} {:?}", fault.problem());
    assert!(told.contains("fsync") && !told.contains("staple"), "{told}");
}

/// An authority, and a certificate and key that it makes for a name; all in PEM.
fn vouched(name: &str) -> (String, String, String) {
    let authority = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(Vec::new()).unwrap();
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = own.self_signed(&authority).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(own, &authority);
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (root.pem(), certificate.pem(), key.serialize_pem())
}

#[test]
fn a_server_on_another_machine_is_spoken_to_by_tls_and_by_its_own_name_or_not_at_all() {
    let mut server = Server::start();
    server.database("sealed");
    server.kill();
    let home = TempDir::new().unwrap();
    let (root, certificate, key) = vouched("localhost");
    let (cert_file, key_file) =
        (server.give("cert.pem", certificate.as_bytes()), server.give("key.pem", key.as_bytes()));
    let settings = ["listen_addresses=127.0.0.1".to_owned(), "ssl=on".to_owned()];
    let files = [format!("ssl_cert_file={cert_file}"), format!("ssl_key_file={key_file}")];
    let settings: Vec<&str> = settings.iter().chain(&files).map(String::as_str).collect();
    server.resume(&settings);

    let authorities = |name: &str, pem: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (ours, others) =
        (authorities("ours.pem", &root), authorities("others.pem", &vouched("localhost").0));
    let none = authorities("none.pem", "");
    let coded = PASSWORD.replace(':', "%3A").replace('/', "%2F");
    let port = server.port;
    let connect = |host: &str, mode: &str, authority: &str| {
        let at = format!("postgres://ledger:{coded}@{host}:{port}/sealed");
        let text = format!("{at}?sslmode={mode}&sslrootcert={authority}");
        Store::connect(&text.parse().unwrap(), &blobs(&home), at_once("writer"))
    };
    for mode in ["require", "verify-full"] {
        // Somebody else's authority, another name than the certificate's, and no authority at all.
        for (host, authority) in
            [("localhost", &others), ("127.0.0.1", &ours), ("localhost", &none)]
        {
            let fault = connect(host, mode, authority).unwrap_err();
            assert_eq!(fault.code(), "store-server", "{mode} {host} {authority}");
            let told = format!("{fault} {fault:?} {:?}", fault.problem());
            assert!(!told.contains("staple"), "{told}");
        }
        let mut store = connect("localhost", mode, &ours).unwrap();
        let size = store.len().unwrap();
        store.append(size, &[b"an entry".to_vec()]).unwrap();
        assert_eq!(store.entry(size).unwrap().unwrap(), b"an entry");
        let encrypted = "SELECT count(*) > 0 FROM pg_stat_ssl WHERE ssl AND version = 'TLSv1.3'";
        assert_eq!(server.sql("sealed", encrypted), "t");
    }
    // A server that speaks no TLS is not spoken to.
    server.kill();
    server.resume(&settings[..1]);
    assert_eq!(connect("localhost", "verify-full", &ours).unwrap_err().code(), "store-server");
}

#[test]
fn a_database_survives_a_fault_at_every_write() {
    let server = shared();
    server.database("faults");
    let address = server.address("faults");
    // A database for each would take too long: the same one, emptied.
    let fresh = || {
        server.sql("faults", "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        TempDir::new().unwrap()
    };
    at_every_call_site(&[false], fresh, |home| {
        Store::connect(&address, &home.path().join("blobs"), Lease::of("writer")).unwrap()
    });
}

#[test]
fn a_log_moves_from_a_folder_to_a_database_and_back() {
    let server = shared();
    let (address, home) = (server.database("moved"), TempDir::new().unwrap());
    let (dir, back, blobs) =
        (home.path().join("store"), home.path().join("back"), home.path().join("blobs"));
    let mut store = Store::open(&dir).unwrap();
    for batch in 0..9 {
        append_batch(&mut store, batch).unwrap();
    }
    let mut there = Store::connect(&address, &blobs, Lease::of("mover")).unwrap();
    store.copy_into(&mut there, &[], &[]).unwrap();
    assert_eq!(check(&there), 9);
    let fault = store.copy_into(&mut there, &[], &[]).unwrap_err();
    assert_eq!(fault.code(), "store-not-empty");

    // While it is written, the copy stays at its moment.
    let snapshot = Store::snapshot_of(&address, &blobs).unwrap();
    append_batch(&mut there, 9).unwrap();
    snapshot.copy_to(&back, &[], &[]).unwrap();
    assert_eq!(check(&Store::open(&back).unwrap()), 9);
    assert_eq!(check(&there), 10);
}
