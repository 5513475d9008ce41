//! The commands, a file each.

mod act;
mod aggregator;
mod attest;
mod backup;
mod bench;
mod bisect;
mod check;
mod data;
mod desk;
mod diff;
mod doctor;
mod evidence;
mod export;
mod found;
mod history;
mod key;
mod log;
mod look;
mod model;
mod new;
mod node;
mod pack;
mod part;
mod person;
mod places;
mod predict;
mod query;
mod refusals;
mod render;
mod run;
mod search;
mod series;
mod serve;
mod sign;
mod status;
mod trace;
mod verify;
mod views;
mod witness;

use tracing_subscriber::EnvFilter;

pub(crate) use self::node::{Since, noted};

use crate::args::Command;
use crate::failure::Failure;
use crate::out::{Out, coloured};

/// Does what was asked.
pub(crate) fn run(command: Command, out: Out) -> Result<(), Failure> {
    match command {
        Command::Pilot(args) => crate::pilot::run(&args, out),
        Command::Evidence(command) => evidence::run(&command, out),
        Command::New(args) => new::run(&args, out),
        Command::Pack(command) => pack::run(&command, out),
        Command::Check(args) => check::run(&args, out),
        Command::Bench(command) => bench::run(&command, out),
        Command::Diff(args) => diff::run(&args, out),
        Command::Render(args) => render::run(&args, out),
        Command::Key(command) => key::run(&command, out),
        Command::Found(args) => found::run(&args, out),
        Command::Sign(args) => sign::run(&args, out),
        Command::Act(args) => act::run(&args, out),
        Command::Why(args) => act::why(&args, out),
        Command::Status(args) => status::run(&args, out),
        Command::Duties(args) => views::duties(&args, out),
        Command::Decisions(args) => views::decisions(&args, out),
        Command::Catalog(args) => views::catalog(&args, out),
        Command::Trace(args) => trace::run(&args, out),
        Command::Cases(args) => views::cases(&args, out),
        Command::Risks(args) => views::risks(&args, out),
        Command::Places(args) => places::run(&args, out),
        Command::Refusals(args) => refusals::run(&args, out),
        Command::Series(args) => series::run(&args, out),
        Command::Budget(args) => views::budget(&args, out),
        Command::Matrix(args) => views::matrix(&args, out),
        Command::Value(args) => views::value(&args, out),
        Command::Search(args) => search::run(&args, out),
        Command::History(args) => history::run(&args, out),
        Command::Log(args) => log::run(&args, out),
        Command::Serve(args) if args.aggregator => aggregator::run(&args, out),
        Command::Serve(args) => serve::run(&args, out),
        Command::Backup(args) => backup::run(&args, out),
        Command::Restore(args) => backup::restore(&args, out),
        Command::Person(command) => person::run(&command, out),
        Command::Erase(args) => person::erase(&args, out),
        Command::Node(args) => node::run(&args, out),
        Command::Data(command) => data::run(&command, out),
        Command::Witness(args) => witness::run(&args, out),
        Command::Run(command) => run::run(&command, out),
        Command::Query(command) => query::run(&command, out),
        Command::Predict(args) => predict::run(&args, out),
        Command::Model(command) => model::run(&command, out),
        Command::Export(args) => export::run(&args, out),
        Command::Attest(args) => attest::run(&args, out),
        Command::Verify(args) => verify::run(&args, out),
        Command::Bisect(args) => bisect::run(&args, out),
    }
}

/// What services tell their operator goes to stderr; `RUST_LOG` says how much.
fn trace() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let told = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(coloured());
    // Somebody who calls this library may have one of his own.
    told.with_writer(std::io::stderr).try_init().ok();
}

/// Does something once when the process is interrupted or told to end.
pub(crate) fn on_interrupt(act: impl Fn() + Send + Sync + 'static) -> Result<(), Failure> {
    let act = std::sync::Arc::new(act);
    if std::env::args_os().any(|argument| argument == "--until-input-ends") {
        let act = act.clone();
        std::thread::spawn(move || {
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
            act();
        });
    }
    ctrlc::set_handler(move || act()).map_err(|e| {
        let hint = "check the operating system's limits";
        Failure::fault("no-signal-handler", format!("signals cannot be caught: {e}"), hint)
    })
}
