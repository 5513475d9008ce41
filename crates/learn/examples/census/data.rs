//! The tables: bins for trees, the same bins as flags for networks, and who is in which group.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use concordat_learn::trees::{Bins, Boosting, Rows};
use concordat_terms::Digest;

pub(crate) type Fault = Box<dyn Error>;

pub(crate) const PARTIES: usize = 10;

/// The names that the data set's description gives the columns, in order.
const COLUMNS: &str = "age class_of_worker industry occupation education wage_per_hour enrolled \
    marital major_industry major_occupation race hispanic sex union unemployment \
    full_or_part_time capital_gains capital_losses dividends tax_filer region_before \
    state_before household_detail household weight migration_msa migration_reg \
    migration_within lived_here sunbelt employer_size under_18 country_father country_mother \
    country_self citizenship own_business questionnaire veterans weeks year income";

/// One of the two tables.
pub(crate) struct Table {
    /// Parts that are dealt by a hash of the row's number: holders of a like population.
    pub(crate) parts: Vec<Rows>,
    pub(crate) all: Rows,
    /// Sex and race of each row of `all`.
    pub(crate) groups: BTreeMap<&'static str, Vec<String>>,
}

pub(crate) fn boosting() -> Result<Boosting, Fault> {
    let boosting: Boosting = serde_json::from_str(include_str!("boosting.json"))?;
    boosting.check()?;
    Ok(boosting)
}

pub(crate) fn read(path: &Path, boosting: &Boosting) -> Result<Table, Fault> {
    let header: Vec<String> =
        COLUMNS.split_whitespace().chain(["person"]).map(str::to_owned).collect();
    let place = |column: &str| header.iter().position(|name| name == column).ok_or("no column");
    let (income, sex, race) = (place("income")?, place("sex")?, place("race")?);
    let mut table = csv::ReaderBuilder::new().has_headers(false).from_path(path)?;
    let mut groups: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut fault = None;
    let records = table.records().enumerate().map_while(|(number, record)| match record {
        Ok(record) => Some((number, record)),
        Err(error) => {
            fault = Some(error);
            None
        }
    });
    let records = records.map(|(number, record)| {
        let mut cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        cells[income] = u8::from(cells[income].contains('+')).to_string();
        groups.entry("sex").or_default().push(cells[sex].clone());
        groups.entry("race").or_default().push(cells[race].clone());
        // In the order of the table, since persons are sorted by name.
        cells.push(format!("{number:06}"));
        cells
    });
    let all = Rows::read(boosting, &header, records)?;
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    Ok(Table { parts: deal(&all), all, groups })
}

fn deal(all: &Rows) -> Vec<Rows> {
    let of = |name: &str| usize::from(Digest::of(name.as_bytes()).as_bytes()[0]) % PARTIES;
    (0..PARTIES).map(|party| all.those(|name| of(name) == party)).collect()
}

/// Where each feature's flags begin among the inputs of a network, and how many inputs there are.
fn begins(boosting: &Boosting) -> (Vec<usize>, usize) {
    let mut inputs = 0;
    let begins = boosting.features.iter().map(|bins: &Bins| {
        inputs += bins.count();
        inputs - bins.count()
    });
    (begins.collect(), inputs)
}

/// Rows as a network takes them: a flag for each bin.
pub(crate) struct Flags {
    pub(crate) inputs: usize,
    /// Places of the flags that are 1, row after row.
    set: Vec<Vec<usize>>,
    pub(crate) targets: Vec<f32>,
}

impl Flags {
    pub(crate) fn of(rows: &Rows, boosting: &Boosting) -> Self {
        let (begins, inputs) = begins(boosting);
        let set = rows.bins().map(|bins| {
            begins.iter().zip(bins).map(|(begin, bin)| begin + usize::from(*bin)).collect()
        });
        let targets = rows.targets().iter().map(|target| *target as f32).collect();
        Self { inputs, set: set.collect(), targets }
    }

    pub(crate) fn rows(&self) -> usize {
        self.set.len()
    }

    /// Features and targets of some rows.
    pub(crate) fn gather(&self, places: impl Iterator<Item = usize>) -> (Vec<f32>, Vec<f32>) {
        let (mut features, mut targets) = (vec![], vec![]);
        for place in places {
            let begin = features.len();
            features.resize(begin + self.inputs, 0.0);
            for flag in &self.set[place] {
                features[begin + flag] = 1.0;
            }
            targets.push(self.targets[place]);
        }
        (features, targets)
    }
}
