//! `concordat serve`: the coordinator, until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use concordat_coordinator::{Config, Console, Coordinator, Running, Settings, Standby};
use concordat_node::client::Client;
use concordat_node::plain::Kind;
use concordat_terms::Digest;
use concordat_tlog::SigningKey;
use serde::Serialize;

use super::desk::{answered, failure};
use crate::args::Serve;
use crate::entering::Entering;
use crate::failure::Failure;
use crate::founding::Founding;
use crate::out::Out;
use crate::{files, keyfile};

#[derive(Debug, Serialize)]
struct Listening {
    listening: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<String>,
    certificate: String,
    /// `writes`, or `reads along` while another does.
    does: &'static str,
}

/// How often one that reads along looks whether it is told to stop.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn run(args: &Serve, out: Out) -> Result<(), Failure> {
    if let Some(path) = &args.founding {
        take_over(&args.home, path)?;
    }
    require_home(&args.home)?;
    super::trace();
    let (told, stop) = channel();
    // Before anything is started: a signal that comes early is not lost.
    super::on_interrupt(move || {
        // Told twice, the second goes nowhere.
        told.send(()).ok();
    })?;
    let running = loop {
        match Coordinator::start(config(args)) {
            Ok(running) => break running,
            Err(leased) if leased.code == "store-leased" => {
                out.say(&format!("another coordinator writes: {}", leased.what));
                if !stands_by(args, &stop, out)? {
                    return Ok(());
                }
            }
            Err(problem) => return Err(failure(problem)),
        }
    };
    listening(args, (running.addr, running.console), "writes", out)?;
    if let Some(path) = &args.founding {
        // Whoever cannot be brought in now can sign later: the log goes on.
        if let Err(failure) = enter(&running, path, out) {
            out.failed(&failure);
        }
    }
    // Ends too when nobody can tell any more.
    stop.recv().ok();
    out.say("stopping");
    running.stop();
    Ok(())
}

fn config(args: &Serve) -> Config {
    let mut config = Config::new(&args.home);
    let banner = args.banner.clone();
    config.console = args.console.0.map(|listen| Console {
        listen,
        pages: Box::new(|view| crate::pages::mount(view, banner)),
    });
    // Who cannot write reads along meanwhile.
    config.waits = false;
    config
}

fn listening(
    args: &Serve,
    (addr, console): (SocketAddr, Option<SocketAddr>),
    does: &'static str,
    out: Out,
) -> Result<(), Failure> {
    let answer = Listening {
        listening: format!("https://{addr}"),
        console: console.map(|addr| format!("https://{addr}")),
        certificate: args.home.join("tls").join("cert.pem").display().to_string(),
        does,
    };
    out.answer(&answer, || {
        let console = answer.console.as_deref().unwrap_or("off");
        let Listening { listening, certificate, .. } = &answer;
        let head = if does == "writes" { "listening" } else { "reading along" };
        format!("{head:<13}{listening}\nconsole      {console}\ncertificate  {certificate}")
    })
}

/// Reads along until nobody writes, or until it is told to stop: then `false`.
fn stands_by(args: &Serve, stop: &Receiver<()>, out: Out) -> Result<bool, Failure> {
    let standby = Standby::start(config(args)).map_err(failure)?;
    listening(args, (standby.addr, standby.console), "reads along", out)?;
    loop {
        if !matches!(stop.try_recv(), Err(TryRecvError::Empty)) {
            out.say("stopping");
            standby.stop();
            return Ok(false);
        }
        if standby.turn_within(LOOK).map_err(failure)? {
            out.say("nobody writes any more: taking over");
            standby.stop();
            return Ok(true);
        }
    }
}

/// Puts the statement where the log begins from, if none is there.
fn take_over(home: &Path, path: &Path) -> Result<(), Failure> {
    let own = home.join(GENESIS);
    let named = Founding::read(path)?;
    if own.symlink_metadata().is_ok() {
        if Founding::read(&own)?.id() == named.id() {
            return Ok(());
        }
        let what = format!("`{}` founds another log than `{}`", own.display(), path.display());
        let hint = "name the statement that this coordinator serves";
        return Err(Failure::usage("other-log", what, hint));
    }
    require_signed(&named, path, &keyfile::sequencer(home)?)?;
    files::write_whole(&own, &files::bytes(path, Kind::Statement)?)
}

/// Brings the founding modules into force, if all founders have signed that they enter.
fn enter(running: &Running, path: &Path, out: Out) -> Result<(), Failure> {
    if Entering::path(path).symlink_metadata().is_err() {
        return Ok(());
    }
    let founding = Founding::read(path)?;
    let entering = Entering::read(path, &founding)?;
    let in_force = |running: &Running| running.view().replica().state().in_force().clone();
    if !in_force(running).is_empty() {
        return Ok(());
    }
    if let [first, ..] = entering.missing(&founding).as_slice() {
        let what = format!("`{first}` has not signed that the modules enter into force");
        let hint = "have it run `concordat sign --enter`, or each party `concordat sign --all`";
        return Err(Failure::refused("missing-signer", what, hint));
    }
    let base = format!("https://{}", running.addr);
    let client = Client::new(&base, running.certificate_pem.as_bytes()).map_err(failure)?;
    for text in entering.file.texts.iter().chain(&entering.file.document) {
        let digest = Digest::of(text.as_bytes());
        let signed = entering
            .file
            .signed
            .values()
            .next()
            .and_then(|first| Some((&first.key, first.texts.get(&digest)?)));
        if let Some((key, signature)) = signed {
            let put = client.put_signed_blob(text.as_bytes(), key, signature);
            put.map_err(|fault| answered(&fault))?;
        }
    }
    let acts = entering.acts()?;
    let receipts = client.submit(&acts).map_err(|fault| answered(&fault))?;
    if let Some(problem) = receipts.receipts.into_iter().find_map(|receipt| receipt.problem) {
        return Err(Failure::Refused(problem));
    }
    let names: Vec<String> = in_force(running).keys().map(ToString::to_string).collect();
    out.say(&format!("in force: {}", names.join(", ")));
    Ok(())
}

/// The folder is a coordinator's: nothing is created in one that is not.
fn require_home(home: &Path) -> Result<(), Failure> {
    if home.metadata().is_ok_and(|found| !found.is_dir()) {
        let what = format!("`{}` is not a folder", home.display());
        return Err(Failure::usage("not-a-folder", what, "name the coordinator's folder"));
    }
    let path = home.join("concordat.toml");
    let text = files::text(&path, Kind::Configuration)?;
    Settings::parse(&text, &path).map_err(Failure::Usage)?;
    let path = home.join(GENESIS);
    let founding = Founding::read(&path)?;
    require_signed(&founding, &path, &keyfile::sequencer(home)?)
}

/// Where a coordinator's log begins from.
const GENESIS: &str = "genesis.dsse";

/// All have signed, and this coordinator is the one that they named.
fn require_signed(founding: &Founding, path: &Path, key: &SigningKey) -> Result<(), Failure> {
    if let [first, ..] = founding.missing().as_slice() {
        let what = format!("`{}` is not signed by `{first}`", path.display());
        return Err(Failure::usage("missing-signer", what, "have it signed by all founders"));
    }
    if founding.genesis.sequencer == key.public().to_string() {
        return Ok(());
    }
    let what = format!("`{}` names another key to order the log than this one", path.display());
    let hint = "put the statement there that was written for this coordinator";
    Err(Failure::usage("keys-not-named", what, hint))
}
