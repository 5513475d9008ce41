//! Audit rights: a request gives the auditee a date; refusal is breach.

use concordat_partnership::Act;
use concordat_partnership::act::{AuditAnswer, AuditFinding, AuditReply, AuditRequest};

use crate::common::{Story, digest};
use crate::promises::{due, promising, stands, was_owed};

const ANSWER: &str = r#"
id = "answer-audits"
duty = "open the books to the auditor"
owner = "data-holder"
to = ["test-lab"]
due = { after = "audit.request", period = "P21D" }
discharged_by = "audit.answer"
cure = "P5D"
"#;

fn request(of: &str) -> Act {
    Act::AuditRequest(AuditRequest {
        of: of.parse().unwrap(),
        scope: digest("scope"),
        on: [].into(),
    })
}

fn answer(request: u64, reply: AuditReply) -> Act {
    Act::AuditAnswer(AuditAnswer { request, reply })
}

fn finding(request: u64) -> Act {
    Act::AuditFinding(AuditFinding { request, finding: digest("finding") })
}

fn asked(story: &mut Story, of: &str) -> u64 {
    let index = story.state().index();
    story.admit("lab", "test-lab", request(of));
    index
}

#[test]
fn row_107_a_request_for_an_audit_gives_the_auditee_a_date() {
    let mut story = promising(&[ANSWER]);
    let first = asked(&mut story, "alder");
    assert_eq!(due(&story, "promises/answer-audits", "alder"), "2027-01-22T08:00:00Z");
    assert_eq!(was_owed(&story, "promises/answer-audits", "birch"), 0, "the others owe nothing");
    let second = asked(&mut story, "alder");
    // Each answer is to its request.
    story.admit("alder", "data-holder", answer(second, AuditReply::Given(digest("books"))));
    let open: Vec<u64> = story.state().open_duties().iter().map(|line| line.id.since).collect();
    assert_eq!(open, [first]);
    story.admit("lab", "test-lab", finding(second));
    let (_, audit) = story.state().audits().last().unwrap();
    assert!(audit.answer.is_some() && audit.findings.len() == 1);
    // Silence is late.
    story.tick("2027-01-22T08:00:00Z");
    let late = story.state().duties().find(|(id, _)| id.since == first).unwrap().1;
    assert_eq!(late.status.as_str(), "late");
}

#[test]
fn an_answer_is_to_its_request_though_the_books_are_to_be_opened_again_and_again() {
    let again = ANSWER.replace("period = \"P21D\"", "period = \"P21D\", every = \"P1M\"");
    let mut story = promising(&[&again]);
    let books = || AuditReply::Given(digest("books"));
    let first = asked(&mut story, "alder");
    story.admit("alder", "data-holder", answer(first, books()));
    // The books are open again a month after that request.
    story.tick("2027-01-22T08:00:00Z");
    let second = asked(&mut story, "alder");
    let open = |story: &Story| -> Vec<(u64, u32)> {
        story.state().open_duties().iter().map(|line| (line.id.since, line.id.nth)).collect()
    };
    assert_eq!(open(&story), [(second, 0), (first, 1)]);
    story.admit("alder", "data-holder", answer(second, books()));
    assert_eq!(open(&story), [(first, 1)]);
}

#[test]
fn row_107_refusing_an_audit_is_a_breach() {
    let mut story = promising(&[ANSWER]);
    let index = asked(&mut story, "birch");
    story.admit("birch", "data-holder", answer(index, AuditReply::Refused(digest("reasons"))));
    assert_eq!(stands(&story, "promises/answer-audits", "birch"), "breached");
    // Whoever thinks better of it answers after all.
    story.admit("birch", "data-holder", answer(index, AuditReply::Given(digest("books"))));
    assert_eq!(stands(&story, "promises/answer-audits", "birch"), "discharged");
    let again = answer(index, AuditReply::Refused(digest("reasons")));
    story.refuse("birch", "data-holder", again, "audit-answered", "");
}

#[test]
fn an_audit_is_between_who_asked_and_who_was_asked() {
    let mut story = promising(&[ANSWER]);
    story.refuse("lab", "test-lab", request("vendor"), "audit-without-date", "");
    let index = asked(&mut story, "alder");
    let books = || AuditReply::Given(digest("books"));
    story.refuse("birch", "data-holder", answer(index, books()), "unknown-audit", "");
    story.refuse("alder", "data-holder", answer(index + 1, books()), "unknown-audit", "");
    story.refuse("birch", "data-holder", finding(index), "unknown-audit", "");
}
