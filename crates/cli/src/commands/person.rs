//! `concordat person` and `concordat erase`: what a party knows of persons, apart from the log.

use std::collections::BTreeSet;
use std::io::Read as _;

use concordat_node::home::Home;
use concordat_node::people::{Behind, Erased, People};
use concordat_node::plain::Kind;
use concordat_partnership::act::{ErasureGround, PersonErase};
use concordat_partnership::{Act, ErasureRefusal, Refusal};
use concordat_terms::{Digest, MemberId};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::act::submitted;
use super::desk::{answered, failure, open_latest};
use crate::args::{Erase, ErasedFor, Person, PersonCommit, PersonOpen};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

#[derive(Serialize)]
struct Committed {
    member: MemberId,
    label: String,
    commitment: Digest,
}

#[derive(Serialize)]
struct Opened<'a> {
    commitment: Digest,
    label: &'a str,
    value: &'a Value,
}

/// What was erased, and the entry that says so.
#[derive(Serialize)]
struct ErasedNow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    #[serde(flatten)]
    erased: &'a Erased,
}

pub(super) fn run(command: &Person, out: Out) -> Result<(), Failure> {
    match command {
        Person::Commit(args) => commit(args, out),
        Person::Open(args) => open(args, out),
    }
}

fn people(home: &std::path::Path) -> Result<People, Failure> {
    let home = Home::load(home).map_err(failure)?;
    People::open(home.dir()).map_err(failure)
}

fn commit(args: &PersonCommit, out: Out) -> Result<(), Failure> {
    let people = people(&args.home)?;
    let text = Zeroizing::new(if args.value.as_os_str() == "-" {
        let mut text = String::new();
        let read = std::io::stdin().lock().take(1 << 20).read_to_string(&mut text);
        read.map_err(|e| Failure::io("read", &args.value, &e))?;
        text
    } else {
        files::text(&args.value, Kind::Payload)?
    });
    let value = Value::String(text.trim_end_matches(['\r', '\n']).to_owned());
    let commitment = people.commit(&args.member, &args.label, value).map_err(failure)?;
    let committed =
        Committed { member: args.member.clone(), label: args.label.clone(), commitment };
    out.answer(&committed, || commitment.to_string())
}

fn open(args: &PersonOpen, out: Out) -> Result<(), Failure> {
    match people(&args.home)?.behind(&args.commitment).map_err(failure)? {
        Behind::Opening(opening) => {
            let (label, value) = (opening.label(), opening.value());
            let opened = Opened { commitment: args.commitment, label, value };
            out.answer(&opened, || format!("{label}: {}", value.as_str().unwrap_or_default()))
        }
        Behind::Erased(Erased { member, .. }) => {
            let what =
                format!("what was behind `{}` is erased, with all of `{member}`", args.commitment);
            Err(Failure::refused("erased", what, "the log holds as it did: the commitment stays"))
        }
    }
}

pub(super) fn erase(args: &Erase, out: Out) -> Result<(), Failure> {
    let ground = match args.ground {
        ErasedFor::NotNeeded => ErasureGround::NotNeeded,
        ErasedFor::ConsentWithdrawn => ErasureGround::ConsentWithdrawn,
        ErasedFor::Objection => ErasureGround::Objection,
        ErasedFor::Unlawful => ErasureGround::Unlawful,
        ErasedFor::Law => ErasureGround::Law,
    };
    let entry = if args.offline { None } else { erase_in_log(args, ground)? };
    let erased = people(&args.home)?.erase(&args.member, ground).map_err(failure)?;
    out.say("note: what was handed to others in plain text cannot be called back");
    let told = ErasedNow { entry, erased: &erased };
    out.answer(&told, || {
        let count = erased.commitments.len();
        let by = entry.map(|entry| format!(", by entry {entry}")).unwrap_or_default();
        format!("{}: the key is destroyed, and {count} values with it{by}", erased.member)
    })
}

/// Has the log say that what statements name of a person is erased: whoever follows it destroys its
/// copies. Gives the entry; none, where no statement names anything of that person.
fn erase_in_log(args: &Erase, ground: ErasureGround) -> Result<Option<u64>, Failure> {
    let kept = people(&args.home)?.commitments(&args.member).map_err(failure)?;
    if kept.is_empty() {
        return Ok(None);
    }
    let (_, mut follower) = open_latest(&args.home)?;
    let state = follower.state();
    let held = kept.iter().find_map(|paper| Some((*paper, state.held_paper(paper)?)));
    if let Some((paper, hold)) = held {
        let refusal: Refusal = ErasureRefusal::PaperHeld { paper, hold }.into();
        return Err(Failure::Refused(refusal.problem()));
    }
    let named = |paper: &&Digest| state.paper(paper).is_some() && state.erased(paper).is_none();
    let papers: BTreeSet<Digest> = kept.iter().filter(named).copied().collect();
    if papers.is_empty() {
        return Ok(None);
    }
    let Some(seat) = &args.seat else {
        let what = format!("statements name {} commitments of `{}`", papers.len(), args.member);
        let hint = "say for which seat it is signed (`--seat`), so that the log says it too";
        return Err(Failure::usage("seat-missing", what, hint));
    };
    let act = Act::PersonErase(PersonErase { papers, ground, request: args.request });
    let receipt = submitted(&follower, seat, &act, None)?;
    if let Some(problem) = receipt.problem {
        return Err(Failure::Refused(problem));
    }
    follower.catch_up().map_err(|fault| answered(&fault))?;
    Ok(Some(receipt.index))
}
