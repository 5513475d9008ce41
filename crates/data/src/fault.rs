//! Why a table is not what the agreement says it is.

use concordat_learn::RowFault;
use concordat_terms::Problem;

use crate::source::SourceFault;

/// Why a table cannot be used. Rows count from 1, the header not counted; cells are not quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No header, or no row.
    #[error("the table is empty")]
    Empty,
    /// Bytes that are not text.
    #[error("row {row} is not UTF-8")]
    NotUtf8 {
        /// The row; 0 is the header.
        row: usize,
    },
    /// Another number of cells than the header.
    #[error("row {row} has {cells} cells, the header has {header}")]
    Ragged {
        /// The row.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The header's.
        header: usize,
    },
    /// A column of the agreement that the header lacks.
    #[error("the table has no column `{0}`")]
    MissingColumn(String),
    /// A column that the header names twice.
    #[error("the table has two columns `{0}`")]
    RepeatedColumn(String),
    /// A column that the agreement does not declare: nobody agreed to its being read.
    #[error("the table has a column `{0}` that the agreement does not declare")]
    UndeclaredColumn(String),
    /// An empty cell where the agreement wants a value.
    #[error("row {row} is empty in column `{column}`")]
    EmptyCell {
        /// The row.
        row: usize,
        /// The column.
        column: String,
    },
    /// Something other than a decimal number.
    #[error("row {row} has text in the number column `{column}`")]
    TextInNumber {
        /// The row.
        row: usize,
        /// The column.
        column: String,
    },
    /// A number beyond the declared bounds.
    #[error("row {row} is out of bounds in column `{column}`")]
    OutOfBounds {
        /// The row.
        row: usize,
        /// The column.
        column: String,
    },
    /// A value that is not among the declared levels.
    #[error("row {row} has an undeclared level in column `{column}`")]
    UnknownLevel {
        /// The row.
        row: usize,
        /// The column.
        column: String,
    },
    /// A code for which the mapping has no value.
    #[error("row {row} has a code in column `{column}` that the mapping does not know")]
    UnknownCode {
        /// The row.
        row: usize,
        /// The column.
        column: String,
    },
    /// A unit for which the mapping has no factor.
    #[error("row {row} has a unit in column `{column}` that the mapping does not know")]
    UnknownUnit {
        /// The row.
        row: usize,
        /// The column.
        column: String,
    },
    /// Years are asked for between things that are no dates.
    #[error("row {row} has no whole date for column `{column}`")]
    NotADate {
        /// The row.
        row: usize,
        /// The column.
        column: String,
    },
    /// One person's rows are more than the agreement allows.
    #[error("row {row} is one more than the {most} rows that one person may have")]
    TooManyRows {
        /// The first row too many.
        row: usize,
        /// The most.
        most: u32,
    },
    /// The agreement declares no schema of this asset.
    #[error("the agreement declares no columns or no person of this dataset")]
    NoSchema,
    /// A column that the recipe needs and that this site does not have.
    #[error("this site lacks the column `{0}`, and the recipe needs it")]
    Lacks(String),
    /// The mapping asks for pseudonyms, and there is no key to make them with.
    #[error("the mapping asks for pseudonyms, and there is no key for them")]
    NoPseudonymKey,
    /// More rows, or longer ones, than a snapshot may have.
    #[error("the rows have more than {most} bytes")]
    TooLarge {
        /// The most.
        most: usize,
    },
    /// Bytes that begin like a snapshot and are none.
    #[error("the snapshot's second line is malformed")]
    BadSnapshot,
    /// The source gives no rows.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// The table fits the agreement, but not the recipe of a plan.
    #[error("the table does not fit the recipe: {0}")]
    Recipe(#[from] RowFault),
}

impl Fault {
    /// Stable name, also the anchor of the page that explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "table-empty",
            Self::NotUtf8 { .. } => "table-not-utf8",
            Self::Ragged { .. } => "table-ragged",
            Self::MissingColumn(_) => "table-missing-column",
            Self::RepeatedColumn(_) => "table-repeated-column",
            Self::UndeclaredColumn(_) => "table-undeclared-column",
            Self::EmptyCell { .. } => "table-empty-cell",
            Self::TextInNumber { .. } => "table-text-in-number",
            Self::OutOfBounds { .. } => "table-out-of-bounds",
            Self::UnknownLevel { .. } => "table-unknown-level",
            Self::UnknownCode { .. } => "table-unknown-code",
            Self::UnknownUnit { .. } => "table-unknown-unit",
            Self::NotADate { .. } => "table-not-a-date",
            Self::TooManyRows { .. } => "table-too-many-rows",
            Self::NoSchema => "table-no-schema",
            Self::Lacks(_) => "table-lacks-column",
            Self::NoPseudonymKey => "table-no-pseudonym-key",
            Self::TooLarge { .. } => "table-too-large",
            Self::BadSnapshot => "table-bad-snapshot",
            Self::Source(fault) => fault.code(),
            Self::Recipe(_) => "table-not-for-recipe",
        }
    }

    /// What the steward can do next, in the imperative.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty => "export the table again, with a header and at least one row",
            Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::Ragged { .. } => "quote cells that hold commas or line breaks",
            Self::MissingColumn(_) => "add the column, or amend the agreement's schema",
            Self::RepeatedColumn(_) => "rename or remove one of them",
            Self::UndeclaredColumn(_) => "remove the column, or amend the agreement's schema",
            Self::EmptyCell { .. } => "fill the cell or leave the row out",
            Self::TextInNumber { .. } => "write a plain decimal such as `12.5`",
            Self::OutOfBounds { .. } => {
                "correct the cell or leave the row out; if it is right, amend the bounds"
            }
            Self::UnknownLevel { .. } => "write one of the levels that the agreement declares",
            Self::UnknownCode { .. } => {
                "add it to `codes`, or to `missing` if it says that nothing is known"
            }
            Self::UnknownUnit { .. } => "add the unit and its factor to `units`",
            Self::NotADate { .. } => {
                "give dates as `2027-01-31`, whole, in the source or its query"
            }
            Self::TooManyRows { .. } => "leave out this person's further rows",
            Self::NoSchema => "declare `person` and `columns` in the asset's clause",
            Self::Lacks(_) => {
                "take part in runs whose recipe does without it, or supply the column"
            }
            Self::NoPseudonymKey => "restore `datasets/` from its backup",
            Self::TooLarge { .. } => "keep fewer rows in the cohort, or fewer columns",
            Self::BadSnapshot => "restore it from a backup, or register the rows again",
            Self::Source(fault) => return fault.hint(),
            Self::Recipe(_) => "propose a recipe that fits the agreement's schema",
        }
        .to_owned()
    }

    /// The column and the row that it is about, where it is about one.
    pub fn cell(&self) -> Option<(usize, &str)> {
        match self {
            Self::EmptyCell { row, column }
            | Self::TextInNumber { row, column }
            | Self::OutOfBounds { row, column }
            | Self::UnknownLevel { row, column }
            | Self::UnknownCode { row, column }
            | Self::UnknownUnit { row, column }
            | Self::NotADate { row, column } => Some((*row, column)),
            _ => None,
        }
    }

    /// The row that it is about, where it is about one; 0 is the header.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::NotUtf8 { row } | Self::Ragged { row, .. } | Self::TooManyRows { row, .. } => {
                Some(*row)
            }
            other => other.cell().map(|(row, _)| row),
        }
    }

    /// Whether the machine or the network is at fault, and not a table or what somebody wrote.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Source(fault) if fault.is_outage())
    }

    /// The fault in three lines, for the steward alone.
    pub fn problem(&self) -> Problem {
        Problem::new(self.code(), self.to_string(), self.hint(), "docs/reference/data.md")
    }
}
