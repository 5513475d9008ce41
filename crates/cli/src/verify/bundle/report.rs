//! What the verification of a bundle found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_partnership::act::WitnessPolicy;
use concordat_terms::{Digest, PartyId, Timestamp};
use concordat_tlog::trust::Trusted;
use serde::Serialize;

use crate::bundle::{For, Form, Index, View};

/// A bundle that holds, and on what each part of it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundleReport {
    /// For whom it was made.
    #[serde(rename = "for")]
    pub audience: For,
    /// Who made it; none: somebody with an archive.
    pub by: Option<PartyId>,
    /// The genesis id.
    pub log: Digest,
    /// Whether the reader named that id.
    pub pinned: bool,
    /// The log's name.
    pub origin: String,
    /// Entries that the checkpoint stands for.
    pub size: u64,
    /// Their Merkle root.
    pub root: Digest,
    /// Who cosigned, and when by their own clocks.
    pub cosigned_by: BTreeMap<String, Timestamp>,
    /// Who replayed the log and stands by the verdicts.
    pub attested_by: BTreeSet<PartyId>,
    /// Whether those who attest are as many witnesses as a checkpoint needs.
    pub attested_by_quorum: bool,
    /// Whether it is known that no key had ended by which somebody attests here: as many witnesses as a
    /// checkpoint needs say which had. Where fewer do, an ended key may attest that it has not ended.
    pub ended_keys_known: bool,
    /// What was checked, a sentence each, in order.
    pub checks: Vec<String>,
    /// The entries that were asked for.
    pub entries: Vec<Shown>,
}

/// An entry as a bundle shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its index in the log.
    pub index: u64,
    /// How much of it is shown.
    pub form: Form,
    /// How many parts are withheld.
    pub withheld: usize,
    /// Which act.
    pub act: Option<String>,
    /// For whom it was signed, as attested.
    pub party: Option<String>,
    /// The log's time, as attested.
    pub at: Option<String>,
    /// The verdict, as attested; it is not derived here.
    pub verdict: Option<String>,
    /// The clause that it cites, as attested.
    pub clause: Option<String>,
}

/// What was found beside what the bundle itself says.
pub(super) struct Found {
    /// Whether the reader named the log's id.
    pub(super) pinned: bool,
    /// The checkpoint.
    pub(super) trusted: Trusted,
    /// How many entries the reader has seen before: the log goes on from them.
    pub(super) seen: Option<u64>,
    /// Who stands by the records.
    pub(super) attested_by: BTreeSet<PartyId>,
}

pub(super) fn report(view: &View<'_>, found: Found, policy: &WitnessPolicy) -> BundleReport {
    let index = view.index;
    let Found { pinned, trusted, seen, attested_by } = found;
    let entries = view.asked().map(|row| Shown {
        index: row.item.index,
        form: row.item.form,
        withheld: row.struck,
        act: row.act.clone(),
        party: row.party.clone(),
        at: row.at.clone(),
        verdict: row.verdict.clone(),
        clause: row.clause.clone(),
    });
    let quorum = policy.witnesses.intersection(&attested_by).count() >= policy.quorum as usize;
    let (part, withheld) = (view.count(Form::Part), view.count(Form::Withheld));
    let signed = view.signed();
    let unsigned = match view.count(Form::Whole) - signed {
        0 => String::new(),
        1 => "; who signed another one was not checked, since it was refused".to_owned(),
        more => format!("; who signed {more} others was not checked, since they were refused"),
    };
    // A key of ML-DSA-44 stands beside its party's, and is checked, and not counted.
    let counts = |name: &&String| policy.witnesses.iter().any(|party| party.as_str() == *name);
    let names: Vec<&str> = attested_by.iter().map(PartyId::as_str).collect();
    let mut checks = vec![
        format!(
            "layout: {} files, and every one belongs here",
            index.files.len() + 1 + names.len()
        ),
        if pinned {
            "genesis: entry 0 is the one that you named, signed by all founders".to_owned()
        } else {
            "genesis: entry 0 is signed by all founders; compare its id with one that you trust"
                .to_owned()
        },
        format!(
            "checkpoint: signed by the log, cosigned by {} of {} witnesses where {} are needed",
            trusted.cosigned_by.keys().filter(counts).count(),
            policy.witnesses.len(),
            policy.quorum
        ),
        format!("order: {} entries have their place under the signed root", view.rows.len()),
        format!("signatures: {signed} whole entries are signed by those whom they name{unsigned}"),
        format!(
            "disclosure: {part} entries in part, {withheld} as digests; {} parts withheld, each with its digest",
            view.struck()
        ),
        if names.is_empty() {
            "verdicts: nobody attests them; they are what whoever made this says".to_owned()
        } else {
            format!(
                "verdicts: attested by {}, who replayed the log; not derived here",
                names.join(", ")
            )
        },
        keys(index, quorum),
        format!("blobs: {} have the digests that name them", view.blobs),
        "papers: they say what the rest says".to_owned(),
    ];
    let from: Vec<String> = index.from.iter().map(|own| own.size.to_string()).collect();
    checks.extend(match seen {
        Some(seen) => Some(format!("history: the log goes on from the {seen} entries that you have seen")),
        None if from.is_empty() => None,
        None => Some(format!(
            "history: proofs lead here from {} entries; compare with a checkpoint that you have (`--since`)",
            from.join(", ")
        )),
    });
    BundleReport {
        audience: index.audience,
        by: index.by.clone(),
        log: index.log,
        pinned,
        origin: index.origin.clone(),
        size: index.size,
        root: index.root,
        cosigned_by: trusted.cosigned_by,
        attested_by,
        attested_by_quorum: quorum,
        ended_keys_known: quorum,
        checks,
        entries: entries.collect(),
    }
}

/// What is known of the keys of those who attest.
fn keys(index: &Index, quorum: bool) -> String {
    let (ended, size) = (index.ended.len(), index.size);
    let by = if quorum {
        format!(
            "a quorum of the witnesses says which had ended ({ended}), and by none of these is it attested"
        )
    } else {
        format!(
            "which had ended ({ended}) is said by fewer than a quorum of the witnesses: one that was given up \
             or lost could attest here and not say so; have more of them attest it, or verify an archive"
        )
    };
    format!("keys: {by}; which ended after {size} entries takes a later bundle")
}

impl fmt::Display for BundleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.by.as_ref().map(|by| format!(", made by {by}")).unwrap_or_default();
        writeln!(f, "bundle for {}{by}", self.audience)?;
        writeln!(f, "log   {} `{}`", self.log, self.origin)?;
        writeln!(f, "size  {} entries, root {}", self.size, self.root)?;
        for (number, check) in (1..).zip(&self.checks) {
            writeln!(f, "{number:>3}. {check}")?;
        }
        for own in &self.entries {
            let word = |text: &Option<String>| text.clone().unwrap_or("withheld".to_owned());
            let (act, party, at) = (word(&own.act), word(&own.party), word(&own.at));
            let form = match own.form {
                Form::Whole => "whole".to_owned(),
                Form::Part => format!("in part, {} withheld", own.withheld),
                Form::Withheld => "digest only".to_owned(),
            };
            let verdict = word(&own.verdict);
            writeln!(f, "entry {} at {at}: {act} by {party}: {verdict} ({form})", own.index)?;
        }
        f.write_str("verified")
    }
}
