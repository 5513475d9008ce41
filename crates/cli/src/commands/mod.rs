//! The commands, a file each.

mod act;
mod check;
mod desk;
mod export;
mod found;
mod key;
mod log;
mod node;
mod run;
mod serve;
mod sign;
mod status;
mod verify;

use crate::args::Command;
use crate::failure::Failure;
use crate::out::Out;

/// Does what was asked.
pub(crate) fn run(command: Command, out: Out) -> Result<(), Failure> {
    match command {
        Command::Check(args) => check::run(&args, out),
        Command::Key(command) => key::run(&command, out),
        Command::Found(args) => found::run(&args, out),
        Command::Sign(args) => sign::run(&args, out),
        Command::Act(args) => act::run(&args, out),
        Command::Why(args) => act::why(&args, out),
        Command::Status(args) => status::run(&args, out),
        Command::Log(args) => log::run(&args, out),
        Command::Serve(args) => serve::run(&args, out),
        Command::Node(args) => node::run(&args, out),
        Command::Run(command) => run::run(&command, out),
        Command::Export(args) => export::run(&args, out),
        Command::Verify(args) => verify::run(&args, out),
    }
}

/// Does something once when the process is interrupted or told to end.
fn on_interrupt(mut act: impl FnMut() + Send + 'static) -> Result<(), Failure> {
    ctrlc::set_handler(move || act()).map_err(|e| {
        let hint = "check the operating system's limits";
        Failure::fault("no-signal-handler", format!("signals cannot be caught: {e}"), hint)
    })
}
