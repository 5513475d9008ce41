//! Why a table is not what the agreement says it is.

use concordat_learn::RowFault;
use concordat_terms::Problem;

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
            Self::TooManyRows { .. } => "table-too-many-rows",
            Self::NoSchema => "table-no-schema",
            Self::Recipe(_) => "table-not-for-recipe",
        }
    }

    /// What the steward can do next, in the imperative.
    pub fn hint(&self) -> &'static str {
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
            Self::TooManyRows { .. } => "leave out this person's further rows",
            Self::NoSchema => "declare `person` and `columns` in the asset's clause",
            Self::Recipe(_) => "propose a recipe that fits the agreement's schema",
        }
    }

    /// The fault in three lines, for the steward alone.
    pub fn problem(&self) -> Problem {
        Problem::new(self.code(), self.to_string(), self.hint(), "docs/reference/data.md")
    }
}
