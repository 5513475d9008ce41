//! `concordat evidence import`: reports that others' tools wrote, as results in the log.

use std::fmt::Display;

use concordat_agreement::Label;
use concordat_evidence::report::{Found, read};
use concordat_node::plain::Kind;
use concordat_partnership::Act;
use concordat_partnership::act::{EvidenceSubmit, TestRecord};
use concordat_terms::{Digest, MethodId, Problem, Timestamp};
use concordat_wire::api::Receipt;
use serde::Serialize;

use super::super::act::{submitted, upload_bytes};
use super::super::desk::open_latest;
use super::super::views::{list, told};
use crate::args::Import;
use crate::eval_log;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

/// What was read, and what became of it.
#[derive(Debug, Serialize)]
struct Imported {
    report: Digest,
    found: Vec<Found>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    receipts: Vec<Receipt>,
}

/// Reads a report and files each of its tests, whatever it says.
pub(super) fn import(args: &Import, out: Out) -> Result<(), Failure> {
    let bytes = files::bytes(&args.report, Kind::Blob)?;
    let unread = |why: &dyn Display| {
        let what = format!("`{}` is not read: {why}", args.report.display());
        let hint = "name a finished report: docs/explanation/evidence.md";
        Failure::usage("unread-report", what, hint)
    };
    let json = eval_log::as_json(&bytes).map_err(|why| unread(&why))?;
    let mut found = read(&json).map_err(|why| unread(&why))?;
    if let Some(method) = &args.method {
        name(&mut found, method)?;
    }
    let report = Digest::of(&bytes);
    let mut receipts = Vec::new();
    let mut ended = Ok(());
    if let (Some(home), Some(model), Some(seat)) = (&args.home, args.model, &args.seat) {
        let (_, follower) = open_latest(home)?;
        let label = args.label.as_deref().and_then(label);
        // All or none is filed, as far as that is for us to say.
        let acts = all_filed(&found, (model, report), label, follower.state().time())?;
        upload_bytes(&follower, &bytes)?;
        ended = acts.iter().try_for_each(|act| {
            receipts.push(submitted(&follower, seat, act, None)?);
            Ok(())
        });
    }
    let refused: Option<Problem> = receipts.iter().find_map(|own| own.problem.clone());
    let answer = Imported { report, found, receipts };
    // What was filed before the coordinator could not be reached any more is filed.
    out.answer(&answer, || said(&answer))?;
    ended?;
    refused.map_or(Ok(()), |problem| Err(Failure::Refused(problem)))
}

/// Every test as an act.
fn all_filed(
    found: &[Found],
    about: (Digest, Digest),
    label: Option<Label>,
    now: Option<Timestamp>,
) -> Result<Vec<Act>, Failure> {
    found.iter().map(|own| filed(own, about, label, now)).collect()
}

/// Calls the only test of a report as a gate does.
fn name(found: &mut [Found], method: &MethodId) -> Result<(), Failure> {
    let [own] = found else {
        let what = format!("the report holds {} tests, and one method is named", found.len());
        let hint = "leave `--method` out, and name the methods in the gate";
        return Err(Failure::usage("several-tests", what, hint));
    };
    own.method = method.clone();
    Ok(())
}

fn label(word: &str) -> Option<Label> {
    [Label::Public, Label::Internal, Label::Restricted]
        .into_iter()
        .find(|label| label.as_str() == word)
}

/// One test as an act. What has no time ended when it is filed.
fn filed(
    own: &Found,
    (subject, report): (Digest, Digest),
    label: Option<Label>,
    now: Option<Timestamp>,
) -> Result<Act, Failure> {
    let untested = || {
        let what = format!("the test by `{}` has no case", own.method);
        Failure::usage("unread-report", what, "a test on no case is no test")
    };
    let cases = own.cases.try_into().map_err(|_| untested())?;
    let record = TestRecord {
        tested: own.tested.or(now).ok_or_else(untested)?,
        version: own.version.clone(),
        deviated: false,
        plan: None,
        valid_until: None,
        elsewhere: None,
        techniques: own.techniques.clone(),
        label,
    };
    Ok(Act::EvidenceSubmit(EvidenceSubmit {
        subject,
        method: own.method.clone(),
        results: own.results.clone(),
        cases,
        report,
        record: Some(Box::new(record)),
    }))
}

fn said(answer: &Imported) -> String {
    let lines = answer.found.iter().enumerate().flat_map(|(at, own)| {
        let receipt = answer.receipts.get(at).map(|receipt| {
            let word = if receipt.admitted { "filed" } else { "refused" };
            format!("{word} by entry {}", receipt.index)
        });
        let receipt = receipt.unwrap_or_else(|| "read, not filed".to_owned());
        let ended = own.tested.map(|at| format!(", ended {at}")).unwrap_or_default();
        let mut lines = vec![
            format!("{} on {} cases{ended}: {receipt}", own.method, own.cases),
            format!("    {} tested what it calls `{}`", own.tool, own.model),
        ];
        let values = own.results.iter().map(|(name, value)| format!("{name} {value}"));
        lines.push(format!("    {}", list(values)));
        if !own.techniques.is_empty() {
            lines.push(format!("    tried: {}", list(&own.techniques)));
        }
        lines
    });
    told(lines, 4, "the report holds no test")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GARAK: &[u8] = include_bytes!("../../../../evidence/tests/reports/garak.report.jsonl");

    #[test]
    fn each_test_of_a_report_is_filed_about_the_digest_that_who_imports_names() {
        let (subject, report) = (Digest::of(b"model"), Digest::of(GARAK));
        for own in read(GARAK).unwrap() {
            let act = filed(&own, (subject, report), label("restricted"), None).unwrap();
            let Act::EvidenceSubmit(act) = act else { panic!("{act:?}") };
            assert_eq!((act.subject, act.report, act.cases.get()), (subject, report, 256));
            let record = act.record.unwrap();
            assert_eq!(
                (record.label, record.techniques),
                (Some(Label::Restricted), own.techniques)
            );
            assert_eq!(Some(record.tested), own.tested);
        }
    }

    #[test]
    fn one_method_names_the_only_test_of_a_report() {
        let mut found = read(GARAK).unwrap();
        let method: MethodId = "red-team".parse().unwrap();
        assert_eq!(name(&mut found, &method).unwrap_err().problem().code, "several-tests");
        found.truncate(1);
        name(&mut found, &method).unwrap();
        assert_eq!(found.first().unwrap().method, method);
    }

    #[test]
    fn a_test_without_a_case_or_a_time_is_none() {
        let own = read(GARAK).unwrap().remove(0);
        let about = (Digest::of(b"model"), Digest::of(GARAK));
        for broken in [Found { cases: 0, ..own.clone() }, Found { tested: None, ..own }] {
            let failure = filed(&broken, about, None, None).unwrap_err();
            assert_eq!(failure.problem().code, "unread-report");
        }
    }

    #[test]
    fn a_report_with_one_test_that_is_none_is_not_filed_by_halves() {
        let mut found = read(GARAK).unwrap();
        assert!(found.len() > 1);
        let about = (Digest::of(b"model"), Digest::of(GARAK));
        assert_eq!(all_filed(&found, about, None, None).unwrap().len(), found.len());
        found.last_mut().unwrap().cases = 0;
        let failure = all_filed(&found, about, None, None).unwrap_err();
        assert_eq!(failure.problem().code, "unread-report");
    }
}
