//! A party's folder: who it is, whom it follows, its keys and where its tables lie.
//!
//! ```text
//! concordat.toml          [`Config`]
//! coordinator.pem         the one certificate that the party accepts of the coordinator
//! keys/ledger.key         signs acts: 64 hexadecimal digits, mode 0600
//! keys/witness.key        cosigns checkpoints that were replayed; maybe witness-ml-dsa-44.key too
//! keys/history.key        cosigns checkpoints of one history; history-ml-dsa-44.key too
//! keys/next.key           what comes after the first, where it is kept here ([`change`])
//! keys/ID.ended.key       a key that another took the place of
//! keys/export.key         signs what leaves the log for tools of others; drawn when first needed
//! store/                  log and blobs (crate `store`)
//! egress/                 what has left the folder ([`crate::egress`])
//! paused                  while it is there, the node takes part in no run
//! people/, keys/people/    persons (`people`)
//! datasets/<asset>.salt   hides the rows in their commitment: 64 hexadecimal digits, mode 0600
//! datasets/<asset>.pseudonyms  makes pseudonyms of persons, where a mapping asks for them; likewise
//! datasets/<asset>/<version>.rows  the rows of a version as they were frozen, mode 0600
//! ```

pub mod change;
mod check;
mod datasets;
mod history;
mod secret;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use concordat_agreement::RunKind;
use concordat_partnership::key_id;
use concordat_terms::{AssetId, Digest, KeyId, PartyId, Problem};
use concordat_tlog::{ExportKey, SigningKey};
use serde::{Deserialize, Serialize};

use crate::plain::{self, Kind, NotRead};
use crate::problems::problem;
use crate::random;
pub use check::Registered;
pub use datasets::Dataset;
pub use history::{HistoryKeys, WITNESS_PQ};
pub(crate) use secret::{read_secret, write_secret};

/// What `concordat.toml` says; unknown keys are rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose folder this is.
    pub party: PartyId,
    /// The log it follows: the id of its genesis.
    pub log: Digest,
    /// The coordinator: `https://host:port`.
    pub coordinator: String,
    /// The coordinator's certificate (PEM), relative to the folder.
    pub certificate: PathBuf,
    /// The party's tables, by the agreement's names of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub datasets: BTreeMap<AssetId, Dataset>,
    /// What the node does by itself.
    #[serde(default)]
    pub node: NodeConfig,
    /// Witnesses whose checkpoints the node compares with what the coordinator shows it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub witnesses: BTreeMap<String, WitnessAt>,
}

impl Config {
    /// Reads the configuration in the folder `dir`, and nothing else there.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn read(dir: &Path) -> Result<Self, Problem> {
        let path = dir.join(CONFIG);
        let text =
            plain::read_text(&path, Kind::Configuration).map_err(|e| unreadable(&path, &e))?;
        let bad = |why: String| {
            problem(
                "bad-configuration",
                format!("`{}`: {why}", path.display()),
                "compare the file with the reference of `concordat.toml`",
            )
        };
        let config: Self = toml::from_str(&text).map_err(|e| bad(one_line(e.message())))?;
        match config.datasets.iter().find(|(_, dataset)| dataset.file().is_none()) {
            Some((asset, _)) => Err(bad(format!(
                "`[datasets.{asset}]` has to name a `table` or a `mapping`, and not both"
            ))),
            None => Ok(config),
        }
    }
}

/// Where a witness is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAt {
    /// `https://host:port`.
    pub address: String,
    /// Its certificate (PEM), relative to the folder.
    pub certificate: PathBuf,
}

/// What the node does by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// Whether it joins runs that its own replica has opened, and that its plan check allows.
    #[serde(default)]
    pub join: bool,
    /// The one kind of runs that it joins then; any, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<RunKind>,
    /// Whether it reports two histories of one size to the log that it was shown: a case opens.
    #[serde(default)]
    pub report_two_histories: bool,
    /// The entry up to which somebody has looked at the log's time and accepts it, though this
    /// machine's clock did not: see `bent-time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_accepted_until: Option<u64>,
    /// How many MiB of entries a checkpoint may add at once, if not 4,096: see `endless-log`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead_mib_most: Option<u32>,
    /// Where others may hand in acts that the coordinator does not take; without it, nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// How many MiB of the ledger of what leaves are kept, if not 512 ([`crate::egress`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress_mib_most: Option<u32>,
    /// The certificate (PEM), relative to the folder, of an authority that may stand in for the coordinator
    /// and the witnesses: of a proxy that inspects TLS. Without it, nobody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<PathBuf>,
}

impl NodeConfig {
    /// Whether it joins runs of a kind.
    pub fn joins(&self, kind: RunKind) -> bool {
        self.join && self.only.is_none_or(|only| only == kind)
    }

    /// How many bytes of entries a checkpoint may add at once.
    pub fn ahead_bytes_most(&self) -> u64 {
        u64::from(self.ahead_mib_most.unwrap_or(4_096)) << 20
    }
}

/// A party's two keys; `Debug` shows their public halves.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs acts and round messages.
    pub ledger: SigningKey,
    /// Cosigns checkpoints.
    pub witness: SigningKey,
}

/// A party's folder, read and checked.
#[derive(Clone, Debug)]
pub struct Home {
    dir: PathBuf,
    config: Config,
    keys: Keys,
}

impl Home {
    /// Reads the folder `dir`.
    ///
    /// # Errors
    /// A [`Problem`] naming the file: missing, unreadable, with unknown fields, or a key that
    /// others may read.
    pub fn load(dir: &Path) -> Result<Self, Problem> {
        let config = Config::read(dir)?;
        Ok(Self { dir: dir.to_owned(), config, keys: Keys::load(dir)? })
    }

    /// Makes the folder: writes the configuration, and keys where there are none yet.
    ///
    /// # Errors
    /// A [`Problem`]; an existing configuration is not overwritten.
    pub fn create(dir: &Path, config: Config) -> Result<Self, Problem> {
        make_dir(dir)?;
        let path = dir.join(CONFIG);
        if path.exists() {
            return Err(problem(
                "home-exists",
                format!("`{}` is there already", path.display()),
                "choose another folder, or remove that one if nothing depends on its keys",
            ));
        }
        let keys = Keys::load_or_create(dir)?;
        let home = Self { dir: dir.to_owned(), config, keys };
        home.save()?;
        Ok(home)
    }

    /// Writes the configuration, whole or not at all.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    fn save(&self) -> Result<(), Problem> {
        let text = toml::to_string(&self.config).map_err(|e| {
            problem("bad-configuration", e.to_string(), "use names without control characters")
        })?;
        write_whole(&self.dir.join(CONFIG), text.as_bytes())
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whose folder this is.
    pub fn party(&self) -> &PartyId {
        &self.config.party
    }

    /// The folder of the party's own log and blobs.
    pub fn store_dir(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// The coordinator's certificate, in PEM.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn certificate(&self) -> Result<Vec<u8>, Problem> {
        let path = self.dir.join(&self.config.certificate);
        plain::read(&path, Kind::Certificate).map_err(|e| unreadable(&path, &e))
    }

    /// The certificate of who may stand in for others on the way, in PEM; none where nobody may.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn authority(&self) -> Result<Option<Vec<u8>>, Problem> {
        let Some(name) = &self.config.node.authority else { return Ok(None) };
        let path = self.dir.join(name);
        plain::read(&path, Kind::Certificate).map(Some).map_err(|e| unreadable(&path, &e))
    }

    /// The key that signs what leaves the log for tools that know no Ed25519; drawn when first asked
    /// for.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn export_key(&self) -> Result<ExportKey, Problem> {
        make_dir(&self.dir.join("keys"))?;
        let path = self.dir.join("keys").join(EXPORT);
        if !path.exists() {
            // A number that is no key comes up once in 2^32 times.
            let drawn = loop {
                let secret = random::bytes::<32>()?;
                if ExportKey::from_secret(&secret).is_some() {
                    break secret;
                }
            };
            write_secret(&path, &drawn)?;
        }
        ExportKey::from_secret(&*read_secret(&path)?).ok_or_else(|| {
            let what = format!("`{}` holds no key on P-256", path.display());
            problem("bad-key-file", what, "restore the file from a backup")
        })
    }
}

impl Keys {
    /// Reads both keys of the folder `dir`.
    ///
    /// # Errors
    /// A [`Problem`] naming the file: missing, not 64 hexadecimal digits, or open to others.
    pub fn load(dir: &Path) -> Result<Self, Problem> {
        let read = |name: &str| {
            let seed = read_secret(&dir.join("keys").join(name))?;
            Ok(SigningKey::from_seed(&seed))
        };
        Ok(Self { ledger: read(LEDGER)?, witness: read(WITNESS)? })
    }

    /// Reads both keys, drawing those that are missing.
    ///
    /// # Errors
    /// As [`Keys::load`].
    pub fn load_or_create(dir: &Path) -> Result<Self, Problem> {
        make_dir(dir)?;
        make_dir(&dir.join("keys"))?;
        for name in [LEDGER, WITNESS] {
            let path = dir.join("keys").join(name);
            if !path.exists() {
                write_secret(&path, &*random::bytes::<32>()?)?;
            }
        }
        Self::load(dir)
    }

    /// The id under which the ledger key is registered.
    ///
    /// # Errors
    /// None in practice: a public key is hexadecimal.
    pub fn ledger_id(&self) -> Result<KeyId, Problem> {
        key_id(&self.ledger.public().to_string())
            .ok_or_else(|| problem("bad-key", "the ledger key has no id", "draw a new key"))
    }
}

const CONFIG: &str = "concordat.toml";
const LEDGER: &str = "ledger.key";
const WITNESS: &str = "witness.key";
const EXPORT: &str = "export.key";

/// Makes a folder for this user alone, and durable, with what is missing above it.
pub(crate) fn make_dir(dir: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::DirBuilderExt as _;
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(above) = dir.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_dir(above)?;
    }
    let made = match fs::DirBuilder::new().mode(0o700).create(dir) {
        // Somebody else who shares the folder was faster.
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists || !dir.is_dir() => Err(e),
        _ => sync_name(dir),
    };
    made.map_err(|e| unwritable(dir, &e))
}

/// A file that was not read.
pub(crate) fn unreadable(path: &Path, why: &NotRead) -> Problem {
    let (code, hint) = match why {
        NotRead::Absent => ("no-such-file", "create it, or name the right folder"),
        NotRead::Denied => ("unreadable-file", "give this user read access to it"),
        NotRead::NotPlain(_) => ("not-a-file", "put a plain file there"),
        NotRead::TooLarge(_) => ("file-too-large", "put the right file there"),
        NotRead::NotText(_) => ("not-text", "save it as a text in UTF-8"),
        NotRead::Io(_) => ("unreadable-file", "check the disk, then try again"),
    };
    problem(code, format!("cannot read `{}`: {why}", path.display()), hint)
}

/// Puts bytes at `path`, whole or not at all: also after the power was lost, before that or once it
/// returned.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let draft = path.with_added_extension("draft");
    let written = fs::write(&draft, bytes).and_then(|()| fs::File::open(&draft)?.sync_all());
    let named = written.and_then(|()| fs::rename(&draft, path));
    named.and_then(|()| sync_name(path)).map_err(|e| unwritable(path, &e))
}

/// Makes a name durable: a new file, or one with a new name, is not safe before its folder is.
pub(crate) fn sync_name(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// A file that cannot be written.
pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    use std::io::ErrorKind::{AlreadyExists, NotADirectory};
    if matches!(error.kind(), AlreadyExists | NotADirectory) {
        let what = format!("`{}` is not a folder, or is below something else", path.display());
        return problem("not-a-folder", what, "name another folder");
    }
    problem(
        "unwritable-file",
        format!("cannot write `{}`: {error}", path.display()),
        "check permissions and free space, then try again",
    )
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn config() -> Config {
        toml::from_str(&format!(
            "party = \"alder\"\nlog = \"{}\"\ncoordinator = \"https://127.0.0.1:1\"\n\
             certificate = \"coordinator.pem\"\n[datasets.heart-rows]\ntable = \"rows.csv\"\n\
             [node]\njoin = true\n",
            Digest::of(b"genesis")
        ))
        .unwrap()
    }

    #[test]
    fn a_folder_is_read_back_as_it_was_made() {
        let dir = tempfile::tempdir().unwrap();
        let made = Home::create(&dir.path().join("alder"), config()).unwrap();
        let read = Home::load(made.dir()).unwrap();
        assert_eq!(read.config(), &config());
        assert_eq!(read.keys().ledger.public(), made.keys().ledger.public());
        assert_ne!(read.keys().ledger.public(), read.keys().witness.public());
        let asset = "heart-rows".parse().unwrap();
        assert_eq!(read.salt(&asset).unwrap(), made.salt(&asset).unwrap());
        assert_eq!(Home::create(made.dir(), config()).unwrap_err().code, "home-exists");
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(dir.path(), config()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let key = dir.path().join("keys/ledger.key");
        assert_eq!(mode(&key), 0o600);
        assert_eq!(mode(&dir.path().join("keys")), 0o700);
        for loose in [0o640, 0o604, 0o644] {
            fs::set_permissions(&key, fs::Permissions::from_mode(loose)).unwrap();
            let refused = Home::load(home.dir()).unwrap_err();
            assert_eq!(refused.code, "key-open-to-others");
            assert!(refused.what.contains("ledger.key"), "{refused}");
        }
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let asset = "heart-rows".parse().unwrap();
        home.salt(&asset).unwrap();
        let salt = dir.path().join("datasets/heart-rows.salt");
        fs::set_permissions(&salt, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(home.salt(&asset).unwrap_err().code, "key-open-to-others");
    }

    #[test]
    fn what_is_wrong_with_a_folder_is_said() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Home::load(dir.path()).unwrap_err().code, "no-such-file");
        let home = Home::create(dir.path(), config()).unwrap();
        let path = dir.path().join(CONFIG);
        let good = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("surprise = 1\n{good}")).unwrap();
        let refused = Home::load(dir.path()).unwrap_err();
        assert_eq!(refused.code, "bad-configuration");
        assert!(refused.what.contains("surprise"), "{refused}");
        fs::write(&path, &good).unwrap();
        fs::write(dir.path().join("keys/witness.key"), "not a key").unwrap();
        assert_eq!(Home::load(dir.path()).unwrap_err().code, "bad-key-file");
        assert_eq!(home.dataset(&"other-rows".parse().unwrap()).unwrap_err().code, "no-table");
        fs::write(&path, good.replace("table = \"rows.csv\"", "")).unwrap();
        assert_eq!(Config::read(dir.path()).unwrap_err().code, "bad-configuration");
        let both = "table = \"rows.csv\"\nmapping = \"mapping.toml\"";
        fs::write(&path, good.replace("table = \"rows.csv\"", both)).unwrap();
        let refused = Config::read(dir.path()).unwrap_err();
        assert!(refused.what.contains("`[datasets.heart-rows]`"), "{refused}");
    }

    #[test]
    fn rows_are_frozen_for_this_user_alone_and_come_back_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(dir.path(), config()).unwrap();
        let asset = "heart-rows".parse().unwrap();
        let version = home.freeze(&asset, b"who,age\nann,30\n").unwrap();
        assert_eq!(home.freeze(&asset, b"who,age\nann,30\n"), Ok(version));
        assert_eq!(home.frozen(&asset, &version).unwrap(), b"who,age\nann,30\n");
        let path = dir.path().join(format!("datasets/heart-rows/{version}.rows"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_ne!(home.freeze(&asset, b"who,age\nann,31\n").unwrap(), version);

        // A file behind them that was written to later.
        let source = dir.path().join("rows.csv");
        assert_eq!(home.written_since(&asset, &version), None);
        fs::write(&source, "who,age\n").unwrap();
        let frozen = fs::metadata(&path).unwrap().modified().unwrap();
        let at = |seconds| {
            let when = frozen + std::time::Duration::from_secs(seconds);
            fs::File::options()
                .write(true)
                .open(dir.path().join("rows.csv"))
                .unwrap()
                .set_modified(when)
                .unwrap();
        };
        at(0);
        assert_eq!(home.written_since(&asset, &version), None);
        at(1);
        assert_eq!(home.written_since(&asset, &version), Some(source));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = home.frozen(&asset, &version).unwrap_err();
        assert_eq!(open.code, "snapshot-open-to-others");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"who,age\nann,99\n").unwrap();
        assert_eq!(home.frozen(&asset, &version).unwrap_err().code, "snapshot-changed");
        assert_eq!(home.freeze(&asset, b"who,age\nann,30\n").unwrap_err().code, "snapshot-changed");

        home.thaw(&asset, &version).unwrap();
        home.thaw(&asset, &version).unwrap();
        assert!(!home.is_frozen(&asset, &version));
        assert_eq!(home.frozen(&asset, &version).unwrap_err().code, "no-snapshot");
        assert_eq!(home.freeze(&asset, b"who,age\nann,30\n"), Ok(version));
    }

    #[test]
    fn keys_are_not_printed() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(dir.path(), config()).unwrap();
        let seed = hex::encode(*home.keys().ledger.to_seed());
        assert!(!format!("{home:?}").contains(&seed));
    }
}
