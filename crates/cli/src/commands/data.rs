//! `concordat data`: a steward's look at rows, and word for their mapping.

mod told;

use std::io::IsTerminal as _;
use std::path::Path;

use concordat_agreement::{Asset, Cited};
use concordat_data::{Checked, Fault, PseudonymKey};
use concordat_node::home::{Home, change};
use concordat_node::mapped::{Mapped, may_sign, sign_mapping};
use concordat_node::plain::Kind;
use concordat_partnership::key_id;
use concordat_terms::{AssetId, Digest, KeyId, Problem};
use serde::Serialize;
use zeroize::Zeroizing;

use super::desk::{failure, open};
use super::doctor::declared;
use crate::args::{Data, DataCheck, DataForget, DataSign};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

/// After how many rows it is told how many there were so far.
const TELL_EACH: usize = 100_000;

pub(super) fn run(command: &Data, out: Out) -> Result<(), Failure> {
    match command {
        Data::Check(args) => check(args, out),
        Data::Sign(args) => sign(args, out),
        Data::Forget(args) => forget(args, out),
    }
}

/// What a long table's reader is told, so that it does not look as if nothing happened.
pub(super) fn rows_read(out: Out) -> impl FnMut(usize) {
    let mut next = TELL_EACH;
    move |rows| {
        if rows >= next {
            out.say(&format!("{rows} rows read"));
            next = rows - rows % TELL_EACH + TELL_EACH;
        }
    }
}

/// Rows that are not what they should be are bad input; a database that is away is a fault.
pub(super) fn unfit(fault: Fault) -> Failure {
    let problem = fault.problem();
    if fault.is_outage() { Failure::Fault(problem) } else { Failure::Usage(problem) }
}

fn check(args: &DataCheck, out: Out) -> Result<(), Failure> {
    if args.show_values && !std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "values-at-a-terminal-only",
            "cells are shown at a terminal only, and stdout is none",
            "leave `--show-values` out, or run the command where you sit",
        ));
    }
    match args {
        DataCheck { home: Some(home), asset: Some(asset), .. } => at_home(home, asset, args, out),
        DataCheck { agreement: Some(dir), mapping: Some(file), .. } => {
            let (agreement, _) = files::agreement(dir)?;
            let text = files::text(file, Kind::Mapping)?;
            let asset = asset_of(file, &text)?;
            let terms = declared(&agreement, &asset)?;
            // Nobody keeps what is looked at: any key makes pseudonyms as good as the right one.
            let key = PseudonymKey::new(Zeroizing::new([0; 32]));
            let mapped = Mapped::read(file, &asset, terms).map_err(failure)?.with_key(key);
            tell(&look(&mapped, terms, args, out)?, &asset, None, out)
        }
        DataCheck { agreement: Some(dir), table: Some(file), asset: Some(asset), .. } => {
            let (agreement, _) = files::agreement(dir)?;
            let terms = declared(&agreement, asset)?;
            let mapped = Mapped::plain(file, asset, terms);
            tell(&look(&mapped, terms, args, out)?, asset, None, out)
        }
        _ => {
            let what = "a folder, a mapping or a table is to be named";
            Err(Failure::usage("usage", what, "run `concordat data check --help`"))
        }
    }
}

fn at_home(dir: &Path, asset: &AssetId, args: &DataCheck, out: Out) -> Result<(), Failure> {
    let (home, mut follower) = open(dir)?;
    if let Err(fault) = follower.catch_up() {
        out.say(&format!("note: not asked of the newest log: {fault}"));
    }
    let state = follower.state();
    let Some(Cited { terms, .. }) = state.agreement().asset(asset) else {
        let what = format!("no clause in force declares the asset `{asset}`");
        return Err(Failure::refused("unknown-asset", what, "bring the agreement into force"));
    };
    let mapped = home.mapped(asset, terms).map_err(failure)?;
    let signature = mapped.steward(state, home.party(), terms).err();
    let checked = look(&mapped, terms, args, out)?;
    tell(&checked, asset, signature, out)
}

/// The dataset that a mapping names, before the agreement is asked what it is.
fn asset_of(file: &Path, text: &str) -> Result<AssetId, Failure> {
    let mapping = concordat_data::Mapping::read(&file.display().to_string(), text);
    let mapping =
        mapping.map_err(|found| Failure::Usage(concordat_data::Finding::problem_of(&found)))?;
    Ok(mapping.asset)
}

fn look(mapped: &Mapped, terms: &Asset, args: &DataCheck, out: Out) -> Result<Checked, Failure> {
    mapped.check(terms, args.show_values, &mut rows_read(out)).map_err(unfit)
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    asset: &'a AssetId,
    fits: bool,
    #[serde(flatten)]
    checked: &'a Checked,
    /// Why no version can be listed under the mapping yet, where it is for its signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Problem>,
}

fn tell(
    checked: &Checked,
    asset: &AssetId,
    signature: Option<Problem>,
    out: Out,
) -> Result<(), Failure> {
    let fits = checked.count() == 0 && checked.rows > 0;
    let answer = Answer { asset, fits, checked, signature };
    out.answer(&answer, || told::text(asset, checked, answer.signature.as_ref()))?;
    if fits {
        return Ok(());
    }
    let (what, hint) = match checked.violations.first() {
        Some(first) => {
            let column = first.column.as_ref().map(|column| format!(" in `{column}`"));
            let kind = format!("{} ({}){}", first.code, first.count, column.unwrap_or_default());
            (format!("`{asset}` does not fit: {kind} first"), first.hint.clone())
        }
        None => {
            let what = format!("no row of `{asset}` counts: {} were read", checked.read);
            (what, "look at the query and at `[[cohort]]`".to_owned())
        }
    };
    Err(Failure::Usage(Problem::new("rows-do-not-fit", what, hint, "docs/reference/data.md")))
}

/// Who signed what.
#[derive(Debug, Serialize)]
struct SignedNow {
    asset: AssetId,
    mapping: Digest,
    signature: String,
    key: KeyId,
}

fn sign(args: &DataSign, out: Out) -> Result<(), Failure> {
    let (home, mut follower) = open(&args.home)?;
    if let Err(fault) = follower.catch_up() {
        out.say(&format!("note: not asked of the newest log: {fault}"));
    }
    let state = follower.state();
    let (Some(log), Some(Cited { terms, .. })) =
        (state.log(), state.agreement().asset(&args.asset))
    else {
        let what = format!("no clause in force declares the asset `{}`", args.asset);
        return Err(Failure::refused("unknown-asset", what, "bring the agreement into force"));
    };
    let dataset = home.dataset(&args.asset).map_err(failure)?;
    let Some(file) = dataset.mapping.as_ref().map(|file| home.dir().join(file)) else {
        let what = format!("the rows of `{}` are a table without a mapping", args.asset);
        return Err(Failure::usage("no-mapping", what, "nothing is to be signed"));
    };
    home.mapped(&args.asset, terms).map_err(failure)?;
    let key = match &args.key {
        Some(file) => change::read_key(file).map_err(failure)?,
        None => home.keys().ledger.clone(),
    };
    let id = key_id(&key.public().to_string()).ok_or_else(|| {
        Failure::usage("bad-key-file", "the key has no id", "name the steward's key")
    })?;
    if may_sign(state, home.party(), terms, &id).is_none() {
        let what = format!("key {id} does not sign for `{}` of `{}`", terms.holder, home.party());
        let hint = "name the key of somebody with a mandate for that seat with `--key`";
        return Err(Failure::refused("mapping-signer", what, hint));
    }
    let text = files::bytes(&file, Kind::Mapping)?;
    let about = (log, home.party(), &args.asset);
    let (path, signature) = sign_mapping(&file, &text, about, (&id, &key)).map_err(failure)?;
    files::write_whole(&path, &signature)?;
    let signed = SignedNow {
        asset: args.asset.clone(),
        mapping: Digest::of(&text),
        signature: path.display().to_string(),
        key: id,
    };
    out.answer(&signed, || {
        format!("signed {} by key {}: {}", signed.mapping, signed.key, signed.signature)
    })
}

#[derive(Debug, Serialize)]
struct Forgotten<'a> {
    asset: &'a AssetId,
    version: Digest,
}

fn forget(args: &DataForget, out: Out) -> Result<(), Failure> {
    let (home, mut follower): (Home, _) = open(&args.home)?;
    if let Err(fault) = follower.catch_up() {
        out.say(&format!("note: not asked of the newest log: {fault}"));
    }
    let key = (args.asset.clone(), home.party().clone(), args.version);
    let used = follower.state().datasets().get(&key).is_some_and(|own| own.withdrawn.is_none());
    if used {
        let what = format!("version {} of `{}` is in use", args.version.short(), args.asset);
        let hint = "withdraw it first: `concordat act dataset.withdraw`";
        return Err(Failure::refused("version-in-use", what, hint));
    }
    if !home.is_frozen(&args.asset, &args.version) {
        let what = format!("the rows of version {} are not kept here", args.version.short());
        return Err(Failure::usage("no-snapshot", what, "look into `datasets/` for what is kept"));
    }
    home.thaw(&args.asset, &args.version).map_err(failure)?;
    let gone = Forgotten { asset: &args.asset, version: args.version };
    out.answer(&gone, || format!("the rows of version {} are destroyed", args.version.short()))
}
