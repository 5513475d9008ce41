//! `concordat export model`: a released model, signed for whoever knows nothing of logs.

use std::collections::BTreeMap;

use concordat_terms::Digest;
use serde::Serialize;

use super::super::desk::{answered, failure, open_latest};
use crate::archive::save;
use crate::args::ExportModel;
use crate::failure::Failure;
use crate::formats::released::{NotReleased, Signer, is_released, released};
use crate::out::Out;

#[derive(Debug, Serialize)]
struct HandedOut {
    folder: String,
    model: Digest,
    files: Vec<String>,
}

pub(super) fn run(args: &ExportModel, out: Out) -> Result<(), Failure> {
    if args.to.symlink_metadata().is_ok() {
        return save(&args.to, &BTreeMap::new());
    }
    let (home, mut follower) = open_latest(&args.home)?;
    is_released(follower.state(), &args.model).map_err(|why| refused(&why))?;
    let bytes = follower.blob(&args.model).map_err(|fault| answered(&fault))?;
    let run = follower.state().models().get(&args.model).and_then(|own| own.run.clone());
    let recipe = run.and_then(|run| Some(follower.state().runs().get(&run)?.proposed.plan.recipe));
    let recipe = recipe.and_then(|recipe| follower.blob(&recipe).ok());
    let id = home.keys().ledger_id().map_err(failure)?;
    let export = home.export_key().map_err(failure)?;
    let signer =
        Signer { party: home.party(), id: &id, ledger: &home.keys().ledger, export: &export };
    let files = released(follower.state(), &args.model, bytes, recipe, &signer)
        .map_err(|why| refused(&why))?;
    save(&args.to, &files)?;
    let names = files.into_keys().collect();
    let written =
        HandedOut { folder: args.to.display().to_string(), model: args.model, files: names };
    out.answer(&written, || format!("{}: {}", written.folder, written.files.join(", ")))
}

fn refused(why: &NotReleased) -> Failure {
    let hint = "name a released model: `concordat catalog` shows them";
    Failure::refused("not-released", why.to_string(), hint)
}
