//! `concordat predict`: asks a model about rows, offline.

mod answers;
mod rows;

use concordat_learn::Model;
use concordat_learn::adapt::Sharing;
use concordat_node::plain::Kind;

use self::answers::Answers;
use self::rows::Table;
pub(super) use self::rows::units;
use crate::args::Predict;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

/// So many rows are read and answered together.
const BLOCK: usize = 1024;

/// Goes over the rows twice: nothing is answered unless every row can be.
pub(super) fn run(args: &Predict, out: Out) -> Result<(), Failure> {
    let model = read(&args.model)?;
    let mut table = Table::open(&args.rows, &model, args.id.as_deref())?;
    let (mut rows, mut clipped) = (0, 0);
    while let Some(block) = table.block(BLOCK)? {
        rows += block.names.len();
        clipped += block.clipped;
    }

    let answers = Answers::of(&model, args.id.as_deref());
    if !out.json {
        out.answer(&(), || answers.header())?;
    }
    let mut table = Table::open(&args.rows, &model, args.id.as_deref())?;
    while let Some(block) = table.block(BLOCK)? {
        let told = model.ask(&block.inputs).map_err(|e| not_a_model(args, &e.to_string()))?;
        answers.tell(&block, &told, out)?;
    }
    if let Some(adapted) = model.adapted() {
        out.say(&format!("note: adapted from {}: {}", adapted.parent.short(), Sharing::WORDS));
    }
    let card = &model.recipe().card;
    out.say(&format!("{rows} rows. The model is about: {}", card.population));
    if clipped > 0 {
        let were = if clipped == 1 { "number lay" } else { "numbers lay" };
        out.say(&format!("{clipped} {were} beyond the model's bounds and counted as the nearest"));
    }
    Ok(())
}

/// A model of ours, from its file.
///
/// # Errors
/// It is not to be read, or not one.
pub(super) fn read(path: &std::path::Path) -> Result<Model, Failure> {
    let bytes = files::bytes(path, Kind::Blob)?;
    Model::from_bytes(&bytes).map_err(|why| {
        Failure::usage(
            "bad-model",
            format!("`{}` is not a model of ours: {why}", path.display()),
            "name the file as `concordat export model` wrote it",
        )
    })
}

fn not_a_model(args: &Predict, why: &str) -> Failure {
    let what = format!("`{}` cannot be asked: {why}", args.model.display());
    Failure::usage("bad-model", what, "name the file as `concordat export model` wrote it")
}
