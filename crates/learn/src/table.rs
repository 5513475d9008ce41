//! A holder's rows as numbers, grouped by person.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::cells::{Cell, Encoder, Header, Record, RowFault, Truths};
use crate::network::{Batch, ROWS_OF_A_SUM_MOST};
use crate::recipe::{Recipe, Split};

/// A holder's rows under a recipe, grouped by person, in the order of the persons' names.
///
/// Private data: `Debug` shows sizes only.
#[derive(Clone, PartialEq)]
pub struct Units {
    /// Numbers of a row.
    inputs: usize,
    /// Numbers of a target.
    outputs: usize,
    persons: Vec<Person>,
    /// Row after row, `inputs` numbers each.
    features: Vec<f32>,
    /// Row after row, `outputs` numbers each.
    targets: Vec<f32>,
    dropped: usize,
}

/// A row's inputs and its target.
type Numbers = (Vec<f32>, Vec<f32>);

#[derive(Clone, PartialEq)]
struct Person {
    name: String,
    rows: usize,
}

/// One person's rows.
#[derive(Clone, Copy)]
struct Unit<'a> {
    name: &'a str,
    rows: usize,
    features: &'a [f32],
    targets: &'a [f32],
}

/// Some persons' rows, laid out for a network: private, and gone when dropped.
pub(crate) struct Sampled {
    pub(crate) features: Zeroizing<Vec<f32>>,
    pub(crate) targets: Zeroizing<Vec<f32>>,
    pub(crate) rows_of_each: Vec<usize>,
}

impl Sampled {
    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch { features: &self.features, targets: &self.targets, rows_of_each: &self.rows_of_each }
    }
}

impl Units {
    /// Reads records under a recipe that was found good by [`Recipe::check`].
    ///
    /// Cells are trimmed. Numbers beyond their declared bounds are clipped. A record with an
    /// empty cell in the target, or in a feature for which nothing stands in, is dropped; of one
    /// person's remaining records the first `rows_per_person` count.
    ///
    /// # Errors
    /// [`RowFault`], the first found, in the order of the records.
    pub fn read(
        recipe: &Recipe,
        header: &[String],
        records: &[Vec<String>],
    ) -> Result<Self, RowFault> {
        let network = recipe.network().map_err(|_| RowFault::NoRecipe)?;
        let names = Header::of(header);
        let person = names.need(&recipe.person)?;
        let truths = Truths::of(&recipe.target, &names)?;
        let encoders = Encoder::all(recipe, &names)?;
        let most_rows = usize::try_from(recipe.rows_per_person).unwrap_or(usize::MAX);
        let mut dropped = 0;
        let mut by_person: BTreeMap<&str, Vec<Numbers>> = BTreeMap::new();
        for (index, cells) in records.iter().enumerate() {
            let record = Record::of(index + 1, cells, header.len())?;
            let name = record.cell(person);
            if name.is_empty() {
                return Err(RowFault::Empty { row: record.row, column: recipe.person.clone() });
            }
            let rows = by_person.get(name).map_or(0, Vec::len);
            match numbers(&record, &encoders, &truths, network.inputs())? {
                Some(numbers) if rows < most_rows => {
                    by_person.entry(name).or_default().push(numbers);
                }
                _ => dropped += 1,
            }
        }
        if records.len() - dropped > ROWS_OF_A_SUM_MOST {
            return Err(RowFault::TooManyRows);
        }

        let (inputs, outputs) = (network.inputs(), network.outputs());
        let mut units = Self { dropped, ..Self::empty(inputs, outputs) };
        for (name, rows) in by_person {
            units.persons.push(Person { name: name.to_owned(), rows: rows.len() });
            for (features, targets) in rows {
                units.features.extend(features);
                units.targets.extend(targets);
            }
        }
        Ok(units)
    }

    /// The persons for training and the persons for testing.
    pub fn split(&self, split: &Split) -> (Self, Self) {
        let nobody = || Self::empty(self.inputs, self.outputs);
        let (mut train, mut test) = (nobody(), nobody());
        for unit in self.iter() {
            if split.is_test(unit.name) { test.push(unit) } else { train.push(unit) }
        }
        (train, test)
    }

    /// The rows of several holders as one table, as no holder ever sees it: for references and
    /// for tests. Persons of the same name in several tables stay apart.
    pub fn pool(parts: &[&Self]) -> Self {
        let (inputs, outputs) = parts.first().map_or((0, 0), |part| (part.inputs, part.outputs));
        let mut pooled = Self::empty(inputs, outputs);
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
        self.persons.iter().map(|person| person.rows).sum()
    }

    /// How many records did not count, for an empty cell or as one too many of a person: private.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Numbers of a row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers of a target.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The first target number of each row: of a yes or no, 0 or 1.
    pub fn labels(&self) -> Vec<f64> {
        self.targets().filter_map(|row| row.first().copied().map(f64::from)).collect()
    }

    /// How many rows each person has, in the order of the rows, none without one: private.
    pub fn rows_of_each(&self) -> impl Iterator<Item = usize> {
        self.persons.iter().map(|person| person.rows)
    }

    /// The numbers of each row in turn.
    pub fn features(&self) -> impl Iterator<Item = &[f32]> {
        self.features.chunks_exact(self.inputs.max(1))
    }

    /// The target numbers of each row in turn.
    pub fn targets(&self) -> impl Iterator<Item = &[f32]> {
        self.targets.chunks_exact(self.outputs.max(1))
    }

    /// All rows' numbers, one row after another.
    pub(crate) fn all_features(&self) -> &[f32] {
        &self.features
    }

    /// All rows' targets, one row after another.
    pub(crate) fn all_targets(&self) -> &[f32] {
        &self.targets
    }

    /// The rows of the persons at these places, in order, each place once.
    pub(crate) fn sampled(&self, places: &[usize]) -> Sampled {
        let rows = places.iter().filter_map(|place| self.persons.get(*place));
        let rows: usize = rows.map(|person| person.rows).sum();
        // Sized at once: a vector that grows leaves a copy behind.
        let mut sampled = Sampled {
            features: Zeroizing::new(Vec::with_capacity(rows * self.inputs)),
            targets: Zeroizing::new(Vec::with_capacity(rows * self.outputs)),
            rows_of_each: Vec::with_capacity(places.len()),
        };
        let mut next = places.iter().peekable();
        for (place, unit) in self.iter().enumerate() {
            if next.next_if(|wanted| **wanted == place).is_some() {
                sampled.features.extend_from_slice(unit.features);
                sampled.targets.extend_from_slice(unit.targets);
                sampled.rows_of_each.push(unit.rows);
            }
        }
        sampled
    }

    fn iter(&self) -> impl Iterator<Item = Unit<'_>> {
        let (mut features, mut targets) = (self.features.as_slice(), self.targets.as_slice());
        self.persons.iter().map_while(move |person| {
            let (own, later) = features.split_at_checked(person.rows * self.inputs)?;
            let (truths, later_truths) = targets.split_at_checked(person.rows * self.outputs)?;
            (features, targets) = (later, later_truths);
            Some(Unit { name: &person.name, rows: person.rows, features: own, targets: truths })
        })
    }

    fn empty(inputs: usize, outputs: usize) -> Self {
        let (persons, features, targets) = (vec![], vec![], vec![]);
        Self { inputs, outputs, persons, features, targets, dropped: 0 }
    }

    fn push(&mut self, unit: Unit<'_>) {
        self.persons.push(Person { name: unit.name.to_owned(), rows: unit.rows });
        self.features.extend_from_slice(unit.features);
        self.targets.extend_from_slice(unit.targets);
    }
}

/// Inputs and targets of a record; nothing when a needed cell is empty. Every cell is looked at,
/// so that a fault is found whether or not the record would be dropped.
fn numbers(
    record: &Record<'_>,
    encoders: &[Encoder],
    truths: &Truths,
    inputs: usize,
) -> Result<Option<Numbers>, RowFault> {
    let targets = truths.read(record)?;
    let mut complete = true;
    let mut features = Vec::with_capacity(inputs);
    for encoder in encoders {
        complete &= encoder.read(record, &mut features)? != Cell::Absent;
    }
    Ok(targets.filter(|_| complete).map(|targets| (features, targets)))
}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rows are somebody's health; and in a log even their number would be a release.
        write!(f, "Units({} inputs, rows withheld)", self.inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Feature;

    fn recipe() -> Recipe {
        recipe_of(
            r#"{"kind": "yes-no", "column": "ill", "positive_above": "0"}"#,
            r#"[
            {"kind": "scale", "column": "age", "min": "20", "max": "80", "to": "both-sides"},
            {"kind": "scale", "column": "dose", "min": "0", "max": "4", "to": "unit"},
            {"kind": "flag", "column": "smokes"},
            {"kind": "one-hot", "column": "ward", "levels": ["1", "2", "3"]}]"#,
        )
    }

    fn recipe_of(target: &str, features: &str) -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: serde_json::Value = serde_json::from_str(text).unwrap();
        recipe["person"] = "who".into();
        recipe["rows_per_person"] = 2.into();
        recipe["target"] = serde_json::from_str(target).unwrap();
        recipe["features"] = serde_json::from_str(features).unwrap();
        let recipe: Recipe = serde_json::from_value(recipe).unwrap();
        assert_eq!(recipe.check(), Ok(()));
        recipe
    }

    fn read(table: &str) -> Result<Units, RowFault> {
        read_with(&recipe(), table)
    }

    fn read_with(recipe: &Recipe, table: &str) -> Result<Units, RowFault> {
        let mut lines =
            table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        Units::read(recipe, &header, &lines.collect::<Vec<_>>())
    }

    const HEADER: &str = "who,note,age,dose,smokes,ward,ill";

    #[test]
    fn cells_become_numbers_within_declared_bounds() {
        let units = read(&format!("{HEADER}\nbo,x,50,1,1,2.0,3\namal,y,200,-1,0, 1,0")).unwrap();
        let rows: Vec<&[f32]> = units.features().collect();
        // Persons come in the order of their names, so that the order of a file says nothing.
        assert_eq!(rows, [[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.25, 1.0, 1.0, 0.0]]);
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
        let ages: Vec<f32> = units.features().map(|row| row[0]).collect();
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
    fn what_is_missing_is_the_declared_value_with_an_indicator_beside_it() {
        let recipe = recipe_of(
            r#"{"kind": "yes-no", "column": "ill", "positive_above": "0"}"#,
            r#"[
            {"kind": "scale", "column": "chol", "min": "100", "max": "300", "to": "unit",
             "missing": {"codes": ["0", "-9"], "value": "200", "indicator": true}},
            {"kind": "flag", "column": "smokes", "missing": {"value": "0", "indicator": false}},
            {"kind": "one-hot", "column": "ward", "levels": ["a", "b", "c"], "first": "kept",
             "missing": {"codes": ["?"], "value": "b", "indicator": true}}]"#,
        );
        let table = "who,chol,smokes,ward,ill\np,0.0,1,a,1\nq,,,?,0\nr,250,0,c,0\ns,-9,1,,1";
        let units = read_with(&recipe, table).unwrap();
        let rows: Vec<&[f32]> = units.features().collect();
        let expected = [
            [0.5, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
            [0.5, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0],
            [0.75, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            [0.5, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0],
        ];
        assert_eq!(rows, expected);
        // A site that has no such column at all: every value is missing.
        let units = read_with(&recipe, "who,ward,ill\np,a,1").unwrap();
        assert_eq!(units.features().next().unwrap(), [0.5, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        // Where the recipe does not say what stands for it, the site is refused.
        let mut bare = recipe;
        let Feature::OneHot { missing, .. } = &mut bare.features[2] else { panic!() };
        *missing = None;
        let fault = read_with(&bare, "who,chol,ill\np,0,1").unwrap_err();
        assert_eq!(fault, RowFault::MissingColumn("ward".into()));
    }

    #[test]
    fn targets_are_classes_or_scaled_numbers() {
        let features = r#"[{"kind": "flag", "column": "x"}]"#;
        let class = r#"{"kind": "class", "column": "y", "classes": ["low", "3", "high"]}"#;
        let recipe = recipe_of(class, features);
        let units = read_with(&recipe, "who,x,y\na,0,high\nb,1,3.0\nc,1,").unwrap();
        let rows: Vec<&[f32]> = units.targets().collect();
        assert_eq!(rows, [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]);
        let fault = read_with(&recipe, "who,x,y\na,0,medium").unwrap_err();
        assert_eq!(fault, RowFault::UnknownLevel { row: 1, column: "y".into() });

        let number = r#"{"kind": "number", "column": "y", "min": "0", "max": "200"}"#;
        let recipe = recipe_of(number, features);
        let units = read_with(&recipe, "who,x,y\na,0,50\nb,1,1000").unwrap();
        assert_eq!(units.labels(), [-0.5, 1.0]);
        assert_eq!([-0.5, 1.0].map(|y| recipe.target.restored(y)), [50.0, 200.0]);
    }

    #[test]
    fn a_sample_is_the_rows_of_whom_it_names() {
        let row = |who: &str, age: u32| format!("{who},x,{age},1,1,2,1\n");
        let table = [row("a", 20), row("b", 50), row("c", 80), row("b", 80)].concat();
        let units = read(&format!("{HEADER}\n{table}")).unwrap();
        let sampled = units.sampled(&[1, 2]);
        assert_eq!(sampled.rows_of_each, [2, 1]);
        let ages: Vec<f32> = sampled.features.chunks(5).map(|row| row[0]).collect();
        assert_eq!((ages, sampled.targets.len()), (vec![0.0, 1.0, 1.0], 3));
        assert!(units.sampled(&[]).features.is_empty());
    }

    #[test]
    fn debug_shows_no_row() {
        let units = read(&format!("{HEADER}\nbo,x,50,1,1,2,3")).unwrap();
        assert_eq!(format!("{units:?}"), "Units(5 inputs, rows withheld)");
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
