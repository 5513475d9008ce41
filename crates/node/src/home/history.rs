//! The keys with which a party says less than that it has replayed the log.

use concordat_terms::Problem;
use concordat_tlog::vkey::{Key, NotAName};
use concordat_tlog::{PqSigningKey, SigningKey, Vkey};

use super::secret::{read_secret, write_secret};
use super::{Home, make_dir};
use crate::random;

const HISTORY: &str = "history.key";
const HISTORY_PQ: &str = "history-ml-dsa-44.key";
/// The file, in a folder of keys, of the ML-DSA-44 key with which a party cosigns beside its Ed25519 one.
pub const WITNESS_PQ: &str = "witness-ml-dsa-44.key";

/// The keys of *one history*; `Debug` shows their public halves.
#[derive(Clone, Debug)]
pub struct HistoryKeys {
    /// Ed25519 (0x04).
    pub key: SigningKey,
    /// ML-DSA-44 (0x06).
    pub pq: PqSigningKey,
}

impl HistoryKeys {
    /// By which others know them, under this name.
    ///
    /// # Errors
    /// [`NotAName`].
    pub fn vkeys(&self, name: &str) -> Result<Vec<Vkey>, NotAName> {
        let keys = [Key::Witness(self.key.public()), Key::PqWitness(self.pq.public())];
        keys.into_iter().map(|key| Vkey::new(name, key)).collect()
    }
}

impl Home {
    /// The keys of *one history*; drawn when first asked for.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn history(&self) -> Result<HistoryKeys, Problem> {
        make_dir(&self.dir.join("keys"))?;
        let seed = |name: &str| {
            let path = self.dir.join("keys").join(name);
            if !path.exists() {
                write_secret(&path, &*random::bytes::<32>()?)?;
            }
            read_secret(&path)
        };
        let key = SigningKey::from_seed(&*seed(HISTORY)?);
        Ok(HistoryKeys { key, pq: PqSigningKey::from_seed(&*seed(HISTORY_PQ)?) })
    }

    /// The ML-DSA-44 key beside the one with which this party says that it has replayed the log, if it has
    /// one.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn witness_pq(&self) -> Result<Option<PqSigningKey>, Problem> {
        let path = self.dir.join("keys").join(WITNESS_PQ);
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        Ok(Some(PqSigningKey::from_seed(&*read_secret(&path)?)))
    }
}
