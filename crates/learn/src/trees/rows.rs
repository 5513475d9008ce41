//! A holder's rows as bins, grouped by person.

use std::collections::BTreeMap;
use std::fmt;

use super::bins::NoNumber;
use super::boosting::Boosting;
use crate::cells::{Header, Record, RowFault};
use crate::network::ROWS_OF_A_SUM_MOST;
use crate::recipe::Split;

/// A holder's rows under a [`Boosting`], grouped by person, in the order of the persons' names.
///
/// Private data: `Debug` shows sizes only.
#[derive(Clone, PartialEq)]
pub struct Rows {
    features: usize,
    persons: Vec<Person>,
    /// Row after row, a bin for each feature.
    bins: Vec<u8>,
    /// What is to be learned of each row: 0 or 1, or a share of the target's range.
    targets: Vec<f64>,
    dropped: usize,
}

#[derive(Clone, PartialEq)]
struct Person {
    name: String,
    rows: usize,
}

impl Rows {
    /// Reads records under a boosting that was found good by [`Boosting::check`].
    ///
    /// Cells are trimmed. A record without a target is dropped; of one person's remaining
    /// records the first `rows_per_person` count.
    ///
    /// # Errors
    /// [`RowFault`], the first found, in the order of the records.
    pub fn read<R: AsRef<[String]>>(
        boosting: &Boosting,
        header: &[String],
        records: impl IntoIterator<Item = R>,
    ) -> Result<Self, RowFault> {
        let columns = Columns::find(boosting, header)?;
        let most_rows = usize::try_from(boosting.rows_per_person).unwrap_or(usize::MAX);
        let mut dropped = 0;
        let mut by_person: BTreeMap<String, Vec<(Vec<u8>, f64)>> = BTreeMap::new();
        for (index, record) in records.into_iter().enumerate() {
            let record = Record::of(index + 1, record.as_ref(), header.len())?;
            let person = record.cell(columns.person);
            if person.is_empty() {
                return Err(RowFault::Empty { row: record.row, column: boosting.person.clone() });
            }
            let bins = columns.bins(boosting, &record)?;
            let Some(target) = columns.target(boosting, &record)? else {
                dropped += 1;
                continue;
            };
            let rows = by_person.entry(person.to_owned()).or_default();
            if rows.len() < most_rows {
                rows.push((bins, target));
            } else {
                dropped += 1;
            }
        }
        if by_person.values().map(Vec::len).sum::<usize>() > ROWS_OF_A_SUM_MOST {
            return Err(RowFault::TooManyRows);
        }

        let mut read = Self { dropped, ..Self::empty(boosting.features.len()) };
        for (name, rows) in by_person {
            read.persons.push(Person { name, rows: rows.len() });
            for (bins, target) in rows {
                read.bins.extend(bins);
                read.targets.push(target);
            }
        }
        Ok(read)
    }

    /// The persons for training and the persons for testing.
    pub fn split(&self, split: &Split) -> (Self, Self) {
        let (mut train, mut test) = (Self::empty(self.features), Self::empty(self.features));
        for unit in self.units() {
            if split.is_test(unit.name) { test.push(unit) } else { train.push(unit) }
        }
        (train, test)
    }

    /// The rows of several holders as one table, as no holder ever sees it: for references and
    /// for tests. Persons of the same name in several tables stay apart.
    pub fn pool(parts: &[&Self]) -> Self {
        let mut pooled = Self::empty(parts.first().map_or(0, |part| part.features));
        for unit in parts.iter().flat_map(|part| part.units()) {
            pooled.push(unit);
        }
        pooled
    }

    /// The rows of those persons alone: for references and for tests that deal rows to holders.
    pub fn those(&self, of: impl Fn(&str) -> bool) -> Self {
        let mut some = Self::empty(self.features);
        for unit in self.units().filter(|unit| of(unit.name)) {
            some.push(unit);
        }
        some
    }

    /// How many persons there are: private.
    pub fn persons(&self) -> usize {
        self.persons.len()
    }

    /// How many rows count: private.
    pub fn rows(&self) -> usize {
        self.targets.len()
    }

    /// How many records did not count: private.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// What is to be learned of each row: 0 or 1, or a share of the target's range.
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// The person of each row, in the order of [`Rows::targets`].
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.persons
            .iter()
            .flat_map(|person| std::iter::repeat_n(person.name.as_str(), person.rows))
    }

    pub(super) fn features(&self) -> usize {
        self.features
    }

    /// The bins of each row in turn, one for each feature: private.
    pub fn bins(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.bins.chunks_exact(self.features.max(1))
    }

    /// How many rows each person has.
    pub(super) fn rows_of_each(&self) -> impl Iterator<Item = usize> {
        self.persons.iter().map(|person| person.rows)
    }

    fn units(&self) -> impl Iterator<Item = Unit<'_>> {
        let (mut bins, mut targets) = (self.bins.as_slice(), self.targets.as_slice());
        self.persons.iter().map_while(move |person| {
            let (own_bins, later_bins) = bins.split_at_checked(person.rows * self.features)?;
            let (own, later) = targets.split_at_checked(person.rows)?;
            (bins, targets) = (later_bins, later);
            Some(Unit { name: &person.name, bins: own_bins, targets: own })
        })
    }

    fn empty(features: usize) -> Self {
        Self { features, persons: vec![], bins: vec![], targets: vec![], dropped: 0 }
    }

    fn push(&mut self, unit: Unit<'_>) {
        self.persons.push(Person { name: unit.name.to_owned(), rows: unit.targets.len() });
        self.bins.extend_from_slice(unit.bins);
        self.targets.extend_from_slice(unit.targets);
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rows are somebody's health; and in a log even their number would be a release.
        write!(f, "Rows({} features, rows withheld)", self.features)
    }
}

struct Unit<'a> {
    name: &'a str,
    bins: &'a [u8],
    targets: &'a [f64],
}

/// Where the boosting's columns are in the header.
struct Columns {
    person: usize,
    target: usize,
    features: Vec<usize>,
}

impl Columns {
    fn find(boosting: &Boosting, header: &[String]) -> Result<Self, RowFault> {
        let header = Header::of(header);
        Ok(Self {
            person: header.need(&boosting.person)?,
            target: header.need(boosting.target.column())?,
            features: boosting
                .features
                .iter()
                .map(|bins| header.need(bins.column()))
                .collect::<Result<_, _>>()?,
        })
    }

    fn bins(&self, boosting: &Boosting, record: &Record<'_>) -> Result<Vec<u8>, RowFault> {
        let places = boosting.features.iter().zip(&self.features).map(|(bins, place)| {
            bins.place(record.cell(*place)).map_err(|NoNumber| RowFault::TextInNumber {
                row: record.row,
                column: bins.column().to_owned(),
            })
        });
        places.collect()
    }

    fn target(&self, boosting: &Boosting, record: &Record<'_>) -> Result<Option<f64>, RowFault> {
        let (row, text) = (record.row, record.cell(self.target));
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse::<f64>().ok().filter(|value| value.is_finite());
        let column = || boosting.target.column().to_owned();
        let number = number.ok_or_else(|| RowFault::TextInNumber { row, column: column() })?;
        Ok(Some(boosting.target.of(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::boosting::tests::boosting;
    use super::*;

    fn read(records: &[[&str; 5]]) -> Result<Rows, RowFault> {
        let header: Vec<String> = ["c", "who", "b", "y", "a"].map(String::from).into();
        let records = records.iter().map(|record| record.map(String::from));
        Rows::read(&boosting(), &header, records)
    }

    #[test]
    fn rows_are_of_persons_in_order_and_missing_cells_stay() {
        let rows = read(&[
            ["x", "zoe", "0.3", "2", "0.9"],
            ["", "ann", "", "0", ""],
            ["z", "zoe", "0.3", "0", "0.9"],
            ["y", "bo", "0.5", "", "0.5"],
        ])
        .unwrap();
        assert_eq!((rows.persons(), rows.rows(), rows.dropped()), (2, 2, 2));
        assert_eq!(rows.names().collect::<Vec<_>>(), ["ann", "zoe"]);
        assert_eq!(rows.bins().collect::<Vec<_>>(), [[4, 4, 3], [3, 1, 0]]);
        assert_eq!(rows.targets(), [0.0, 1.0]);
        assert_eq!(format!("{rows:?}"), "Rows(3 features, rows withheld)");
        let again = Rows::pool(&[&rows, &rows]);
        assert_eq!((again.persons(), again.rows()), (4, 4));
        let half = Split { key: "k".into(), test_permille: 500 };
        let (train, test) = again.split(&half);
        assert_eq!(train.rows() + test.rows(), 4);
    }

    #[test]
    fn a_row_that_does_not_fit_is_told_without_its_cells() {
        let fault = read(&[["x", "ann", "?", "1", "0"]]).unwrap_err().to_string();
        assert_eq!(fault, "row 1 has text in the number column `b`");
        let fault = read(&[["x", "", "0", "1", "0"]]).unwrap_err().to_string();
        assert_eq!(fault, "row 1 is empty in column `who`, which names the person");
        let fault = read(&[["x", "ann", "0", "yes", "0"]]).unwrap_err().to_string();
        assert_eq!(fault, "row 1 has text in the number column `y`");
        let twice: Vec<String> = ["c", "who", "b", "y", "a", "a"].map(String::from).into();
        let fault =
            Rows::read(&boosting(), &twice, Vec::<Vec<String>>::new()).unwrap_err().to_string();
        assert_eq!(fault, "the table has two columns `a`");
    }
}
