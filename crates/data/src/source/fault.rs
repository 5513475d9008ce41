//! Why a source gives no rows.

/// Why a source cannot be read. Never has a cell in it, nor a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// A file that is not there, is no plain file, or that the system does not let us read.
    #[error("cannot read `{file}`: {why}")]
    File {
        /// The file.
        file: String,
        /// What the system says.
        why: String,
    },
    /// A file that is not of the kind that the mapping says.
    #[error("`{file}` is no {kind} that can be read: {why}")]
    Damaged {
        /// The file.
        file: String,
        /// What it should be.
        kind: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A column of the mapping that the source lacks.
    #[error("the source has no column `{column}`")]
    NoColumn {
        /// The column.
        column: String,
        /// The one that was likely meant.
        near: Option<String>,
    },
    /// A column of a type that is no text, number or date.
    #[error("the source's column `{column}` is of the type {kind}, which is not read")]
    Kind {
        /// The column.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A Parquet file in a compression that is not read.
    #[error("`{file}` is compressed by {codec}, which is not read")]
    Codec {
        /// The file.
        file: String,
        /// The compression.
        codec: String,
    },
    /// A file with an address that others may read.
    #[error("`{file}` has mode {mode:04o} and holds a password: others may read it")]
    Open {
        /// The file.
        file: String,
        /// Its mode.
        mode: u32,
    },
    /// A file whose text is no address.
    #[error("`{file}` holds no address: {why}")]
    Address {
        /// The file.
        file: String,
        /// What is wrong, without a word of it.
        why: String,
    },
    /// A statement that could write.
    #[error("the query is not one `SELECT`: {0}")]
    NotReading(String),
    /// A query that the database does not understand.
    #[error("the database does not take the query: {0}")]
    Query(String),
    /// A query that fails on a row. What the database says may quote the row, and is withheld.
    #[error(
        "the query fails on a row ({0}); what the database says of it may quote the row, and is withheld"
    )]
    Row(String),
    /// No connection, or one that broke.
    #[error("{0}")]
    Server(String),
}

impl SourceFault {
    /// Stable name, also the anchor of the page that explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "source-unreadable",
            Self::Damaged { .. } => "source-damaged",
            Self::NoColumn { .. } => "source-missing-column",
            Self::Kind { .. } => "source-column-type",
            Self::Codec { .. } => "source-compression",
            Self::Open { .. } => "source-address-open",
            Self::Address { .. } => "source-bad-address",
            Self::NotReading(_) => "source-not-reading",
            Self::Query(_) => "source-bad-query",
            Self::Row(_) => "source-row-fails",
            Self::Server(_) => "source-unreachable",
        }
    }

    /// What the steward can do next, in the imperative.
    pub fn hint(&self) -> String {
        match self {
            Self::File { .. } => "name the right file in `[source]`, and let this user read it",
            Self::Damaged { .. } => "write the file again, or name the right `kind`",
            Self::NoColumn { near: Some(near), .. } => return format!("did you mean `{near}`?"),
            Self::NoColumn { .. } => {
                "correct `from` in the mapping, or select the column in the query"
            }
            Self::Kind { .. } => {
                "convert the column to text, a number or a date where it is written"
            }
            Self::Codec { .. } => "write the file with `snappy`, `gzip` or no compression",
            Self::Open { .. } => {
                "run `chmod 600` on it; change the password if somebody may have read it"
            }
            Self::Address { .. } => {
                "write one line, `postgres://user:password@host:port/name`, and on another machine \
                 `?sslmode=verify-full&sslrootcert=FILE` behind it"
            }
            Self::NotReading(_) => "write one `SELECT`, and do the rest in the database",
            Self::Query(_) => "correct `query` in the mapping: try it in the database's own shell",
            Self::Row(_) => {
                "run the query in the database's own shell, and convert what fails in it"
            }
            Self::Server(_) => {
                "check that the database runs and that its address and password are right"
            }
        }
        .to_owned()
    }

    /// Whether the machine or the network is at fault, and not what somebody wrote.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Server(_))
    }
}
