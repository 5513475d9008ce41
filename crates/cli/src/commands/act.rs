//! `concordat act` and `concordat why`.

use std::path::Path;
use std::time::Duration;

use concordat_agreement::Level;
use concordat_node::client::{Client, Fault};
use concordat_node::follow::Follower;
use concordat_node::plain::Kind;
use concordat_partnership::act::Attached;
use concordat_partnership::{Act, Refusal};
use concordat_terms::{ActName, Digest, Problem, SeatId};
use concordat_wire::act::typed;
use concordat_wire::api::Receipt;
use serde::Serialize;
use serde_json::{Map, Value};

use super::desk::{answered, failure, open, open_latest};
use crate::args;
use crate::failure::Failure;
use crate::files;
use crate::harmless::line;
use crate::once::Once;
use crate::out::Out;
use crate::width::wrapped;

pub(super) fn run(args: &args::Act, out: Out) -> Result<(), Failure> {
    let act = parse(args.verb, &args.payload)?;
    if let Some(witness) = &args.hand_to {
        return hand_to(args, &act, witness, out);
    }
    let blobs = args.blobs.iter().map(|path| named(&act, path)).collect::<Result<Vec<_>, _>>()?;
    let (_, follower) = open_latest(&args.home)?;
    for bytes in &blobs {
        upload_bytes(&follower, bytes)?;
    }
    let attached = attach(&follower, &args.attach)?;
    submit(&follower, &args.seat, &act, attached.as_ref(), out).map(drop)
}

/// Hands an act to another party's node, because the coordinator does not take it.
fn hand_to(args: &args::Act, act: &Act, name: &str, out: Out) -> Result<(), Failure> {
    let (home, mut follower) = open(&args.home)?;
    let Some(at) = home.config().witnesses.get(name) else {
        let what = format!("the folder's `concordat.toml` names no witness `{name}`");
        let hint =
            "add `[witnesses.NAME]` with `address` and `certificate` of another party's node";
        return Err(Failure::usage("unknown-witness", what, hint));
    };
    // The coordinator may be the one that does not answer: what is here has to do.
    if let Err(fault) = follower.catch_up() {
        out.say(&format!("note: {}", fault.problem().what));
    }
    let certificate = files::bytes(&home.dir().join(&at.certificate), Kind::Certificate)?;
    let client = Client::to(&home, &at.address, &certificate).map_err(failure)?;
    let envelope = follower.sign_act(&args.seat, act).map_err(failure)?;
    let handed = client.hand_in(&envelope).map_err(|fault| answered(&fault))?;
    if handed.logged.is_none() {
        freed(&follower, &client, (name, &handed.id), &envelope, out)?;
    }
    out.answer(&handed, || match handed.logged {
        Some(index) => format!("{}: act {} is logged at {index}", act.name(), handed.id),
        None => format!("{}: act {} waits at `{name}` to be logged", act.name(), handed.id),
    })
}

/// Whether whoever took the act in waits for it no longer already: then the log's key has said why, and the
/// word is this party's to keep, as if the log had told it.
fn freed(
    follower: &Follower,
    client: &Client,
    (name, id): (&str, &Digest),
    envelope: &[u8],
    out: Out,
) -> Result<(), Failure> {
    const ASKED: u32 = 4;
    for _ in 0..ASKED {
        match client.freed_by(id) {
            Ok(Some(word)) => {
                follower.keep_word(envelope, &word).map_err(failure)?;
                return Err(Failure::refused(
                    "refusals-spent",
                    format!(
                        "`{name}` does not wait for act {id}: too many of this party's were refused today"
                    ),
                    "wait until tomorrow; the log's word of it is in `receipts/turned-away` below the store",
                ));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(250)),
            Err(fault) => {
                out.say(&format!("note: {}", fault.problem().what));
                break;
            }
        }
    }
    Ok(())
}

/// A signature that was made elsewhere: its files are uploaded, and the act names them.
pub(super) fn attach(
    follower: &Follower,
    args: &args::Attach,
) -> Result<Option<Attached>, Failure> {
    let (Some(level), Some(signed), Some(report)) = (args.level, &args.signed, &args.report) else {
        return Ok(None);
    };
    if level == Level::Simple {
        let what = "`simple` is the level of a ledger key: nothing is attached for it";
        let hint = "leave `--level`, `--signed` and `--report` out";
        return Err(Failure::usage("level-simple", what, hint));
    }
    let upload = |path: &Path| {
        let bytes = files::bytes(path, Kind::Blob)?;
        upload_bytes(follower, &bytes).map(|()| Digest::of(&bytes))
    };
    Ok(Some(Attached { level, signed: upload(signed)?, report: upload(report)? }))
}

/// Signs an act, has it logged and tells its receipt.
pub(super) fn submit(
    follower: &Follower,
    seat: &SeatId,
    act: &Act,
    attached: Option<&Attached>,
    out: Out,
) -> Result<Receipt, Failure> {
    let receipt = submitted(follower, seat, act, attached)?;
    out.answer(&receipt, || told(&receipt, act.name()))?;
    match &receipt.problem {
        Some(problem) => Err(Failure::Refused(problem.clone())),
        None => Ok(receipt),
    }
}

/// Signs an act and has it logged; the receipt tells whether it was admitted.
pub(super) fn submitted(
    follower: &Follower,
    seat: &SeatId,
    act: &Act,
    attached: Option<&Attached>,
) -> Result<Receipt, Failure> {
    let receipts = match follower.submit_with(seat, act, attached) {
        // A refusal has its place in the log, too.
        Ok(receipts) | Err(Fault::Refused(receipts)) => receipts,
        Err(fault) => return Err(answered(&fault)),
    };
    receipts.receipts.into_iter().next().ok_or_else(|| {
        Failure::fault("no-receipt", "the coordinator gave no receipt", "look at the log")
    })
}

fn told(receipt: &Receipt, act: ActName) -> String {
    let clause = receipt.clause.as_ref();
    let by = clause.map(|clause| format!(" by {clause}")).unwrap_or_default();
    let verdict = if receipt.admitted { "admitted" } else { "refused" };
    format!("{} {} {act}: {verdict}{by}", receipt.index, receipt.time)
}

/// The bytes of a file that the act names by their digest.
fn named(act: &Act, path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = files::bytes(path, Kind::Blob)?;
    let digest = Digest::of(&bytes);
    if act.blobs().contains(&digest) {
        return Ok(bytes);
    }
    let what = format!("the act names no blob `{digest}`, which is `{}`", path.display());
    Err(Failure::usage("blob-not-named", what, "name the file by its SHA-256, as it is now"))
}

/// Hands bytes to the coordinator as a blob.
pub(super) fn upload_bytes(follower: &Follower, bytes: &[u8]) -> Result<(), Failure> {
    let key = &follower.keys().ledger;
    follower.client().put_blob(bytes, key).map(drop).map_err(|fault| answered(&fault))
}

#[derive(Debug, Serialize)]
struct Why {
    act: ActName,
    admissible: bool,
    missing: Vec<Problem>,
}

pub(super) fn why(args: &args::Act, out: Out) -> Result<(), Failure> {
    let act = parse(args.verb, &args.payload)?;
    let (_, mut follower) = open_latest(&args.home)?;
    let refusals = follower.why(&args.seat, &act).map_err(|fault| answered(&fault))?;
    let missing: Vec<Problem> = refusals.iter().map(Refusal::problem).collect();
    let name = act.name();
    let why = Why { act: name, admissible: missing.is_empty(), missing };
    out.answer(&why, || {
        if why.admissible {
            return format!("{name}: nothing stands in its way");
        }
        let lines = why.missing.iter().zip(1..);
        let one = |text: &str| wrapped(&line(text), 3);
        lines
            .map(|(p, n)| one(&format!("{n}. {}", p.what)) + "\n" + &one(&format!("   {}", p.hint)))
            .collect::<Vec<_>>()
            .join("\n")
    })?;
    // Each is told above, and none of them again.
    match why.missing.first() {
        None => Ok(()),
        Some(Problem { code, see, .. }) => Err(Failure::Told(Problem {
            code: code.clone(),
            what: match why.missing.len() {
                1 => format!("`{name}` is not admissible: one thing stands in its way"),
                count => format!("`{name}` is not admissible: {count} things stand in its way"),
            },
            hint: "mend what is listed, from the top".to_owned(),
            see: see.clone(),
        })),
    }
}

/// The act that a person typed.
pub(super) fn parse(verb: ActName, payload: &[String]) -> Result<Act, Failure> {
    let value = match payload {
        [file] if file.starts_with('@') => {
            let path = Path::new(file.strip_prefix('@').unwrap_or(file));
            json(&files::text(path, Kind::Payload)?)?
        }
        [text] if text.trim_start().starts_with('{') => json(text)?,
        fields => {
            let mut all = Map::new();
            for argument in fields {
                let (name, value) = field(argument)?;
                if all.insert(name.clone(), value).is_some() {
                    return Err(twice(&name));
                }
            }
            Value::Object(all)
        }
    };
    typed(verb, value).map_err(|why| {
        let what = format!("the payload of `{verb}` does not fit: {why}");
        Failure::usage("bad-payload", what, "compare it with docs/reference/acts.md")
    })
}

fn json(text: &str) -> Result<Value, Failure> {
    let bad = |e: serde_json::Error| {
        let what = format!("the payload is not a JSON object: {e}");
        Failure::usage("bad-payload", what, "quote it, or write it to a file and name `@FILE`")
    };
    let value = serde_json::from_str::<Map<String, Value>>(text).map_err(bad)?;
    let Once(twice_named) = serde_json::from_str(text).map_err(bad)?;
    match twice_named {
        Some(name) => Err(twice(&name)),
        None => Ok(Value::Object(value)),
    }
}

fn twice(name: &str) -> Failure {
    let what = format!("the field `{name}` is given twice");
    Failure::usage("bad-payload", what, "give each field once")
}

/// `rounds=100`, `purposes=["care"]`, `place=ward`: JSON where it is a number, a truth value, a
/// list or an object, else a text.
fn field(argument: &str) -> Result<(String, Value), Failure> {
    let (name, text) = argument.split_once('=').ok_or_else(|| {
        let what = format!("`{argument}` is neither JSON, nor `@FILE`, nor `field=value`");
        Failure::usage("bad-payload", what, "write `field=value` for each field")
    })?;
    let value = match serde_json::from_str::<Value>(text) {
        // A digest of decimal digits only, or with an exponent, is a text all the same.
        Ok(Value::Number(number)) if number.as_i64().is_none() => Value::String(text.to_owned()),
        Ok(value) => value,
        Err(_) => Value::String(text.to_owned()),
    };
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use concordat_partnership::act::PlaceRegister;

    use super::*;

    #[test]
    fn an_act_is_typed_as_fields_or_as_json() {
        let verb = ActName::PlaceRegister;
        let place = Act::PlaceRegister(PlaceRegister {
            place: "ward".parse().unwrap(),
            class: 2,
            jurisdiction: "US".parse().unwrap(),
        });
        let fields = ["place=ward", "class=2", "jurisdiction=US"].map(str::to_owned);
        assert_eq!(parse(verb, &fields), Ok(place.clone()));
        let json = [r#"{"place":"ward","class":2,"jurisdiction":"US"}"#.to_owned()];
        assert_eq!(parse(verb, &json), Ok(place));
    }

    #[test]
    fn a_file_that_the_act_does_not_name_is_not_uploaded() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("module.md");
        std::fs::write(&file, "a text").unwrap();
        let propose = |text: &[u8]| {
            Act::ModulePropose(concordat_partnership::act::OneModule { module: Digest::of(text) })
        };
        assert_eq!(named(&propose(b"a text"), &file).unwrap(), b"a text");
        let failure = named(&propose(b"another text"), &file).unwrap_err();
        assert_eq!((failure.code(), failure.problem().code.as_str()), (2, "blob-not-named"));
    }

    #[test]
    fn what_does_not_fit_is_bad_usage() {
        let nested = r#"{"place":"ward","class":2,"jurisdiction":["US",{"a":1,"a":2}]}"#;
        let double = r#"{"place":"first","class":2,"place":"second","jurisdiction":"US"}"#;
        let twice = ["place=first", "class=2", "jurisdiction=US", "place=second"];
        for bad in [
            &["place"][..],
            &["{"],
            &["@/nowhere"],
            &["class=2"],
            &["[1]"],
            &[],
            &twice,
            &[double],
            &[nested],
        ] {
            let typed: Vec<String> = bad.iter().map(|text| (*text).to_owned()).collect();
            let failure = parse(ActName::PlaceRegister, &typed).unwrap_err();
            assert_eq!(failure.code(), 2, "{bad:?}");
        }
    }
}
