//! The small agreement that tests put generated rules into: a public party and two private ones, a
//! seat that holds and one that makes, two datasets and a model.

use std::fmt::Write as _;

use concordat_agreement::{Agreement, assemble, read};
use concordat_terms::Severity;

/// A module under construction, called `m`.
#[derive(Clone, Debug)]
pub(crate) struct Sides(String);

impl Sides {
    /// With the parties `ash` and `box`, the seat `holder` that they fill with `elm`, and the purposes
    /// `care` and `study`.
    pub(crate) fn begun(countries_of_box: &[&str]) -> Self {
        let module =
            "# Two sides\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n";
        let mut sides = Self(module.to_owned());
        sides.put("goal", &[("objective", quoted("to find out"))]);
        sides.party("ash", &["BE"]);
        sides.party("box", countries_of_box);
        sides.seat("holder", &["ash", "box", "elm"]);
        sides.put("care", &[("purpose", quoted("care"))]);
        sides.put("study", &[("purpose", quoted("study"))]);
        sides
    }

    /// The same with `elm`, the seat `maker` that `box` fills, and every asset; datasets with these
    /// fields more.
    pub(crate) fn whole(
        countries_of_box: &[&str],
        countries_of_elm: &[&str],
        dataset: &[(&str, String)],
    ) -> Self {
        let mut sides = Self::begun(countries_of_box);
        sides.party("elm", countries_of_elm);
        sides.seat("maker", &["box"]);
        sides.asset("rows", "holder", "restricted", dataset);
        sides.asset("scans", "holder", "internal", dataset);
        sides.asset("net", "maker", "internal", &[]);
        sides
    }

    pub(crate) fn party(&mut self, id: &str, countries: &[&str]) {
        let side = if id == "ash" { "public" } else { "private" };
        let name = format!("{id} (example)");
        let fields =
            [("party", quoted(&name)), ("side", quoted(side)), ("jurisdictions", list(countries))];
        self.put(id, &fields);
    }

    pub(crate) fn seat(&mut self, id: &str, parties: &[&str]) {
        self.put(id, &[("seat", quoted(id)), ("filled_by", list(parties))]);
    }

    /// `net` is a model, anything else a dataset.
    pub(crate) fn asset(&mut self, id: &str, holder: &str, label: &str, more: &[(&str, String)]) {
        let kind = if id == "net" { "model" } else { "dataset" };
        let fields = [
            ("asset", quoted(id)),
            ("kind", quoted(kind)),
            ("holder", quoted(holder)),
            ("label", quoted(label)),
            ("purposes", list(&["care", "study"])),
        ];
        self.put(id, &[&fields, more].concat());
    }

    /// A clause with these fields; an empty list is left out.
    pub(crate) fn put(&mut self, id: &str, fields: &[(&str, String)]) {
        let mut block = format!("id = \"{id}\"\n");
        for (name, value) in fields.iter().filter(|(_, value)| value != "[]") {
            writeln!(block, "{name} = {value}").unwrap();
        }
        self.block(&block);
    }

    /// A clause as it is written.
    pub(crate) fn block(&mut self, block: &str) {
        write!(self.0, "\n```clause\n{}\n```\n", block.trim_end()).unwrap();
    }

    pub(crate) fn agreement(&self) -> Agreement {
        let module = read("m.md", self.0.as_bytes())
            .unwrap_or_else(|found| panic!("{found:#?}\n{}", self.0));
        let assembled = assemble([module]).unwrap_or_else(|mut found| {
            found.retain(|finding| finding.severity == Severity::Error);
            panic!("{found:#?}\n{}", self.0)
        });
        assembled.0
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

pub(crate) fn list(items: &[&str]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}
