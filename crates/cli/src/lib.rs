//! The `concordat` binary as a library: one command, one file.
//!
//! Data goes to stdout, talk to stderr; `--json` everywhere. Exit status 0: done; 1: refused or
//! not verified; 2: bad usage or input; 3: a fault of the machine or the network.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "shell")]

pub mod archive;
mod args;
pub mod bundle;
mod chart;
mod clock;
mod commands;
pub mod course;
mod drafts;
mod entering;
mod eval_log;
mod exposed;
mod failure;
mod fetched;
mod files;
pub mod formats;
mod founding;
mod harmless;
mod keyfile;
mod once;
mod out;
mod pages;
mod passed;
mod pilot;
mod plan_file;
mod playbook;
mod plot;
mod progress;
mod query_file;
pub mod refold;
pub mod search;
pub mod verify;
mod width;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::SystemTime;

pub use failure::Failure;
pub use out::Out;

/// Runs one command line; the first argument is the program's name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Asked before parsing, so that a wrong command line is answered in JSON too.
    let json = arguments.iter().any(|argument| argument == "--json");
    let done = args::parse(arguments).and_then(|parsed| match parsed {
        Some(command) => {
            clock::examine(SystemTime::now()).and_then(|()| commands::run(command, Out { json }))
        }
        None => Ok(()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            Out { json }.failed(&failure);
            ExitCode::from(&failure)
        }
    }
}
