//! `concordat evidence list`, `labs`, `rules` and `savings`: what the log says of tests.

use std::collections::BTreeMap;

use concordat_evidence::recognition::Rule;
use concordat_partnership::{LabView, RegisteredMethod, ResultView, RuleView};
use concordat_terms::MethodId;
use serde::Serialize;

use super::super::look::{see, see_as};
use super::super::part::Part;
use super::super::views::{list, told};
use crate::args::{ListPlace, ListResults, Look, Place};
use crate::failure::Failure;
use crate::out::Out;

/// The results that who looks may read; in an archive all that is in it.
pub(super) fn results(args: &ListResults, out: Out) -> Result<(), Failure> {
    let seen = see(&args.list.look)?;
    let part = Part::of(&args.list.part, &seen)?;
    let state = seen.state();
    let mut results: Vec<ResultView> = match seen.reader() {
        Some(reader) => state.results_for(reader).collect(),
        None => state.results().collect(),
    };
    if let Some(method) = &args.method {
        results.retain(|own| own.method == *method);
    }
    if let Some(technique) = &args.technique {
        results.retain(|own| own.techniques.iter().any(|tried| tried.as_str() == technique));
    }
    part.take(&mut results, |own| own.evidence, out);
    out.list(&results, || told(results.iter().flat_map(result), 4, "no result is filed"))
}

fn result(own: &ResultView) -> Vec<String> {
    let lab = match &own.elsewhere {
        Some((lab, country)) => format!("{lab} ({country}), filed by {}", own.by),
        None => own.by.to_string(),
    };
    let asset = own.asset.as_ref().map(|asset| format!(" of {asset}")).unwrap_or_default();
    let values = own.results.iter().map(|(name, value)| match own.outside_plan.contains(name) {
        true => format!("{name} {value} (outside the plan)"),
        false => format!("{name} {value}"),
    });
    let mut lines = vec![
        format!(
            "{:>4}  {} by {lab}, ended {}, on {} cases",
            own.evidence, own.method, own.tested, own.cases
        ),
        format!("    {}{asset}: {}", own.subject.short(), list(values)),
    ];
    if !own.techniques.is_empty() {
        lines.push(format!("    tried: {}", list(&own.techniques)));
    }
    lines.extend(own.label.map(|label| format!("    report: {label}, {}", own.report.short())));
    let replies = own.replies.iter();
    lines.extend(
        replies.map(|own| format!("    {} replied at {}: {}", own.by, own.at, own.reply.short())),
    );
    lines.extend(
        own.taken_back
            .map(|back| format!("    taken back at {}: {}", back.at, back.reason.short())),
    );
    lines.extend(
        own.relied.iter().map(|own| {
            format!("    entry {} stood on it: {}, by {}", own.index, own.act, own.clause)
        }),
    );
    lines
}

/// Labs and methods.
#[derive(Debug, Serialize)]
struct Labs<'s> {
    labs: Vec<LabView>,
    methods: BTreeMap<&'s MethodId, &'s Vec<RegisteredMethod>>,
}

pub(super) fn labs(look: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(look)?;
    let state = seen.state();
    let mut labs: Vec<LabView> = state.labs().collect();
    if let Some(party) = &look.party {
        labs.retain(|own| own.lab == *party);
    }
    let answer = Labs { labs, methods: state.methods().collect() };
    out.answer(&answer, || {
        let labs = answer.labs.iter().map(|own| {
            let cut = if own.suspended { ", suspended from then on" } else { "" };
            format!(
                "{} is {} under {} from {} until {}{cut} (entry {}): {}",
                own.lab,
                own.class,
                own.standard,
                own.from,
                own.until,
                own.index,
                list(&own.methods)
            )
        });
        let methods = answer.methods.iter().flat_map(|(method, versions)| {
            versions.iter().map(move |own| {
                let until = own.until.map(|until| format!(" until {until}")).unwrap_or_default();
                let by = own.body.as_ref().map(|body| format!(", decided by {body}"));
                format!(
                    "method {method} {} of the family {} counts from {}{until}{} (entry {})",
                    own.version,
                    own.family,
                    own.from,
                    by.unwrap_or_default(),
                    own.index
                )
            })
        });
        told(labs.chain(methods), 4, "no lab is accredited and no method is registered")
    })
}

pub(super) fn rules(args: &ListPlace, out: Out) -> Result<(), Failure> {
    let seen = see_as(&args.place, None)?;
    let part = Part::of(&args.part, &seen)?;
    let mut rules = seen.state().recognition_rules();
    part.take(&mut rules, |own| own.index, out);
    out.list(&rules, || told(rules.iter().map(rule), 4, "nothing from elsewhere is recognised"))
}

fn rule(own: &RuleView) -> String {
    let of = match (&own.method, &own.rule) {
        (Some(method), _) => format!("results by {method}"),
        (None, Some(Rule { from, to, family, extra_tests, .. })) => {
            let from = if from.is_empty() { "anywhere".to_owned() } else { list(from) };
            let besides = match extra_tests.is_empty() {
                true => String::new(),
                false => format!(", once tested here by {}", list(extra_tests)),
            };
            format!("results of the family {family} from {from} for {to}{besides}")
        }
        (None, None) => "results".to_owned(),
    };
    let cost = own.cost.as_ref().map(|cost| format!(", each spares {cost}")).unwrap_or_default();
    let revoked = own.revoked.map(|at| format!(", revoked at {at}")).unwrap_or_default();
    format!("{}: {of}, of labs at least {}, for {}{cost}{revoked}", own.by, own.lab, own.max_age)
}

pub(super) fn savings(place: &Place, out: Out) -> Result<(), Failure> {
    let savings = see_as(place, None)?.state().savings();
    out.answer(&savings, || {
        let mut lines = match savings.tests {
            0 => Vec::new(),
            1 => vec!["1 test was spared".to_owned()],
            many => vec![format!("{many} tests were spared")],
        };
        lines.extend(savings.cost.iter().map(|(unit, sum)| format!("    {unit} {sum}")));
        if savings.unpriced > 0 {
            lines.push(format!("    of {} nobody said what they cost", savings.unpriced));
        }
        lines.extend(savings.spared.iter().map(|(entry, own)| {
            format!(
                "{} by the result of entry {entry}, recognised by {}; entry {} passed on it",
                own.method, own.by, own.index
            )
        }));
        told(lines, 4, "no test was spared")
    })
}
