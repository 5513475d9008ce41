//! What a node computes from its rows.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::axis::{Axis, Placer};
use super::moments::Moments;
use super::{Part, Query};
use crate::cells::{Header, Record, RowFault};
use crate::contribution::Unnoised;
use crate::network::ROWS_OF_A_SUM_MOST;

/// A holder's table.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// Whose table it is.
    pub holder: &'a str,
    /// Names of the columns.
    pub header: &'a [String],
    /// Cells of each record.
    pub records: &'a [Vec<String>],
}

impl Query {
    /// A node's vector, *without noise*: only for adding noise and masking at the same node.
    ///
    /// For a query that was found good by [`Query::check`]. Cells are trimmed. Of one person's
    /// records the first `rows_per_person` count. No cell of a declared column is ever at fault:
    /// what does not fit is `other` or incomplete, so that rows cannot make a node fall silent.
    ///
    /// # Errors
    /// [`RowFault`], for the steward alone, where the table lacks a column or names it twice, or a
    /// record is of another length than the header or names no person.
    pub fn vector(&self, rows: &Rows<'_>) -> Result<Unnoised, RowFault> {
        let header = Header::of(rows.header);
        let person = header.need(&self.person)?;
        let parts: Vec<Ready<'_>> = self
            .parts
            .iter()
            .map(|part| Ready::new(part, &header, rows.holder))
            .collect::<Result<_, _>>()?;
        let mut sum = Zeroizing::new(vec![0_i64; self.length()]);
        // For each person: how many rows still count.
        let mut left: BTreeMap<&str, u32> = BTreeMap::new();
        let mut counted = 0;
        for (index, record) in rows.records.iter().enumerate() {
            let record = Record::of(index + 1, record, rows.header.len())?;
            let name = record.cell(person);
            if name.is_empty() {
                return Err(RowFault::Empty { row: record.row, column: self.person.clone() });
            }
            let left = left
                .entry(name)
                .or_insert_with(|| if self.among.has(name) { self.rows_per_person } else { 0 });
            if *left == 0 {
                continue;
            }
            *left -= 1;
            counted += 1;
            let mut rest = sum.as_mut_slice();
            for part in &parts {
                // The parts' lengths are those that the sum was made of.
                let Some((own, later)) = rest.split_at_mut_checked(part.length) else { break };
                part.add(record.cells, self.bits(), own);
                rest = later;
            }
        }
        // With 2^20 rows of 2^24 units no sum wraps.
        if counted > ROWS_OF_A_SUM_MOST { Err(RowFault::TooManyRows) } else { Ok(Unnoised(sum)) }
    }
}

/// A part made ready for many records.
struct Ready<'a> {
    length: usize,
    how: How<'a>,
}

enum How<'a> {
    /// Each axis with how many cells it has.
    Histogram(Vec<(Placer<'a>, usize)>),
    Moments(&'a Moments, Vec<usize>),
}

impl<'a> Ready<'a> {
    fn new(part: &'a Part, header: &Header<'_>, holder: &str) -> Result<Self, RowFault> {
        let how = match part {
            Part::Histogram(histogram) => {
                let placer = |axis: &'a Axis| {
                    let at = axis.column().map_or(Ok(0), |column| header.need(column))?;
                    Ok((Placer::new(axis, at, holder), axis.cells()))
                };
                How::Histogram(histogram.axes.iter().map(placer).collect::<Result<_, _>>()?)
            }
            Part::Moments(moments) => {
                let at = moments.columns.iter().map(|scaled| header.need(&scaled.column));
                How::Moments(moments, at.collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { length: part.length(), how })
    }

    fn add(&self, record: &[String], scale_bits: u32, sum: &mut [i64]) {
        match &self.how {
            How::Histogram(axes) => {
                let place = axes.iter().fold(0, |at, (axis, cells)| at * cells + axis.cell(record));
                if let Some(cell) = sum.get_mut(place) {
                    *cell += 1 << scale_bits;
                }
            }
            How::Moments(moments, at) => moments.add(at, record, scale_bits, sum),
        }
    }
}
