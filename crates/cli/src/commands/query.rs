//! `concordat query`: plans before anything is charged, and answers.

mod plan;
mod show;

pub(super) use self::plan::planned;
use crate::args::Query;
use crate::failure::Failure;
use crate::out::Out;

pub(super) fn run(command: &Query, out: Out) -> Result<(), Failure> {
    match command {
        Query::Plan(args) => plan::run(args, out),
        Query::Show(args) => show::run(args, out),
    }
}
