//! A server of Postgres that a test starts for itself, kills, and starts again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    unreachable_pub,
    dead_code,
    reason = "tests; not every one uses all of it"
)]

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use concordat_store::Address;
use tempfile::TempDir;

/// Whom the server runs as where the tests run as root, which it refuses: nobody.
const NOBODY: u32 = 65_534;
/// The one user's password over the network; the socket needs none.
pub const PASSWORD: &str = "correct-horse:battery/staple";
/// What the server says once it takes connections.
const READY: &str = "database system is ready to accept connections";

/// A server with a folder of its own; it ends with the value.
pub struct Server {
    home: TempDir,
    programs: PathBuf,
    /// Free when it was looked for; used over the network only where a test says so.
    pub port: u16,
    running: Option<Running>,
    told: Arc<Mutex<String>>,
}

/// The processes of a server that runs.
struct Running {
    first: Child,
    /// Hears what they say, and ends with the last of them.
    heard: JoinHandle<()>,
}

/// The server that tests share while one of them runs.
pub fn shared() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Server::start());
        *shared = Arc::downgrade(&server);
        server
    })
}

impl Server {
    /// Makes a cluster and starts it. Panics, saying what to install, where there is no server.
    pub fn start() -> Self {
        let programs = programs().unwrap_or_else(|| {
            panic!(
                "no `postgres` in PATH or below /usr/lib/postgresql: install it \
                 (Debian: `apt-get install postgresql`), or let `cargo xtask test` do so"
            )
        });
        let home = TempDir::with_prefix("pg").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { home, programs, port, running: None, told: Arc::default() };
        if server.is_root() {
            chown(server.home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        server.give("password", PASSWORD.as_bytes());
        let made = server
            .command("initdb")
            .args(["--pgdata", "data", "--username", "ledger", "--pwfile", "password"])
            .args(["--auth-local", "trust", "--auth-host", "scram-sha-256"])
            .args(["--encoding", "UTF8", "--locale", "C", "--no-sync"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.resume(&[]);
        server
    }

    /// Starts it again, with settings (`name=value`) of this run; it takes connections afterwards.
    pub fn resume(&mut self, settings: &[&str]) {
        let mut command = self.command("postgres");
        command
            .args(["-D", "data", "-p", &self.port.to_string(), "-k", self.folder()])
            .args(["-c", "listen_addresses=", "-c", "shared_buffers=16MB"])
            .args(["-c", "max_connections=20", "-c", "autovacuum=off"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        for setting in settings {
            command.args(["-c", setting]);
        }
        let mut first = command.spawn().unwrap();
        let (says, told) = (BufReader::new(first.stderr.take().unwrap()), self.told.clone());
        let (tell, ready) = channel();
        let heard = thread::spawn(move || {
            for line in says.split(b'\n') {
                let line = String::from_utf8_lossy(&line.unwrap()).into_owned();
                if line.contains(READY) {
                    tell.send(()).ok();
                }
                told.lock().unwrap_or_else(PoisonError::into_inner).push_str(&(line + "\n"));
            }
        });
        self.running = Some(Running { first, heard });
        // It says so, or ends: then nobody is left who could.
        let ready = ready.recv_timeout(Duration::from_secs(60));
        assert!(ready.is_ok(), "the server does not get ready: {}", self.told());
    }

    /// Kills every process of the server without warning, and waits until none is left: one more, and
    /// the next server would not start beside it.
    pub fn kill(&mut self) {
        let Running { mut first, heard } = self.running.take().unwrap();
        let of = first.id();
        let children = fs::read_to_string(format!("/proc/{of}/task/{of}/children"));
        let children = children.unwrap_or_default();
        let pids = children.split_whitespace().map(str::to_owned).chain([of.to_string()]);
        let pids: Vec<String> = pids.collect();
        Command::new("kill").arg("-9").args(pids).stderr(Stdio::null()).status().unwrap();
        first.wait().unwrap();
        heard.join().unwrap();
    }

    /// Gives it a file that it alone may read, and says where that is.
    pub fn give(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if self.is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        path.to_str().unwrap().to_owned()
    }

    /// A new database.
    pub fn database(&self, name: &str) -> Address {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.address(name)
    }

    /// A database that is there already.
    pub fn address(&self, name: &str) -> Address {
        self.url(name).parse().unwrap()
    }

    /// Its address, as a text.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://ledger@/{name}?host={}&port={}", self.folder(), self.port)
    }

    /// Where its socket is.
    pub fn folder(&self) -> &str {
        self.home.path().to_str().unwrap()
    }

    /// Runs SQL like an administrator, and answers what it printed.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let done = self.try_sql(database, sql);
        done.unwrap_or_else(|told| panic!("{sql}: {told}"))
    }

    /// Runs SQL like an administrator; what went wrong where something did.
    pub fn try_sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let done = self
            .command("psql")
            .args(["-h", self.home.path().to_str().unwrap(), "-U", "ledger", "-d", database])
            .args(["-p", &self.port.to_string()])
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .output()
            .unwrap();
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned());
        }
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }

    /// What the server told its operator.
    pub fn told(&self) -> String {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_root(&self) -> bool {
        fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.home.path()).env("LC_ALL", "C").stdin(Stdio::null());
        if self.is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

/// The folder of the newest server's programs.
fn programs() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql");
    let mut found: Vec<(u32, PathBuf)> = installed
        .into_iter()
        .flatten()
        .filter_map(|item: io::Result<fs::DirEntry>| {
            let path = item.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(_, bin)| has_all(bin))
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, bin)| bin);
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest.or_else(|| std::env::split_paths(&path).find(|bin| has_all(bin)))
}

fn has_all(bin: &Path) -> bool {
    ["postgres", "initdb", "psql"].iter().all(|program| bin.join(program).is_file())
}
