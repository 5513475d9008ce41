//! Environments: packages that a lock file names by their hashes, made into one that a program sees.
//!
//! Whoever wrote a trainer wrote its environment too, so neither the lock file nor a package decides
//! anything here: the lock is read by us, and what `pip` is given says names, versions and hashes alone;
//! packages are wheels, which are unpacked and run nothing; and what was made of them is digested, so
//! that it is the same when it is used.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use concordat_terms::{Digest, Problem};
use sha2::{Digest as _, Sha256};

use super::folder::{Files, bad};
use crate::problems::problem;

/// The lock file of an environment: `pip`'s requirements with hashes.
pub const LOCK: &str = "environment.lock";

/// What is made of an environment, beside its files.
pub(super) const VENV: &str = "venv";
/// What was made, and of which Python.
pub(super) const MADE: &str = "venv.made";

/// A lock file, as `pip` is given it.
struct Lock {
    lines: Vec<String>,
    hashes: BTreeSet<String>,
}

impl Lock {
    /// Names, versions and hashes, a package a line or folded by `\`; comments. Nothing else that `pip`
    /// would read: no option, no address, no other file, no variable.
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|_| bad(Path::new(LOCK), "it is no text"))?;
        let (mut lines, mut hashes) = (Vec::new(), BTreeSet::new());
        let mut whole = String::new();
        for line in text.lines() {
            let line = if line.trim_start().starts_with('#') { "" } else { line };
            let line = line.split_once(" #").map_or(line, |(before, _)| before);
            if let Some(before) = line.trim_end().strip_suffix('\\') {
                whole.push_str(before);
                continue;
            }
            whole.push_str(line);
            let one = std::mem::take(&mut whole);
            if one.trim().is_empty() {
                continue;
            }
            let (line, own) = package(&one).ok_or_else(|| {
                let why = format!(
                    "`{}` is not a package with its version and hashes (`numpy==2.1.0 --hash=sha256:…`)",
                    one.trim()
                );
                bad(Path::new(LOCK), &why)
            })?;
            lines.push(line);
            hashes.extend(own);
        }
        if !whole.trim().is_empty() {
            return Err(bad(Path::new(LOCK), "its last line goes on nowhere"));
        }
        Ok(Self { lines, hashes })
    }
}

/// A line of a lock file, as it is written anew, and its hashes.
fn package(line: &str) -> Option<(String, Vec<String>)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words.iter().position(|word| word.starts_with("--hash="))?;
    let (named, hashes) = words.split_at_checked(first)?;
    let named = named.join(" ");
    let (requirement, marker) = match named.split_once(';') {
        Some((requirement, marker)) => (requirement.trim(), Some(marker.trim())),
        None => (named.as_str(), None),
    };
    let (name, version) = requirement.split_once("==")?;
    let (name, version) = (name.trim(), version.trim());
    let fits = |text: &str, more: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let marker_fits = marker.is_none_or(|marker| fits(marker, " ._'\"()<>=!~"));
    if !fits(name, "._-[],") || !fits(version, ".!+_-") || !marker_fits {
        return None;
    }
    let mut own = Vec::new();
    for word in hashes {
        let hash = word.strip_prefix("--hash=sha256:")?;
        let fits = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        own.push(fits.then(|| hash.to_ascii_lowercase())?);
    }
    let marker = marker.map(|marker| format!(" ; {marker}")).unwrap_or_default();
    let all: String = own.iter().map(|hash| format!(" --hash=sha256:{hash}")).collect();
    Some((format!("{name}=={version}{marker}{all}"), own))
}

/// What of an environment can be kept: a lock that says packages alone, and these packages.
///
/// # Errors
/// A [`Problem`] `bad-trainer`.
pub(super) fn check(files: &Files) -> Result<(), Problem> {
    let Some(lock) = files.0.get(LOCK) else {
        let why = format!("an environment has a `{LOCK}`, which may be empty");
        return Err(bad(Path::new(LOCK), &why));
    };
    let lock = Lock::read(lock)?;
    for (name, bytes) in &files.0 {
        let top = name.split('/').next().unwrap_or_default();
        if [VENV, MADE].contains(&top) {
            return Err(bad(Path::new(name), "it has the name of what is made of an environment"));
        }
        let Some(package) = name.strip_prefix("packages/") else { continue };
        let is_wheel = package.rsplit_once('.').is_some_and(|(_, kind)| kind == "whl");
        if !is_wheel || package.contains('/') {
            return Err(bad(Path::new(name), "a package is a wheel (`.whl`): it runs nothing"));
        }
        if !lock.hashes.contains(&Digest::of(bytes).to_string()) {
            return Err(bad(Path::new(name), &format!("`{LOCK}` has no hash of it")));
        }
    }
    Ok(())
}

/// Makes an environment of its own packages alone, once: nothing is fetched, and nothing of it is run.
///
/// # Errors
/// A [`Problem`]: `environment-not-made`.
pub(super) fn make(folder: &Path, files: &Files) -> Result<(), Problem> {
    let lock = Lock::read(files.0.get(LOCK).map_or(&[], Vec::as_slice))?;
    let (venv, made) = (folder.join(VENV), folder.join(MADE));
    if lock.lines.is_empty() || made.is_file() {
        return Ok(());
    }
    if venv.exists() {
        fs::remove_dir_all(&venv).map_err(|e| bad(&venv, &e.to_string()))?;
    }
    tell(clean("python3").args(["-I", "-m", "venv"]).arg(&venv))?;
    let base = tell(clean("python3").args(["-I", "-c", "import sys; print(sys.base_prefix)"]))?;
    let base = PathBuf::from(base.trim());
    if !base.is_absolute() || folder.starts_with(&base) && !base.starts_with("/usr") {
        let why = format!("Python lies in `{}`, which holds this folder too", base.display());
        return Err(not_made(&why));
    }
    let wanted = folder.with_extension("requirements");
    fs::write(&wanted, lock.lines.join("\n") + "\n").map_err(|e| bad(&wanted, &e.to_string()))?;
    let installed = tell(
        clean(venv.join("bin/python3"))
            .args(["-I", "-m", "pip", "--isolated", "install", "-q", "--no-index", "--no-deps"])
            .args(["--require-hashes", "--only-binary", ":all:", "--disable-pip-version-check"])
            .arg("--find-links")
            .arg(folder.join("packages"))
            .arg("-r")
            .arg(&wanted),
    );
    fs::remove_file(&wanted).ok();
    installed?;
    let digest = digest(&venv).map_err(|e| bad(&venv, &e.to_string()))?;
    let about = format!("{digest} {}\n", base.display());
    fs::write(&made, about).map_err(|e| bad(&made, &e.to_string()))
}

/// Whether what was made is still what it was.
pub(super) fn is_as_made(folder: &Path) -> bool {
    let lock = fs::read(folder.join(LOCK)).ok().and_then(|bytes| Lock::read(&bytes).ok());
    if lock.is_none_or(|lock| lock.lines.is_empty()) {
        return !folder.join(VENV).exists();
    }
    let now = digest(&folder.join(VENV)).ok();
    read(folder).is_some_and(|(made, _)| now == Some(made))
}

/// Where the Python lies that an environment was made with, where that is none of the system's folders.
pub(super) fn base(folder: &Path) -> Option<PathBuf> {
    read(folder).map(|(_, base)| base).filter(|base| !base.starts_with("/usr"))
}

fn read(folder: &Path) -> Option<(Digest, PathBuf)> {
    let about = fs::read_to_string(folder.join(MADE)).ok()?;
    let (digest, base) = about.trim_end().split_once(' ')?;
    Some((digest.parse().ok()?, PathBuf::from(base)))
}

/// Of every file below a folder: its path, whether it can be run, and its bytes; links by where they lead.
fn digest(folder: &Path) -> io::Result<Digest> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for item in fs::read_dir(&next)? {
            let path = item?.path();
            let about = fs::symlink_metadata(&path)?;
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            if about.is_dir() {
                open.push(path);
            } else if about.is_symlink() {
                let to = fs::read_link(&path)?.to_string_lossy().into_owned();
                all.push((name, format!("link {to}")));
            } else {
                let (runs, mut hash) = (about.permissions().mode() & 0o111 != 0, Sha256::new());
                let (mut file, mut bytes) = (fs::File::open(&path)?, vec![0; 1 << 16]);
                loop {
                    let read = file.read(&mut bytes)?;
                    let Some(some) = bytes.get(..read).filter(|some| !some.is_empty()) else {
                        break;
                    };
                    hash.update(some);
                }
                all.push((name, format!("{runs} {}", hex::encode(hash.finalize()))));
            }
        }
    }
    all.sort();
    let parts = all.iter().flat_map(|(name, about)| [name.as_bytes(), about.as_bytes()]);
    Ok(Digest::of_parts(&parts.collect::<Vec<_>>()))
}

/// A program of this machine that is told nothing by the node's environment.
fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    command.env_clear().env("PATH", path).env("LANG", "C.UTF-8").env("HOME", "/nonexistent");
    command
}

/// Runs a program of this machine to its end; what it said.
fn tell(command: &mut Command) -> Result<String, Problem> {
    let output = command.stdin(Stdio::null()).output().map_err(|why| not_made(&why.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    Err(not_made(last.unwrap_or("without a word")))
}

fn not_made(why: &str) -> Problem {
    problem(
        "environment-not-made",
        format!("the environment cannot be made of its packages: {why}"),
        "put every package that the lock file names, with its hash, into `packages`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "89cd468399cfd2504718f0ba50e410dca55a170b61a02ad92bb18c8a65186e93";

    fn files(lock: &str, packages: &[(&str, &[u8])]) -> Files {
        let mut files = Files::default();
        files.0.insert(LOCK.to_owned(), lock.as_bytes().to_vec());
        for (name, bytes) in packages {
            files.0.insert((*name).to_owned(), bytes.to_vec());
        }
        files
    }

    #[test]
    fn a_lock_says_packages_and_is_written_anew() {
        let text = format!(
            "# made by a resolver\nnumpy==2.4.6 \\\n    --hash=sha256:{HASH} \\\n    --hash=sha256:{HASH}\n\
             \nuvloop[dev]==1.0 ; sys_platform == 'linux' --hash=sha256:{HASH}  # why\n"
        );
        let lock = Lock::read(text.as_bytes()).unwrap();
        let twice = format!("numpy==2.4.6 --hash=sha256:{HASH} --hash=sha256:{HASH}");
        let marked = format!("uvloop[dev]==1.0 ; sys_platform == 'linux' --hash=sha256:{HASH}");
        assert_eq!(lock.lines, [twice, marked]);
        assert!(Lock::read(b"\n# nothing\n").unwrap().lines.is_empty());
    }

    #[test]
    fn a_lock_that_tells_pip_anything_else_is_refused() {
        for said in [
            "--no-binary evil",
            "--find-links https://elsewhere.example/${HTTPS_PROXY}",
            "-r https://elsewhere.example/more.txt",
            "--index-url=https://elsewhere.example",
            "numpy==2.4.6",
            "numpy>=2 --hash=sha256:HASH",
            "numpy @ https://elsewhere.example/n.whl --hash=sha256:HASH",
            "numpy==${SECRET} --hash=sha256:HASH",
            "numpy==2.4.6 --hash=sha256:HASH --no-binary=:all:",
            "numpy==2.4.6 --hash=md5:HASH",
            "numpy==2.4.6 ; a @ https://elsewhere.example --hash=sha256:HASH",
            "./packages/evil --hash=sha256:HASH",
            "numpy==2.4.6 --hash=sha256:HASH \\",
        ] {
            let text = said.replace("HASH", HASH);
            let refused = check(&files(&text, &[])).unwrap_err();
            assert_eq!(refused.code, "bad-trainer", "{said}");
        }
    }

    #[test]
    fn packages_are_wheels_of_the_lock_and_nothing_has_the_name_of_what_is_made() {
        let wheel = Digest::of(b"a wheel");
        let lock = format!("evil==1 --hash=sha256:{wheel}");
        check(&files(&lock, &[("packages/evil-1-py3-none-any.whl", b"a wheel")])).unwrap();
        for (name, bytes) in [
            ("packages/evil-1.tar.gz", b"a wheel".as_slice()),
            ("packages/evil-1-py3-none-any.whl", b"another"),
            ("packages/more/evil-1-py3-none-any.whl", b"a wheel"),
            ("venv/pyvenv.cfg", b"home = /root"),
            ("venv.made", b"x /root"),
        ] {
            let refused = check(&files(&lock, &[(name, bytes)])).unwrap_err();
            assert_eq!(refused.code, "bad-trainer", "{name}");
        }
    }

    #[test]
    fn what_was_made_is_known_by_every_file_link_and_right() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("a"), "one").unwrap();
        std::os::unix::fs::symlink("a", at("link")).unwrap();
        let before = digest(dir.path()).unwrap();
        assert_eq!(digest(dir.path()).unwrap(), before);
        fs::set_permissions(at("a"), fs::Permissions::from_mode(0o755)).unwrap();
        let runs = digest(dir.path()).unwrap();
        fs::remove_file(at("link")).unwrap();
        std::os::unix::fs::symlink("b", at("link")).unwrap();
        let linked = digest(dir.path()).unwrap();
        fs::write(at("a"), "two").unwrap();
        let other = [before, runs, linked, digest(dir.path()).unwrap()];
        assert_eq!(BTreeSet::from(other).len(), 4);
    }
}
