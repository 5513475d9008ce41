//! `concordat serve`: the coordinator, until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::channel;

use concordat_coordinator::{Config, Coordinator};
use concordat_node::plain::Kind;
use concordat_terms::Period;
use serde::{Deserialize, Serialize};

use super::desk::failure;
use crate::args::Serve;
use crate::failure::Failure;
use crate::founding::Founding;
use crate::out::Out;
use crate::{files, keyfile};

#[derive(Debug, Serialize)]
struct Listening {
    listening: String,
    certificate: String,
}

pub(super) fn run(args: &Serve, out: Out) -> Result<(), Failure> {
    require_home(&args.home)?;
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

/// What `concordat.toml` of a coordinator says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the coordinator reads it; here it is only to be well-formed")]
struct Written {
    listen: SocketAddr,
    join_within: Option<Period>,
}

/// The folder is a coordinator's: nothing is created in one that is not.
fn require_home(home: &Path) -> Result<(), Failure> {
    if home.metadata().is_ok_and(|found| !found.is_dir()) {
        let what = format!("`{}` is not a folder", home.display());
        return Err(Failure::usage("not-a-folder", what, "name the coordinator's folder"));
    }
    let path = home.join("concordat.toml");
    let text = files::text(&path, Kind::Configuration)?;
    toml::from_str::<Written>(&text).map_err(|e| {
        let what = format!("`{}` is not a coordinator's: {}", path.display(), e.message());
        Failure::usage("bad-config", what, "write one line: `listen = \"127.0.0.1:7443\"`")
    })?;
    let path = home.join("genesis.dsse");
    let founding = Founding::read(&path)?;
    if let [first, ..] = founding.missing().as_slice() {
        let what = format!("`{}` is not signed by `{first}`", path.display());
        return Err(Failure::usage("missing-signer", what, "have it signed by all founders"));
    }
    let key = keyfile::sequencer(home)?;
    if founding.genesis.sequencer == key.public().to_string() {
        return Ok(());
    }
    let what = format!("`{}` names another key to order the log than this one", path.display());
    let hint = "put the statement there that was written for this coordinator";
    Err(Failure::usage("keys-not-named", what, hint))
}
