//! `concordat sign`: a founding statement, or modules.
//!
//! [`show`] is what would be signed; [`founding`] signs the statement that a log begins with, and
//! [`enter`] with it the modules; [`modules`] signs what is to enter into force later.

mod enter;
mod founding;
mod modules;
mod show;

use std::path::{Path, PathBuf};

use concordat_agreement::Module;
use concordat_node::now;
use concordat_partnership::Refusal;

use crate::args::Sign;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

pub(super) fn run(args: &Sign, out: Out) -> Result<(), Failure> {
    let (statements, modules): (Vec<&PathBuf>, Vec<&PathBuf>) =
        args.files.iter().partition(|file| file.extension().is_some_and(|e| e == "dsse"));
    if !statements.is_empty() && (args.withdraw || args.until.is_some()) {
        return Err(Failure::usage(
            "usage",
            "a founding statement is signed for good: neither `--withdraw` nor `--until` is for it",
            "run `concordat sign --help`",
        ));
    }
    if let Some(beside) = modules.iter().find(|file| file.extension().is_some_and(|e| e == "entry"))
    {
        let what =
            format!("`{}` lies beside a founding statement, and is not signed", beside.display());
        let hint = "name the statement, `founding.dsse`, and add `--enter`";
        return Err(Failure::usage("usage", what, hint));
    }
    if let Some(until) = args.until.filter(|until| *until <= now()) {
        let passed = Refusal::UntilPassed { until, now: now() };
        return Err(Failure::Usage(passed.problem()));
    }
    match (statements.as_slice(), modules.is_empty() && args.all.is_none()) {
        ([statement], true) => founding::sign(args, statement, out),
        ([], _) if !args.sequencer => modules::sign(args, &modules, out),
        _ => Err(Failure::usage(
            "usage",
            "one founding statement, or modules, can be signed at a time",
            "run `concordat sign --help`",
        )),
    }
}

/// The modules of a folder.
fn whole(dir: &Path) -> Result<Vec<Module>, Failure> {
    let texts = files::modules(dir)?;
    let read = texts
        .iter()
        .map(|(path, bytes)| files::module(path, bytes).map_err(|found| files::unreadable(&found)));
    read.collect()
}
