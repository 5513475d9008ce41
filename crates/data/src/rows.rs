//! Rows of a source under a mapping: read, or only looked at.

use std::collections::BTreeSet;
use std::path::Path;

use concordat_agreement::Asset;

use crate::fault::Fault;
use crate::mapping::{Mapping, Plan, Unmapped};
use crate::pseudonym::PseudonymKey;
use crate::snapshot::Made;
use crate::table::{Table, check_header};

/// The most bytes of all cells together that are held as a table.
const BYTES_MOST: usize = 256 << 20;

/// Rows that a mapping makes of its source.
#[derive(Debug)]
pub struct Rows<'a> {
    mapping: &'a Mapping,
    asset: &'a Asset,
    /// The folder that the source's paths are relative to.
    beside: &'a Path,
    key: Option<&'a PseudonymKey>,
}

/// What comes of reading rows, one after the other.
pub(crate) trait Sink {
    /// A row of the cohort, its cells in the agreement's order; those that were told are empty.
    fn row(&mut self, row: usize, cells: Vec<String>) -> Result<(), Fault>;
    /// A row that cannot be read at all.
    fn unread(&mut self, fault: Fault) -> Result<(), Fault>;
    /// A cell that cannot be mapped.
    fn unmapped(&mut self, unmapped: Unmapped<'_>) -> Result<(), Fault>;
    /// So many rows of the source have been read.
    fn read(&mut self, rows: usize);
}

impl<'a> Rows<'a> {
    /// Rows of the mapping's source; `key` is needed only where the mapping asks for pseudonyms.
    pub fn new(
        mapping: &'a Mapping,
        asset: &'a Asset,
        beside: &'a Path,
        key: Option<&'a PseudonymKey>,
    ) -> Self {
        Self { mapping, asset, beside, key }
    }

    /// All of them, every cell checked. `progress` is told how many rows of the source have been read.
    ///
    /// # Errors
    /// [`Fault`], the first found.
    pub fn table(&self, progress: &mut dyn FnMut(usize)) -> Result<Table, Fault> {
        let mut gather = Gather { records: Vec::new(), bytes: 0, progress };
        self.each(&mut gather)?;
        if gather.records.is_empty() {
            return Err(Fault::Empty);
        }
        let header = self.asset.columns.iter().map(|column| column.name.clone()).collect();
        Table::checked(header, gather.records, self.made(), self.asset)
    }

    /// How the rows come about.
    pub fn made(&self) -> Made {
        let key = self.key.filter(|_| self.mapping.person.pseudonym);
        Made {
            cohort: self.mapping.cohort.clone(),
            lacks: self.mapping.lacks(),
            mapping: self.mapping.digest,
            pseudonyms: key.map(PseudonymKey::id),
        }
    }

    pub(crate) fn asset(&self) -> &'a Asset {
        self.asset
    }

    pub(crate) fn mapping(&self) -> &'a Mapping {
        self.mapping
    }

    /// Reads, maps and checks row by row.
    pub(crate) fn each(&self, sink: &mut dyn Sink) -> Result<(), Fault> {
        let wanted =
            if self.mapping.digest.is_none() { BTreeSet::new() } else { self.mapping.wanted() };
        self.mapping.source.read(self.beside, &wanted, &mut |batch| {
            if self.mapping.digest.is_none() {
                check_header(batch.header, &self.asset.columns)?;
            }
            let plan = Plan::new(self.mapping, self.asset, batch.header, self.key)?;
            let read = batch.first + batch.rows.len() - 1;
            for (row, cells) in (batch.first..).zip(batch.rows) {
                match cells {
                    Err(fault) => sink.unread(fault)?,
                    Ok(cells) => {
                        let made =
                            plan.row(row, &cells, &mut |unmapped| sink.unmapped(unmapped))?;
                        if let Some(made) = made {
                            sink.row(row, made)?;
                        }
                    }
                }
            }
            sink.read(read);
            Ok(())
        })
    }
}

/// Holds what it is given.
struct Gather<'p> {
    records: Vec<Vec<String>>,
    bytes: usize,
    progress: &'p mut dyn FnMut(usize),
}

impl Sink for Gather<'_> {
    fn row(&mut self, _: usize, cells: Vec<String>) -> Result<(), Fault> {
        self.bytes += cells.iter().map(|cell| cell.len() + 1).sum::<usize>();
        if self.bytes > BYTES_MOST {
            return Err(Fault::TooLarge { most: BYTES_MOST });
        }
        self.records.push(cells);
        Ok(())
    }

    fn unread(&mut self, fault: Fault) -> Result<(), Fault> {
        Err(fault)
    }

    fn unmapped(&mut self, unmapped: Unmapped<'_>) -> Result<(), Fault> {
        Err(unmapped.fault)
    }

    fn read(&mut self, rows: usize) {
        (self.progress)(rows);
    }
}
