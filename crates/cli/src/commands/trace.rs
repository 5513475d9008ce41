//! `concordat trace`: from a version to every version it was made from, and to every act about these.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use concordat_partnership::act::Signed;
use concordat_partnership::{Act, Lineage, Origin, State, Verdict, VersionView};
use concordat_terms::{ActName, ClauseRef, Digest, PartyId, RunId, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::look::{Seen, Step, see_folding};
use super::part::Part;
use super::views::{list, told};
use crate::archive::act_in;
use crate::args::{Digits, TraceArgs};
use crate::failure::Failure;
use crate::out::Out;

/// A line of the trace, and of which kind it is.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'a> {
    Version(&'a VersionView),
    Act(Done),
}

/// An act about one of the versions, or about what they came from.
#[derive(Serialize)]
struct Done {
    entry: u64,
    at: Option<Timestamp>,
    act: ActName,
    /// Who signed it.
    by: Vec<PartyId>,
    /// The clause that permits it, or that refused it.
    clause: Option<ClauseRef>,
    /// Why it was refused, if it was.
    refused: Option<&'static str>,
    /// What of the lineage it names: versions, runs, recipes, code, motions.
    names: BTreeSet<String>,
}

impl Done {
    fn entry(&self) -> u64 {
        self.entry
    }
}

pub(super) fn run(args: &TraceArgs, out: Out) -> Result<(), Failure> {
    let mut verdicts = Vec::new();
    let seen = see_folding(&args.list.look, out, |step| {
        verdicts.push(Judged::of(step));
        ControlFlow::Continue(())
    })?;
    let part = Part::of(&args.list.part, &seen)?;
    let mut lineage = lineage(&seen, &args.version)?;
    lineage.versions.retain(|own| seen.reads_version(&own.version));
    let mut acts = acts(&seen, verdicts, &lineage)?;
    if let Some(party) = &args.list.look.party {
        acts.retain(|done| done.by.contains(party));
    }
    part.take(&mut acts, Done::entry, out);
    let versions = lineage.versions.iter().map(Line::Version);
    let lines: Vec<Line<'_>> = versions.chain(acts.into_iter().map(Line::Act)).collect();
    out.list(&lines, || told(lines.iter().map(text), 9, "there is nothing to trace"))
}

/// What the fold says of an entry: kept of every one, since what belongs to a lineage is known at the end.
struct Judged {
    at: Option<Timestamp>,
    by: Vec<PartyId>,
    clause: Option<ClauseRef>,
    refused: Option<&'static str>,
}

impl Judged {
    fn of(step: &Step<'_>) -> Self {
        let header = step.signed.and_then(|signed| signed.header.as_ref());
        let signers = header.into_iter().flat_map(|header| &header.signers);
        let mut by: Vec<PartyId> = Vec::new();
        for party in signers.filter_map(|signer| step.state.holder(&signer.key)?.party.clone()) {
            if !by.contains(&party) {
                by.push(party);
            }
        }
        let clause = match step.verdict {
            Verdict::Admitted { clause, .. } => clause.clone(),
            Verdict::Refused { refusal, .. } => refusal.clause().cloned(),
        };
        let refused = step.verdict.refusal().map(concordat_partnership::Refusal::code);
        Self { at: step.state.time(), by, clause, refused }
    }
}

/// The lineage of the one version whose digest begins with these digits. Who may not read about it is
/// not told that there is one.
fn lineage(seen: &Seen, wanted: &Digits) -> Result<Lineage, Failure> {
    let state = seen.state();
    let all = state.versions().map(|(digest, _)| digest);
    let found: Vec<&Digest> =
        all.filter(|digest| wanted.begin(digest) && seen.reads_version(digest)).collect();
    let lineage = match found.as_slice() {
        [one] => state.lineage(one),
        _ => None,
    };
    lineage.ok_or_else(|| match found.len() {
        0 => {
            let what = format!("nobody listed, brought in or made a version `{wanted}`");
            let hint = "name a digest that `concordat catalog` shows";
            Failure::refused("unknown-version", what, hint)
        }
        many => {
            let what = format!("the digests of {many} versions begin with `{wanted}`");
            Failure::refused("unknown-version", what, "write more of its digits")
        }
    })
}

/// The acts of the log that are about a lineage, in order.
fn acts(seen: &Seen, verdicts: Vec<Judged>, lineage: &Lineage) -> Result<Vec<Done>, Failure> {
    let mut about = Names::of(seen.state(), lineage);
    let mut found = Vec::new();
    for ((entry, bytes), judged) in (0..).zip(seen.entries()).zip(verdicts) {
        let Some(signed) = act_in(&bytes?) else { continue };
        let names = about.in_act(&signed);
        if !names.is_empty() {
            let Judged { at, by, clause, refused } = judged;
            found.push(Done { entry, at, act: signed.act.name(), by, clause, refused, names });
        }
    }
    Ok(found)
}

/// What acts about a lineage name.
struct Names {
    /// Its versions, and the recipes and the code of its runs.
    digests: BTreeSet<Digest>,
    runs: BTreeSet<RunId>,
    /// The motions to do something about one of these, as they turn up.
    motions: BTreeSet<String>,
}

impl Names {
    fn of(state: &State, lineage: &Lineage) -> Self {
        let mut digests: BTreeSet<Digest> =
            lineage.versions.iter().map(|version| version.version).collect();
        let mut runs = BTreeSet::new();
        for version in &lineage.versions {
            let Origin::Run(run) = &version.origin else { continue };
            if let Some(found) = state.runs().get(run) {
                digests.extend([found.proposed.plan.recipe, found.proposed.plan.code]);
            }
            runs.insert(run.clone());
        }
        Self { digests, runs, motions: BTreeSet::new() }
    }

    /// What an act names of it; a motion that it puts belongs to it from then on.
    fn in_act(&mut self, signed: &Signed) -> BTreeSet<String> {
        let json = serde_json::to_value(&signed.act).unwrap_or_default();
        let mut found = BTreeSet::new();
        self.search(None, &json, &mut found);
        if let Act::MotionPropose(motion) = &signed.act
            && !found.is_empty()
        {
            self.motions.insert(motion.motion.to_string());
            found.insert(motion.motion.to_string());
        }
        found
    }

    fn search(&self, field: Option<&str>, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                let digest =
                    text.parse().is_ok_and(|digest: Digest| self.digests.contains(&digest));
                let run = || text.parse().is_ok_and(|run: RunId| self.runs.contains(&run));
                let named = match field {
                    Some("run") => run(),
                    Some("motion") => self.motions.contains(text),
                    _ => false,
                };
                if digest || named {
                    found.insert(text.clone());
                }
            }
            Value::Array(items) => {
                items.iter().for_each(|item| self.search(field, item, found));
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    // A map may be by digest.
                    if name.parse().is_ok_and(|digest: Digest| self.digests.contains(&digest)) {
                        found.insert(name.clone());
                    }
                    self.search(Some(name), value, found);
                }
            }
            _ => {}
        }
    }
}

fn text(line: &Line<'_>) -> String {
    match line {
        Line::Version(own) => {
            let from = match &own.origin {
                Origin::Run(run) => format!("the result of run {run}"),
                Origin::Listed => "rows that were listed".to_owned(),
                Origin::Imported => "brought in".to_owned(),
                Origin::Registered => "code that was registered".to_owned(),
                Origin::Declared => "declared".to_owned(),
                Origin::Derived(step) => format!("made by {}", step.as_str()),
            };
            let made = match own.parents.len() {
                0 => String::new(),
                of => format!(", made from {of}"),
            };
            format!(
                "version  {} of {}: {from}{made}, {}, held by {} (entry {}, {})",
                own.version,
                own.asset,
                own.phase.as_str(),
                list(own.holders.keys()),
                own.index,
                own.at
            )
        }
        Line::Act(own) => {
            let by = match own.by.is_empty() {
                true => String::new(),
                false => format!(" by {}", list(&own.by)),
            };
            let clause = own.clause.as_ref().map(|clause| format!(" by {clause}"));
            let verdict = match own.refused {
                Some(code) => format!("refused, {code}"),
                None => format!("admitted{}", clause.unwrap_or_default()),
            };
            let at = own.at.map(|at| at.to_string()).unwrap_or_default();
            format!("{:>7}  {at}  {}{by}: {verdict}", own.entry, own.act)
        }
    }
}
