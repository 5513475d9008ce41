//! The founding statement: who signs it, and over which texts.

use std::collections::BTreeMap;
use std::path::Path;

use concordat_node::home::Keys;
use concordat_partnership::act::Founder;
use concordat_replay::witness_key;
use concordat_terms::{Digest, PartyId};
use concordat_tlog::SigningKey;
use serde::Serialize;

use super::super::desk::failure;
use super::super::key;
use super::enter::{enter, page};
use super::show::Shown;
use super::whole;
use crate::args::Sign;
use crate::failure::Failure;
use crate::founding::Founding;
use crate::out::Out;
use crate::{files, keyfile};

#[derive(Debug, Serialize)]
struct Founded {
    log: Digest,
    missing: Vec<String>,
}

/// Compares the statement with the texts in hand, and signs it or shows it.
pub(super) fn sign(args: &Sign, path: &Path, out: Out) -> Result<(), Failure> {
    let mut founding = Founding::read(path)?;
    if let Some(dir) = &args.agreement {
        compare(&founding, dir)?;
    }
    if args.show {
        let read = args.agreement.as_ref().filter(|_| args.enter);
        let page = read.map(|dir| page(&whole(dir)?)).transpose()?;
        let shown = Shown::of(&founding, page.map(|page| Digest::of(page.as_bytes())));
        return out.answer(&shown, || shown.told());
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

/// A founder signs only a statement that names its own two keys under its own name, over modules
/// that it has seen.
fn party_key(args: &Sign, founding: &Founding, out: Out) -> Result<SigningKey, Failure> {
    let keys = Keys::load(&args.home).map_err(failure)?;
    let (ledger, witness) = (keys.ledger.public().to_string(), keys.witness.public());
    let origin = &founding.genesis.origin;
    let cosigns = |party: &PartyId, founder: &Founder| {
        let own = witness_key(origin, party, &founder.witness);
        own.is_ok_and(|own| own.key().as_bytes() == witness.as_bytes())
    };
    let mut founders = founding.genesis.parties.iter();
    let mine = founders.find(|(party, f)| f.key == ledger && cosigns(party, f));
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

pub(super) fn own(named: bool, who: &str) -> Result<(), Failure> {
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
