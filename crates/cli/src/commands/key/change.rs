//! Keys that come, go and take each other's place: by acts, and in the party's folder.

use std::path::{Path, PathBuf};

use concordat_node::client::Fault;
use concordat_node::follow::Follower;
use concordat_node::home::WITNESS_PQ;
use concordat_node::home::change::{
    Which, key_file, promote, read_key, read_or_draw, read_or_draw_export, read_or_draw_pq,
};
use concordat_partnership::{Act, act, commitment, key_id};
use concordat_replay::{cosigner, key_proof, vkey_id};
use concordat_terms::{Digest, KeyId, Problem};
use concordat_tlog::vkey::Key as Cosigns;
use concordat_tlog::{SigningKey, Vkey};
use concordat_wire::api::Receipt;
use serde::Serialize;

use super::super::desk::{answered, failure, open_latest};
use crate::args::{KeyCommit, KeyCompromise, KeyFor, KeyRegister, KeyRevoke, KeyRotate};
use crate::failure::Failure;
use crate::out::Out;

/// What became of an act about keys.
#[derive(Debug, Serialize)]
struct Done {
    /// The key that it is about, or that it brought.
    key: KeyId,
    #[serde(flatten)]
    receipt: Receipt,
}

pub(super) fn commit(args: &KeyCommit, out: Out) -> Result<(), Failure> {
    let (_, follower) = open_latest(&args.home)?;
    let file = args.next.clone().unwrap_or_else(|| key_file(&args.home, NEXT));
    let next = read_or_draw(&file).map_err(failure)?;
    let own = &follower.keys().ledger;
    let act = act::KeyCommit { key: id(own)?, next: digest(&next)? };
    let key = act.key.clone();
    submit(&follower, &[own], &Act::KeyCommit(act), key, out)?;
    out.say(&format!(
        "note: keep `{}` where the party's other keys are not, and a copy of it elsewhere",
        file.display()
    ));
    Ok(())
}

pub(super) fn rotate(args: &KeyRotate, out: Out) -> Result<(), Failure> {
    if args.witness {
        return rotate_witness(args, out);
    }
    let file = args.next.clone().unwrap_or_else(|| key_file(&args.home, NEXT));
    if args.lost && key_file(&args.home, Which::Ledger.name()).symlink_metadata().is_err() {
        // Without a key there is no folder to work from.
        promote(&args.home, Which::Ledger, &file).map_err(failure)?;
    }
    let (_, follower) = open_latest(&args.home)?;
    let next = if args.lost { read_key(&file) } else { read_or_draw(&file) }.map_err(failure)?;
    let state = follower.state();
    let known = state.members().get(follower.party()).map(|member| member.key.clone());
    let new = id(&next)?;
    if known.as_ref() == Some(&new) {
        // The act was logged, and then something stopped the command.
        return finish(&args.home, Which::Ledger, &file, out);
    }
    let own = &follower.keys().ledger;
    let old = match (args.lost, known) {
        (true, Some(known)) => known,
        _ => id(own)?,
    };
    if args.lost && follower.state().holder(&old).map(|key| key.next) != Some(Some(digest(&next)?))
    {
        let what = format!("`{}` is not the key that `{old}` was committed to", file.display());
        let hint = "name the file that `key commit` or `--then` wrote; without one the others give the party \
                    another key (`key recover`)";
        return Err(Failure::usage("not-committed-to", what, hint));
    }
    let then = args.then.as_ref().map(|file| read_or_draw(file)).transpose().map_err(failure)?;
    let act = act::KeyRotate {
        until: args.until,
        next: then.as_ref().map(digest).transpose()?,
        ..act::KeyRotate::of(old, next.public().to_string())
    };
    let signers: &[&SigningKey] = if args.lost { &[&next] } else { &[own, &next] };
    submit(&follower, signers, &Act::KeyRotate(act), new, out)?;
    drop(follower);
    finish(&args.home, Which::Ledger, &file, out)
}

fn rotate_witness(args: &KeyRotate, out: Out) -> Result<(), Failure> {
    let (_, follower) = open_latest(&args.home)?;
    let file = args.next.clone().unwrap_or_else(|| key_file(&args.home, NEXT_WITNESS));
    let next = read_or_draw(&file).map_err(failure)?;
    let public = next.public().to_string();
    let known = follower.state().members().get(follower.party());
    if known.is_some_and(|member| member.witness == public) {
        return finish(&args.home, Which::Witness, &file, out);
    }
    let proof = next.sign(&binding(&follower, act::KeyUse::Cosigning, &public)?);
    let act = act::KeyRotate {
        proof: Some(hex::encode(proof)),
        ..act::KeyRotate::of(id(&follower.keys().witness)?, public)
    };
    let own = &follower.keys().ledger;
    submit(&follower, &[own], &Act::KeyRotate(act), id(&next)?, out)?;
    drop(follower);
    finish(&args.home, Which::Witness, &file, out)
}

/// The new key takes the other's place in the folder, too.
fn finish(home: &Path, which: Which, file: &Path, out: Out) -> Result<(), Failure> {
    promote(home, which, file).map_err(failure)?;
    // A copy elsewhere stays; here the key has its own file now.
    if [NEXT, NEXT_WITNESS].iter().any(|name| key_file(home, name) == file) {
        std::fs::remove_file(file).map_err(|e| Failure::io("remove", file, &e))?;
    }
    out.say("note: the new key is in its place in `keys`; start the node anew");
    Ok(())
}

pub(super) fn register(args: &KeyRegister, out: Out) -> Result<(), Failure> {
    let (_, follower) = open_latest(&args.home)?;
    let file =
        |name: &str| -> PathBuf { args.file.clone().unwrap_or_else(|| key_file(&args.home, name)) };
    let own = &follower.keys().ledger;
    let member = args.member.clone();
    let act = |key, used, proof: Option<Vec<u8>>| {
        let (next, proof) = (None, proof.map(hex::encode));
        act::KeyRegister { key, used, member, next, proof }
    };
    let (act, key, signs) = match args.used {
        KeyFor::Acts => {
            let further = read_or_draw(&file("further.key")).map_err(failure)?;
            let key = id(&further)?;
            (act(further.public().to_string(), act::KeyUse::Acts, None), key, Some(further))
        }
        KeyFor::Exports => {
            let key = read_or_draw_export(&file("export.key")).map_err(failure)?;
            let public = key.public().to_string();
            let proof = key.sign(&binding(&follower, act::KeyUse::Exports, &public)?);
            let id = key_id(&public).ok_or_else(no_id)?;
            (act(public, act::KeyUse::Exports, Some(proof)), id, None)
        }
        KeyFor::Cosigning => {
            let key = read_or_draw_pq(&file(WITNESS_PQ)).map_err(failure)?;
            let genesis = follower.state().genesis().ok_or_else(no_id)?;
            let name = cosigner(&genesis.origin, follower.party());
            let vkey = Vkey::new(&name, Cosigns::PqWitness(key.public())).map_err(|_| no_id())?;
            let public = vkey.to_string();
            let proof = key.sign(&binding(&follower, act::KeyUse::Cosigning, &public)?);
            let proof = proof.map_err(|_| no_id())?.to_vec();
            let id = vkey_id(&vkey).ok_or_else(no_id)?;
            (act(public, act::KeyUse::Cosigning, Some(proof)), id, None)
        }
    };
    let signers: Vec<&SigningKey> = std::iter::once(own).chain(signs.as_ref()).collect();
    submit(&follower, &signers, &Act::KeyRegister(act), key, out)?;
    if args.used == KeyFor::Cosigning {
        out.say(&match &args.file {
            Some(_) => format!("note: a node cosigns with `keys/{WITNESS_PQ}` of its folder"),
            None => "note: start the node anew: it cosigns with this key, too".to_owned(),
        });
    }
    Ok(())
}

pub(super) fn revoke(args: &KeyRevoke, out: Out) -> Result<(), Failure> {
    let (_, follower) = open_latest(&args.home)?;
    let act = Act::KeyRevoke(act::KeyRevoke { key: args.key.clone() });
    submit(&follower, &[&follower.keys().ledger], &act, args.key.clone(), out)
}

pub(super) fn compromise(args: &KeyCompromise, out: Out) -> Result<(), Failure> {
    let (_, follower) = open_latest(&args.home)?;
    let act = act::KeyCompromise { key: args.key.clone(), since: args.since };
    let (own, key) = (&follower.keys().ledger, args.key.clone());
    submit(&follower, &[own], &Act::KeyCompromise(act), key, out)
}

/// Has an act logged that these keys sign, and tells its receipt.
fn submit(
    follower: &Follower,
    keys: &[&SigningKey],
    act: &Act,
    key: KeyId,
    out: Out,
) -> Result<(), Failure> {
    let receipts = match follower.submit_by(keys, act) {
        // A refusal has its place in the log, too.
        Ok(receipts) | Err(Fault::Refused(receipts)) => receipts,
        Err(fault) => return Err(answered(&fault)),
    };
    let receipt = receipts.receipts.into_iter().next().ok_or_else(|| {
        Failure::fault("no-receipt", "the coordinator gave no receipt", "look at the log")
    })?;
    let problem: Option<Problem> = receipt.problem.clone();
    let done = Done { key, receipt };
    out.answer(&done, || {
        let Done { key, receipt } = &done;
        let verdict = if receipt.admitted { "admitted" } else { "refused" };
        format!("{} {} {}: {verdict}\nkey {key}", receipt.index, receipt.time, act.name())
    })?;
    problem.map_or(Ok(()), |problem| Err(Failure::Refused(problem)))
}

/// What a key that signs no acts signs so as to show that it is this party's.
fn binding(follower: &Follower, used: act::KeyUse, key: &str) -> Result<Vec<u8>, Failure> {
    let log = follower.state().log().ok_or_else(no_id)?;
    Ok(key_proof(log, follower.party(), used, key))
}

fn id(key: &SigningKey) -> Result<KeyId, Failure> {
    key_id(&key.public().to_string()).ok_or_else(no_id)
}

fn digest(key: &SigningKey) -> Result<Digest, Failure> {
    commitment(&key.public().to_string()).ok_or_else(no_id)
}

fn no_id() -> Failure {
    Failure::usage("bad-key", "the key has no id in this log", "draw a new key")
}

const NEXT: &str = "next.key";
const NEXT_WITNESS: &str = "witness-next.key";
