//! What a coordinator is started with, and its home folder.
//!
//! ```text
//! concordat.toml      listen = "127.0.0.1:0", and maybe join_within = "PT10M", step_within = "PT10S",
//!                     store = "postgres://…", blobs = "/srv/blobs", and tables `witnesses.<name>`
//! keys/sequencer.key  64 hexadecimal digits, mode 0600
//! tls/cert.pem, key.pem
//! genesis.dsse        the envelope that founds the log
//! store/              see the store; with a database, the blobs alone
//! ```

mod limits;
mod witnesses;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use concordat_front::folder::{is_loose, read};
use concordat_front::{Certificate, Folder};
use concordat_partnership::Verdict;
use concordat_replay::{Halt, Opened, Replica};
use concordat_secagg::{RingVec, Step, three};
use concordat_store::{Address, Fault, Lease, Store};
use concordat_terms::{PartyId, Period, Problem, Timestamp};
use concordat_tlog::SigningKey;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub use self::limits::{Limits, Timing};
pub use self::witnesses::WitnessAt;
use crate::problem::unusable;
use crate::view::ReadHandle;

/// Tells the time for ticks.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Pages about the published log.
pub type Pages = Box<dyn FnOnce(ReadHandle) -> Router + Send>;
/// Folds one entry.
pub type Judge = Arc<dyn Fn(&mut Replica, &Opened<'_>) -> Result<Verdict, Halt> + Send + Sync>;
/// Puts something in front of the store.
pub type Wrap = Arc<dyn Fn(Store) -> Store + Send + Sync>;
/// Appends entries and notes, the first entry at an index.
pub type Append =
    Arc<dyn Fn(&mut Store, u64, &[Vec<u8>], &[(&str, &[u8])]) -> Result<(), Fault> + Send + Sync>;
/// Changes a round's sum before it is kept and published.
pub type Tamper = Arc<dyn Fn(&mut RingVec) + Send + Sync>;
/// Whether a wait is over before its time, by what it is for and whom it is still for.
pub type Overdue = Arc<dyn Fn(Wait, &BTreeSet<PartyId>) -> bool + Send + Sync>;

/// What a run's room waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The joins of those whom the plan names.
    Joins,
    /// After a restart: those who had joined.
    Return,
    /// The messages of one step.
    Step(Step),
    /// The messages of one step with three aggregators: of theirs, or of contributors.
    Aggregation(three::Step),
    /// The results of those who took part to the end.
    Results,
    /// The signatures under the result that agrees.
    Signatures,
}

/// A console: its pages, and where they are served.
pub struct Console {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The pages.
    pub pages: Pages,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// What a coordinator is started with.
pub struct Config {
    /// Its home folder.
    pub home: PathBuf,
    /// Where to listen; `None`: as `concordat.toml` says.
    pub listen: Option<SocketAddr>,
    /// Tells the time for ticks.
    pub clock: Clock,
    /// How long rooms wait.
    pub timing: Timing,
    /// How much a client may ask of the coordinator.
    pub limits: Limits,
    /// Pages for people, at an address of their own: who reaches the log does not reach them with it.
    pub console: Option<Console>,
    /// Whether to wait a while for the lease of another writer. Who stands by does not.
    pub waits: bool,
    /// For tests alone: a coordinator that misbehaves, to show that parties notice.
    pub for_tests: ForTests,
}

/// Ways to misbehave. The default is honest, and nothing outside of tests sets another.
#[derive(Clone)]
pub struct ForTests {
    /// How the sequencer folds, for the verdicts that it tells.
    pub judge: Judge,
    /// How a batch becomes durable: a disk that fails, before the append or after it.
    pub append: Append,
    /// A disk that fails at any write.
    pub wrap: Option<Wrap>,
    /// What becomes of a sum before it is published.
    pub tamper: Option<Tamper>,
    /// Time that passes when the test says so, and not by a clock.
    pub overdue: Option<Overdue>,
}

impl Default for ForTests {
    fn default() -> Self {
        let append = Arc::new(Store::append_with_notes);
        let judge = Arc::new(Replica::step_opened);
        Self { judge, append, wrap: None, tamper: None, overdue: None }
    }
}

impl Config {
    /// The defaults, with the machine's clock.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            listen: None,
            clock: Arc::new(machine_clock),
            timing: Timing::default(),
            limits: Limits::default(),
            console: None,
            waits: true,
            for_tests: ForTests::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("home", &self.home)
            .field("listen", &self.listen)
            .field("timing", &self.timing)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What this machine's clock says; 1970 where it says something before.
pub fn machine_clock() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_seconds(seconds).unwrap_or_else(epoch)
}

#[expect(clippy::expect_used, reason = "zero is a moment")]
pub(crate) fn epoch() -> Timestamp {
    Timestamp::from_seconds(0).expect("zero is a moment")
}

/// A home folder that is ready to start from; the genesis may still be missing.
pub struct Home {
    /// What its `concordat.toml` says.
    pub settings: Settings,
    /// The sequencer's public key, for the genesis (Ed25519, hexadecimal).
    pub sequencer: String,
    pub(crate) key: SigningKey,
    /// The certificate that clients pin, and its key.
    pub certificate: Certificate,
    pub(crate) dir: PathBuf,
}

// Redacted: the private keys must not reach a log.
impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home")
            .field("dir", &self.dir)
            .field("settings", &self.settings)
            .field("sequencer", &self.sequencer)
            .finish_non_exhaustive()
    }
}

pub(crate) const CONFIG: &str = "concordat.toml";

/// What `concordat.toml` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where others reach this coordinator, if that is another address than it listens at: whoever
    /// reads along forwards acts to it.
    #[serde(default, deserialize_with = "witnesses::own_url")]
    pub url: Option<String>,
    /// How long an open run waits for enough participants.
    pub join_within: Option<Period>,
    /// How long a step of a round waits for messages: training on the slowest machine included.
    pub step_within: Option<Period>,
    /// The database that keeps the log; where none is named, the folder `store` does.
    #[serde(default, deserialize_with = "address")]
    pub store: Option<Address>,
    /// The folder of blobs, shared by all who may take over; `store/blobs` where none is named.
    pub blobs: Option<PathBuf>,
    /// Who is asked for cosignatures, by name: a party of the policy, or anybody else.
    #[serde(default)]
    pub witnesses: BTreeMap<String, WitnessAt>,
}

/// The text may be a secret: a refusal says nothing of it.
fn address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Address>, D::Error> {
    let text = String::deserialize(value).map_err(|_| D::Error::custom("`store` is not a text"))?;
    let address = text.parse().map_err(|e| D::Error::custom(format!("`store`: {e}")))?;
    Ok(Some(address))
}

impl Settings {
    /// Reads it.
    ///
    /// # Errors
    /// `bad-config`, saying what is wrong in the file of this name.
    pub fn parse(text: &str, name: &Path) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|e| {
            let what = format!("`{}` is not a coordinator's: {}", name.display(), e.message());
            let hint = "write a line `listen = \"127.0.0.1:7443\"`, and others as the page says";
            unusable("bad-config", what, hint)
        })
    }

    fn read(path: &Path) -> Result<Self, Problem> {
        let settings = Self::parse(&read(path)?, path)?;
        if settings.store.as_ref().is_some_and(Address::has_password) && is_loose(path)? {
            let what = format!("`{}` has a password and can be read by others", path.display());
            let hint = format!("run `chmod 600 {}`, and think of a new password", path.display());
            return Err(unusable("config-not-private", what, hint));
        }
        Ok(settings)
    }

    /// The timing, with what is said here in place of what is not.
    pub(crate) fn timing(&self, otherwise: Timing) -> Timing {
        let said = |period: Option<Period>, otherwise| match period {
            Some(period) => Duration::from_secs(epoch().plus(period).seconds()),
            None => otherwise,
        };
        Timing {
            enough_wait: said(self.join_within, otherwise.enough_wait),
            step: said(self.step_within, otherwise.step),
            ..otherwise
        }
    }
}

impl Home {
    /// Opens the folder `dir`, and makes what is missing: `concordat.toml`, the sequencer's key,
    /// a self-signed certificate for `localhost` and `127.0.0.1`.
    ///
    /// # Errors
    /// A [`Problem`] for the operator.
    pub fn prepare(dir: &Path) -> Result<Self, Problem> {
        let folder = Folder::open(dir)?;
        let toml = dir.join(CONFIG);
        if !toml.exists() {
            folder.write_new(CONFIG, "listen = \"127.0.0.1:0\"\n", false)?;
        }
        let settings = Settings::read(&toml)?;
        let key = SigningKey::from_seed(&*folder.seed("sequencer")?);
        Ok(Self {
            settings,
            sequencer: key.public().to_string(),
            key,
            certificate: folder.certificate()?,
            dir: dir.to_path_buf(),
        })
    }

    /// Where the folder says to listen; creates nothing. Where it says nothing, any port will do.
    pub(crate) fn listen(dir: &Path) -> Result<SocketAddr, Problem> {
        let toml = dir.join(CONFIG);
        if !toml.exists() {
            return Ok(SocketAddr::from(([127, 0, 0, 1], 0)));
        }
        Settings::read(&toml).map(|settings| settings.listen)
    }

    /// What keeps the log and the blobs. For a database, waits until nobody else writes it.
    pub(crate) fn store(&self, addr: SocketAddr) -> Result<Store, Problem> {
        open_store(&self.dir, &self.settings, &self.holder(addr))
    }

    /// The same, without waiting for somebody else's lease.
    pub(crate) fn store_at_once(&self, addr: SocketAddr) -> Result<Store, Problem> {
        let Some(address) = &self.settings.store else { return self.store(addr) };
        let lease = Lease { patience: Duration::ZERO, ..Lease::of(self.holder(addr)) };
        let opened = Store::connect(address, &blobs_of(&self.dir, &self.settings), lease);
        opened.map_err(|fault| fault.problem())
    }

    /// What a writer calls itself, for those who read along: [`reached_at`] reads it.
    fn holder(&self, addr: SocketAddr) -> String {
        let url = self.settings.url.clone().unwrap_or_else(|| format!("https://{addr}"));
        format!("{url}, process {}", std::process::id())
    }

    /// The envelope that founds the log.
    pub(crate) fn genesis(&self) -> Result<Vec<u8>, Problem> {
        let path = self.dir.join("genesis.dsse");
        fs::read(&path).map_err(|e| {
            let what = format!("cannot read the genesis `{}`: {e}", path.display());
            unusable("no-genesis", what, "have all founders sign a genesis and put it there")
        })
    }
}

/// Opens what `concordat.toml` in `home` says, in the name of `holder`.
///
/// # Errors
/// A [`Problem`] for the operator.
pub fn open_store(home: &Path, settings: &Settings, holder: &str) -> Result<Store, Problem> {
    let folder = home.join("store");
    let opened = match &settings.store {
        None => Store::open(&folder),
        Some(address) => Store::connect(address, &blobs_of(home, settings), Lease::of(holder)),
    };
    opened.map_err(|fault| fault.problem())
}

/// Where a writer is reached that calls itself so.
pub(crate) fn reached_at(holder: &str) -> Option<&str> {
    holder.split_once(',').map(|(url, _)| url).filter(|url| url.starts_with("https://"))
}

/// Where the blobs lie beside a database.
pub fn blobs_of(home: &Path, settings: &Settings) -> PathBuf {
    match &settings.blobs {
        Some(folder) => home.join(folder),
        None => home.join("store").join("blobs"),
    }
}
