//! `concordat sign`: a founding statement, or modules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use concordat_node::follow::Follower;
use concordat_node::home::{Config, Home, Keys, NodeConfig};
use concordat_node::plain::Kind;
use concordat_partnership::act::{ModuleEnter, OneModule};
use concordat_partnership::{Act, SIGNATORY};
use concordat_terms::{Digest, SeatId};
use concordat_tlog::SigningKey;
use serde::Serialize;

use super::act::{submit, upload_bytes};
use super::desk::{failure, open_latest};
use super::key;
use crate::args::Sign;
use crate::entering::Entering;
use crate::failure::Failure;
use crate::founding::Founding;
use crate::out::Out;
use crate::{files, keyfile};

pub(super) fn run(args: &Sign, out: Out) -> Result<(), Failure> {
    let (statements, modules): (Vec<&PathBuf>, Vec<&PathBuf>) =
        args.files.iter().partition(|file| file.extension().is_some_and(|e| e == "dsse"));
    match (statements.as_slice(), modules.is_empty() && args.all.is_none()) {
        ([statement], true) => founding(args, statement, out),
        ([], _) if !args.sequencer => sign_modules(args, &modules, out),
        _ => Err(Failure::usage(
            "usage",
            "one founding statement, or modules, can be signed at a time",
            "run `concordat sign --help`",
        )),
    }
}

#[derive(Debug, Serialize)]
struct Founded {
    log: Digest,
    missing: Vec<String>,
}

fn founding(args: &Sign, path: &Path, out: Out) -> Result<(), Failure> {
    let mut founding = Founding::read(path)?;
    if let Some(dir) = &args.agreement {
        compare(&founding, dir)?;
    }
    let key = if args.sequencer {
        let key = keyfile::sequencer(&args.home)?;
        own(founding.genesis.sequencer == key.public().to_string(), "sequencer")?;
        key
    } else {
        party_key(args, &founding, out)?
    };
    founding.sign(&key)?;
    if args.enter {
        enter(args, &founding, path, out)?;
    }
    founding.write(path)?;
    let founded = Founded { log: founding.id(), missing: founding.missing() };
    out.answer(&founded, || match founded.missing.as_slice() {
        [] => format!("log {}: signed by all", founded.log),
        missing => format!("log {}: still to be signed by {}", founded.log, missing.join(", ")),
    })
}

/// Signs the modules, too, so that they enter into force when the log begins; and notes in the
/// folder of the party where the log will be.
fn enter(args: &Sign, founding: &Founding, path: &Path, out: Out) -> Result<(), Failure> {
    if args.agreement.is_none() || args.sequencer {
        let what = "with `--enter` a founder signs the modules, too";
        let hint = "name the folder with your own texts of them: `--agreement FOLDER`";
        return Err(Failure::usage("usage", what, hint));
    }
    let mut entering = Entering::read(path)?;
    let keys = Keys::load(&args.home).map_err(failure)?;
    let ledger = keys.ledger.public().to_string();
    let mine = founding.genesis.parties.iter().find(|(_, founder)| founder.key == ledger);
    let Some((party, _)) = mine else { return own(false, "party") };
    entering.sign(founding, party, &keys)?;
    entering.write(path)?;
    if Config::read(&args.home).is_err_and(|problem| problem.code == "no-such-file") {
        let certificate = PathBuf::from("coordinator.pem");
        files::write_whole(&args.home.join(&certificate), entering.certificate.as_bytes())?;
        let config = Config {
            party: party.clone(),
            log: founding.id(),
            coordinator: entering.coordinator.clone(),
            certificate,
            datasets: BTreeMap::new(),
            node: NodeConfig::default(),
        };
        Home::create(&args.home, config).map_err(failure)?;
        out.say(&format!("note: `{party}` follows the log at {}", entering.coordinator));
    }
    Ok(())
}

/// A founder signs only a statement that names its own two keys under its own name, over modules
/// that it has seen.
fn party_key(args: &Sign, founding: &Founding, out: Out) -> Result<SigningKey, Failure> {
    let keys = Keys::load(&args.home).map_err(failure)?;
    let (ledger, witness) = (keys.ledger.public().to_string(), keys.witness.public().to_string());
    let mut founders = founding.genesis.parties.iter();
    let mine = founders.find(|(_, f)| f.key == ledger && f.witness == witness);
    own(mine.is_some(), "party")?;
    match (mine, key::named(&args.home)?) {
        (Some((given, _)), Some(name)) if *given != name => {
            return Err(Failure::refused(
                "keys-of-another-name",
                format!("the founding statement gives the keys of `{name}` to `{given}`"),
                "have the statement written anew, each party with its own keys",
            ));
        }
        (Some((given, _)), None) => out.say(&format!("note: signs as `{given}`")),
        _ => {}
    }
    if args.agreement.is_none() {
        out.say("note: no `--agreement` was given: the modules were not compared with your own");
    }
    Ok(keys.ledger)
}

fn own(named: bool, who: &str) -> Result<(), Failure> {
    if named {
        return Ok(());
    }
    Err(Failure::refused(
        "keys-not-named",
        format!("the founding statement does not name the keys of this {who}"),
        "have the statement written anew with `concordat key show --json`",
    ))
}

/// The statement founds the log on exactly the modules that the signer has before it.
fn compare(founding: &Founding, dir: &Path) -> Result<(), Failure> {
    let mut own = BTreeMap::new();
    for (path, bytes) in files::modules(dir)? {
        own.insert(Digest::of(&bytes), path);
    }
    let named = &founding.genesis.modules;
    if let Some((_, path)) = own.iter().find(|(digest, _)| !named.contains(*digest)) {
        let what = format!("the founding statement does not name `{}` as it is", path.display());
        return Err(Failure::refused("modules-differ", what, "compare your text with the others'"));
    }
    match named.iter().find(|digest| !own.contains_key(*digest)) {
        Some(other) => Err(Failure::refused(
            "modules-differ",
            format!("the founding statement names module `{}`, which is not yours", other.short()),
            "have the module sent to you, and read it",
        )),
        None => Ok(()),
    }
}

fn sign_modules(args: &Sign, named: &[&PathBuf], out: Out) -> Result<(), Failure> {
    let mut texts: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    if let Some(dir) = &args.all {
        texts.extend(files::modules(dir)?);
    }
    for path in named {
        texts.insert((*path).clone(), files::bytes(path, Kind::Module)?);
    }
    for (path, bytes) in &texts {
        files::module(path, bytes).map_err(|found| files::unreadable(&found))?;
    }
    let (_, mut follower) = open_latest(&args.home)?;
    let seat = signatory()?;
    let mut digests = BTreeSet::new();
    for bytes in texts.values() {
        sign_one(&mut follower, &seat, bytes, out)?;
        digests.insert(Digest::of(bytes));
    }
    if args.enter {
        submit(&follower, &seat, &Act::ModuleEnter(ModuleEnter { modules: digests }), out)?;
    }
    Ok(())
}

/// Proposes a module that nobody has proposed, and signs it where this party has to.
fn sign_one(follower: &mut Follower, seat: &SeatId, bytes: &[u8], out: Out) -> Result<(), Failure> {
    let digest = Digest::of(bytes);
    let one = OneModule { module: digest };
    if !follower.state().proposals().contains_key(&digest) {
        upload_bytes(follower, bytes)?;
        submit(follower, seat, &Act::ModulePropose(one.clone()), out)?;
        follower.catch_up().map_err(failure)?;
    }
    let party = follower.party().clone();
    let proposal = follower.state().proposals().get(&digest);
    if proposal.is_some_and(|proposal| proposal.signed.contains(&party)) {
        out.say(&format!("note: `{party}` has signed {} before", digest.short()));
        return Ok(());
    }
    submit(follower, seat, &Act::ModuleSign(one), out)?;
    follower.catch_up().map(drop).map_err(failure)
}

fn signatory() -> Result<SeatId, Failure> {
    SIGNATORY.parse().map_err(|e: concordat_terms::NotAnId| {
        Failure::fault("bad-seat", e.to_string(), "report this with the command that you ran")
    })
}
