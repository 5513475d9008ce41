//! `concordat serve`: the coordinator, until it is told to stop.

use std::sync::mpsc::channel;

use concordat_coordinator::{Config, Coordinator};
use serde::Serialize;

use super::desk::failure;
use crate::args::Serve;
use crate::failure::Failure;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Listening {
    listening: String,
    certificate: String,
}

pub(super) fn run(args: &Serve, out: Out) -> Result<(), Failure> {
    super::trace();
    let (told, stop) = channel();
    // Before anything is started: a signal that comes early is not lost.
    super::on_interrupt(move || {
        // Told twice, the second goes nowhere.
        told.send(()).ok();
    })?;
    let mut config = Config::new(&args.home);
    let banner = args.banner.clone();
    config.extra = Some(Box::new(|view| crate::pages::mount(view, banner)));
    let running = Coordinator::start(config).map_err(failure)?;
    let answer = Listening {
        listening: format!("https://{}", running.addr),
        certificate: args.home.join("tls").join("cert.pem").display().to_string(),
    };
    out.answer(&answer, || {
        format!("listening    {}\ncertificate  {}", answer.listening, answer.certificate)
    })?;
    // Ends too when nobody can tell any more.
    stop.recv().ok();
    out.say("stopping");
    running.stop();
    Ok(())
}
