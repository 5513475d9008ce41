//! `concordat person` and `concordat erase`: what a party knows of persons, apart from the log.

use std::io::Read as _;

use concordat_node::home::Home;
use concordat_node::people::{Behind, Erased, Ground, People};
use concordat_node::plain::Kind;
use concordat_terms::{Digest, MemberId};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::desk::failure;
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
        ErasedFor::NotNeeded => Ground::NotNeeded,
        ErasedFor::ConsentWithdrawn => Ground::ConsentWithdrawn,
        ErasedFor::Objection => Ground::Objection,
        ErasedFor::Unlawful => Ground::Unlawful,
        ErasedFor::Law => Ground::Law,
    };
    let erased = people(&args.home)?.erase(&args.member, ground).map_err(failure)?;
    out.say("note: what was handed to others in plain text cannot be called back");
    out.answer(&erased, || {
        let count = erased.commitments.len();
        format!("{}: the key is destroyed, and {count} values with it", erased.member)
    })
}
