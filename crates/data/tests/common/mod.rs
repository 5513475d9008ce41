//! A clause, a mapping and a folder to read from.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "tests; not every one uses all of it"
)]

use std::path::Path;

use concordat_agreement::{Asset, Terms};
use concordat_data::{Checked, Fault, Mapping, PseudonymKey, Rows, Table, check};
use zeroize::Zeroizing;

/// The clause of a dataset with these columns; `who` names the person.
pub fn asset(rows_per_person: u32, columns: &str) -> Asset {
    let module = format!(
        "```module\nid = \"rows\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n```clause\n\
         id = \"rows\"\nasset = \"Rows\"\nkind = \"dataset\"\nholder = \"holder\"\n\
         label = \"restricted\"\npurposes = [\"care\"]\nperson = \"who\"\n\
         rows_per_person = {rows_per_person}\ncolumns = [\n\
         {{ name = \"who\", kind = \"text\" }},\n{columns}\n]\n```\n"
    );
    let module = concordat_agreement::read("rows.md", module.as_bytes()).unwrap();
    let terms = module.clauses.values().find_map(|clause| match &clause.terms {
        Terms::Asset(asset) => Some(asset.clone()),
        _ => None,
    });
    terms.unwrap()
}

pub fn key() -> PseudonymKey {
    PseudonymKey::new(Zeroizing::new([7; 32]))
}

/// A mapping that is well formed and fits.
pub fn mapping(text: &str, asset: &Asset) -> Mapping {
    let mapping = Mapping::read("mapping.toml", text).unwrap_or_else(|found| panic!("{found:#?}"));
    mapping.fits(asset).unwrap_or_else(|found| panic!("{found:#?}"));
    mapping
}

/// All rows that a mapping beside `dir` makes.
pub fn table(dir: &Path, text: &str, asset: &Asset) -> Result<Table, Fault> {
    Rows::new(&mapping(text, asset), asset, dir, Some(&key())).table(&mut |_| {})
}

/// What a look at all rows says.
pub fn checked(dir: &Path, text: &str, asset: &Asset, cells: bool) -> Result<Checked, Fault> {
    check(&Rows::new(&mapping(text, asset), asset, dir, Some(&key())), cells, &mut |_| {})
}

/// The rows of a table in their one spelling, without the two lines that say how they came about.
pub fn rows(table: &Table, asset: &Asset) -> String {
    let text = String::from_utf8(table.freeze(asset)).unwrap();
    text.splitn(3, '\n').nth(2).unwrap().to_owned()
}

/// The three lines of a fault; they never have any of these words.
pub fn told(fault: &Fault, never: &[&str]) -> String {
    let told = format!("{} {fault:?}", fault.problem());
    for word in never {
        assert!(!told.contains(word), "`{word}` is in {told}");
    }
    told
}
