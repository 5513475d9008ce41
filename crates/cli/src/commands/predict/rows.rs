//! A table's rows, a few at a time.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use concordat_learn::{Model, Recipe, RowFault, Rows, Units};
use concordat_node::plain::require_plain;

use crate::failure::Failure;

/// A CSV file under a model's schema.
pub(super) struct Table {
    path: PathBuf,
    records: csv::Reader<BufReader<File>>,
    rows: Rows,
    /// Where the column is that names rows.
    id: Option<usize>,
    /// Rows read so far.
    read: usize,
}

/// Some rows.
pub(super) struct Block {
    /// What each is called: its number, or its cell in the column that was asked for.
    pub(super) names: Vec<String>,
    /// Their inputs, one row after another.
    pub(super) inputs: Vec<f32>,
    /// How many of their numbers lay beyond their bounds.
    pub(super) clipped: usize,
}

impl Table {
    /// Reads the header (RFC 4180; a leading byte order mark is passed over).
    ///
    /// # Errors
    /// No plain file; a header that lacks a column.
    pub(super) fn open(path: &Path, model: &Model, id: Option<&str>) -> Result<Self, Failure> {
        let (records, header) = begin(path)?;
        let rows = Rows::of(model.recipe(), &header).map_err(|fault| at_fault(path, &fault))?;
        let id = match id {
            None => None,
            Some(name) => Some(
                header
                    .iter()
                    .position(|column| column == name)
                    .ok_or_else(|| at_fault(path, &RowFault::MissingColumn(name.to_owned())))?,
            ),
        };
        Ok(Self { path: path.to_owned(), records, rows, id, read: 0 })
    }

    /// The next rows, at most so many; nothing after the last.
    ///
    /// # Errors
    /// The first row that is not one of the model's, by its number.
    pub(super) fn block(&mut self, most: usize) -> Result<Option<Block>, Failure> {
        let mut block = Block { names: Vec::new(), inputs: Vec::new(), clipped: 0 };
        let mut record = csv::StringRecord::new();
        while block.names.len() < most {
            let more = self.records.read_record(&mut record);
            if !more.map_err(|e| unreadable(&self.path, self.read + 1, &e))? {
                break;
            }
            self.read += 1;
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            let clipped = self.rows.read(self.read, &cells, &mut block.inputs);
            block.clipped += clipped.map_err(|fault| at_fault(&self.path, &fault))?;
            let name = self.id.and_then(|place| cells.get(place).cloned());
            block.names.push(name.unwrap_or_else(|| self.read.to_string()));
        }
        Ok(Some(block).filter(|block| !block.names.is_empty()))
    }
}

/// The whole table with its targets, for whoever has the rows.
///
/// # Errors
/// As [`Table::open`], and the first row that does not fit the recipe.
pub(in super::super) fn units(path: &Path, recipe: &Recipe) -> Result<Units, Failure> {
    let (mut records, header) = begin(path)?;
    let rows = records.records().enumerate().map(|(place, record)| {
        let record = record.map_err(|e| unreadable(path, place + 1, &e))?;
        Ok(record.iter().map(str::to_owned).collect())
    });
    let rows: Vec<Vec<String>> = rows.collect::<Result<_, Failure>>()?;
    Units::read(recipe, &header, &rows).map_err(|fault| at_fault(path, &fault))
}

/// A file behind its header.
fn begin(path: &Path) -> Result<(csv::Reader<BufReader<File>>, Vec<String>), Failure> {
    // Looked at before it is opened: opening a pipe waits for whoever writes to it.
    require_plain(path).map_err(|e| Failure::not_read(path, &e))?;
    let file = File::open(path).map_err(|e| Failure::io("read", path, &e))?;
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(BufReader::new(file));
    let mut header = csv::StringRecord::new();
    if !records.read_record(&mut header).map_err(|e| unreadable(path, 0, &e))? {
        return Err(unfit(path, "there is no header", "write the columns' names first"));
    }
    let names = header.iter().enumerate().map(|(place, name)| match place {
        0 => name.trim_start_matches('\u{feff}').to_owned(),
        _ => name.to_owned(),
    });
    let header: Vec<String> = names.collect();
    Ok((records, header))
}

fn unreadable(path: &Path, row: usize, why: &csv::Error) -> Failure {
    match why.kind() {
        csv::ErrorKind::Io(source) => Failure::io("read", path, source),
        csv::ErrorKind::Utf8 { .. } => {
            unfit(path, &format!("row {row} is not UTF-8"), "save the file as UTF-8")
        }
        _ => unfit(path, &why.to_string(), "quote cells that hold commas or line breaks"),
    }
}

fn at_fault(path: &Path, fault: &RowFault) -> Failure {
    let hint = match fault {
        RowFault::MissingColumn(_) => "add the column, or name the right file",
        RowFault::RepeatedColumn(_) => "rename or remove one of them",
        RowFault::Ragged { .. } => "quote cells that hold commas or line breaks",
        RowFault::NoValue { .. } | RowFault::Empty { .. } => "fill the cell or leave the row out",
        RowFault::TextInNumber { .. } => "write a plain decimal such as `12.5`",
        RowFault::OutOfBounds { .. } => "write 0 or 1",
        RowFault::UnknownLevel { .. } => "write one of the levels that the model knows",
        RowFault::TooManyRows | RowFault::NoRecipe => "name the right file",
    };
    unfit(path, &fault.to_string(), hint)
}

fn unfit(path: &Path, what: &str, hint: &str) -> Failure {
    Failure::usage("rows-do-not-fit", format!("`{}`: {what}", path.display()), hint)
}
