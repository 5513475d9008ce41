//! The trainers that a party keeps, by digest: nothing that the log or a coordinator sends is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use concordat_sandbox::Mount;
use concordat_terms::{Digest, Problem};

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

/// The lock file of an environment: `pip`'s requirements with hashes.
pub const LOCK: &str = "environment.lock";

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
        let Some(lock) = files.0.get(LOCK) else {
            let why = format!("an environment has a `{LOCK}`, which may be empty");
            return Err(bad(Path::new(LOCK), &why));
        };
        let is_empty = String::from_utf8_lossy(lock)
            .lines()
            .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        let folder = self.keep(files, "environments")?;
        let venv = folder.join("venv");
        if is_empty || venv.join("made").is_file() {
            return Ok(folder);
        }
        if venv.exists() {
            fs::remove_dir_all(&venv).map_err(|e| bad(&venv, &e.to_string()))?;
        }
        tell(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        tell(
            Command::new(venv.join("bin/python3"))
                .args(["-m", "pip", "install", "-q", "--no-index", "--require-hashes"])
                .args(["--only-binary", ":all:", "--disable-pip-version-check", "--find-links"])
                .arg(folder.join("packages"))
                .arg("-r")
                .arg(folder.join(LOCK)),
        )?;
        fs::write(venv.join("made"), "").map_err(|e| bad(&venv, &e.to_string()))?;
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
            let mut files = Files::read_kept(folder)?;
            files.0.retain(|name, _| !name.starts_with("venv/"));
            if files.digest() != *digest {
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
            if name == "venv" {
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
        let venv = self.environment.join("venv");
        if venv.is_dir() {
            // A virtual environment is of a Python that lies elsewhere, maybe outside the system's
            // folders.
            let about = fs::read_to_string(venv.join("pyvenv.cfg")).unwrap_or_default();
            let bins = about.lines().find_map(|line| line.strip_prefix("home = "));
            let base = bins.and_then(|bins| Path::new(bins.trim()).parent());
            if let Some(base) = base.filter(|base| !base.starts_with("/usr")) {
                mounts.push(Mount { from: base.to_owned(), to: base.to_owned() });
            }
            mounts.push(Mount { from: venv, to: "/env".into() });
        }
        mounts
    }
}

/// Runs a program of this machine to its end.
fn tell(command: &mut Command) -> Result<(), Problem> {
    let output = command.stdin(Stdio::null()).output();
    let why = match output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr)
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("without a word")
            .to_owned(),
        Err(why) => why.to_string(),
    };
    Err(problem(
        "environment-not-made",
        format!("the environment cannot be made of its packages: {why}"),
        "put every package that the lock file names, with its hash, into `packages`",
    ))
}
