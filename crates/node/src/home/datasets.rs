//! What a party keeps of its datasets: where they come from, salts, keys of pseudonyms, and the
//! rows themselves as they were frozen.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use concordat_data::{Mapping, PseudonymKey, commitment};
use concordat_terms::{AssetId, Digest, Problem};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::secret::{read_secret, write_secret};
use super::{CONFIG, Home, make_dir, unreadable, unwritable};
use crate::people::overwritten;
use crate::plain::{self, Kind};
use crate::problems::problem;
use crate::random;

/// Where the rows of a dataset come from: a CSV file that has the agreement's columns, or a mapping
/// of another source; one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The CSV file, relative to the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<PathBuf>,
    /// The mapping, relative to the folder; its signature lies beside it, with `.sig` at the end of
    /// its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<PathBuf>,
}

impl Dataset {
    /// Rows of a CSV file.
    pub fn table(path: impl Into<PathBuf>) -> Self {
        Self { table: Some(path.into()), mapping: None }
    }

    /// Rows that a mapping makes.
    pub fn mapped(path: impl Into<PathBuf>) -> Self {
        Self { table: None, mapping: Some(path.into()) }
    }

    /// The file that the configuration names; the other may not be there.
    pub(super) fn file(&self) -> Option<&Path> {
        match (&self.table, &self.mapping) {
            (Some(file), None) | (None, Some(file)) => Some(file),
            _ => None,
        }
    }
}

impl Home {
    /// What the configuration says of a dataset.
    ///
    /// # Errors
    /// `no-table`.
    pub fn dataset(&self, asset: &AssetId) -> Result<&Dataset, Problem> {
        self.config.datasets.get(asset).ok_or_else(|| {
            problem(
                "no-table",
                format!("no table of `{asset}` is configured"),
                format!("add `[datasets.{asset}]` with `table = \"…\"` or `mapping = \"…\"` to `{CONFIG}`"),
            )
        })
    }

    /// The salt of the commitments to this dataset's versions; drawn when first asked for.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn salt(&self, asset: &AssetId) -> Result<Zeroizing<[u8; 32]>, Problem> {
        self.drawn(&self.salt_path(asset))
    }

    /// Whether a salt was drawn for this dataset.
    pub fn has_salt(&self, asset: &AssetId) -> bool {
        self.salt_path(asset).symlink_metadata().is_ok()
    }

    /// The key by which persons of this dataset become pseudonyms; drawn when first asked for.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn pseudonym_key(&self, asset: &AssetId) -> Result<PseudonymKey, Problem> {
        self.drawn(&self.below(asset, "pseudonyms")).map(PseudonymKey::new)
    }

    /// Keeps the rows of a version, readable by this user alone, and answers the version: the
    /// commitment to them. What is kept once is never written again.
    ///
    /// # Errors
    /// A [`Problem`] naming the file; then nothing new is kept.
    pub fn freeze(&self, asset: &AssetId, rows: &[u8]) -> Result<Digest, Problem> {
        let version = commitment(&*self.salt(asset)?, rows);
        let path = self.frozen_path(asset, &version);
        if path.symlink_metadata().is_ok() {
            return self.frozen(asset, &version).map(|_| version);
        }
        make_dir(&self.dir.join(DATASETS).join(asset.as_str()))?;
        let draft = path.with_extension("draft");
        // Left over from an attempt that was broken off.
        fs::remove_file(&draft).ok();
        let mut options = fs::OpenOptions::new();
        let written = options.write(true).create_new(true).mode(0o600).open(&draft);
        let written = written.and_then(|mut file| {
            file.write_all(rows)?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&draft, &path)).map_err(|e| {
            fs::remove_file(&draft).ok();
            unwritable(&path, &e)
        })?;
        Ok(version)
    }

    /// The rows of a version as they were frozen.
    ///
    /// # Errors
    /// `no-snapshot` where they are not kept here; `snapshot-changed` where they are not those of
    /// the version; a [`Problem`] naming the file where others may read it, or nobody can.
    pub fn frozen(&self, asset: &AssetId, version: &Digest) -> Result<Vec<u8>, Problem> {
        let path = self.frozen_path(asset, version);
        if path.symlink_metadata().is_err() {
            return Err(problem(
                "no-snapshot",
                format!("the rows of version {} of `{asset}` are not kept here", version.short()),
                format!(
                    "restore `{}` from a backup, or register the rows again and propose a new run",
                    path.display()
                ),
            ));
        }
        let bytes = plain::read(&path, Kind::Table).map_err(|e| unreadable(&path, &e))?;
        let found = fs::metadata(&path).map_err(|e| unreadable(&path, &e.into()))?;
        if found.permissions().mode() & 0o077 != 0 {
            return Err(problem(
                "snapshot-open-to-others",
                format!("`{}` holds rows, and others may read it", path.display()),
                format!("run `chmod 600 {}`", path.display()),
            ));
        }
        if commitment(&*self.salt(asset)?, &bytes) != *version {
            return Err(problem(
                "snapshot-changed",
                format!("`{}` does not hold the rows of its version", path.display()),
                "restore it, and the salt beside it, from a backup",
            ));
        }
        Ok(bytes)
    }

    /// Whether the rows of a version are kept here.
    pub fn is_frozen(&self, asset: &AssetId, version: &Digest) -> bool {
        self.frozen_path(asset, version).symlink_metadata().is_ok()
    }

    /// A file behind the dataset that was written to after the rows of a version were frozen: they may
    /// have changed since. What a database holds is not looked at.
    pub fn written_since(&self, asset: &AssetId, version: &Digest) -> Option<PathBuf> {
        let when = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
        let frozen = when(&self.frozen_path(asset, version))?;
        let dataset = self.config.datasets.get(asset)?;
        let file = self.dir.join(dataset.file()?);
        let behind = dataset.mapping.as_ref().and_then(|_| {
            let text = plain::read_text(&file, Kind::Mapping).ok()?;
            let mapping = Mapping::read(&file.display().to_string(), &text).ok()?;
            Some(file.parent()?.join(mapping.source.file()?))
        });
        let mut files = std::iter::once(file).chain(behind);
        files.find(|file| when(file).is_some_and(|written| written > frozen))
    }

    /// Destroys the rows of a version, as far as a file system lets one; what is not there is done.
    ///
    /// # Errors
    /// A [`Problem`] naming the file.
    pub fn thaw(&self, asset: &AssetId, version: &Digest) -> Result<(), Problem> {
        overwritten(&self.frozen_path(asset, version))
    }

    pub(super) fn examine_datasets(&self) -> Result<(), Problem> {
        for (asset, dataset) in &self.config.datasets {
            if let Some(file) = dataset.file() {
                let path = self.dir.join(file);
                plain::require_plain(&path).map_err(|e| unreadable(&path, &e))?;
            }
            // There is none before the first version is registered.
            if self.has_salt(asset) {
                read_secret(&self.salt_path(asset))?;
            }
        }
        Ok(())
    }

    fn drawn(&self, path: &Path) -> Result<Zeroizing<[u8; 32]>, Problem> {
        make_dir(&self.dir.join(DATASETS))?;
        if !path.exists() {
            write_secret(path, &*random::bytes::<32>()?)?;
        }
        read_secret(path)
    }

    fn salt_path(&self, asset: &AssetId) -> PathBuf {
        self.below(asset, "salt")
    }

    fn frozen_path(&self, asset: &AssetId, version: &Digest) -> PathBuf {
        self.dir.join(DATASETS).join(asset.as_str()).join(format!("{version}.rows"))
    }

    fn below(&self, asset: &AssetId, kind: &str) -> PathBuf {
        self.dir.join(DATASETS).join(format!("{asset}.{kind}"))
    }
}

const DATASETS: &str = "datasets";
