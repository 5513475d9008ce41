//! Queries of SQLite databases.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::ffi::SQLITE_ERROR;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, OpenFlags};

use super::{Gather, SourceFault, Take, check_wanted, delimited};
use crate::fault::Fault;
use crate::mapping::of_float;

pub(super) fn read(
    path: &Path,
    query: &str,
    wanted: &BTreeSet<String>,
    take: Take<'_>,
) -> Result<(), Fault> {
    // SQLite would make a database where there is none, and wait for whoever writes to a pipe.
    delimited::open(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let broken = |e: &Error| SourceFault::Damaged {
        file: path.display().to_string(),
        kind: "SQLite database",
        why: class(e),
    };
    let database = Connection::open_with_flags(path, flags).map_err(|e| broken(&e))?;
    database.pragma_update(None, "query_only", true).map_err(|e| broken(&e))?;
    let mut statement = database.prepare(query).map_err(|e| match e {
        Error::MultipleStatement => SourceFault::NotReading("it is several statements".to_owned()),
        // The parser quotes the query and no row.
        Error::SqlInputError { msg, .. } => SourceFault::Query(msg),
        Error::SqliteFailure(e, Some(said)) if e.extended_code == SQLITE_ERROR => {
            SourceFault::Query(said)
        }
        other => broken(&other),
    })?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(SourceFault::NotReading("it gives no rows, or could write".to_owned()).into());
    }
    if statement.parameter_count() > 0 {
        return Err(
            SourceFault::Query("it has parameters, and nobody fills them".to_owned()).into()
        );
    }
    let header: Vec<String> = statement.column_names().map(str::to_owned).collect();
    check_wanted(&header, wanted)?;
    // A column that nobody asked for may hold anything.
    let asked: Vec<bool> = header.iter().map(|name| wanted.contains(name)).collect();
    let names = header.clone();
    let mut gather = Gather::new(header, take);
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|e| SourceFault::Row(class(&e)))? {
        let cells = asked.iter().zip(&names).enumerate().map(|(at, (asked, name))| {
            let value = row.get_ref(at).map_err(|e| SourceFault::Row(class(&e)))?;
            if *asked { text(value, name) } else { Ok(String::new()) }
        });
        let cells = cells.collect::<Result<Vec<_>, Fault>>()?;
        gather.push(Ok(cells))?;
    }
    gather.end()
}

fn text(value: ValueRef<'_>, column: &str) -> Result<String, Fault> {
    let kind = |kind: &str| SourceFault::Kind { column: column.to_owned(), kind: kind.to_owned() };
    Ok(match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(float) => {
            // What no decimal can say is told as it is, and refused where a number belongs.
            of_float(float).map_or_else(|| float.to_string(), |number| number.to_string())
        }
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| kind("text that is not UTF-8"))?;
            text.trim_ascii().to_owned()
        }
        ValueRef::Blob(_) => return Err(kind("blob").into()),
    })
}

/// What kind of fault it is, without what SQLite says of it: that can quote a row.
fn class(e: &Error) -> String {
    match e.sqlite_error_code() {
        Some(code) => format!("{code:?}"),
        None => "it does not answer as SQLite does".to_owned(),
    }
}
