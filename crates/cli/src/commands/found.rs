//! `concordat found`: the founding statement, unsigned.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use concordat_agreement::{Agreement, Cited, scenario_findings};
use concordat_coordinator::Home;
use concordat_node::now;
use concordat_node::plain::Kind;
use concordat_partnership::act::{Founder, Genesis, WitnessPolicy};
use concordat_replay::{BadWitnesses, RULES, log_key, witness_key, witness_policy};
use concordat_terms::{Digest, PartyId};
use concordat_tlog::{PublicKey, SigningKey};
use serde::Serialize;

use super::desk::failure;
use super::key::PublicKeys;
use crate::args::Found;
use crate::entering::{Desk, Entering};
use crate::failure::Failure;
use crate::founding::Founding;
use crate::out::Out;
use crate::{files, keyfile};

#[derive(Debug, Serialize)]
struct Written {
    log: Digest,
    file: String,
    to_sign: Vec<String>,
}

pub(super) fn run(args: &Found, out: Out) -> Result<(), Failure> {
    if args.out.exists() {
        return Err(Failure::usage(
            "target-exists",
            format!("`{}` is there already", args.out.display()),
            "name a file that is not there yet",
        ));
    }
    let (proved, modules) = files::proved(&args.agreement)?;
    files::as_written(&scenario_findings(&proved.agreement))?;
    files::as_written(&concordat_replay::scenarios(&proved).findings)?;
    let agreement = proved.agreement;
    let parties = founders(&key_files(args)?, &agreement)?;
    let policy = policy(&agreement)?;
    let desk = args.coordinator.as_deref().map(|dir| coordinator(dir, args.listen)).transpose()?;
    let sequencer = match (&desk, &args.sequencer) {
        (Some((sequencer, _)), _) => sequencer.public().to_string(),
        (None, named) => key(named.as_deref().unwrap_or_default())?,
    };
    let genesis = Genesis {
        origin: args.origin.clone(),
        rules: *RULES,
        time: now(),
        sequencer,
        parties,
        policy,
        modules,
    };
    let unsound =
        |why: BadWitnesses| Failure::usage("bad-founding", why.to_string(), "mend the arguments");
    log_key(&genesis).map_err(unsound)?;
    witness_policy(&genesis).map_err(unsound)?;
    let mut founding = Founding::new(genesis)?;
    if let Some((sequencer, certificate)) = desk {
        founding.sign(&sequencer)?;
        let address = format!("https://{}", args.listen);
        let mut texts = BTreeSet::new();
        for bytes in files::modules(&args.agreement)?.into_values() {
            texts.extend(String::from_utf8(bytes));
        }
        let desk = Desk { address, certificate };
        Entering::new(&founding, &sequencer, desk, texts)?.write(&args.out)?;
    }
    founding.write(&args.out)?;
    let written = Written {
        log: founding.id(),
        file: args.out.display().to_string(),
        to_sign: founding.missing(),
    };
    out.say(&format!("to be signed by {}", written.to_sign.join(", ")));
    out.answer(&written, || format!("log  {}\nfile {}", written.log, written.file))
}

/// The coordinator's folder, made if it is not there: its key and its certificate.
fn coordinator(dir: &Path, listen: SocketAddr) -> Result<(SigningKey, String), Failure> {
    let config = dir.join("concordat.toml");
    if config.symlink_metadata().is_err() {
        fs::create_dir_all(dir).map_err(|e| Failure::io("create the folder", dir, &e))?;
        files::write_whole(&config, format!("listen = \"{listen}\"\n").as_bytes())?;
    }
    let home = Home::prepare(dir).map_err(failure)?;
    if home.settings.listen != listen {
        let what = format!(
            "`{}` says to listen on {}, not {listen}",
            config.display(),
            home.settings.listen
        );
        return Err(Failure::usage("bad-config", what, "name the same address with `--listen`"));
    }
    Ok((keyfile::sequencer(dir)?, home.certificate.pem))
}

/// The files that were named, and those of the folder: `PARTY=FILE` each.
fn key_files(args: &Found) -> Result<Vec<String>, Failure> {
    let mut named = args.parties.clone();
    if let Some(dir) = &args.keys {
        let listed = fs::read_dir(dir).map_err(|e| Failure::io("list", dir, &e))?;
        for item in listed {
            let path = item.map_err(|e| Failure::io("list", dir, &e))?.path();
            if path.extension().is_some_and(|end| end == "json") {
                let party = path.file_stem().unwrap_or_default().to_string_lossy();
                named.push(format!("{party}={}", path.display()));
            }
        }
        named.sort();
    }
    Ok(named)
}

/// Every party of the agreement with its keys, and nobody else.
fn founders(
    arguments: &[String],
    agreement: &Agreement,
) -> Result<BTreeMap<PartyId, Founder>, Failure> {
    let mut founders = BTreeMap::new();
    for argument in arguments {
        let (id, file) = argument.split_once('=').ok_or_else(|| {
            let what = format!("`{argument}` is not `PARTY=FILE`");
            Failure::usage("usage", what, "write `--party alder=alder.json`")
        })?;
        let path = Path::new(file);
        let keys: PublicKeys = serde_json::from_slice(&files::bytes(path, Kind::Statement)?)
            .map_err(|e| {
                let what = format!("`{file}` does not hold public keys: {e}");
                Failure::usage("bad-key-file", what, "have it made by `concordat key show --json`")
            })?;
        if keys.party.as_str() != id {
            let what = format!("`{file}` holds the keys of `{}`, not of `{id}`", keys.party);
            return Err(Failure::usage("bad-key-file", what, "name that party's file"));
        }
        if agreement.party(&keys.party).is_none() {
            let what = format!("`{id}` is no party of the agreement");
            return Err(Failure::usage("unknown-party", what, "leave it out, or add its clause"));
        }
        let (witness, witness_pq) = (witness(&keys.party, &keys.witness)?, keys.witness_pq);
        let witness_pq = witness_pq.map(|text| self::witness(&keys.party, &text)).transpose()?;
        let founder = Founder { key: key(&keys.key)?, witness, witness_pq };
        if founders.insert(keys.party, founder).is_some() {
            let what = format!("`{id}` is named twice");
            return Err(Failure::usage("usage", what, "name each party once"));
        }
    }
    let all = agreement.parties().filter_map(|party| party.id::<PartyId>());
    match all.into_iter().find(|party| !founders.contains_key(party)) {
        Some(party) => Err(Failure::usage(
            "missing-signer",
            format!("the agreement's party `{party}` is missing"),
            format!("add `{party}.json` to the keys, or `--party {party}=FILE`"),
        )),
        None => Ok(founders),
    }
}

/// A text that cosigns checkpoints; under which name, does not matter yet.
fn witness(party: &PartyId, text: &str) -> Result<String, Failure> {
    witness_key("log", party, text).map(|_| text.to_owned()).map_err(|why| {
        let hint = "have its party print its public keys anew (`concordat key show`)";
        Failure::usage("bad-key-file", format!("the witness key of `{party}`: {why}"), hint)
    })
}

fn policy(agreement: &Agreement) -> Result<WitnessPolicy, Failure> {
    let Some(Cited { terms, .. }) = agreement.witnesses() else {
        return Err(Failure::usage(
            "no-witnesses",
            "the agreement does not say who must cosign",
            "add a clause `witnesses = […]`",
        ));
    };
    let witnesses = terms.witnesses.iter().cloned().collect();
    Ok(WitnessPolicy { witnesses, quorum: terms.quorum })
}

fn key(text: &str) -> Result<String, Failure> {
    let key: PublicKey = text.parse().map_err(|e: concordat_tlog::key::NotAKey| {
        Failure::usage("bad-key", e.to_string(), "copy the key from `concordat key show`")
    })?;
    Ok(key.to_string())
}
