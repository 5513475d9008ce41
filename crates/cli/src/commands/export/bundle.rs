//! `concordat export bundle`: a part of the record for somebody who is no party.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use concordat_partnership::{State, key_id};
use concordat_terms::{Digest, KeyId, PartyId};
use concordat_tlog::archive::{CHECKPOINT, Files as _};
use concordat_tlog::{Envelope, SigningKey};
use serde::Serialize;

use super::super::desk::{failure, open_latest};
use super::super::look::{Seen, fold};
use super::{Latest, latest};
use crate::archive::{Folder, act_in};
use crate::args::{ExportBundle, Place};
use crate::bundle::{
    Asked, Entries, For, Form, Line, Records, Source, View, attest, ended, make, pack,
};
use crate::failure::Failure;
use crate::out::Out;
use crate::verify::Promise;
use crate::verify::bundle::{read, verify};

#[derive(Debug, Serialize)]
struct Written {
    bundle: String,
    #[serde(rename = "for")]
    audience: For,
    log: Digest,
    size: u64,
    whole: usize,
    part: usize,
    digests: usize,
    withheld: usize,
    blobs: usize,
    attested_by: Option<PartyId>,
}

/// Who makes the bundle, and with which key.
struct Maker {
    party: PartyId,
    id: KeyId,
    key: SigningKey,
}

pub(super) fn run(args: &ExportBundle, out: Out) -> Result<(), Failure> {
    if args.out.symlink_metadata().is_ok() {
        let what = format!("`{}` is there already", args.out.display());
        return Err(Failure::usage("target-exists", what, "name a file that is not there yet"));
    }
    let Opened { replayed, checkpoint, maker } = opened(args, out)?;
    let Replayed { seen, records, state, .. } = &replayed;
    if let Some(Maker { party, id, .. }) = &maker {
        still_good(party, id, &ended(state))?;
    }
    named_reader(args, state)?;
    let asked = Asked {
        audience: args.audience,
        reader: args.reader.clone(),
        by: maker.as_ref().map(|maker| (maker.party.clone(), maker.id.clone())),
        entries: chosen(&args.acts, &replayed)?,
        from: args.from.iter().copied().collect(),
    };
    let size = replayed.size;
    if let Some(from) = asked.from.iter().find(|from| !(1..size).contains(*from)) {
        let what =
            format!("`--from {from}`: no proof leads here from there, the log has {size} entries");
        let most = size.saturating_sub(1);
        let hint = format!("name the size of a checkpoint that the reader has: from 1 to {most}");
        return Err(Failure::usage("since-beyond-log", what, hint));
    }
    let source = Source { entries: &replayed, checkpoint: &checkpoint, records, state };
    let unmade = |what: String| {
        Failure::usage("bad-selection", what, "see `concordat export bundle --help`")
    };
    let mut files = make(&source, &asked, |digest| seen.blob(digest)).map_err(unmade)?;
    let unsigned =
        |what: String| Failure::fault("not-attested", what, "report this with the command");
    let index = read(&files).map_err(|broken| unsigned(broken.to_string()))?;
    if let Some(Maker { party, id, key }) = &maker {
        let bytes = files.get(crate::bundle::INDEX).cloned().unwrap_or_default();
        let (name, own) =
            attest(&index, &bytes, party, id, key).map_err(|why| unsigned(why.to_string()))?;
        files.insert(name, own);
    }
    let short = verify(&files, None, None).err();
    if let Some(broken) = short.filter(|broken| broken.promise == Promise::Attestation) {
        out.say(&format!("note: others have to stand by it yet (`concordat attest`): {broken}"));
    }
    crate::files::write_whole(&args.out, &pack(&files))?;
    let view = View::of(&index, &files);
    let mut named =
        view.rows.iter().filter(|row| asked.entries.contains(&row.item.index)).peekable();
    if named.peek().is_some() && named.all(|row| row.item.form == Form::Withheld) {
        out.say(&format!(
            "note: nothing of what was asked for may be shown to {}: no clause in force discloses it, and it is \
             in the bundle as digests",
            args.audience
        ));
    }
    let written = Written {
        bundle: args.out.display().to_string(),
        audience: args.audience,
        log: index.log,
        size: index.size,
        whole: view.count(Form::Whole),
        part: view.count(Form::Part),
        digests: view.count(Form::Withheld),
        withheld: view.struck(),
        blobs: view.blobs,
        attested_by: index.by.clone(),
    };
    out.answer(&written, || text(&written))
}

fn text(written: &Written) -> String {
    let Written { bundle, audience, whole, part, digests, withheld, blobs, log, .. } = written;
    let by = match &written.attested_by {
        Some(by) => format!("attested by {by}"),
        None => "attested by nobody yet: `concordat attest`".to_owned(),
    };
    format!(
        "{bundle}: for {audience}, {by}\n\
         {whole} entries whole, {part} in part, {digests} as digests; {withheld} parts withheld, {blobs} blobs\n\
         log {log}"
    )
}

/// What is looked at, its checkpoint, and who makes the bundle.
struct Opened {
    replayed: Replayed,
    checkpoint: Vec<u8>,
    maker: Option<Maker>,
}

fn opened(args: &ExportBundle, out: Out) -> Result<Opened, Failure> {
    match (&args.home, &args.archive) {
        (_, Some(archive)) => {
            let checkpoint = Folder::open(archive)?.read(CHECKPOINT).unwrap_or_default();
            let replayed = replay_archive(archive, out)?;
            Ok(Opened { replayed, checkpoint, maker: None })
        }
        (Some(home), None) => {
            let (home, mut follower) = open_latest(home)?;
            let Latest { size, bytes: checkpoint, .. } = latest(&mut follower)?;
            let key = home.keys().ledger.clone();
            let id = key_id(&key.public().to_string());
            let id = id.map_or_else(|| home.keys().ledger_id().map_err(failure), Ok)?;
            let maker = Some(Maker { party: home.party().clone(), id, key });
            Ok(Opened { replayed: replay(Seen::home(follower), size, out)?, checkpoint, maker })
        }
        (None, None) => {
            let hint = "name a party's folder with `--home`, or an archive with `--archive`";
            Err(Failure::usage("usage", "nothing to make a bundle from is named", hint))
        }
    }
}

/// A log as it was at a size, and what the fold says of each entry. The entries stay where they are.
pub(in super::super) struct Replayed {
    seen: Seen,
    size: u64,
    pub(in super::super) records: Records,
    pub(in super::super) state: State,
}

impl Entries for Replayed {
    fn size(&self) -> u64 {
        self.size
    }

    fn entry(&self, index: u64) -> Option<Vec<u8>> {
        self.seen.entry(index).ok().flatten().filter(|_| index < self.size)
    }

    fn each(&self, hear: &mut dyn FnMut(u64, &[u8])) -> Result<(), String> {
        for (index, entry) in (0..self.size).zip(self.seen.entries()) {
            hear(index, &entry.map_err(|failure| failure.problem().what.clone())?);
        }
        Ok(())
    }
}

/// Folds the first `size` entries again.
pub(in super::super) fn replay(seen: Seen, size: u64, out: Out) -> Result<Replayed, Failure> {
    let (mut records, mut state) = (Records::default(), State::default());
    if size > 0 {
        seen.fold_again(out, |step| {
            records.push(step.entry, Line::of(step.verdict, step.state));
            if step.index + 1 < size {
                return ControlFlow::Continue(());
            }
            state = step.state.clone();
            ControlFlow::Break(())
        })?;
    }
    Ok(Replayed { seen, size, records, state })
}

/// Folds an archive.
fn replay_archive(archive: &Path, out: Out) -> Result<Replayed, Failure> {
    let mut records = Records::default();
    let place = Place { home: None, archive: Some(archive.to_owned()), offline: true };
    let seen = fold(&place, out, |step| {
        records.push(step.entry, Line::of(step.verdict, step.state));
        ControlFlow::Continue(())
    })?;
    let (size, state) = (seen.replica().size(), seen.state().clone());
    Ok(Replayed { seen, size, records, state })
}

/// Nobody relies on what a key attests that had ended.
pub(in super::super) fn still_good(
    party: &PartyId,
    key: &KeyId,
    ended: &BTreeMap<KeyId, u64>,
) -> Result<(), Failure> {
    let Some(entry) = ended.get(key) else { return Ok(()) };
    let what = format!("key `{key}` of `{party}` ended with entry {entry}, and attests nothing");
    let hint = "give this home the key that took its place (`concordat key list`)";
    Err(Failure::refused("own-key-ended", what, hint))
}

/// An authority is one that the agreement names; where it names one alone, that one is meant.
fn named_reader(args: &ExportBundle, state: &State) -> Result<(), Failure> {
    let known = state.readers_outside();
    let listed = || known.iter().map(|who| format!("`{who}`")).collect::<Vec<_>>().join(", ");
    let named = |reader: &str| known.iter().any(|who| who.eq_ignore_ascii_case(reader.trim()));
    match (args.audience, &args.reader) {
        (For::Regulator, Some(reader)) if !named(reader) => {
            let what = format!("no disclosure clause in force names `{reader}`");
            let hint = match known.is_empty() {
                true => {
                    "leave `--reader` out: without a clause it reads what everybody may".to_owned()
                }
                false => format!("name one of {}", listed()),
            };
            Err(Failure::usage("unknown-reader", what, hint))
        }
        (For::Regulator, None) if !known.is_empty() => {
            let what = "the agreement names authorities, and `--reader` names none";
            Err(Failure::usage("unknown-reader", what, format!("name one of {}", listed())))
        }
        (For::Auditor, Some(reader))
            if !reader.parse().is_ok_and(|party: PartyId| state.members().contains_key(&party)) =>
        {
            let what = format!("`{reader}` is no party of this partnership");
            Err(Failure::usage("unknown-reader", what, "name a party, or leave `--reader` out"))
        }
        _ => Ok(()),
    }
}

/// The entries that were asked for.
fn chosen(acts: &[String], replayed: &Replayed) -> Result<BTreeSet<u64>, Failure> {
    let size = replayed.size;
    let bad = |what: String| {
        let hint =
            "name an index, a range such as `12..20`, or an act's id: `concordat log` shows them";
        Failure::usage("bad-selection", what, hint)
    };
    let (mut chosen, mut ids) = (BTreeSet::new(), BTreeMap::new());
    for text in acts {
        // An id may be digits alone.
        let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.len() < 20);
        let range = match text.split_once("..") {
            Some((from, to)) => number(from).zip(number(to)),
            None => number(text).map(|index| (index, index)),
        };
        if let Some((from, to)) = range {
            if from > to || to >= size {
                return Err(bad(format!(
                    "`{text}` is not within the {size} entries of the checkpoint"
                )));
            }
            chosen.extend(from..=to);
            continue;
        }
        let id: Digest =
            text.parse().map_err(|_| bad(format!("`{text}` is no index, range or id")))?;
        ids.insert(id, None);
    }
    // Only whoever names an id has them all read.
    let sought = if ids.is_empty() { 0 } else { size };
    for (index, entry) in (0..sought).zip(replayed.seen.entries()) {
        if let Some(found) = id_of(&entry?).and_then(|id| ids.get_mut(&id)) {
            found.get_or_insert(index);
        }
    }
    for (id, found) in ids {
        chosen.insert(found.ok_or_else(|| bad(format!("no entry is the act `{id}`")))?);
    }
    Ok(chosen)
}

/// The id of the act in an entry.
fn id_of(entry: &[u8]) -> Option<Digest> {
    act_in(entry)?;
    Some(Digest::of(Envelope::parse(entry).ok()?.payload()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_whose_key_was_replaced_attests_nothing() {
        let party: PartyId = "alder".parse().unwrap();
        let key = |name: &str| key_id(&Digest::of(name.as_bytes()).to_string()).unwrap();
        let ended = BTreeMap::from([(key("old"), 57)]);
        let refused = still_good(&party, &key("old"), &ended).unwrap_err();
        assert_eq!(refused.problem().code, "own-key-ended");
        assert!(refused.problem().what.contains("ended with entry 57"));
        still_good(&party, &key("new"), &ended).unwrap();
    }
}
