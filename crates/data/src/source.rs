//! Where rows come from: files and databases, read only, in batches.
//!
//! Every cell becomes a text: nothing is empty, numbers are decimals, dates are ISO 8601. Memory is
//! bounded by [`BATCH_ROWS`] rows, whatever the source holds.

mod address;
mod delimited;
mod fault;
mod parquet;
mod postgres;
mod sqlite;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use self::fault::SourceFault;
use crate::fault::Fault;

/// How many rows are held at once.
pub const BATCH_ROWS: usize = 1_000;

/// A table of somebody else's. What it names is relative to the mapping's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A CSV file (RFC 4180 with this delimiter) with a header.
    Csv {
        /// The file.
        file: PathBuf,
        /// What stands between cells.
        delimiter: u8,
    },
    /// A Parquet file with flat columns: uncompressed, Snappy or gzip.
    Parquet {
        /// The file.
        file: PathBuf,
    },
    /// A query of a SQLite database.
    Sqlite {
        /// The file.
        file: PathBuf,
        /// One `SELECT`.
        query: String,
    },
    /// A query of a Postgres database.
    Postgres {
        /// The file that holds the address; it alone knows a password.
        address: PathBuf,
        /// One `SELECT`.
        query: String,
    },
}

/// Some rows of a source.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    /// The names of its columns: the wanted ones, or all of a CSV file's.
    pub(crate) header: &'a [String],
    /// The number of the first row, from 1.
    pub(crate) first: usize,
    /// The rows, each as long as the header; or why one cannot be read.
    pub(crate) rows: Vec<Result<Vec<String>, Fault>>,
}

/// Takes batches; an error ends the reading.
pub(crate) type Take<'a> = &'a mut dyn FnMut(Batch<'_>) -> Result<(), Fault>;

impl Source {
    /// Reads all rows, batch by batch; the first batch comes even where there is no row.
    ///
    /// # Errors
    /// [`Fault`]: the source cannot be opened, lacks a column of `wanted`, or breaks off; and what
    /// `take` says.
    pub(crate) fn read(
        &self,
        beside: &Path,
        wanted: &BTreeSet<String>,
        take: Take<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Csv { file, delimiter } => {
                delimited::read(&beside.join(file), *delimiter, wanted, take)
            }
            Self::Parquet { file } => parquet::read(&beside.join(file), wanted, take),
            Self::Sqlite { file, query } => sqlite::read(&beside.join(file), query, wanted, take),
            Self::Postgres { address, query } => {
                postgres::read(&beside.join(address), query, wanted, take)
            }
        }
    }

    /// What it is, for people: never an address.
    pub fn told(&self) -> String {
        match self {
            Self::Csv { file, .. } | Self::Parquet { file } => format!("`{}`", file.display()),
            Self::Sqlite { file, .. } => format!("a query of `{}`", file.display()),
            Self::Postgres { .. } => "a query of a Postgres database".to_owned(),
        }
    }

    /// The file that holds the rows, where one does.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Csv { file, .. } | Self::Parquet { file } | Self::Sqlite { file, .. } => {
                Some(file)
            }
            Self::Postgres { .. } => None,
        }
    }
}

/// Refuses a header that names a wanted column never or twice.
fn check_wanted(header: &[String], wanted: &BTreeSet<String>) -> Result<(), Fault> {
    for name in wanted {
        match header.iter().filter(|column| *column == name).count() {
            1 => {}
            0 => {
                let near = crate::mapping::nearest(name, header.iter().map(String::as_str));
                let near = near.map(str::to_owned);
                return Err(SourceFault::NoColumn { column: name.clone(), near }.into());
            }
            _ => return Err(Fault::RepeatedColumn(name.clone())),
        }
    }
    Ok(())
}

/// Gathers rows until there are enough for a batch.
struct Gather<'a, 'b> {
    header: Vec<String>,
    first: usize,
    rows: Vec<Result<Vec<String>, Fault>>,
    given: bool,
    take: &'a mut (dyn FnMut(Batch<'_>) -> Result<(), Fault> + 'b),
}

impl<'a, 'b> Gather<'a, 'b> {
    fn new(
        header: Vec<String>,
        take: &'a mut (dyn FnMut(Batch<'_>) -> Result<(), Fault> + 'b),
    ) -> Self {
        Self { header, first: 1, rows: Vec::new(), given: false, take }
    }

    /// The number of the next row.
    fn next(&self) -> usize {
        self.first + self.rows.len()
    }

    fn push(&mut self, row: Result<Vec<String>, Fault>) -> Result<(), Fault> {
        self.rows.push(row);
        if self.rows.len() >= BATCH_ROWS { self.give() } else { Ok(()) }
    }

    fn give(&mut self) -> Result<(), Fault> {
        let rows = std::mem::take(&mut self.rows);
        let (first, count) = (self.first, rows.len());
        self.first += count;
        self.given = true;
        (self.take)(Batch { header: &self.header, first, rows })
    }

    fn end(mut self) -> Result<(), Fault> {
        if self.rows.is_empty() && self.given { Ok(()) } else { self.give() }
    }
}
