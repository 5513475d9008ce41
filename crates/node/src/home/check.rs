//! Whether a folder is fit to work from, before anything depends on it.

use concordat_partnership::State;
use concordat_terms::Problem;

use super::secret::read_secret;
use super::{Home, unreadable};
use crate::plain;
use crate::problems::problem;

/// What the log says of a party's ledger key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is the party's.
    Yes,
    /// The log does not know it, or there is no log here yet.
    NotYet,
}

impl Home {
    /// Looks at every file that the configuration names: the certificate, each table, and each
    /// salt that was drawn. Nothing is created, and no table is read.
    ///
    /// # Errors
    /// A [`Problem`] naming the first file that will not do.
    pub fn examine(&self) -> Result<(), Problem> {
        self.certificate()?;
        for (asset, dataset) in &self.config.datasets {
            let table = self.dir.join(&dataset.table);
            plain::require_plain(&table).map_err(|e| unreadable(&table, &e))?;
            let salt = self.salt_path(asset);
            // There is none before the first version is registered.
            if salt.symlink_metadata().is_ok() {
                read_secret(&salt)?;
            }
        }
        Ok(())
    }

    /// Whether the ledger key is the party's, by a fold of the log.
    ///
    /// # Errors
    /// A [`Problem`] `other-party`: the log registers the key for another party, or for the one
    /// that orders.
    pub fn registered(&self, state: &State) -> Result<Registered, Problem> {
        let Some(holder) = state.holder(&self.keys.ledger_id()?) else {
            return Ok(Registered::NotYet);
        };
        match &holder.party {
            Some(party) if *party == self.config.party => Ok(Registered::Yes),
            other => {
                let whose = match other {
                    Some(party) => format!("of `{party}`"),
                    None => "that orders the log".to_owned(),
                };
                Err(problem(
                    "other-party",
                    format!(
                        "the ledger key in `{}` is the one {whose}, and the folder is of `{}`",
                        self.dir.join("keys").display(),
                        self.config.party
                    ),
                    "put the party's own keys there, or correct `party` in `concordat.toml`",
                ))
            }
        }
    }
}
