//! A holder's rows as numbers, grouped by person.

use std::collections::BTreeMap;
use std::fmt;

use crate::cells::{Columns, Record, RowFault};
use crate::recipe::{Recipe, Split};

/// Most persons of one table: with it no quantised sum can overflow.
pub(crate) const PERSONS_MAX: usize = 1 << 20;

/// A holder's rows under a recipe, grouped by person, in the order of the persons' names.
///
/// Private data: `Debug` shows sizes only.
#[derive(Clone, PartialEq)]
pub struct Units {
    dimension: usize,
    persons: Vec<Person>,
    /// Row after row, `dimension` numbers each, the last of them 1 for the bias.
    features: Vec<f64>,
    /// 0 or 1 for each row.
    labels: Vec<f64>,
    dropped: usize,
}

#[derive(Clone, PartialEq)]
struct Person {
    name: String,
    rows: usize,
}

/// One person's rows.
#[derive(Clone, Copy)]
pub(crate) struct Unit<'a> {
    pub(crate) name: &'a str,
    /// `labels.len()` rows of `dimension` numbers each.
    pub(crate) features: &'a [f64],
    pub(crate) labels: &'a [f64],
}

impl Units {
    /// Reads records under a recipe that was found good by [`Recipe::check`].
    ///
    /// Cells are trimmed. Numbers beyond their declared bounds are clipped. A record with an
    /// empty cell in the label or in a feature is dropped; of one person's remaining records the
    /// first `rows_per_person` count.
    ///
    /// # Errors
    /// [`RowFault`], the first found, in the order of the records.
    pub fn read(
        recipe: &Recipe,
        header: &[String],
        records: &[Vec<String>],
    ) -> Result<Self, RowFault> {
        let columns = Columns::find(recipe, header)?;
        let most_rows = usize::try_from(recipe.rows_per_person).unwrap_or(usize::MAX);
        let mut dropped = 0;
        let mut by_person: BTreeMap<&str, Vec<(Vec<f64>, f64)>> = BTreeMap::new();
        for (index, record) in records.iter().enumerate() {
            let at = Record { row: index + 1, cells: record };
            if record.len() != header.len() {
                let (cells, header) = (record.len(), header.len());
                return Err(RowFault::Ragged { row: at.row, cells, header });
            }
            let person = at.cell(columns.person);
            if person.is_empty() {
                return Err(RowFault::Empty { row: at.row, column: recipe.person.clone() });
            }
            match at.numbers(recipe, &columns)? {
                None => dropped += 1,
                Some(numbers) => {
                    let rows = by_person.entry(person).or_default();
                    if rows.len() < most_rows {
                        rows.push(numbers);
                    } else {
                        dropped += 1;
                    }
                }
            }
        }
        if by_person.len() > PERSONS_MAX {
            return Err(RowFault::TooManyPersons);
        }

        let mut units = Self { dropped, ..Self::empty(recipe.dimension()) };
        for (name, rows) in by_person {
            units.persons.push(Person { name: name.to_owned(), rows: rows.len() });
            for (features, label) in rows {
                units.features.extend(features);
                units.labels.push(label);
            }
        }
        Ok(units)
    }

    /// The persons for training and the persons for testing.
    pub fn split(&self, split: &Split) -> (Self, Self) {
        let (mut train, mut test) = (Self::empty(self.dimension), Self::empty(self.dimension));
        for unit in self.iter() {
            if split.is_test(unit.name) { test.push(unit) } else { train.push(unit) }
        }
        (train, test)
    }

    /// The rows of several holders as one table, as no holder ever sees it: for references and
    /// for tests. Persons of the same name in several tables stay apart.
    pub fn pool(parts: &[&Self]) -> Self {
        let mut pooled = Self::empty(parts.first().map_or(0, |part| part.dimension));
        for unit in parts.iter().flat_map(|part| part.iter()) {
            pooled.push(unit);
        }
        pooled
    }

    /// How many persons there are: private.
    pub fn persons(&self) -> usize {
        self.persons.len()
    }

    /// How many rows count: private.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// How many records did not count, for an empty cell or as one too many of a person: private.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Parameters of a model of these rows, the bias included.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The label, 0 or 1, of each row.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }

    /// How many rows each person has, in the order of [`Units::labels`], none without one: private.
    pub fn rows_of_each(&self) -> impl Iterator<Item = usize> {
        self.persons.iter().map(|person| person.rows)
    }

    /// The numbers of each row in turn, the last of them 1 for the bias.
    pub fn features(&self) -> impl Iterator<Item = &[f64]> {
        self.features.chunks_exact(self.dimension.max(1))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Unit<'_>> {
        let (mut features, mut labels) = (self.features.as_slice(), self.labels.as_slice());
        self.persons.iter().map_while(move |person| {
            let (rows, later_rows) = features.split_at_checked(person.rows * self.dimension)?;
            let (truths, later_truths) = labels.split_at_checked(person.rows)?;
            (features, labels) = (later_rows, later_truths);
            Some(Unit { name: &person.name, features: rows, labels: truths })
        })
    }

    fn empty(dimension: usize) -> Self {
        Self { dimension, persons: vec![], features: vec![], labels: vec![], dropped: 0 }
    }

    fn push(&mut self, unit: Unit<'_>) {
        self.persons.push(Person { name: unit.name.to_owned(), rows: unit.labels.len() });
        self.features.extend_from_slice(unit.features);
        self.labels.extend_from_slice(unit.labels);
    }
}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rows are somebody's health; and in a log even their number would be a release.
        write!(f, "Units({} parameters, rows withheld)", self.dimension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        serde_json::from_value(serde_json::json!({
            "person": "who", "rows_per_person": 2,
            "label": {"column": "ill", "positive_above": "0"},
            "features": [
                {"kind": "scale", "column": "age", "min": "20", "max": "80", "to": "both-sides"},
                {"kind": "scale", "column": "dose", "min": "0", "max": "4", "to": "unit"},
                {"kind": "flag", "column": "smokes"},
                {"kind": "one-hot", "column": "ward", "levels": ["1", "2", "3"]},
            ],
            "clip": "1", "learning_rate": "1", "l2": "0", "rounds": 1, "average_last": 1,
            "sampling_rate": "1", "normaliser": "1", "split": {"key": "k", "test_permille": 0},
        }))
        .unwrap()
    }

    fn read(table: &str) -> Result<Units, RowFault> {
        let mut lines =
            table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        Units::read(&recipe(), &header, &lines.collect::<Vec<_>>())
    }

    const HEADER: &str = "who,note,age,dose,smokes,ward,ill";

    #[test]
    fn cells_become_numbers_within_declared_bounds() {
        let units = read(&format!("{HEADER}\nbo,x,50,1,1,2.0,3\namal,y,200,-1,0, 1,0")).unwrap();
        let rows: Vec<&[f64]> = units.features().collect();
        // Persons come in the order of their names, so that the order of a file says nothing.
        assert_eq!(rows, [&[1.0, 0.0, 0.0, 0.0, 0.0, 1.0], &[0.0, 0.25, 1.0, 1.0, 0.0, 1.0]]);
        assert_eq!(units.labels(), [0.0, 1.0]);
    }

    #[test]
    fn a_row_with_a_needed_cell_missing_is_dropped_and_other_cells_may_be_empty() {
        let units = read(&format!("{HEADER}\na,,50,1,1,2,1\nb,x,,1,1,2,1\nc,x,50,1,1,2,")).unwrap();
        assert_eq!((units.persons(), units.rows(), units.dropped()), (1, 1, 2));
    }

    #[test]
    fn a_person_counts_with_as_many_rows_as_agreed() {
        let row = |age: u32| format!("a,x,{age},1,1,2,1\n");
        let units = read(&format!("{HEADER}\n{}{}{}", row(20), row(80), row(50))).unwrap();
        assert_eq!((units.persons(), units.rows(), units.dropped()), (1, 2, 1));
        let ages: Vec<f64> = units.features().map(|row| row[0]).collect();
        assert_eq!(ages, [-1.0, 1.0]);
    }

    #[test]
    fn the_steward_is_told_the_row_and_the_column_but_nobody_the_cell() {
        let good = "a,x,50,1,1,2,1\n";
        for (bad, message) in [
            ("b,x,fifty,1,1,2,1", "row 2 has text in the number column `age`"),
            ("b,x,NaN,1,1,2,1", "row 2 has text in the number column `age`"),
            ("b,x,50,1,1,2,yes", "row 2 has text in the number column `ill`"),
            ("b,x,50,1,2,2,1", "row 2 is out of bounds in column `smokes`: neither 0 nor 1"),
            ("b,x,50,1,1,4,1", "row 2 has a level in column `ward` that the recipe does not list"),
            (",x,50,1,1,2,1", "row 2 is empty in column `who`, which names the person"),
            ("b,x,50,1,1,2", "row 2 has 6 cells, the header has 7"),
            // A fault is found in a row that would be dropped, too.
            ("b,x,,1,1,9,1", "row 2 has a level in column `ward` that the recipe does not list"),
        ] {
            let fault = read(&format!("{HEADER}\n{good}{bad}")).unwrap_err();
            assert_eq!(fault.to_string(), message);
        }
        let fault = read("who,age,dose,smokes,ill\n").unwrap_err();
        assert_eq!(fault, RowFault::MissingColumn("ward".into()));
        let fault = read("who,age,age,dose,smokes,ward,ill\n").unwrap_err();
        assert_eq!(fault, RowFault::RepeatedColumn("age".into()));
    }

    #[test]
    fn debug_shows_no_row() {
        let units = read(&format!("{HEADER}\nbo,x,50,1,1,2,3")).unwrap();
        assert_eq!(format!("{units:?}"), "Units(6 parameters, rows withheld)");
    }

    #[test]
    fn splitting_and_pooling_lose_nobody() {
        let rows: String = (0..300).map(|n| format!("p{n:03},x,50,1,1,2,1\n")).collect();
        let units = read(&format!("{HEADER}\n{rows}")).unwrap();
        let (train, test) = units.split(&Split { key: "k".into(), test_permille: 340 });
        assert!(test.persons() > 60 && train.persons() > 150);
        assert_eq!(Units::pool(&[&train, &test]).persons(), 300);
    }
}
