//! Files and databases as somebody else wrote them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{asset, rows, table, told};
use concordat_agreement::Asset;
use concordat_data::{BATCH_ROWS, Fault, Mapping, Rows};
use proptest::prelude::*;
use rusqlite::Connection;

/// What no message may have in it.
const SECRET: &str = "secret-cell";

fn parquet() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parquet"))
}

/// All columns of the Parquet files, as texts.
fn texts(names: &[&str]) -> (Asset, String) {
    let columns: Vec<String> = names
        .iter()
        .map(|name| format!("{{ name = \"{name}\", kind = \"text\", optional = true }},"))
        .collect();
    let from: Vec<String> = names.iter().map(|name| format!("{name}.from = \"{name}\"")).collect();
    (asset(1, &columns.join("\n")), format!("[columns]\n{}\n", from.join("\n")))
}

fn of(source: &str, person: &str, columns: &str) -> String {
    format!("asset = \"rows\"\n[source]\n{source}\n[person]\nfrom = \"{person}\"\n{columns}")
}

#[test]
fn parquet_of_another_writer_is_read_cell_by_cell() {
    let expected = fs::read_to_string(parquet().join("rows.csv")).unwrap();
    let header = expected.lines().next().unwrap();
    let names: Vec<&str> = header.split(',').skip(1).collect();
    let (asset, columns) = texts(&names);
    for file in ["snappy", "gzip", "plain", "pages", "spark"] {
        let text =
            of(&format!("kind = \"parquet\"\nfile = \"{file}.parquet\""), "person", &columns);
        let read = table(parquet(), &text, &asset).unwrap();
        let read = rows(&read, &asset);
        // Rows in the order of their bytes, which here is that of the file.
        assert_eq!(read.replacen("who", "person", 1), expected, "{file}");
    }
}

#[test]
fn parquet_that_is_not_read_says_what_would_be() {
    let (asset, columns) = texts(&["age"]);
    let fault = |file: &str, columns: &str, asset: &Asset| {
        let text = of(&format!("kind = \"parquet\"\nfile = \"{file}\""), "person", columns);
        table(parquet(), &text, asset).unwrap_err()
    };
    let zstd = fault("zstd.parquet", &columns, &asset);
    assert_eq!(zstd.code(), "source-compression");
    assert!(zstd.problem().what.contains("ZSTD") && zstd.hint().contains("snappy"), "{zstd}");
    assert_eq!(fault("empty.parquet", &columns, &asset), Fault::Empty);
    assert_eq!(fault("rows.csv", &columns, &asset).code(), "source-damaged");
    assert_eq!(fault("none.parquet", &columns, &asset).code(), "source-unreadable");
    assert_eq!(fault("../parquet", &columns, &asset).code(), "source-unreadable");
    let (visits, columns) = texts(&["visits"]);
    let nested = fault("snappy.parquet", &columns, &visits);
    assert_eq!(nested.code(), "source-column-type");
    assert!(nested.to_string().contains("`visits`"), "{nested}");
    let (image, columns) = texts(&["image"]);
    assert_eq!(fault("snappy.parquet", &columns, &image).code(), "source-column-type");
    let (ages, columns) = texts(&["ages"]);
    let near = fault("snappy.parquet", &columns, &ages);
    assert_eq!(
        (near.code(), near.hint().as_str()),
        ("source-missing-column", "did you mean `age`?")
    );
}

/// A database with so many rows.
fn sqlite(dir: &Path, count: usize) {
    let database = Connection::open(dir.join("lab.sqlite")).unwrap();
    database
        .execute_batch("CREATE TABLE lab (pid INTEGER, chol REAL, sex TEXT, scan BLOB, seen TEXT)")
        .unwrap();
    let mut insert = database.prepare("INSERT INTO lab VALUES (?1, ?2, ?3, x'00ff', ?4)").unwrap();
    database.execute_batch("BEGIN").unwrap();
    for n in 0..count {
        let chol = (n % 7 != 0).then_some(150.1 + n as f64 / 10.0);
        insert.execute((n as i64, chol, if n % 2 == 0 { "m" } else { "f" }, "2026-01-01")).unwrap();
    }
    database.execute_batch("COMMIT").unwrap();
}

fn lab() -> Asset {
    asset(
        1,
        "{ name = \"chol\", kind = \"number\", min = 0, max = 9999, optional = true },\n\
         { name = \"sex\", kind = \"category\", levels = [\"f\", \"m\"] },",
    )
}

const COLUMNS: &str = "[columns]\nchol.from = \"chol\"\nsex.from = \"sex\"\n";

fn query(query: &str) -> String {
    of(&format!("kind = \"sqlite\"\nfile = \"lab.sqlite\"\nquery = \"{query}\""), "pid", COLUMNS)
}

#[test]
fn sqlite_is_read_in_batches_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let count = 2 * BATCH_ROWS + 17;
    sqlite(dir.path(), count);
    let before = fs::read(dir.path().join("lab.sqlite")).unwrap();
    let (asset, text) = (lab(), query("SELECT * FROM lab"));
    let mapping = common::mapping(&text, &asset);
    let mut told = Vec::new();
    let read = Rows::new(&mapping, &asset, dir.path(), None);
    let read = read.table(&mut |rows| told.push(rows)).unwrap();
    assert_eq!(told, [BATCH_ROWS, 2 * BATCH_ROWS, count]);
    assert_eq!(read.rows(), count);
    let rows = rows(&read, &asset);
    // What a float was meant to be, and nothing where the database has nothing.
    assert!(rows.contains("\n3,150.4,f\n") && rows.contains("\n7,,f\n"), "{rows}");
    assert_eq!(fs::read(dir.path().join("lab.sqlite")).unwrap(), before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_query_that_is_none_is_told_and_one_that_would_write_is_not_run() {
    let dir = tempfile::tempdir().unwrap();
    sqlite(dir.path(), 3);
    let before = fs::read(dir.path().join("lab.sqlite")).unwrap();
    for (sql, code) in [
        ("DELETE FROM lab", "source-not-reading"),
        ("DELETE FROM lab RETURNING *", "source-not-reading"),
        ("SELECT * FROM lab; DELETE FROM lab", "source-not-reading"),
        ("PRAGMA user_version = 7", "source-not-reading"),
        ("ATTACH 'other.sqlite' AS other", "source-not-reading"),
        ("SELECT * FROM labs", "source-bad-query"),
        ("SELEKT 1", "source-bad-query"),
        ("SELECT * FROM lab WHERE pid = ?1", "source-bad-query"),
        ("SELECT pid, chol FROM lab", "source-missing-column"),
        ("SELECT pid, chol, sex, chol FROM lab", "table-repeated-column"),
        ("SELECT pid, scan AS chol, sex FROM lab", "source-column-type"),
        ("SELECT pid, chol, sex FROM lab WHERE 0", "table-empty"),
        ("SELECT pid, abs(-9223372036854775808 + 0*pid) AS chol, sex FROM lab", "source-row-fails"),
    ] {
        let fault = table(dir.path(), &query(sql), &lab()).unwrap_err();
        assert_eq!(fault.code(), code, "{sql}: {fault}");
    }
    assert_eq!(fs::read(dir.path().join("lab.sqlite")).unwrap(), before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "another database was made");
    fs::write(dir.path().join("lab.sqlite"), SECRET.repeat(100)).unwrap();
    let fault = table(dir.path(), &query("SELECT * FROM lab"), &lab()).unwrap_err();
    assert_eq!(fault.code(), "source-damaged");
    told(&fault, &[SECRET]);
}

#[test]
fn a_file_that_is_no_table_is_told_and_a_row_that_is_none_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let csv = of("kind = \"csv\"\nfile = \"lab.csv\"", "pid", COLUMNS);
    let read = |bytes: &[u8]| {
        fs::write(dir.path().join("lab.csv"), bytes).unwrap();
        table(dir.path(), &csv, &lab())
    };
    let good = b"pid,sex,chol,tax\n1,m,150.10,x\n";
    assert_eq!(rows(&read(good).unwrap(), &lab()), "who,chol,sex\n1,150.1,m\n");
    let marked = [b"\xef\xbb\xbf".as_slice(), good].concat();
    assert_eq!(read(&marked).unwrap(), read(good).unwrap());
    for (bytes, code) in [
        (b"".to_vec(), "table-empty"),
        (b"\xef\xbb\xbf".to_vec(), "table-empty"),
        (b"pid,sex,chol\n".to_vec(), "table-empty"),
        (b"pid,sex,chol\n1,m\n".to_vec(), "table-ragged"),
        (b"pid,sex,chol\n1,m,\xff\n".to_vec(), "table-not-utf8"),
        (b"pid,sex\n1,m\n".to_vec(), "source-missing-column"),
        ([b"pid,sex,chol\n1,m,\"".to_vec(), vec![b'1'; 3 << 20]].concat(), "source-damaged"),
    ] {
        assert_eq!(read(&bytes).unwrap_err().code(), code);
    }
    fs::remove_file(dir.path().join("lab.csv")).unwrap();
    let pipe = dir.path().join("lab.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(table(dir.path(), &csv, &lab()).unwrap_err().code(), "source-unreadable");
}

#[test]
fn a_file_with_a_password_is_read_by_nobody_else_and_shown_to_nobody() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lab.address");
    let text = of(
        "kind = \"postgres\"\naddress = \"lab.address\"\nquery = \"SELECT * FROM lab\"",
        "pid",
        COLUMNS,
    );
    let read = |address: &str, mode: u32| {
        fs::write(&path, address).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        table(dir.path(), &text, &lab()).unwrap_err()
    };
    // Nobody listens on port 1.
    for (address, mode, code) in [
        ("postgres://u:tr0ub4dor@127.0.0.1:1/d", 0o644, "source-address-open"),
        ("postgres://u:tr0ub4dor@127.0.0.1:1/d\n", 0o600, "source-unreachable"),
        ("postgres://u:tr0ub4dor@db.example/d", 0o600, "source-bad-address"),
        ("tr0ub4dor", 0o600, "source-bad-address"),
        ("postgres://u:tr0ub4dor@127.0.0.1:1/d?tr0ub4dor=1", 0o600, "source-bad-address"),
    ] {
        let fault = read(address, mode);
        assert_eq!(fault.code(), code, "{address}: {fault}");
        told(&fault, &["tr0ub4dor"]);
    }
    let mapping = Mapping::read("m.toml", &text).unwrap();
    assert!(!format!("{mapping:?}").contains("tr0ub4dor"));
}

proptest! {
    /// A malformed file is a fault, whatever was done to it; what is read of it is rows.
    #[test]
    fn a_parquet_file_that_was_tampered_with_ends_in_rows_or_a_fault(
        at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..8), cut in any::<bool>()
    ) {
        let mut file = fs::read(parquet().join("snappy.parquet")).unwrap();
        let at = at.index(file.len());
        for (own, byte) in file.iter_mut().skip(at).zip(&bytes) {
            *own ^= byte;
        }
        if cut {
            file.truncate(at);
        }
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("rows.parquet"), file).unwrap();
        let (asset, columns) = texts(&["age", "chol", "dose", "seen", "ward"]);
        let text = of("kind = \"parquet\"\nfile = \"rows.parquet\"", "person", &columns);
        drop(table(dir.path(), &text, &asset));
    }
}
