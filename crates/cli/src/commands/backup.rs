//! `concordat backup` and `restore`: a coordinator's log, somewhere else and back.

use std::path::Path;

use concordat_coordinator::{
    DERIVED, RESTORED, Restored, Settings, TRANSCRIPTS, blobs_of, open_store,
};
use concordat_node::plain::Kind;
use concordat_store::{Copied, Fault, Store};
use serde::Serialize;

use super::desk::failure;
use crate::args::{Backup, Restore};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Done {
    from: String,
    to: String,
    entries: u64,
    notes: u64,
    blobs: u64,
}

impl Done {
    fn of(from: String, to: String, copied: Copied) -> Self {
        let Copied { entries, notes, blobs } = copied;
        Self { from, to, entries, notes, blobs }
    }

    fn line(&self) -> String {
        format!("{}: {} entries, {} blobs", self.to, self.entries, self.blobs)
    }
}

pub(super) fn run(args: &Backup, out: Out) -> Result<(), Failure> {
    let settings = settings(&args.home)?;
    let (from, named) = match &settings.store {
        None => {
            let folder = args.home.join("store");
            let named = folder.display().to_string();
            (Store::snapshot(&folder).map_err(fault)?, named)
        }
        Some(address) => {
            let blobs = blobs_of(&args.home, &settings);
            (Store::snapshot_of(address, &blobs).map_err(fault)?, address.to_string())
        }
    };
    // What rounds left behind is destroyed with them, and a copy of it never would be.
    let without = [&[TRANSCRIPTS][..], &DERIVED].concat();
    let copied = from.copy_to(&args.to, &without, &[]).map_err(fault)?;
    let done = Done::of(named, args.to.display().to_string(), copied);
    out.answer(&done, || done.line())
}

pub(super) fn restore(args: &Restore, out: Out) -> Result<(), Failure> {
    let settings = settings(&args.home)?;
    if !args.from.join("log.sqlite").is_file() {
        let what = format!("`{}` is not a backup", args.from.display());
        let hint = "name the folder that `concordat backup --to` wrote";
        return Err(Failure::usage("not-a-backup", what, hint));
    }
    let from = Store::snapshot(&args.from).map_err(fault)?;
    let restored = Restored { entries: from.len().map_err(fault)? };
    let restored = serde_json::to_vec(&restored).unwrap_or_default();
    // With the log, so that nobody signs before it is compared.
    let more: [(&str, &[u8]); 1] = [(RESTORED, &restored)];
    let (copied, named) = match &settings.store {
        None => {
            let folder = args.home.join("store");
            (from.copy_to(&folder, &[], &more).map_err(fault)?, folder.display().to_string())
        }
        Some(address) => {
            let holder = format!("restore, process {}", std::process::id());
            let mut to = open_store(&args.home, &settings, &holder).map_err(failure)?;
            (from.copy_into(&mut to, &[], &more).map_err(fault)?, address.to_string())
        }
    };
    let done = Done::of(args.from.display().to_string(), named, copied);
    out.answer(&done, || done.line())?;
    let witnessed = args.home.join("witnessed");
    out.say(&format!(
        "before `serve`: put the last checkpoint that each witness cosigned into `{}`",
        witnessed.display()
    ));
    Ok(())
}

fn settings(home: &Path) -> Result<Settings, Failure> {
    let path = home.join("concordat.toml");
    let text = files::text(&path, Kind::Configuration)?;
    Settings::parse(&text, &path).map_err(Failure::Usage)
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
fn fault(fault: Fault) -> Failure {
    failure(fault.problem())
}
