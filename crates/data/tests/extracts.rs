//! The mappings of `examples/mappings`, each on invented rows: the same rows come of a database and of
//! files, however they are written.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod common;
#[path = "../../store/tests/world/server.rs"]
mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::{checked, key, rows, table, told};
use concordat_agreement::{Asset, Terms};
use concordat_data::Fault;
use rusqlite::Connection;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn example(name: &str) -> String {
    fs::read_to_string(examples().join("mappings").join(name)).unwrap()
}

/// The clause that both mappings are for.
fn heart() -> Asset {
    let text = fs::read(examples().join("heart/data-use.md")).unwrap();
    let module = concordat_agreement::read("data-use.md", &text).unwrap();
    let of = module.clauses.iter().find(|(id, _)| id.as_str() == "heart-rows");
    match &of.unwrap().1.terms {
        Terms::Asset(asset) => asset.clone(),
        other => panic!("{other:?}"),
    }
}

/// The tables of the Common Data Model that the example reads, with the columns that it reads; in
/// SQL that both databases take.
const CDM: &str = "
CREATE TABLE person (person_id integer, gender_concept_id integer, birth_datetime timestamp);
CREATE TABLE visit_occurrence (person_id integer, visit_start_date date);
CREATE TABLE measurement (measurement_id integer, person_id integer, measurement_concept_id integer,
  measurement_date date, value_as_number numeric, unit_concept_id integer);
CREATE TABLE observation (person_id integer, observation_concept_id integer,
  observation_source_value varchar(50), value_source_value varchar(50));
CREATE TABLE condition_occurrence (person_id integer, condition_concept_id integer);
INSERT INTO person VALUES (1, 8507, '1957-03-14 00:00:00'), (2, 8532, '1964-11-02 00:00:00'),
  (3, 8521, '1980-05-05 00:00:00'), (4, 8532, '1971-07-30 00:00:00'), (5, 8507, '1949-01-01 00:00:00');
INSERT INTO visit_occurrence VALUES (1, '2026-02-10'), (1, '2025-01-01'), (2, '2026-01-20'),
  (3, '2026-01-21'), (4, '2026-01-22'), (5, '2025-12-31');
INSERT INTO observation VALUES (1, 0, 'CHEST-PAIN', 'TYP'), (2, 0, 'CHEST-PAIN', 'NON'),
  (3, 0, 'CHEST-PAIN', 'ASY'), (5, 0, 'CHEST-PAIN', 'ASY'), (4, 0, 'SMOKES', 'TYP');
INSERT INTO measurement VALUES
  (1, 1, 3004249, '2025-01-01', 188, 8876), (2, 1, 3004249, '2026-02-10', 142, 8876),
  (3, 1, 3027114, '2026-02-10', 5.9, 8753), (4, 1, 3037110, '2026-02-10', 131.5, 8840),
  (5, 2, 3004249, '2026-01-20', 130, 8876), (6, 2, 3027114, '2026-01-20', 240, 8840),
  (7, 2, 3037110, '2026-01-20', 95, 8840), (8, 5, 3004249, '2025-12-31', 155, 8876),
  (9, 5, 3027114, '2025-12-31', 999, 8840), (10, 5, 3037110, '2025-12-31', 7.4, 8753);
INSERT INTO condition_occurrence VALUES (1, 317576), (1, 4329847), (5, 317576);
";

/// What comes of the invented rows; persons 3 and 4 are not of the cohort.
fn expected(person: impl Fn(u32) -> String, thalach: [&str; 2]) -> String {
    let mut rows = [
        format!("{},68,1,1,142,228,1,,{},,,,,,1\n", person(1), thalach[0]),
        format!("{},61,0,3,130,240,0,,{},,,,,,0\n", person(2), thalach[1]),
        format!("{},76,1,4,155,,,,,,,,,,1\n", person(5)),
    ];
    rows.sort();
    let header =
        "person,age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num\n";
    format!("{header}{}", rows.concat())
}

#[test]
fn the_omop_mapping_gives_the_same_rows_from_postgres_and_from_sqlite() {
    let (dir, asset, mapping) = (tempfile::tempdir().unwrap(), heart(), example("omop.toml"));
    let pseudonyms = expected(|n| key().pseudonym(&n.to_string()), ["", ""]);

    let server = server::shared();
    server.database("omop");
    server.sql("omop", CDM);
    server.sql(
        "omop",
        "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    );
    let address = dir.path().join("omop.address");
    fs::write(&address, server.url("omop").replace("ledger@", "reader@")).unwrap();
    fs::set_permissions(&address, fs::Permissions::from_mode(0o600)).unwrap();
    let read = table(dir.path(), &mapping, &asset).unwrap();
    assert_eq!(rows(&read, &asset), pseudonyms);
    assert_eq!(read.lacks().len(), 7);

    Connection::open(dir.path().join("omop.sqlite")).unwrap().execute_batch(CDM).unwrap();
    let sqlite = mapping
        .replace("kind = \"postgres\"", "kind = \"sqlite\"")
        .replace("address = \"omop.address\"", "file = \"omop.sqlite\"");
    assert_eq!(rows(&table(dir.path(), &sqlite, &asset).unwrap(), &asset), pseudonyms);

    // What a look finds in rows that are a little worse.
    server.sql("omop", "INSERT INTO measurement VALUES (11, 2, 3027114, '2026-02-01', 240, 0)");
    let found = checked(dir.path(), &mapping, &asset, false).unwrap();
    let of: Vec<_> = found.violations.iter().map(|v| (v.code, v.count)).collect();
    assert_eq!((found.read, found.rows, of), (5, 3, vec![("table-unknown-unit", 1)]));
}

#[test]
fn the_fhir_mapping_gives_the_same_rows_from_csv_and_from_parquet() {
    let (asset, mapping) = (heart(), example("fhir.toml"));
    let read = table(&examples().join("mappings"), &mapping, &asset).unwrap();
    let person = |n| key().pseudonym(&format!("example-{n}"));
    assert_eq!(rows(&read, &asset), expected(person, ["150", "162"]));
    let parquet =
        mapping.replace("kind = \"csv\"", "kind = \"parquet\"").replace("fhir.csv", "fhir.parquet");
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet");
    let again = table(&dir, &parquet, &asset).unwrap();
    assert_eq!(rows(&again, &asset), rows(&read, &asset));
}

/// A mapping of one table of the server.
fn of(query: &str) -> String {
    format!(
        "asset = \"rows\"\n[source]\nkind = \"postgres\"\naddress = \"pg.address\"\n\
         query = \"{query}\"\n[person]\nfrom = \"who\"\n[columns]\nvalue.from = \"value\"\n"
    )
}

#[test]
fn postgres_is_read_at_one_moment_and_nothing_is_written() {
    let server = server::shared();
    server.database("kinds");
    server.sql("kinds", "CREATE TABLE t (who integer, value text); CREATE SEQUENCE s");
    server.sql("kinds", "INSERT INTO t SELECT n, 'secret-cell' FROM generate_series(1, 2500) AS n");
    let dir = tempfile::tempdir().unwrap();
    let address = dir.path().join("pg.address");
    fs::write(&address, server.url("kinds")).unwrap();
    let text = common::asset(1, "{ name = \"value\", kind = \"text\", optional = true },");
    let read = |query: &str| table(dir.path(), &of(query), &text);

    assert_eq!(read("SELECT who, value FROM t").unwrap().rows(), 2_500);
    // One spelling of each type, whatever the server's settings are.
    server.sql("kinds", "ALTER DATABASE kinds SET datestyle = 'German'");
    server.sql("kinds", "ALTER DATABASE kinds SET timezone = 'Asia/Tokyo'");
    for (value, shown) in [
        ("date '2026-03-01'", "2026-03-01"),
        ("timestamptz '2026-03-01 12:00+00'", "2026-03-01 12:00:00+00"),
        ("1.50::numeric(5,2)", "1.50"),
        ("0.1::float8 + 0.2::float8", "0.30000000000000004"),
        ("true", "t"),
        ("NULL::integer", ""),
        ("'  x '::char(5)", "x"),
    ] {
        let rows =
            common::rows(&read(&format!("SELECT 1 AS who, {value} AS value;")).unwrap(), &text);
        assert_eq!(rows, format!("who,value\n1,{shown}\n"), "{value}");
    }

    for (query, code) in [
        ("DELETE FROM t RETURNING who, value", "source-bad-query"),
        ("SELECT 1 AS who, 'x' AS value; DELETE FROM t", "source-bad-query"),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", "source-bad-query"),
        ("SELECT who, nextval('s')::text AS value FROM t", "source-not-reading"),
        ("COPY t TO STDOUT", "source-not-reading"),
        ("SELECT who, value FROM nowhere", "source-bad-query"),
        ("SELECT who, $1::text AS value FROM t", "source-bad-query"),
        ("SELECT who, value::integer AS value FROM t", "source-row-fails"),
        ("SELECT who AS whom, value FROM t", "source-missing-column"),
    ] {
        let fault = read(query).unwrap_err();
        assert_eq!(fault.code(), code, "{query}: {fault}");
        // The server quotes the cell that is no number; we do not.
        told(&fault, &["secret-cell"]);
    }
    assert_eq!(server.sql("kinds", "SELECT count(*), (SELECT is_called FROM s) FROM t"), "2500|f");

    fs::write(&address, server.url("nowhere")).unwrap();
    let gone = read("SELECT 1").unwrap_err();
    assert_eq!(gone.code(), "source-unreachable");
    assert!(gone.is_outage());
    assert!(matches!(gone, Fault::Source(_)));
}
