//! Entries and notes, in one SQLite database.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};

use crate::Fault;
use crate::journal::{Journal, entry_digest, note_digest};

/// What brings a database from one schema version to the next, the first from nothing.
///
/// `user_version` counts those that were done. One that was released is never edited.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE entries (
        position INTEGER PRIMARY KEY CHECK (position >= 0),
        bytes BLOB NOT NULL,
        digest BLOB NOT NULL CHECK (length(digest) = 32)
    ) STRICT;
    CREATE TRIGGER entries_have_no_gaps BEFORE INSERT ON entries
        WHEN NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM entries)
        BEGIN SELECT RAISE(ABORT, 'an entry goes at the end of the log'); END;
    CREATE TRIGGER entries_do_not_change BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'an entry never changes'); END;
    CREATE TRIGGER entries_stay BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
    CREATE TABLE notes (
        name TEXT PRIMARY KEY,
        bytes BLOB NOT NULL,
        digest BLOB NOT NULL CHECK (length(digest) = 32)
    ) STRICT, WITHOUT ROWID;
"];

/// How long to wait for a backup tool that reads the same file.
const BUSY: Duration = Duration::from_secs(5);

/// A key, the bytes and the digest of both.
type Row<K> = (K, Vec<u8>, Vec<u8>);

/// The database. The caller holds the folder's lock.
#[derive(Debug)]
pub(crate) struct Sqlite {
    conn: Connection,
    path: PathBuf,
}

impl Sqlite {
    /// Opens, checks and migrates the database at `path`; `begun` says that there must be one.
    pub(crate) fn open(path: PathBuf, begun: bool) -> Result<Self, Fault> {
        probe(&path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&path, flags)
            .map_err(|e| Fault::sqlite("open", &path, e))?;
        let mut log = Self { conn, path };
        log.configure()?;
        log.check()?;
        log.migrate(begun)?;
        log.check_entries()?;
        // A process before us may have died between removing a note and this. Who reads along now,
        // a backup tool say, is not to keep us from starting.
        log.empty_wal()?;
        Ok(log)
    }

    /// Moves everything from the write-ahead log into the database, and empties it; `false` if
    /// somebody else is reading it.
    fn empty_wal(&self) -> Result<bool, Fault> {
        let busy: i64 = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|e| Fault::sqlite("empty the write-ahead log of", &self.path, e))?;
        Ok(busy == 0)
    }

    /// The settings that durability rests on, read back where SQLite may decline them.
    fn configure(&mut self) -> Result<(), Fault> {
        let fault = |e| Fault::sqlite("configure", &self.path, e);
        self.conn.busy_timeout(BUSY).map_err(fault)?;
        let mode: String = self
            .conn
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
            .map_err(fault)?;
        if mode != "wal" {
            return Err(Fault::Database {
                doing: "switch to write-ahead logging",
                path: self.path.clone(),
                source: format!("it stays in journal mode `{mode}`").into(),
            });
        }
        // What is removed is overwritten, not only forgotten.
        let overwrites: i64 = self
            .conn
            .pragma_update_and_check(None, "secure_delete", "ON", |row| row.get(0))
            .map_err(fault)?;
        if overwrites != 1 {
            return Err(Fault::Database {
                doing: "switch to overwriting what is removed",
                path: self.path.clone(),
                source: format!("`secure_delete` stays {overwrites}").into(),
            });
        }
        // On macOS, `fullfsync` is what makes a sync reach the disk; elsewhere it does nothing.
        self.conn
            .execute_batch(
                "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON;
                 PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;",
            )
            .map_err(fault)
    }

    /// Looks at the structure of every page.
    fn check(&self) -> Result<(), Fault> {
        let found: String = self
            .conn
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|e| Fault::sqlite("check", &self.path, e))?;
        if found == "ok" { Ok(()) } else { Err(self.corrupt(found)) }
    }

    /// Brings the schema to the latest version, a transaction for each step.
    fn migrate(&mut self, begun: bool) -> Result<(), Fault> {
        let fault = |e| Fault::sqlite("migrate", &self.path, e);
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        let done: i64 =
            self.conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fault)?;
        if done == 0 && begun {
            return Err(self.corrupt("the log is gone, but its blobs are here".to_owned()));
        }
        if done > known {
            return Err(Fault::TooNew { path: self.path.clone(), found: done, known });
        }

        for (version, step) in (1..).zip(MIGRATIONS) {
            if version > done {
                let transaction = self.conn.transaction().map_err(fault)?;
                transaction.execute_batch(step).map_err(fault)?;
                transaction.pragma_update(None, "user_version", version).map_err(fault)?;
                transaction.commit().map_err(fault)?;
            }
        }
        Ok(())
    }

    /// The check of the structure does not see a row that went missing; the count does.
    fn check_entries(&self) -> Result<(), Fault> {
        let count = self
            .conn
            .query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0))
            .map_err(|e| Fault::sqlite("check", &self.path, e))?;
        let length = self.len()?;
        if count.cast_unsigned() == length {
            return Ok(());
        }
        Err(self.corrupt(format!("{count} entries where {length} should be")))
    }

    /// Reads the database at `path` as it is at this moment, while its owner goes on writing: one
    /// transaction until it is dropped.
    pub(crate) fn snapshot(path: PathBuf) -> Result<Self, Fault> {
        let conn = read_only(&path)?;
        let fault = |e| Fault::sqlite("read", &path, e);
        conn.execute_batch("BEGIN").map_err(fault)?;
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        // The first look is what fixes the moment.
        let found: i64 =
            conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fault)?;
        length(&conn).map_err(fault)?;
        if found > known {
            return Err(Fault::TooNew { path, found, known });
        }
        let snapshot = Self { conn, path };
        snapshot.check_entries()?;
        Ok(snapshot)
    }

    fn entry_rows(&self, first: i64, limit: i64) -> rusqlite::Result<Vec<Row<i64>>> {
        self.conn
            .prepare_cached(
                "SELECT position, bytes, digest FROM entries WHERE position >= ?1
                 ORDER BY position LIMIT ?2",
            )?
            .query_map([first, limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect()
    }

    fn note_rows(&self, prefix: &str) -> rusqlite::Result<Vec<Row<String>>> {
        let mut select = self.conn.prepare_cached(
            "SELECT name, bytes, digest FROM notes WHERE name >= ?1 ORDER BY name",
        )?;
        let mut rows = select.query([prefix])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            // Names are in byte order, so those with the prefix come first and together.
            if !name.starts_with(prefix) {
                break;
            }
            found.push((name, row.get(1)?, row.get(2)?));
        }
        Ok(found)
    }

    fn checked_note(&self, name: &str, bytes: Vec<u8>, digest: Vec<u8>) -> Result<Vec<u8>, Fault> {
        if digest == note_digest(name, &bytes).0 {
            return Ok(bytes);
        }
        Err(self.corrupt(format!("note `{name}` is not what was put")))
    }

    fn corrupt(&self, what: String) -> Fault {
        Fault::Corrupt { path: self.path.clone(), what }
    }

    fn unreadable(&self, source: rusqlite::Error) -> Fault {
        Fault::sqlite("read", &self.path, source)
    }
}

impl Journal for Sqlite {
    fn append(
        &mut self,
        from: u64,
        entries: &[Vec<u8>],
        notes: &[(&str, &[u8])],
    ) -> Result<(), Fault> {
        let fault = |e| Fault::sqlite("append to", &self.path, e);
        // Dropped before the commit, a transaction is rolled back.
        let transaction =
            self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
        let expected = length(&transaction).map_err(fault)?;
        if from != expected {
            return Err(Fault::NotAtEnd { expected, found: from });
        }

        for (index, entry) in (from..).zip(entries) {
            insert(&transaction, index, entry).map_err(fault)?;
        }
        for (name, bytes) in notes {
            replace(&transaction, name, bytes).map_err(fault)?;
        }
        transaction.commit().map_err(fault)
    }

    fn len(&self) -> Result<u64, Fault> {
        length(&self.conn).map_err(|e| self.unreadable(e))
    }

    fn entries(&self, from: u64, at_most: usize) -> Result<Vec<Vec<u8>>, Fault> {
        let Ok(first) = i64::try_from(from) else {
            return Ok(Vec::new()); // further than any log reaches
        };
        let limit = i64::try_from(at_most).unwrap_or(i64::MAX);
        let rows = self.entry_rows(first, limit).map_err(|e| self.unreadable(e))?;
        let mut entries = Vec::with_capacity(rows.len());
        for (index, (position, bytes, digest)) in (from..).zip(rows) {
            if position != index.cast_signed() || digest != entry_digest(index, &bytes).0 {
                return Err(self.corrupt(format!("entry {index} is not what was appended")));
            }
            entries.push(bytes);
        }
        Ok(entries)
    }

    fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        // A single statement is a transaction.
        replace(&self.conn, name, bytes)
            .map_err(|e| Fault::sqlite("put a note into", &self.path, e))
    }

    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let row = self
            .conn
            .prepare_cached("SELECT bytes, digest FROM notes WHERE name = ?1")
            .and_then(|mut select| {
                select.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(|e| self.unreadable(e))?;
        row.map(|(bytes, digest)| self.checked_note(name, bytes, digest)).transpose()
    }

    fn notes(&self, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        let mut notes = BTreeMap::new();
        for (name, bytes, digest) in self.note_rows(prefix).map_err(|e| self.unreadable(e))? {
            let bytes = self.checked_note(&name, bytes, digest)?;
            notes.insert(name, bytes);
        }
        Ok(notes)
    }

    fn note_names(&self, prefix: &str) -> Result<Vec<String>, Fault> {
        self.conn
            .prepare_cached(
                "SELECT name FROM notes WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1
                 ORDER BY name",
            )
            .and_then(|mut select| select.query_map([prefix], |row| row.get(0))?.collect())
            .map_err(|e| self.unreadable(e))
    }

    /// Removes notes so that nothing of them stays in the files: what they covered is overwritten
    /// with zeros, and the write-ahead log, which has older copies, is emptied.
    fn remove_notes(&mut self, prefix: &str) -> Result<(), Fault> {
        self.conn
            .prepare_cached(
                "DELETE FROM notes WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1",
            )
            .and_then(|mut delete| delete.execute([prefix]))
            .map_err(|e| Fault::sqlite("remove a note from", &self.path, e))?;
        if self.empty_wal()? {
            return Ok(());
        }
        Err(Fault::Database {
            doing: "empty the write-ahead log of",
            path: self.path.clone(),
            source: "somebody else is reading it".into(),
        })
    }

    /// The folder is locked: nobody else writes it.
    fn confirm(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn writer(&self) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    /// A statement at a time: in between, it keeps nobody from emptying the write-ahead log.
    fn reader(&self) -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(Self { conn: read_only(&self.path)?, path: self.path.clone() }))
    }

    /// In vain, unless there are enough already: nobody else appends.
    fn wait(&self, beyond: u64, at_most: Duration) -> Result<u64, Fault> {
        let length = self.len()?;
        if length <= beyond {
            std::thread::sleep(at_most);
        }
        Ok(length)
    }
}

/// A connection that writes nothing.
fn read_only(path: &Path) -> Result<Connection, Fault> {
    // In write-ahead mode a reader too has to be able to write beside the file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let fault = |e| Fault::sqlite("read", path, e);
    if let Err(absent) = File::open(path) {
        return Err(Fault::io("read", path, absent));
    }
    let conn = Connection::open_with_flags(path, flags).map_err(fault)?;
    conn.busy_timeout(BUSY).map_err(fault)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF").map_err(fault)?;
    Ok(conn)
}

/// Makes the file where it is missing, so that the operating system's own words reach the
/// operator: SQLite says "unable to open" for everything.
fn probe(path: &Path) -> Result<(), Fault> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map(drop)
        .map_err(|e| Fault::io("open", path, e))
}

fn length(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT coalesce(max(position) + 1, 0) FROM entries")?
        .query_row([], |row| row.get(0))
        .map(i64::cast_unsigned) // never negative: the table checks positions
}

fn insert(conn: &Connection, index: u64, entry: &[u8]) -> rusqlite::Result<()> {
    let digest = entry_digest(index, entry);
    conn.prepare_cached("INSERT INTO entries (position, bytes, digest) VALUES (?1, ?2, ?3)")?
        .execute((index.cast_signed(), entry, digest.as_bytes()))
        .map(drop)
}

fn replace(conn: &Connection, name: &str, bytes: &[u8]) -> rusqlite::Result<()> {
    let digest = note_digest(name, bytes);
    conn.prepare_cached("INSERT OR REPLACE INTO notes (name, bytes, digest) VALUES (?1, ?2, ?3)")?
        .execute((name, bytes, digest.as_bytes()))
        .map(drop)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_full_disk_changes_nothing_and_the_log_goes_on_once_there_is_room() {
        let (_home, mut log) = a_log();
        log.append(0, &[b"a".to_vec()], &[("cursor", b"1")]).unwrap();
        // SQLite's own limit on pages fails like a disk without room.
        log.conn.pragma_update(None, "max_page_count", 1).unwrap();

        let batch = [b"b".to_vec(), vec![7; 100_000], b"c".to_vec()];
        let fault = log.append(1, &batch, &[("cursor", b"4")]).unwrap_err();
        assert_eq!(fault.code(), "store-disk-full");
        let fault = log.put_note("cursor", &[7; 100_000]).unwrap_err();
        assert_eq!(fault.code(), "store-disk-full");
        assert_eq!(log.entries(0, 9).unwrap(), [b"a"]);
        assert_eq!(log.note("cursor").unwrap(), Some(b"1".to_vec()));

        log.conn.pragma_update(None, "max_page_count", 1_000_000).unwrap();
        log.append(1, &batch, &[("cursor", b"4")]).unwrap();
        assert_eq!(log.len().unwrap(), 4);
    }

    #[test]
    fn a_fault_in_the_midst_of_a_batch_leaves_nothing_of_it() {
        let (_home, mut log) = a_log();
        log.conn
            .execute_batch(
                "CREATE TRIGGER trap BEFORE INSERT ON notes WHEN NEW.name = 'trap'
                 BEGIN SELECT RAISE(ABORT, 'trapped'); END",
            )
            .unwrap();

        let fault = log.append(0, &[b"a".to_vec()], &[("b", b""), ("trap", b"")]).unwrap_err();
        assert!(fault.problem().what.contains("trapped"), "{fault}");
        assert_eq!(log.len().unwrap(), 0);
        assert_eq!(log.note("b").unwrap(), None);
        log.append(0, &[b"a".to_vec()], &[("b", b"")]).unwrap();
    }

    #[test]
    fn every_commit_is_synced_to_the_disk() {
        let (_home, log) = a_log();
        let setting = |name: &str| -> i64 {
            log.conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!(setting("synchronous"), 2); // FULL
        assert_eq!(setting("foreign_keys"), 1);
        assert_eq!(setting("secure_delete"), 1);
        assert_eq!(setting("user_version"), 1);
        assert!(setting("busy_timeout") > 0);
    }

    fn a_log() -> (TempDir, Sqlite) {
        let home = TempDir::new().unwrap();
        let log = Sqlite::open(home.path().join("log.sqlite"), false).unwrap();
        (home, log)
    }
}
