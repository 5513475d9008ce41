//! Queries of Postgres databases, through a cursor in a transaction that cannot write.

use std::collections::BTreeSet;
use std::path::Path;

use tokio::runtime::Builder;
use tokio_postgres::{Client, Error, IsolationLevel, SimpleQueryMessage, Transaction};

use super::{BATCH_ROWS, Gather, SourceFault, Take, address, check_wanted};
use crate::fault::Fault;

/// One spelling of dates, times and floats, whatever the server's own settings are.
const SPELLING: &str = "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601';
    SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'";

pub(super) fn read(
    path: &Path,
    query: &str,
    wanted: &BTreeSet<String>,
    take: Take<'_>,
) -> Result<(), Fault> {
    let address = address::read(path)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| SourceFault::Server(e.to_string()))?;
    runtime.block_on(async {
        let client = address.connect().await.map_err(|e| SourceFault::Server(e.problem().what))?;
        rows(client, query, wanted, take).await
    })
}

async fn rows(
    mut client: Client,
    query: &str,
    wanted: &BTreeSet<String>,
    take: Take<'_>,
) -> Result<(), Fault> {
    // All batches are of one moment.
    let begin =
        client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead);
    let within = begin.start().await.map_err(|e| told(&e))?;
    within.batch_execute(SPELLING).await.map_err(|e| told(&e))?;
    let header = declare(&within, query).await?;
    check_wanted(&header, wanted)?;
    let width = header.len();
    let mut gather = Gather::new(header, take);
    let fetch = format!("FETCH FORWARD {BATCH_ROWS} FROM concordat_rows");
    loop {
        // As texts: the server knows how to write each of its types.
        let answer = within.simple_query(&fetch).await.map_err(|e| told(&e))?;
        let mut count = 0;
        for message in answer {
            let SimpleQueryMessage::Row(row) = message else { continue };
            count += 1;
            let cell = |at| row.try_get(at).ok().flatten().map_or("", str::trim_ascii).to_owned();
            gather.push(Ok((0..width).map(cell).collect()))?;
        }
        if count < BATCH_ROWS {
            break;
        }
    }
    // Nothing was written: there is nothing to commit.
    gather.end()
}

/// Opens the cursor and answers the names of its columns. The protocol's prepared form takes one
/// statement and no second behind it, and a cursor is of a query alone.
async fn declare(within: &Transaction<'_>, query: &str) -> Result<Vec<String>, Fault> {
    let query = query.trim().trim_end_matches(';');
    let statement = within.prepare(query).await.map_err(|e| told(&e))?;
    if statement.columns().is_empty() {
        return Err(SourceFault::NotReading("it gives no rows".to_owned()).into());
    }
    if !statement.params().is_empty() {
        return Err(
            SourceFault::Query("it has parameters, and nobody fills them".to_owned()).into()
        );
    }
    let header = statement.columns().iter().map(|column| column.name().to_owned()).collect();
    let cursor = format!("DECLARE concordat_rows NO SCROLL CURSOR FOR {query}");
    within.execute(cursor.as_str(), &[]).await.map_err(|e| told(&e))?;
    Ok(header)
}

/// What went wrong. The server quotes rows in what it says of data, and the query in what it says
/// of a query: the second is the steward's own.
fn told(e: &Error) -> SourceFault {
    let Some(said) = e.as_db_error() else { return SourceFault::Server(class(e)) };
    let code = said.code().code();
    match code.get(..2) {
        // Syntax error or access rule violation; invalid catalog or schema name; feature not supported.
        Some("42" | "3D" | "3F" | "0A") => SourceFault::Query(said.message().to_owned()),
        // Read-only transaction, and others of its state.
        Some("25") => SourceFault::NotReading("it would write".to_owned()),
        Some("08" | "28" | "53" | "57") => SourceFault::Server(said.message().to_owned()),
        _ => SourceFault::Row(format!("SQLSTATE {code}")),
    }
}

fn class(e: &Error) -> String {
    if e.is_closed() { "the connection is closed".to_owned() } else { e.to_string() }
}
