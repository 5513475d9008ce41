//! `concordat check --watch`: checks again when the folder's modules change.
//!
//! The folder is looked at five times a second: that needs no help of the operating system, and
//! sees changes on network drives and in containers too.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, SystemTime};

use crate::args::Check;
use crate::commands::on_interrupt;
use crate::failure::Failure;
use crate::out::Out;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// What a change of the folder changes: the length and the time of each text in it.
type Seen = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Checks now and after every change, until somebody interrupts it.
pub(super) fn run(args: &Check, out: Out) -> Result<(), Failure> {
    let (told, stop) = channel();
    // Before anything else: a signal that comes early is not lost.
    on_interrupt(move || {
        told.send(()).ok();
    })?;
    let fresh = !out.json && io::stdout().is_terminal();
    loop {
        // Looked at before it is read: what changes in between is a change.
        let seen = look(args);
        if fresh {
            // Clears the screen and goes to its beginning.
            write!(io::stdout(), "\u{1b}[2J\u{1b}[H").ok();
        }
        if let Err(failure) = super::once(args, out) {
            out.failed(&failure);
        }
        out.say(&format!("watching `{}`; Ctrl-C ends it", args.dir.display()));
        if !changed(args, &seen, &stop) {
            out.say("stopping");
            return Ok(());
        }
    }
}

/// Waits until the folder is another than was seen, and has come to rest; not so when told to
/// stop.
fn changed(args: &Check, seen: &Seen, stop: &Receiver<()>) -> bool {
    let mut last = seen.clone();
    loop {
        match stop.recv_timeout(EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            // Nobody can tell any more, which is as good as being told.
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return false,
        }
        let now = look(args);
        if now != *seen && now == last {
            return true;
        }
        last = now;
    }
}

/// The texts of the folder and of its frame's; nothing, where there is none at the moment.
fn look(args: &Check) -> Seen {
    let folders = [Some(&args.dir), args.frame.as_ref()].into_iter().flatten();
    let listed = folders.flat_map(|dir| fs::read_dir(dir).into_iter().flatten().flatten());
    let texts = listed.map(|item| item.path()).filter(|p| p.extension().is_some_and(|e| e == "md"));
    let stamped = texts.map(|path| {
        let stamp = path.metadata().map(|found| (found.len(), found.modified().ok()));
        (path, stamp.unwrap_or_default())
    });
    stamped.collect()
}
