//! `concordat witness`: watches logs of others.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use concordat_coordinator::machine_clock;
use concordat_front::{Folder, Limits};
use concordat_node::plain::Kind as File;
use concordat_replay::log_key;
use concordat_store::Store;
use concordat_terms::Problem;
use concordat_tlog::vkey::{Key, Kind, NotAName};
use concordat_tlog::{PqSigningKey, SigningKey, Vkey};
use concordat_witness::{Book, Config, Cosigner, start};
use serde::{Deserialize, Serialize};

use super::desk::failure;
use crate::args::{Witness, WitnessCommand, WitnessNew};
use crate::failure::Failure;
use crate::files;
use crate::founding::Founding;
use crate::out::Out;

/// The file that says what is watched.
const FILE: &str = "witness.toml";

/// What it says; unknown keys are rejected.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The name on cosignatures.
    name: String,
    /// Where it listens.
    listen: SocketAddr,
    /// Logs by their keys.
    logs: Vec<Vkey>,
}

#[derive(Debug, Serialize)]
struct Keys {
    name: String,
    /// Ed25519, and ML-DSA-44.
    vkeys: Vec<Vkey>,
}

#[derive(Debug, Serialize)]
struct Listening {
    listening: String,
    certificate: String,
}

pub(super) fn run(args: &Witness, out: Out) -> Result<(), Failure> {
    match (&args.command, &args.home) {
        (Some(WitnessCommand::New(args)), _) => new(args, out),
        (None, Some(home)) => watch(home, out),
        (None, None) => {
            Err(Failure::usage("usage", "`--home` is missing", "run `concordat witness --help`"))
        }
    }
}

fn new(args: &WitnessNew, out: Out) -> Result<(), Failure> {
    let path = args.home.join(FILE);
    if path.symlink_metadata().is_ok() {
        let what = format!("`{}` is there already", path.display());
        return Err(Failure::usage("home-exists", what, "choose another folder"));
    }
    let mut logs = args.logs.clone();
    for founding in &args.foundings {
        let genesis = Founding::read(founding)?.genesis;
        logs.push(log_key(&genesis).map_err(|why| {
            let what = format!("`{}`: {why}", founding.display());
            Failure::usage("bad-genesis", what, "ask for the statement that founds the log")
        })?);
    }
    let settings = Settings { name: args.name.clone(), listen: args.listen, logs };
    settings.examine(&path)?;
    let folder = Folder::open(&args.home).map_err(failure)?;
    let cosigner = cosigner(&folder, &settings.name)?;
    let shown = Keys { name: args.name.clone(), vkeys: vkeys(&cosigner).map_err(bad_name)? };
    folder.certificate().map_err(failure)?;
    let text = toml::to_string(&settings)
        .map_err(|e| Failure::fault("bad-config", e.to_string(), "tell us what you typed"))?;
    files::write_whole(&path, text.as_bytes())?;
    out.answer(&shown, || {
        let lines = shown.vkeys.iter().fold(String::new(), |mut text, vkey| {
            write!(text, "\nkey   {vkey}").ok();
            text
        });
        format!("name  {}{lines}", shown.name)
    })
}

/// Cosigns until it is told to stop.
fn watch(home: &Path, out: Out) -> Result<(), Failure> {
    let path = home.join(FILE);
    let text = files::text(&path, File::Configuration)?;
    let settings: Settings = toml::from_str(&text).map_err(|e| {
        let what = format!("`{}`: {}", path.display(), e.message());
        Failure::usage("bad-config", what, "compare it with docs/reference/witness.md")
    })?;
    settings.examine(&path)?;
    super::trace();
    let (told, stop) = channel();
    // Before anything is started: a signal that comes early is not lost.
    super::on_interrupt(move || {
        // Told twice, the second goes nowhere.
        told.send(()).ok();
    })?;
    let folder = Folder::open(home).map_err(failure)?;
    let cosigner = cosigner(&folder, &settings.name)?;
    let config = Config {
        listen: settings.listen,
        file: FILE.to_owned(),
        certificate: folder.certificate().map_err(failure)?,
        limits: Limits::default(),
        clock: Arc::new(machine_clock),
    };
    let book = || {
        let store = Store::open(&home.join("store")).map_err(|fault| fault.problem())?;
        Ok::<_, Problem>(Book::new(store, cosigner, settings.logs))
    };
    let running = start(config, book).map_err(failure)?;
    let answer = Listening {
        listening: format!("https://{}", running.addr),
        certificate: home.join("tls").join("cert.pem").display().to_string(),
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

impl Settings {
    /// A witness is another than the logs that it watches, and watches logs.
    fn examine(&self, path: &Path) -> Result<(), Failure> {
        let bad = |what: String, hint: &str| Failure::usage("bad-config", what, hint);
        if self.logs.is_empty() {
            let what = format!("`{}` names no log", path.display());
            return Err(bad(what, "name the key of each log that is watched"));
        }
        for log in &self.logs {
            if log.key().kind() != Kind::Log {
                let what = format!("the key of `{}` is a witness's and not a log's", log.name());
                return Err(bad(what, "ask the log's operator for the key of its checkpoints"));
            }
            if log.name() == self.name {
                let what = format!("`{}` is the name of a log that it watches", self.name);
                return Err(bad(what, "give the witness a name of its own"));
            }
        }
        Ok(())
    }
}

fn cosigner(folder: &Folder, name: &str) -> Result<Cosigner, Failure> {
    let key = SigningKey::from_seed(&*folder.seed("witness").map_err(failure)?);
    let pq = PqSigningKey::from_seed(&*folder.seed("witness-ml-dsa-44").map_err(failure)?);
    Ok(Cosigner { name: name.to_owned(), key, pq })
}

fn vkeys(cosigner: &Cosigner) -> Result<Vec<Vkey>, NotAName> {
    let classic = Vkey::new(&cosigner.name, Key::Witness(cosigner.key.public()))?;
    Ok(vec![classic, Vkey::new(&cosigner.name, Key::PqWitness(cosigner.pq.public()))?])
}

fn bad_name(why: NotAName) -> Failure {
    let hint = "choose a name like `witness.example/w1`: no spaces, no `+`";
    Failure::usage("bad-name", why.to_string(), hint)
}
