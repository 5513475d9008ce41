//! `concordat attest`: a party stands by a bundle that another made.

use serde::Serialize;

use concordat_terms::{Digest, PartyId};

use super::desk::{failure, open_latest};
use super::export::bundle::{replay, still_good};
use super::look::Seen;
use crate::args::Attest;
use crate::bundle::{INDEX, attest, ended, load_bundle, pack};
use crate::failure::Failure;
use crate::out::Out;
use crate::verify::bundle::{read, verify_to_attest};

#[derive(Debug, Serialize)]
struct Stands {
    bundle: String,
    log: Digest,
    attested_by: Vec<PartyId>,
}

pub(super) fn run(args: &Attest, out: Out) -> Result<(), Failure> {
    if args.out.symlink_metadata().is_ok() {
        let what = format!("`{}` is there already", args.out.display());
        return Err(Failure::usage("target-exists", what, "name a file that is not there yet"));
    }
    let mut files = load_bundle(&args.bundle)?;
    verify_to_attest(&files).map_err(Failure::not_verified)?;
    let index = read(&files).map_err(Failure::not_verified)?;
    let (home, follower) = open_latest(&args.home)?;
    let differs = |what: String| {
        let hint = "do not stand by it; hold the log against the other party's (`concordat verify --seen`)";
        Failure::refused("records-differ", what, hint)
    };
    let held = follower.replica().root_at(index.size);
    if follower.state().log() != Some(index.log) || held != Some(index.root) {
        let what = format!(
            "the bundle is of another log than yours, or yours has no {} entries",
            index.size
        );
        return Err(differs(what));
    }
    let replayed = replay(Seen::home(follower), index.size, out)?;
    if replayed.records.root() != index.records {
        return Err(differs("your own replay of the log gives other records".to_owned()));
    }
    if ended(&replayed.state) != index.ended {
        let what = "by your own replay of the log, other keys have ended than the bundle says";
        return Err(differs(what.to_owned()));
    }
    let id = home.keys().ledger_id().map_err(failure)?;
    still_good(home.party(), &id, &index.ended)?;
    let bytes = files.get(INDEX).cloned().unwrap_or_default();
    let unsigned =
        |what: String| Failure::fault("not-attested", what, "report this with the command");
    let (name, own) = attest(&index, &bytes, home.party(), &id, &home.keys().ledger)
        .map_err(|why| unsigned(why.to_string()))?;
    files.insert(name, own);
    let report = verify_to_attest(&files).map_err(|broken| {
        let hint = "have the bundle made anew by a party whose key the founding names";
        Failure::refused("key-not-shown", broken.to_string(), hint)
    })?;
    crate::files::write_whole(&args.out, &pack(&files))?;
    let stands = Stands {
        bundle: args.out.display().to_string(),
        log: report.log,
        attested_by: report.attested_by.into_iter().collect(),
    };
    out.answer(&stands, || {
        let names: Vec<&str> = stands.attested_by.iter().map(PartyId::as_str).collect();
        format!("{}: attested by {}", stands.bundle, names.join(", "))
    })
}
