//! Entries and notes in a database of Postgres: many may read, one writes.

mod lease;
mod session;
mod tls;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

pub use self::lease::Lease;
use self::session::Link;
use crate::journal::{Journal, entry_digest, note_digest};
use crate::{Address, Fault};

/// How often the log's end is looked at while no notification comes.
const POLL: Duration = Duration::from_secs(1);
/// How long the end of a lease may take when its owner stops.
const GOODBYE: Duration = Duration::from_secs(2);

/// The database.
pub(crate) struct Postgres {
    link: Arc<Link>,
    /// Keeps the connection and the lease alive while nobody calls.
    runtime: Option<Runtime>,
}

impl Postgres {
    /// Opens the database for writing: makes or migrates its tables, checks the log, waits for the
    /// lease. `begun` says that there must be a log.
    pub(crate) fn write(address: &Address, lease: Lease, begun: bool) -> Result<Self, Fault> {
        let postgres = Self::new(address, false)?;
        postgres.wait_for(postgres.link.migrate(begun))?;
        let held = postgres.wait_for(postgres.link.take(&lease))?;
        postgres.link.hold(held);
        postgres.check_entries()?;
        let link = postgres.link.clone();
        postgres.runtime()?.spawn(async move { link.keep(held).await });
        Ok(postgres)
    }

    /// Opens the database for reading.
    pub(crate) fn read(address: &Address) -> Result<Self, Fault> {
        let postgres = Self::new(address, false)?;
        postgres.wait_for(postgres.link.known())?;
        Ok(postgres)
    }

    /// Opens the database as it is at this moment.
    pub(crate) fn snapshot(address: &Address) -> Result<Self, Fault> {
        let postgres = Self::new(address, true)?;
        postgres.wait_for(postgres.link.known())?;
        postgres.check_entries()?;
        Ok(postgres)
    }

    fn new(address: &Address, fixed: bool) -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build();
        let runtime = runtime.map_err(|e| Fault::Server {
            doing: "start a thread for",
            server: address.to_string(),
            source: Box::new(e),
        })?;
        let link = Arc::new(Link::new(address.clone(), fixed));
        Ok(Self { link, runtime: Some(runtime) })
    }

    fn runtime(&self) -> Result<&Runtime, Fault> {
        // There until it is dropped.
        self.runtime.as_ref().ok_or_else(|| self.link.fault("use", "it is closed".into()))
    }

    fn wait_for<T>(&self, future: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.runtime()?.block_on(future)
    }

    /// The count tells whether a row went missing.
    fn check_entries(&self) -> Result<(), Fault> {
        // In one look: whoever has the lease may append at any time.
        let look = "SELECT count(*), coalesce(max(position) + 1, 0) FROM entries";
        let rows = self.rows(look, &[])?;
        let (count, length): (i64, i64) = match rows.first() {
            Some(row) => (self.link.column(row, 0)?, self.link.column(row, 1)?),
            None => (0, 0),
        };
        if count == length {
            return Ok(());
        }
        Err(self.corrupt(format!("{count} entries where {length} should be")))
    }

    /// What a query finds; asked again on a new connection where the old one was broken.
    fn rows(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Fault> {
        self.wait_for(async {
            match self.link.query("read", sql, values).await {
                Err(Fault::Server { .. }) if !self.link.is_fixed() => {
                    self.link.query("read", sql, values).await
                }
                other => other,
            }
        })
    }

    /// Writes once: whether it was done where the connection broke, only reading tells. The lease
    /// is the first two values.
    fn do_as_owner(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Fault> {
        let held = self.link.held().ok_or_else(|| Fault::Fenced { server: self.link.server() })?;
        let mut all: Vec<&(dyn ToSql + Sync)> = vec![&held.epoch, &held.lasts_ms];
        all.extend_from_slice(values);
        self.wait_for(self.link.query(doing, sql, &all))
    }

    fn checked_note(&self, name: &str, bytes: &[u8], digest: &[u8]) -> Result<Vec<u8>, Fault> {
        if digest == note_digest(name, bytes).0 {
            return Ok(bytes.to_vec());
        }
        Err(self.corrupt(format!("note `{name}` is not what was put")))
    }

    fn corrupt(&self, what: String) -> Fault {
        Fault::Corrupt { path: PathBuf::from(self.link.server()), what }
    }
}

impl Journal for Postgres {
    fn append(
        &mut self,
        from: u64,
        entries: &[Vec<u8>],
        notes: &[(&str, &[u8])],
    ) -> Result<(), Fault> {
        // Beyond what the database can count there is no log.
        let Ok(first) = i64::try_from(from) else {
            return Err(Fault::NotAtEnd { expected: self.len()?, found: from });
        };
        let digests: Vec<_> =
            (from..).zip(entries).map(|(index, entry)| entry_digest(index, entry)).collect();
        let digests: Vec<&[u8]> = digests.iter().map(|digest| &digest.0[..]).collect();
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        // The later of two of one name stays.
        let notes: BTreeMap<&str, &[u8]> = notes.iter().copied().collect();
        let note_digests: Vec<_> =
            notes.iter().map(|(name, bytes)| note_digest(name, bytes)).collect();
        let note_digests: Vec<&[u8]> = note_digests.iter().map(|digest| &digest.0[..]).collect();
        let names: Vec<&str> = notes.keys().copied().collect();
        let texts: Vec<&[u8]> = notes.values().copied().collect();

        let rows = self.do_as_owner(
            "append to",
            "SELECT append_to_log($1, $2, $3, $4, $5, $6, $7, $8)",
            &[&first, &entries, &digests, &names, &texts, &note_digests],
        )?;
        let had: i64 = rows.first().map_or(Ok(0), |row| self.link.column(row, 0))?;
        if had == first {
            return Ok(());
        }
        Err(Fault::NotAtEnd { expected: had.cast_unsigned(), found: from })
    }

    fn len(&self) -> Result<u64, Fault> {
        let rows = self.rows("SELECT coalesce(max(position) + 1, 0) FROM entries", &[])?;
        let length: i64 = rows.first().map_or(Ok(0), |row| self.link.column(row, 0))?;
        Ok(length.cast_unsigned()) // never negative: the table checks positions
    }

    fn entries(&self, from: u64, at_most: usize) -> Result<Vec<Vec<u8>>, Fault> {
        let Ok(first) = i64::try_from(from) else {
            return Ok(Vec::new()); // further than any log reaches
        };
        let limit = i64::try_from(at_most).unwrap_or(i64::MAX);
        let rows = self.rows(
            "SELECT position, bytes, digest FROM entries WHERE position >= $1
             ORDER BY position LIMIT $2",
            &[&first, &limit],
        )?;
        let mut entries = Vec::with_capacity(rows.len());
        for (index, row) in (from..).zip(&rows) {
            let position: i64 = self.link.column(row, 0)?;
            let (bytes, digest): (&[u8], &[u8]) =
                (self.link.column(row, 1)?, self.link.column(row, 2)?);
            if position != index.cast_signed() || digest != entry_digest(index, bytes).0 {
                return Err(self.corrupt(format!("entry {index} is not what was appended")));
            }
            entries.push(bytes.to_vec());
        }
        Ok(entries)
    }

    fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let digest = note_digest(name, bytes);
        let digest: &[u8] = &digest.0;
        self.do_as_owner(
            "put a note into",
            "WITH held AS MATERIALIZED (SELECT hold_lease($1, $2))
             INSERT INTO notes (name, bytes, digest) SELECT $3::text, $4::bytea, $5::bytea FROM held
             ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, digest = excluded.digest",
            &[&name, &bytes, &digest],
        )
        .map(drop)
    }

    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let rows = self.rows("SELECT bytes, digest FROM notes WHERE name = $1", &[&name])?;
        let Some(row) = rows.first() else { return Ok(None) };
        self.checked_note(name, self.link.column(row, 0)?, self.link.column(row, 1)?).map(Some)
    }

    fn notes(&self, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        let rows = self.rows(
            "SELECT name, bytes, digest FROM notes WHERE starts_with(name, $1) ORDER BY name",
            &[&prefix],
        )?;
        let mut notes = BTreeMap::new();
        for row in &rows {
            let name: String = self.link.column(row, 0)?;
            let bytes =
                self.checked_note(&name, self.link.column(row, 1)?, self.link.column(row, 2)?)?;
            notes.insert(name, bytes);
        }
        Ok(notes)
    }

    fn note_names(&self, prefix: &str) -> Result<Vec<String>, Fault> {
        let rows = self
            .rows("SELECT name FROM notes WHERE starts_with(name, $1) ORDER BY name", &[&prefix])?;
        rows.iter().map(|row| self.link.column(row, 0)).collect()
    }

    /// The rows are gone at once; their bytes when the server vacuums the table, and from its own
    /// write-ahead log when that is recycled.
    fn remove_notes(&mut self, prefix: &str) -> Result<(), Fault> {
        let removed = "SELECT remove_from_notes($1, $2, $3)";
        self.do_as_owner("remove a note from", removed, &[&prefix]).map(drop)
    }

    fn confirm(&mut self) -> Result<(), Fault> {
        self.do_as_owner("ask for the lease of", "SELECT hold_lease($1, $2)", &[]).map(drop)
    }

    /// The server's clock says whether a lease lasts.
    fn writer(&self) -> Result<Option<String>, Fault> {
        let rows = self.rows("SELECT holder FROM lease WHERE until > clock_timestamp()", &[])?;
        rows.first().map(|row| self.link.column(row, 0)).transpose()
    }

    fn reader(&self) -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(Self::read(self.link.address())?))
    }

    fn wait(&self, beyond: u64, at_most: Duration) -> Result<u64, Fault> {
        let end = Instant::now() + at_most;
        loop {
            // First, so that what comes between the look and the wait is not missed.
            let mut news = self.link.news();
            let length = self.len()?;
            let left = end.saturating_duration_since(Instant::now()).min(POLL);
            if length > beyond || left.is_zero() {
                return Ok(length);
            }
            self.wait_for(async {
                // Whether told or not, the length says.
                tokio::time::timeout(left, news.changed()).await.ok();
                Ok(())
            })?;
        }
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("server", &self.link.server()).finish_non_exhaustive()
    }
}

impl Drop for Postgres {
    /// Ends the lease, so that the next writer need not wait for it; tries once.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let (tell, told) = mpsc::channel();
        let link = self.link.clone();
        runtime.spawn(async move {
            link.release().await;
            tell.send(()).ok();
        });
        told.recv_timeout(GOODBYE).ok();
        runtime.shutdown_background();
    }
}
