//! Words in clauses, acts and minutes.
//!
//! The log is scanned: its text is there already, and an index would have to be kept. An act is read
//! as JSON with the names of who signed it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::{Act, FoundClause, Hit, State, Words};
use concordat_terms::{ActName, Digest, MeetingId, PartyId, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::archive::act_in;

/// What was found, the best first of each kind.
#[derive(Debug, Serialize)]
pub struct Found {
    /// Clauses of every version.
    pub clauses: Vec<FoundClause>,
    /// Acts, admitted or not.
    pub acts: Vec<FoundAct>,
    /// Minutes whose text is at hand.
    pub minutes: Vec<FoundMinutes>,
}

/// An entry in which all words occur.
#[derive(Debug, Serialize)]
pub struct FoundAct {
    /// Its index in the log.
    pub entry: u64,
    /// Which act it is.
    pub act: ActName,
    /// Who signed it.
    pub by: Vec<PartyId>,
    /// Every text in it that may be a name: those of assets and versions are among them.
    #[serde(skip)]
    pub names: BTreeSet<String>,
    /// What was found.
    #[serde(flatten)]
    pub hit: Hit,
}

/// Minutes in which all words occur.
#[derive(Debug, Serialize)]
pub struct FoundMinutes {
    /// Of which meeting.
    pub meeting: MeetingId,
    /// The entry that filed them.
    pub entry: u64,
    /// The minutes, or what of them is published.
    pub minutes: Digest,
    /// What was found.
    #[serde(flatten)]
    pub hit: Hit,
}

/// Finds words in a log that was folded: in its state's clauses, in its entries, and in those minutes
/// that `blob` has. One entry is held at a time.
///
/// # Errors
/// The first entry that cannot be read.
pub fn scan<E>(
    state: &State,
    entries: impl IntoIterator<Item = Result<Vec<u8>, E>>,
    blob: impl Fn(&Digest) -> Option<Vec<u8>>,
    words: &Words,
) -> Result<Found, E> {
    let (mut acts, mut minutes) = (Vec::new(), Vec::new());
    for (index, entry) in (0..).zip(entries) {
        let entry = &entry?;
        let Some(payload) = payload(entry) else { continue };
        let by = signers(state, &payload);
        let names: Vec<&str> = by.iter().map(PartyId::as_str).collect();
        if let Some(hit) = words.find(&format!("{} {}", names.join(" "), statement(&payload)))
            && let Some(signed) = act_in(entry)
        {
            let names = names_in(&signed.act);
            acts.push(FoundAct { entry: index, act: signed.act.name(), by, names, hit });
        }
        if payload.contains("act:meeting.minute:")
            && let Some(signed) = act_in(entry)
            && let Act::MeetingMinute(filed) = &signed.act
        {
            for digest in [Some(filed.minutes), filed.published].into_iter().flatten() {
                let text = blob(&digest).and_then(|bytes| String::from_utf8(bytes).ok());
                if let Some(hit) = text.and_then(|text| words.find(&text)) {
                    let meeting = filed.meeting.clone();
                    minutes.push(FoundMinutes { meeting, entry: index, minutes: digest, hit });
                }
            }
        }
    }
    acts.sort_by_key(|found: &FoundAct| (u32::MAX - found.hit.count, found.entry));
    minutes.sort_by_key(|found: &FoundMinutes| (u32::MAX - found.hit.count, found.entry));
    Ok(Found { clauses: state.search_clauses(words), acts, minutes })
}

/// Every text of an act, and what its maps are by.
fn names_in(act: &Act) -> BTreeSet<String> {
    fn walk(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => drop(names.insert(text.clone())),
            Value::Array(items) => items.iter().for_each(|item| walk(item, names)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    names.insert(name.clone());
                    walk(value, names);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut names = BTreeSet::new();
    walk(&serde_json::to_value(act).unwrap_or_default(), &mut names);
    names
}

/// The first entry of a log that was folded at or after a time; one that is not there yet, if none
/// was.
///
/// # Errors
/// The first entry that cannot be read.
pub fn begins_at<E>(
    state: &State,
    entries: impl IntoIterator<Item = Result<Vec<u8>, E>>,
    time: Timestamp,
) -> Result<u64, E> {
    let ticks = |payload: &str| {
        // The sequencer, who is no party, moves the time, and nobody else.
        let by = |key: &str| state.holder(&key.parse().ok()?);
        payload.contains("act:tick:")
            && keys(payload).any(|key| by(key).is_some_and(|by| by.party.is_none()))
    };
    if state.genesis().is_some_and(|genesis| genesis.time >= time) {
        return Ok(0);
    }
    let mut size = 0;
    for entry in entries {
        let entry = entry?;
        let tick = payload(&entry).is_some_and(|payload| ticks(&payload));
        let tick = tick.then(|| act_in(&entry)).flatten();
        if let Some(Act::Tick(tick)) = tick.map(|own| own.act)
            && tick.time >= time
        {
            break;
        }
        size += 1;
    }
    Ok(size)
}

/// The payload of an envelope. The log was folded: whatever is no envelope was refused, and has
/// nothing to find.
fn payload(entry: &[u8]) -> Option<String> {
    const FIELD: &str = "\"payload\":\"";
    let text = std::str::from_utf8(entry).ok()?;
    let encoded = text.split_once(FIELD)?.1.split('"').next()?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

/// What of a statement says something: what is carried, and which act it is.
fn statement(payload: &str) -> String {
    let name =
        payload.split_once("urn:concordat:act:").and_then(|(_, rest)| rest.split(':').next());
    let carried = payload.split_once("\"predicate\":").map_or(payload, |(_, rest)| rest);
    let carried = carried.split_once("\"predicateType\"").map_or(carried, |(carried, _)| carried);
    format!("{} {carried}", name.unwrap_or_default())
}

/// Whose keys a statement names.
fn signers(state: &State, payload: &str) -> Vec<PartyId> {
    let holders = keys(payload).filter_map(|key| state.holder(&key.parse().ok()?)?.party.clone());
    holders.collect()
}

fn keys(payload: &str) -> impl Iterator<Item = &str> {
    payload.split("\"key\":\"").skip(1).filter_map(|rest| rest.split('"').next())
}
