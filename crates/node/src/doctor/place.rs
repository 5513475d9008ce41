//! The machine: room on the disk, and whether programs of others could be shut in.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use concordat_wire::api::BLOB_BYTES_MAX;

use super::{Check, ledger_mib};
use crate::home::Home;

/// What a log grows by before anybody looks again.
const LOG_MIB: u64 = 256;
/// How long one write to the disk may take.
const SLOW: Duration = Duration::from_millis(100);

/// Whether a file that is written stays written, and whether there is room for what a node keeps.
pub fn disk(home: &Home) -> Vec<Check> {
    let dir = home.dir();
    let free = rustix::fs::statvfs(dir).map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    let room = match free {
        Ok(free) => room(free, ledger_mib(home)),
        Err(e) => Check::fail("disk", format!("free space is not known: {e}"), "look at the disk"),
    };
    vec![room, kept(dir)]
}

/// A run keeps its model, and while it is fetched a draft of it; all else is the log and the ledger.
fn room(free: u64, ledger: u64) -> Check {
    let models = (2 * u64::try_from(BLOB_BYTES_MAX).unwrap_or(u64::MAX >> 1)) >> 20;
    let (free, run, all) = (free >> 20, models, models + ledger + LOG_MIB);
    let found = format!(
        "{free} MiB are free: the largest model takes {run}, the ledger of what leaves up to \
         {ledger}, and the log grows"
    );
    let hint = format!("give it {all} MiB: where a node cannot write, nothing leaves it");
    if free < run {
        Check::fail("disk", found, hint)
    } else if free < all {
        Check::warn("disk", found, hint)
    } else {
        Check::ok("disk", found)
    }
}

fn kept(dir: &Path) -> Check {
    let path = dir.join("doctor.probe");
    let begun = Instant::now();
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(b"concordat\n")?;
        file.sync_all()
    });
    let took = begun.elapsed();
    let gone = fs::remove_file(&path);
    match written.and(gone) {
        Err(e) => Check::fail(
            "fsync",
            format!("a file in `{}` cannot be kept: {e}", dir.display()),
            "give this user the folder, or mend the disk",
        ),
        Ok(()) if took > SLOW => Check::warn(
            "fsync",
            format!(
                "a write takes {} ms: each message that leaves waits for one",
                took.as_millis()
            ),
            "put the folder on a local disk",
        ),
        Ok(()) => Check::ok("fsync", format!("a write is kept after {} ms", took.as_millis())),
    }
}

/// Whether programs of others could be shut in here: only such need it.
pub fn sandbox() -> Check {
    sandbox_by("bwrap")
}

fn sandbox_by(program: &str) -> Check {
    let hint =
        "install bubblewrap, and allow user namespaces, if programs of others are to train here";
    let run = Command::new(program)
        .args(["--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "--new-session"])
        .args(["--", "/bin/true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match run {
        Ok(status) if status.success() => {
            Check::ok("sandbox", "bubblewrap shuts programs in, without a network")
        }
        Ok(status) => {
            Check::warn("sandbox", format!("bubblewrap cannot shut a program in: {status}"), hint)
        }
        Err(_) => Check::warn("sandbox", "bubblewrap is not installed", hint),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn room_is_judged_by_what_a_node_keeps() {
        let level = |mib: u64| room(mib << 20, 512).level;
        assert_eq!((level(15), level(16)), (Level::Fail, Level::Warn));
        assert_eq!((level(783), level(784)), (Level::Warn, Level::Ok));
        assert!(room(1 << 20, 512).hint.unwrap().contains("784 MiB"));
    }

    #[test]
    fn a_folder_in_which_nothing_stays_is_found() {
        let dir = tempfile::tempdir().unwrap();
        assert_ne!(kept(dir.path()).level, Level::Fail);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let found = kept(&file);
        assert_eq!((found.level, found.check), (Level::Fail, "fsync"));
    }

    #[test]
    fn a_sandbox_that_is_not_there_or_does_not_work_is_no_reason_to_stop() {
        for program in ["/nowhere/bwrap", "false"] {
            let found = sandbox_by(program);
            assert_eq!(found.level, Level::Warn, "{found:?}");
        }
        assert_eq!(sandbox_by("true").level, Level::Ok);
    }
}
