//! CSV bytes under a schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_agreement::{Asset, Column, ColumnKind};
use concordat_learn::query::{Query, Rows, with_scores};
use concordat_learn::{Model, Recipe, RowFault, Units, Unnoised};
use concordat_terms::Decimal;

use crate::fault::Fault;
use crate::snapshot::{self, Made};

/// A table that fits its schema. Private data: `Debug` shows the columns only.
#[derive(Clone, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    records: Vec<Vec<String>>,
    made: Made,
}

impl Table {
    /// Reads CSV (RFC 4180: a header, commas, double quotes), or what [`Table::freeze`] wrote, and
    /// checks every cell.
    ///
    /// A leading byte order mark is passed over, cells are trimmed. Columns may come in any order.
    /// Each column of the schema must be there, and no other. An empty cell needs `optional`; a
    /// number must be a decimal within `min` and `max`; a category one of `levels`; the person's
    /// cell must not be empty, and no person may have more than `rows_per_person` rows.
    ///
    /// # Errors
    /// [`Fault`], the first found: the header first, then row by row.
    pub fn read(bytes: &[u8], asset: &Asset) -> Result<Self, Fault> {
        let (made, rows) = snapshot::thawed(bytes)?;
        let (header, records) = parse(rows)?;
        check_header(&header, &asset.columns)?;
        Self::checked(header, records, made, asset)
    }

    /// A table of rows that were mapped, in the agreement's order of columns.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub(crate) fn checked(
        header: Vec<String>,
        records: Vec<Vec<String>>,
        made: Made,
        asset: &Asset,
    ) -> Result<Self, Fault> {
        let person = asset.person.as_deref().ok_or(Fault::NoSchema)?;
        let columns: Vec<&Column> = header
            .iter()
            .filter_map(|name| asset.columns.iter().find(|column| column.name == *name))
            .collect();
        let at = header.iter().position(|name| name == person).ok_or(Fault::NoSchema)?;
        let most = asset.rows_per_person.unwrap_or(1);
        let mut rows_of: BTreeMap<&str, u32> = BTreeMap::new();
        for (index, record) in records.iter().enumerate() {
            let row = index + 1;
            for (column, cell) in columns.iter().zip(record) {
                check_cell(row, column, cell)?;
            }
            let name = record.get(at).map(String::as_str).unwrap_or_default();
            if name.is_empty() {
                return Err(Fault::EmptyCell { row, column: person.to_owned() });
            }
            let rows = rows_of.entry(name).or_default();
            *rows += 1;
            if *rows > most {
                return Err(Fault::TooManyRows { row, most });
            }
        }
        Ok(Self { header, records, made })
    }

    /// Names of the columns, in the file's order.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many rows: private, see [`crate::band`].
    pub fn rows(&self) -> usize {
        self.records.len()
    }

    /// How the rows came about.
    pub fn made(&self) -> &Made {
        &self.made
    }

    /// The columns that this site says it does not have: all their cells are empty.
    pub fn lacks(&self) -> &BTreeSet<String> {
        &self.made.lacks
    }

    /// The rows in their one spelling, which depends on nothing but the rows and how they came about:
    /// what is frozen, and committed to (`docs/reference/formats.md`).
    pub fn freeze(&self, asset: &Asset) -> Vec<u8> {
        let order: Vec<Option<usize>> = asset
            .columns
            .iter()
            .map(|column| self.header.iter().position(|name| *name == column.name))
            .collect();
        let rows = self.records.iter().map(|record| {
            let cells = order.iter().map(|at| at.map_or("", |at| cell(record, at)));
            asset
                .columns
                .iter()
                .zip(cells)
                .map(|(column, cell)| snapshot::spelled(column, cell))
                .collect()
        });
        snapshot::frozen(&self.made, &asset.columns, rows)
    }

    /// The rows as numbers under a recipe, grouped by person. A column that the site lacks is not
    /// there, rather than empty in every row: a recipe that says what stands for it goes on, any
    /// other is refused.
    ///
    /// # Errors
    /// [`Fault::Recipe`]; [`Fault::Lacks`] where the recipe needs a column that the site lacks.
    pub fn units(&self, recipe: &Recipe) -> Result<Units, Fault> {
        let read = if self.made.lacks.is_empty() {
            Units::read(recipe, &self.header, &self.records)
        } else {
            let has: Vec<bool> =
                self.header.iter().map(|name| !self.made.lacks.contains(name)).collect();
            let of = |record: &[String]| -> Vec<String> {
                let kept = record.iter().zip(&has).filter(|(_, has)| **has);
                kept.map(|(cell, _)| cell.clone()).collect()
            };
            let records: Vec<_> = self.records.iter().map(|record| of(record)).collect();
            Units::read(recipe, &of(&self.header), &records)
        };
        read.map_err(|fault| match fault {
            RowFault::MissingColumn(name) if self.made.lacks.contains(&name) => Fault::Lacks(name),
            other => other.into(),
        })
    }

    /// What a query counts in the rows of `holder`, without noise; with what the model says of each row, where
    /// the query reads that. A column that the site lacks is empty in every row.
    ///
    /// # Errors
    /// [`Fault::Recipe`]: the table lacks a column that is asked for.
    pub fn vector(
        &self,
        query: &Query,
        holder: &str,
        model: Option<&Model>,
    ) -> Result<Unnoised, Fault> {
        let vector = match model {
            None => query.vector(&Rows { holder, header: &self.header, records: &self.records }),
            Some(model) => with_scores(model, &self.header, &self.records).and_then(|scored| {
                query.vector(&Rows { holder, header: &scored.0, records: &scored.1 })
            }),
        };
        vector.map_err(Fault::from)
    }

    /// [`Table::units`], with further columns that were made of the rows: `rows` has one for each of
    /// them, in their order.
    ///
    /// # Errors
    /// As [`Table::units`].
    pub fn units_with(
        &self,
        recipe: &Recipe,
        header: &[String],
        rows: &[Vec<String>],
    ) -> Result<Units, Fault> {
        let joined = |own: &[String], more: &[String]| [own, more].concat();
        let records = self.records.iter().zip(rows);
        let wider = Self {
            header: joined(&self.header, header),
            records: records.map(|(own, more)| joined(own, more)).collect(),
            made: self.made.clone(),
        };
        wider.units(recipe)
    }

    /// The cells of these columns, row by row; none where a column is not there.
    pub fn columns(&self, names: &[String]) -> Option<Vec<Vec<String>>> {
        let place = |name: &String| self.header.iter().position(|own| own == name);
        let places: Vec<usize> = names.iter().map(place).collect::<Option<_>>()?;
        let cells = |record: &Vec<String>| -> Vec<String> {
            places.iter().filter_map(|place| record.get(*place).cloned()).collect()
        };
        Some(self.records.iter().map(cells).collect())
    }

    /// The rows of the persons whom a recipe's keyed split keeps for testing, the same as
    /// [`Units::split`] does, each row's cells in the order of `columns`.
    ///
    /// # Errors
    /// [`Fault::MissingColumn`].
    pub(crate) fn testing(
        &self,
        recipe: &Recipe,
        columns: &[String],
    ) -> Result<Vec<Vec<&str>>, Fault> {
        let place = |name: &String| {
            let found = self.header.iter().position(|column| column == name);
            found.ok_or_else(|| Fault::MissingColumn(name.clone()))
        };
        let person = place(&recipe.person)?;
        let order = columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let rows = self.records.iter().filter(|row| recipe.split.is_test(cell(row, person)));
        Ok(rows.map(|row| order.iter().map(|&at| cell(row, at)).collect()).collect())
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rows are about people; even their number is not for a log.
        write!(f, "Table({} columns, rows withheld)", self.header.len())
    }
}

/// A cell as [`Units::read`] reads it.
fn cell(record: &[String], at: usize) -> &str {
    record.get(at).map_or("", |cell| cell.trim())
}

fn parse(bytes: &[u8]) -> Result<(Vec<String>, Vec<Vec<String>>), Fault> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let mut rows: Vec<Vec<String>> = Vec::new();
    // Byte records of an in-memory buffer cannot fail; text is checked here, for the row's sake.
    for record in reader.byte_records() {
        let row = rows.len();
        let record = record.map_err(|_| Fault::NotUtf8 { row })?;
        let cells = record.iter().map(|cell| std::str::from_utf8(cell).map(str::to_owned));
        rows.push(cells.collect::<Result<_, _>>().map_err(|_| Fault::NotUtf8 { row })?);
    }
    if rows.len() < 2 {
        return Err(Fault::Empty);
    }
    let header = rows.remove(0);
    let ragged = rows.iter().enumerate().find(|(_, record)| record.len() != header.len());
    if let Some((index, record)) = ragged {
        let (row, cells, header) = (index + 1, record.len(), header.len());
        return Err(Fault::Ragged { row, cells, header });
    }
    Ok((header, rows))
}

pub(crate) fn check_header(header: &[String], columns: &[Column]) -> Result<(), Fault> {
    let declared: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if declared.is_empty() {
        return Err(Fault::NoSchema);
    }
    let mut seen = BTreeSet::new();
    for name in header {
        if !declared.contains(name.as_str()) {
            return Err(Fault::UndeclaredColumn(name.chars().take(80).collect()));
        }
        if !seen.insert(name.as_str()) {
            return Err(Fault::RepeatedColumn(name.clone()));
        }
    }
    let missing = columns.iter().find(|column| !seen.contains(column.name.as_str()));
    missing.map_or(Ok(()), |column| Err(Fault::MissingColumn(column.name.clone())))
}

pub(crate) fn check_cell(row: usize, column: &Column, cell: &str) -> Result<(), Fault> {
    let name = || column.name.clone();
    if cell.is_empty() {
        let fault = Fault::EmptyCell { row, column: name() };
        return if column.optional { Ok(()) } else { Err(fault) };
    }
    match column.kind {
        ColumnKind::Text => Ok(()),
        ColumnKind::Category if column.levels.iter().any(|level| level.as_str() == cell) => Ok(()),
        ColumnKind::Category => Err(Fault::UnknownLevel { row, column: name() }),
        ColumnKind::Number => {
            let value: Decimal =
                cell.parse().map_err(|_| Fault::TextInNumber { row, column: name() })?;
            let within = column.min.is_none_or(|min| value >= min)
                && column.max.is_none_or(|max| value <= max);
            if within { Ok(()) } else { Err(Fault::OutOfBounds { row, column: name() }) }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MODULE: &str = r#"```module
id = "rows"
version = "1.0.0"
signers = ["all"]
```

```clause
id = "rows"
asset = "Rows"
kind = "dataset"
holder = "holder"
label = "restricted"
purposes = ["care"]
person = "who"
rows_per_person = 2
columns = [
  { name = "who", kind = "text" },
  { name = "age", kind = "number", min = 0, max = 120 },
  { name = "dose", kind = "number", min = -1.5, max = 4, optional = true },
  { name = "ward", kind = "category", levels = ["1", "north"] },
]
```
"#;

    fn asset() -> Asset {
        let module = concordat_agreement::read("rows.md", MODULE.as_bytes()).unwrap();
        let terms = module.clauses.values().find_map(|clause| match &clause.terms {
            concordat_agreement::Terms::Asset(asset) => Some(asset),
            _ => None,
        });
        terms.unwrap().clone()
    }

    fn read(text: &str) -> Result<Table, Fault> {
        Table::read(text.as_bytes(), &asset())
    }

    const GOOD: &str = "who,age,dose,ward\nann,30,,1\nann,31,-1.5,north\nbob, 120 ,4,1\n";

    #[test]
    fn a_table_that_fits_is_read_whatever_the_order_of_its_columns() {
        let table = read(GOOD).unwrap();
        assert_eq!(table.rows(), 3);
        assert!(read(&GOOD.replace('\n', "\r\n")).is_ok());
        assert!(read(&format!("\u{feff}{GOOD}")).is_ok());
        assert_eq!(read("ward,who,dose,age\n1,\"ann, the first\",,7").unwrap().rows(), 1);
    }

    #[test]
    fn every_fault_names_row_and_column_and_never_the_cell() {
        let utf8 = [GOOD.as_bytes(), b"\xffsecret,1,,1\n"].concat();
        assert_eq!(Table::read(&utf8, &asset()), Err(Fault::NotUtf8 { row: 4 }));
        let table = [
            ("", "table-empty", ""),
            ("who,age,dose,ward\n", "table-empty", ""),
            ("who,age,ward\nann,1,1\n", "table-missing-column", "`dose`"),
            ("who,age,dose,ward,age\nann,1,1,1,1\n", "table-repeated-column", "`age`"),
            ("who,age,dose,ward,tax\nann,1,1,1,1\n", "table-undeclared-column", "`tax`"),
            ("who,age,dose,ward\nann,1,1\n", "table-ragged", "row 1"),
            ("who,age,dose,ward\nann,,1,1\n", "table-empty-cell", "row 1 is empty in column `age`"),
            ("who,age,dose,ward\n ,1,1,1\n", "table-empty-cell", "`who`"),
            ("who,age,dose,ward\nann,1,,1\nbob,secret,,1", "table-text-in-number", "row 2"),
            ("who,age,dose,ward\nann,1e3,,1", "table-text-in-number", "`age`"),
            ("who,age,dose,ward\nann,NaN,,1", "table-text-in-number", "`age`"),
            ("who,age,dose,ward\nann,120.5,,1", "table-out-of-bounds", "`age`"),
            ("who,age,dose,ward\nann,1,-1.6,1", "table-out-of-bounds", "`dose`"),
            ("who,age,dose,ward\nann,1,1,secret", "table-unknown-level", "`ward`"),
            ("who,age,dose,ward\na,1,,1\na,1,,1\nb,1,,1\na,1,,1", "table-too-many-rows", "row 4"),
        ];
        for (text, code, names) in table {
            let problem = read(text).unwrap_err().problem();
            assert_eq!(problem.code, code, "{text}");
            assert!(problem.what.contains(names), "{text}: {problem}");
            assert!(!problem.to_string().contains("secret"), "{problem}");
        }
    }

    #[test]
    fn a_dataset_without_a_schema_has_no_table() {
        let mut asset = asset();
        asset.person = None;
        assert_eq!(Table::read(GOOD.as_bytes(), &asset), Err(Fault::NoSchema));
        asset.person = Some("who".into());
        asset.columns.clear();
        assert_eq!(Table::read(GOOD.as_bytes(), &asset), Err(Fault::NoSchema));
    }

    #[test]
    fn rows_are_not_printed() {
        let shown = format!("{:?}", read(GOOD).unwrap());
        assert!(!shown.contains("ann") && !shown.contains('3'), "{shown}");
    }

    proptest! {
        /// No bytes make the reader panic.
        #[test]
        fn any_bytes_are_a_table_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Table::read(&bytes, &asset());
            let with_header = [b"who,age,dose,ward\n".as_slice(), &bytes].concat();
            let _ = Table::read(&with_header, &asset());
        }
    }
}
