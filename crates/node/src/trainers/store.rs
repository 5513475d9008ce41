//! The trainers that a party keeps, by digest: nothing that the log or a coordinator sends is run.

use std::fs;
use std::path::{Path, PathBuf};

use concordat_sandbox::Mount;
use concordat_terms::{Digest, Problem};

use super::environment::{self, MADE, VENV};
use super::folder::{Files, bad};
use crate::home::{Home, make_dir};
use crate::problems::problem;

/// A trainer's files and environment, as a node keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its files.
    pub code: PathBuf,
    /// The folder of its environment: the lock file, the packages, and `venv` made of these.
    pub environment: PathBuf,
    /// Where reports go.
    pub reports: PathBuf,
}

impl Home {
    /// Where trainers, environments and reports are.
    pub fn trainers(&self) -> PathBuf {
        self.dir().join("trainers")
    }

    /// Keeps a trainer's files.
    ///
    /// # Errors
    /// A [`Problem`] naming a file.
    pub fn keep_code(&self, files: &Files) -> Result<PathBuf, Problem> {
        self.keep(files, "code")
    }

    /// Keeps an environment, and makes it of its own packages alone: nothing is fetched.
    ///
    /// # Errors
    /// A [`Problem`]: no lock file, a package that the lock does not name or that has other bytes.
    pub fn keep_environment(&self, files: &Files) -> Result<PathBuf, Problem> {
        environment::check(files)?;
        let folder = self.keep(files, "environments")?;
        environment::make(&folder, files)?;
        Ok(folder)
    }

    fn keep(&self, files: &Files, kind: &str) -> Result<PathBuf, Problem> {
        let folder = self.trainers().join(kind).join(files.digest().to_string());
        make_dir(&self.trainers().join(kind))?;
        if !folder.exists() {
            let draft = folder.with_extension("draft");
            // Left over from an attempt that was broken off.
            fs::remove_dir_all(&draft).ok();
            files.write(&draft)?;
            fs::rename(&draft, &folder).map_err(|e| bad(&folder, &e.to_string()))?;
        }
        Ok(folder)
    }

    /// The files of a trainer that is kept here.
    pub fn kept_code(&self, code: &Digest) -> Option<Files> {
        let files = Files::read(&self.trainers().join("code").join(code.to_string())).ok()?;
        (files.digest() == *code).then_some(files)
    }

    /// A trainer that is kept here, as it was when it was approved.
    ///
    /// # Errors
    /// A [`Problem`] `trainer-not-here`, or `trainer-changed` where files are no longer those of
    /// their digest.
    pub fn kept(&self, code: &Digest, environment: &Digest) -> Result<Kept, Problem> {
        let trainers = self.trainers();
        let kept = Kept {
            code: trainers.join("code").join(code.to_string()),
            environment: trainers.join("environments").join(environment.to_string()),
            reports: trainers.join("reports"),
        };
        for (what, folder, digest) in
            [("trainer", &kept.code, code), ("environment", &kept.environment, environment)]
        {
            if !folder.is_dir() {
                return Err(problem(
                    "trainer-not-here",
                    format!("this node does not have the {what} `{}`", digest.short()),
                    "bring it here and rehearse the plan (`concordat node rehearse`)",
                ));
            }
            let is_same = Files::read_kept(folder)?.digest() == *digest;
            if !is_same || what == "environment" && !environment::is_as_made(folder) {
                return Err(problem(
                    "trainer-changed",
                    format!("`{}` is no longer what was approved", folder.display()),
                    "remove the folder and rehearse the plan again (`concordat node rehearse`)",
                ));
            }
        }
        Ok(kept)
    }
}

impl Files {
    /// As [`Files::read`], of a folder in which an environment was made: that is left out.
    fn read_kept(folder: &Path) -> Result<Self, Problem> {
        let mut files = Self::default();
        let listed = fs::read_dir(folder).map_err(|e| bad(folder, &e.to_string()))?;
        for item in listed.flatten() {
            let name = item.file_name().to_string_lossy().into_owned();
            if [VENV, MADE].contains(&name.as_str()) {
                continue;
            }
            if item.path().is_dir() {
                let below = Self::read(&item.path())?;
                files.0.extend(below.0.into_iter().map(|(own, b)| (format!("{name}/{own}"), b)));
            } else {
                let bytes = fs::read(item.path()).map_err(|e| bad(&item.path(), &e.to_string()))?;
                files.0.insert(name, bytes);
            }
        }
        Ok(files)
    }
}

impl Kept {
    /// What of it a program can read.
    pub(super) fn mounts(&self) -> Vec<Mount> {
        let mut mounts = vec![Mount { from: self.code.clone(), to: "/code".into() }];
        let venv = self.environment.join(VENV);
        if venv.is_dir() {
            // Of the Python of this machine, which may lie outside the system's folders. What an environment
            // says of that itself is not asked: a package could say it.
            if let Some(base) = environment::base(&self.environment) {
                mounts.push(Mount { from: base.clone(), to: base });
            }
            mounts.push(Mount { from: venv, to: "/env".into() });
        }
        mounts
    }
}
