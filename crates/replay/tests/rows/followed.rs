//! Duties, notices, audits and series of a party that another has followed.

use concordat_partnership::Act;
use concordat_partnership::act::{
    AuditAnswer, AuditFinding, AuditReply, AuditRequest, NoticeServe, PartyWithdraw,
};
use concordat_terms::Timestamp;

use crate::common::{EVERYBODY, Story, digest};
use crate::promises::{acknowledge, done, due, duty, measured, owed, promising, stands, was_owed};

const WORK: &str = r#"
id = "work"
duty = "deliver the model"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
cure = "P5D"
"#;

const NOTICES: &str = r#"
id = "notices"
notice = "anything"
to = "trainer"
channels = ["log", "post"]
deemed_received = "P3D"
"#;

const ANSWER: &str = r#"
id = "answer-audits"
duty = "open the books to the auditor"
owner = "data-holder"
to = ["test-lab"]
due = { after = "audit.request", period = "P21D" }
discharged_by = "audit.answer"
"#;

const REPLY: &str = r#"
id = "reply"
duty = "reply to what was noticed"
owner = "trainer"
to = ["data-holder"]
due = { after = "notice.serve", period = "P10D" }
discharged_by = "duty.discharge"
"#;

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

#[test]
fn notice_goes_to_who_has_followed_the_owner_and_is_received_as_the_clause_says() {
    let mut story = promising(&[WORK, NOTICES, REPLY]);
    let id = owed(&story, "promises/work", "vendor");
    story.tick("2027-02-01T08:00:00Z");
    let serve = |to: &str| {
        let (to, duty) = (to.parse().unwrap(), Some(id.clone()));
        let (clause, channel, text) = (None, None, digest("notice"));
        Act::NoticeServe(NoticeServe { to, duty, clause, channel, text })
    };
    let cure = |story: &Story| duty(story, "promises/work", "vendor").notice.unwrap().cure_until;
    let mut before = story.clone();

    story.followed("vendor", "lab");
    story.refuse("alder", "data-holder", serve("birch"), "not-the-owner", "");
    let index = story.state().index();
    story.admit("alder", "data-holder", serve("lab"));
    // Three days until it is received, and five to make it good.
    assert_eq!(cure(&story), at("2027-02-09T08:00:00Z"));
    assert_eq!(due(&story, "promises/reply", "lab"), "2027-02-11T08:00:00Z");
    assert!(
        story
            .state()
            .needs(&"lab".parse().unwrap())
            .iter()
            .any(|need| need.says.contains("notice"))
    );
    story.admit("lab", "trainer", acknowledge(index));
    assert_eq!(cure(&story), at("2027-02-06T08:00:00Z"));
    story.admit("lab", "trainer", done(id.clone()));

    // What was served before is acknowledged by the follower too; a name of old is its name.
    let index = before.state().index();
    before.admit("alder", "data-holder", serve("vendor"));
    before.followed("vendor", "lab");
    before.refuse("birch", "data-holder", acknowledge(index), "unknown-notice", "");
    before.admit("lab", "trainer", acknowledge(index));
    assert_eq!(cure(&before), at("2027-02-06T08:00:00Z"));
    let again = NoticeServe {
        to: "vendor".parse().unwrap(),
        duty: None,
        clause: None,
        channel: None,
        text: digest("another notice"),
    };
    let index = before.state().index();
    before.admit("alder", "data-holder", Act::NoticeServe(again));
    let (_, notice) = before.state().notices().find(|(of, _)| **of == index).unwrap();
    assert_eq!(notice.received, at("2027-02-04T08:00:00Z"));
    assert_eq!(was_owed(&before, "promises/reply", "lab"), 1);
}

#[test]
fn an_audit_goes_on_with_who_has_followed_the_auditee_or_the_auditor() {
    let mut story = promising(&[ANSWER]);
    let request = story.state().index();
    let (of, scope, on) = ("alder".parse().unwrap(), digest("scope"), [].into());
    story.admit("lab", "test-lab", Act::AuditRequest(AuditRequest { of, scope, on }));
    let answer = |reply| Act::AuditAnswer(AuditAnswer { request, reply });
    let mut auditor = story.clone();

    story.followed("alder", "birch");
    let refused = answer(AuditReply::Refused(digest("reasons")));
    story.refuse("cypress", "data-holder", refused.clone(), "unknown-audit", "");
    story.admit("birch", "data-holder", refused);
    assert_eq!(stands(&story, "promises/answer-audits", "alder"), "breached");
    story.admit("birch", "data-holder", answer(AuditReply::Given(digest("books"))));
    assert_eq!(stands(&story, "promises/answer-audits", "alder"), "discharged");

    auditor.followed("lab", "vendor");
    let finding = || Act::AuditFinding(AuditFinding { request, finding: digest("finding") });
    auditor.refuse("birch", "data-holder", finding(), "unknown-audit", "");
    auditor.admit("vendor", "test-lab", finding());
}

const UPTIME: &str = r#"
id = "uptime"
signal = "the share of the day in which the service answered"
by = "operator"
unit = "fraction"
window = "P1D"
below = 0.99
"#;

const AVAILABLE: &str = r#"
id = "available"
warranty = "the service is available"
by = "operator"
to = ["data-holder"]
measured_by = "uptime"
remedy = "stand-by"
"#;

const STAND_BY: &str = r#"
id = "stand-by"
duty = "keep a second machine ready"
owner = "operator"
to = ["data-holder"]
due = { after = "breach: available", period = "P10D" }
discharged_by = "duty.discharge"
"#;

fn values(from: &str, values: &[&str]) -> Act {
    measured("promises/uptime", from, values)
}

fn broken(story: &Story) -> usize {
    story.state().broken_warranties().count()
}

#[test]
fn who_follows_a_party_goes_on_with_its_series_and_mends_what_that_broke() {
    let mut story = promising(&[UPTIME, AVAILABLE, STAND_BY]);
    story.tick("2027-01-09T00:00:00Z");
    story.admit("vendor", "operator", values("2027-01-02T00:00:00Z", &["0.98", "0.98"]));
    story.followed("vendor", "lab");
    assert_eq!(broken(&story), 1);
    // The same days are not measured twice.
    for day in ["2027-01-02T00:00:00Z", "2027-01-03T00:00:00Z"] {
        story.refuse("lab", "operator", values(day, &["1"]), "bad-batch", "promises/uptime");
    }
    story.admit("lab", "operator", values("2027-01-04T00:00:00Z", &["1"]));
    assert_eq!((broken(&story), story.state().signals().count()), (0, 1));
}

#[test]
fn of_two_series_that_become_one_the_one_that_is_measured_further_stays() {
    let seen = UPTIME.replace("by = \"operator\"", "by = \"data-holder\"");
    for (old, new) in [("alder", "birch"), ("birch", "alder")] {
        let mut story = promising(&[&seen, AVAILABLE, STAND_BY]);
        story.tick("2027-01-09T00:00:00Z");
        story.admit("alder", "data-holder", values("2027-01-02T00:00:00Z", &["1", "0.98"]));
        story.admit("birch", "data-holder", values("2027-01-02T00:00:00Z", &["1"]));
        story.followed(old, new);
        assert_eq!(story.state().signals().count(), 1);
        let again = values("2027-01-03T00:00:00Z", &["1"]);
        story.refuse(new, "data-holder", again, "bad-batch", "promises/uptime");
        story.admit(new, "data-holder", values("2027-01-04T00:00:00Z", &["1"]));
        assert_eq!(broken(&story), 0);
    }
}

#[test]
fn what_a_party_measured_last_speaks_for_nothing_once_it_has_left() {
    let seen = UPTIME.replace("by = \"operator\"", "by = \"data-holder\"");
    let mut story = promising(&[&seen, AVAILABLE, STAND_BY]);
    story.tick("2027-01-09T00:00:00Z");
    story.admit("alder", "data-holder", values("2027-01-02T00:00:00Z", &["0.98"]));
    story.admit("birch", "data-holder", values("2027-01-02T00:00:00Z", &["1"]));
    assert_eq!(broken(&story), 1);
    let leave = PartyWithdraw { reasons: digest("reasons"), cut_off: None };
    let all = EVERYBODY.map(|party| (party, "signatory"));
    let entry = story.sign(&all, &Act::PartyWithdraw(leave));
    assert!(story.step(entry).is_admitted());
    story.admit("birch", "data-holder", values("2027-01-03T00:00:00Z", &["1"]));
    assert_eq!(broken(&story), 0);
}
