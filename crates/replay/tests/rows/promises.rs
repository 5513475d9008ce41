//! The heart agreement with a module of promises, and steps about duties.

use std::collections::BTreeMap;

use concordat_partnership::act::{
    Determination, DutyDischarge, DutyDispute, DutyExtend, DutyResume, DutyToll, DutyWaive, Ground,
    NoticeAcknowledge, NoticeServe, Ruling, SignalBatch,
};
use concordat_partnership::{Act, Duty, DutyId, DutyStatus};

use crate::common::{Story, digest, texts};

/// Who may do what about duties in the stories: everybody may do everything, so that what is refused
/// is refused by the room.
const RIGHTS: &[&str] = &[
    "duty.discharge",
    "duty.toll",
    "duty.resume",
    "duty.extend",
    "duty.waive",
    "duty.dispute",
    "notice.serve",
    "notice.acknowledge",
    "determination.enter",
    "signal.batch",
    "audit.request",
    "audit.answer",
    "audit.finding",
    "condition.waive",
];

const SEATS: &str = r#"["data-holder", "trainer", "test-lab", "operator", "council-member"]"#;

/// A module of these clauses, each a block of fields.
pub fn module(name: &str, header: &str, clauses: &[&str]) -> String {
    let blocks = clauses.iter().map(|clause| format!("```clause\n{}\n```\n\n", clause.trim()));
    let blocks: String = blocks.collect();
    format!(
        "# {name}\n\n```module\nid = \"{name}\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n\
         {header}```\n\nWhat is promised.\n\n{blocks}"
    )
}

/// The module that lets everybody act about duties.
pub fn rights() -> String {
    allowing(RIGHTS, &[])
}

/// A module that lets everybody do acts of these names, and says what else is said.
pub fn allowing(acts: &[&str], clauses: &[&str]) -> String {
    let permits = acts.iter().map(|act| {
        let id = act.replace('.', "-");
        format!("id = \"may-{id}\"\npermit = \"{act}\"\nby = {SEATS}")
    });
    let permits: Vec<String> = permits.collect();
    let all: Vec<&str> =
        permits.iter().map(String::as_str).chain(clauses.iter().copied()).collect();
    module("rights", "", &all)
}

/// The heart agreement with these clauses in a module `promises`, in force since 1 January 2027,
/// 08:00 UTC, a Friday.
pub fn promising(clauses: &[&str]) -> Story {
    promising_but(clauses, |_| {})
}

/// The same, where the other texts are edited.
pub fn promising_but(
    clauses: &[&str],
    edit: impl FnOnce(&mut BTreeMap<&'static str, String>),
) -> Story {
    let mut texts = texts();
    texts.insert("rights", rights());
    edit(&mut texts);
    texts.insert("promises", module("promises", "", clauses));
    Story::begun(texts.into_values())
}

/// The only occurrence of a clause that a party owes, or its latest.
pub fn owed(story: &Story, clause: &str, owner: &str) -> DutyId {
    let of = |id: &DutyId| id.clause.to_string() == clause && id.owner.as_str() == owner;
    let all = story.state().duties().map(|(id, _)| id);
    all.filter(|id| of(id)).last().unwrap_or_else(|| panic!("no `{clause}`")).clone()
}

/// Whether a party ever owed what a clause says.
pub fn was_owed(story: &Story, clause: &str, owner: &str) -> usize {
    let all = story.state().duties().map(|(id, _)| id);
    all.filter(|id| id.clause.to_string() == clause && id.owner.as_str() == owner).count()
}

pub fn duty<'a>(story: &'a Story, clause: &str, owner: &str) -> &'a Duty {
    story.state().duty(&owed(story, clause, owner)).unwrap()
}

/// Where the latest occurrence stands, as a word.
pub fn stands(story: &Story, clause: &str, owner: &str) -> &'static str {
    duty(story, clause, owner).status.as_str()
}

pub fn is_late(story: &Story, clause: &str, owner: &str) -> bool {
    matches!(duty(story, clause, owner).status, DutyStatus::Discharged { late: true, .. })
}

/// Until when it is to be done, as text.
pub fn due(story: &Story, clause: &str, owner: &str) -> String {
    duty(story, clause, owner).due.unwrap().to_string()
}

pub fn done(duty: DutyId) -> Act {
    Act::DutyDischarge(DutyDischarge { duty, evidence: digest("done"), figures: [].into() })
}

pub fn toll(duty: DutyId, ground: Ground) -> Act {
    Act::DutyToll(DutyToll { duty, ground, evidence: digest("ground") })
}

pub fn resume(duty: DutyId) -> Act {
    Act::DutyResume(DutyResume { duty })
}

pub fn extend(duty: DutyId, by: &str) -> Act {
    Act::DutyExtend(DutyExtend { duty, by: by.parse().unwrap() })
}

pub fn waive(duty: DutyId) -> Act {
    Act::DutyWaive(DutyWaive { duty })
}

pub fn dispute(duty: DutyId) -> Act {
    Act::DutyDispute(DutyDispute { duty, reasons: digest("reasons") })
}

/// A determination that says this of a duty.
pub fn ruled(duty: &DutyId, ruling: Ruling) -> Act {
    let duties = [(duty.clone(), ruling)].into();
    Act::DeterminationEnter(Determination { duties, ..Determination::of(digest("ruling")) })
}

/// Notice that a duty is late.
pub fn notice(duty: DutyId) -> Act {
    let (to, clause, channel) = (duty.owner.clone(), None, None);
    let text = digest("notice");
    Act::NoticeServe(NoticeServe { to, duty: Some(duty), clause, channel, text })
}

pub fn acknowledge(notice: u64) -> Act {
    Act::NoticeAcknowledge(NoticeAcknowledge { notice })
}

/// Measured values, from this moment on.
pub fn measured(signal: &str, from: &str, values: &[&str]) -> Act {
    Act::SignalBatch(SignalBatch {
        signal: signal.parse().unwrap(),
        from: from.parse().unwrap(),
        values: values.iter().map(|value| value.parse().unwrap()).collect(),
        digest: digest("measured"),
    })
}

/// Everybody of the hospitals signs an act at once.
pub fn all_hospitals(story: &mut Story, act: &Act) -> concordat_partnership::Verdict {
    let seats = crate::common::HOSPITALS.map(|hospital| (hospital, "data-holder"));
    let entry = story.sign(&seats, act);
    story.step(entry)
}
