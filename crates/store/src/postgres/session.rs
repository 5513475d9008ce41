//! The connection, made anew when it breaks, and the lease that goes with it.

use std::error::Error;
use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Row};

use super::Lease;
use super::tls::Tls;
use crate::{Address, Fault};

/// How long a server may take for one statement.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often to look whether somebody else's lease has ended.
const LOOK: Duration = Duration::from_millis(100);
/// What brings a database from one schema version to the next, the first from nothing.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];
/// What SQL says when the lease has another owner.
const NOT_OWNER: &str = "CC001";
/// What every connection begins with. Whoever set commits to be safer than `on` keeps that.
const SETTINGS: &str = "
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = '55s';
    SET client_min_messages = 'warning';
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') <> 'remote_apply';
    LISTEN concordat";

/// The lease that this process holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) epoch: i64,
    pub(super) lasts_ms: i64,
}

/// One database, connected when it is needed.
pub(super) struct Link {
    address: Address,
    /// One connection with one transaction: what it sees does not move on.
    fixed: bool,
    client: tokio::sync::Mutex<Option<Arc<Client>>>,
    held: Mutex<Option<Held>>,
    news: watch::Sender<()>,
}

impl Link {
    pub(super) fn new(address: Address, fixed: bool) -> Self {
        let client = tokio::sync::Mutex::new(None);
        Self { address, fixed, client, held: Mutex::new(None), news: watch::Sender::new(()) }
    }

    pub(super) fn server(&self) -> String {
        self.address.to_string()
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn is_fixed(&self) -> bool {
        self.fixed
    }

    /// Wakes when somebody has appended.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    pub(super) fn held(&self) -> Option<Held> {
        *self.lease()
    }

    pub(super) fn hold(&self, held: Held) {
        *self.lease() = Some(held);
    }

    fn lease(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fault(&self, doing: &'static str, source: Box<dyn Error + Send + Sync>) -> Fault {
        Fault::Server { doing, server: self.server(), source }
    }

    /// Asks one thing.
    pub(super) async fn query(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Fault> {
        let client = self.connected().await?;
        self.answer(doing, &client, client.query(sql, values)).await
    }

    /// Runs several statements.
    async fn batch(&self, doing: &'static str, sql: &str) -> Result<(), Fault> {
        let client = self.connected().await?;
        self.answer(doing, &client, client.batch_execute(sql)).await
    }

    /// Waits for an answer. A connection that broke, or did not answer in time, is let go.
    async fn answer<T>(
        &self,
        doing: &'static str,
        client: &Arc<Client>,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        let fault = match timeout(PATIENCE, answer).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(e)) => self.told(doing, e),
            Err(late) => {
                self.let_go(client).await;
                self.fault(doing, Box::new(late))
            }
        };
        if client.is_closed() {
            self.let_go(client).await;
        }
        Err(fault)
    }

    /// A column of a row of ours.
    pub(super) fn column<'a, T: FromSql<'a>>(&self, row: &'a Row, nth: usize) -> Result<T, Fault> {
        row.try_get(nth).map_err(|e| self.told("read", e))
    }

    /// The only column of the only row.
    pub(super) async fn one<T: for<'a> FromSql<'a>>(
        &self,
        doing: &'static str,
        sql: &str,
    ) -> Result<T, Fault> {
        let rows = self.query(doing, sql, &[]).await?;
        let row = rows.first().ok_or_else(|| self.fault(doing, "it answers nothing".into()))?;
        self.column(row, 0)
    }

    async fn let_go(&self, client: &Arc<Client>) {
        let mut current = self.client.lock().await;
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, client)) {
            *current = None;
        }
    }

    async fn connected(&self) -> Result<Arc<Client>, Fault> {
        let mut current = self.client.lock().await;
        if let Some(client) = current.as_ref().filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        if self.fixed && current.is_some() {
            return Err(self.fault("read", "the connection broke in the middle of a copy".into()));
        }
        let client = Arc::new(self.connect().await?);
        *current = Some(client.clone());
        Ok(client)
    }

    async fn connect(&self) -> Result<Client, Fault> {
        let fault = |e: tokio_postgres::Error| self.told("connect to", e);
        let client = connected(&self.address, self.news.clone()).await?;
        client.batch_execute(SETTINGS).await.map_err(fault)?;
        let row = client.query_one("SHOW fsync", &[]).await.map_err(fault)?;
        let value: String = row.try_get(0).map_err(fault)?;
        if value != "on" {
            return Err(Fault::Unsafe { server: self.server(), setting: "fsync", value });
        }
        if self.fixed {
            let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            client.batch_execute(begin).await.map_err(fault)?;
        }
        // Waits for a transaction of our own that the old connection left behind, so that what is
        // read from now on is what is there; and learns whether somebody has taken over meanwhile.
        if let Some(held) = self.held() {
            let hold = "SELECT hold_lease($1, $2)";
            client.query(hold, &[&held.epoch, &held.lasts_ms]).await.map_err(fault)?;
        }
        Ok(client)
    }

    /// Sorts what the server said. What it repeats of our statement is none of a log's business.
    fn told(&self, doing: &'static str, e: tokio_postgres::Error) -> Fault {
        match e.code() {
            Some(code) if code.code() == NOT_OWNER => {
                *self.lease() = None;
                Fault::Fenced { server: self.server() }
            }
            _ => self.fault(doing, said(&e).into()),
        }
    }

    /// Brings the schema to the latest version, a transaction for each step, one process at a time.
    pub(super) async fn migrate(&self, begun: bool) -> Result<(), Fault> {
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        loop {
            let done = self.version().await?;
            if done == 0 && begun {
                let what = "the log is gone, but its blobs are here".to_owned();
                return Err(Fault::Corrupt { path: PathBuf::from(self.server()), what });
            }
            if done > known {
                let path = PathBuf::from(self.server());
                return Err(Fault::TooNew { path, found: done, known });
            }
            let step = usize::try_from(done).ok().and_then(|done| MIGRATIONS.get(done));
            let Some(step) = step else { return Ok(()) };
            // Whoever was faster has done it: then the version is another when its lock is free.
            let sql = format!(
                "BEGIN;
                 SELECT pg_advisory_xact_lock(hashtext('concordat'), hashtext(current_schema()));
                 CREATE TABLE IF NOT EXISTS concordat_schema (version bigint NOT NULL);
                 DO $migrate$ BEGIN
                   IF (SELECT coalesce(max(version), 0) FROM concordat_schema) = {done} THEN
                     EXECUTE $step${step}$step$;
                     INSERT INTO concordat_schema VALUES ({});
                   END IF;
                 END $migrate$;
                 COMMIT",
                done + 1
            );
            if let Err(fault) = self.batch("migrate", &sql).await {
                self.batch("migrate", "ROLLBACK").await.ok();
                return Err(fault);
            }
        }
    }

    async fn version(&self) -> Result<i64, Fault> {
        let there = "SELECT to_regclass('concordat_schema') IS NOT NULL";
        if !self.one("read", there).await? {
            return Ok(0);
        }
        self.one("read", "SELECT coalesce(max(version), 0) FROM concordat_schema").await
    }

    /// Refuses a database that this release cannot read.
    pub(super) async fn known(&self) -> Result<(), Fault> {
        let (found, known) = (self.version().await?, MIGRATIONS.len());
        let known = i64::try_from(known).unwrap_or(i64::MAX);
        match found {
            0 => Err(self.fault("read", "no store was ever made in it".into())),
            _ if found > known => {
                Err(Fault::TooNew { path: PathBuf::from(self.server()), found, known })
            }
            _ => Ok(()),
        }
    }

    /// Waits until nobody else's lease lasts, and takes the next epoch. The server's clock alone
    /// says when that is.
    pub(super) async fn take(&self, lease: &Lease) -> Result<Held, Fault> {
        let end = Instant::now() + lease.patience;
        let lasts_ms = i64::try_from(lease.lasts.as_millis()).unwrap_or(i64::MAX);
        let take = "UPDATE lease SET epoch = epoch + 1, holder = $1,
            until = clock_timestamp() + $2::bigint * interval '1 millisecond'
            WHERE until <= clock_timestamp() RETURNING epoch";
        loop {
            let taken = self.query("take the lease of", take, &[&lease.holder, &lasts_ms]).await?;
            if let Some(row) = taken.first() {
                return Ok(Held { epoch: self.column(row, 0)?, lasts_ms });
            }
            if Instant::now() >= end {
                return Err(self.leased().await?);
            }
            sleep(LOOK).await;
        }
    }

    async fn leased(&self) -> Result<Fault, Fault> {
        let holder = self.one("read the lease of", "SELECT holder FROM lease").await?;
        let left = "SELECT greatest(0, ceil(extract(epoch FROM until - clock_timestamp())))::bigint
            FROM lease";
        let seconds: i64 = self.one("read the lease of", left).await?;
        Ok(Fault::Leased { server: self.server(), holder, seconds: seconds.cast_unsigned() })
    }

    /// Gives signs of life until the lease is lost.
    pub(super) async fn keep(&self, held: Held) {
        let lasts = Duration::from_millis(held.lasts_ms.cast_unsigned());
        while self.held().is_some() {
            sleep(lasts / 3).await;
            let hold = "SELECT hold_lease($1, $2)";
            // Whoever writes next is told what is wrong; until then, another try.
            self.query("renew the lease of", hold, &[&held.epoch, &held.lasts_ms]).await.ok();
        }
    }

    /// Ends the lease early.
    pub(super) async fn release(&self) {
        let Some(held) = self.lease().take() else { return };
        let end = "UPDATE lease SET until = '-infinity' WHERE epoch = $1";
        self.query("end the lease of", end, &[&held.epoch]).await.ok();
    }
}

impl Address {
    /// Connects to the database as to anybody's, for whoever reads tables of their own: nothing of
    /// ours is looked for or set there. To be called within a runtime, which drives the connection.
    ///
    /// # Errors
    /// [`Fault::Server`], without the password.
    pub async fn connect(&self) -> Result<Client, Fault> {
        connected(self, watch::Sender::new(())).await
    }
}

/// A connection that is driven, and wakes `news` when somebody has appended.
async fn connected(address: &Address, news: watch::Sender<()>) -> Result<Client, Fault> {
    let refused = |source: Box<dyn Error + Send + Sync>| Fault::Server {
        doing: "connect to",
        server: address.to_string(),
        source,
    };
    let fault = |e: tokio_postgres::Error| refused(said(&e).into());
    Ok(match address.authority() {
        None => {
            let (client, connection) = address.config().connect(NoTls).await.map_err(fault)?;
            hear(connection, news);
            client
        }
        Some(authority) => {
            let tls = Tls::trusting(authority).map_err(refused)?;
            let (client, connection) = address.config().connect(tls).await.map_err(fault)?;
            hear(connection, news);
            client
        }
    })
}

/// Drives a connection, and hears when somebody has appended.
fn hear<S, T>(mut connection: Connection<S, T>, news: watch::Sender<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
            if matches!(message, AsyncMessage::Notification(_)) {
                news.send_replace(());
            }
        }
        // Who waits looks for itself.
        news.send_replace(());
    });
}

/// The server's own sentence without its detail, which may quote what was written.
fn said(e: &tokio_postgres::Error) -> String {
    if let Some(db) = e.as_db_error() {
        return format!("{} ({})", db.message(), db.code().code());
    }
    match e.source() {
        Some(cause) => format!("{e}: {cause}"),
        None => e.to_string(),
    }
}
