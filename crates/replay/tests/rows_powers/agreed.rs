//! The heart agreement with powers, and steps about them.

use concordat_partnership::act::{
    AssetImport, DutyDischarge, EvidenceSubmit, MotionPropose, NamedModule, PlaceStop, PowerRatify,
    Release, ReleaseRecall, Vote,
};
use concordat_partnership::{Act, DutyId, Effect, UseStatus, Verdict};
use concordat_terms::Digest;

use crate::common::{EVERYBODY, HOSPITALS, Story, digest, execute, texts, vote};

const CLAUSES: &[&str] = &[
    r#"
id = "score"
asset = "Published Score"
kind = "model"
holder = "trainer"
label = "internal"
purposes = ["cardiac-risk"]
ground = "background"
"#,
    r#"
id = "bring-in"
permit = "asset.import"
by = "trainer"
"#,
    r#"
id = "propose-score"
permit = "release.propose"
by = "trainer"
on = "score"
"#,
    r#"
id = "promote-score"
permit = "release.promote"
by = "council-member"
on = "score"
"#,
    r#"
id = "roll-back"
power = "release.rollback"
holder = "test-lab"
on = "score"
ratified_by = "council"
within = "P10D"
"#,
    r#"
id = "retire"
power = "release.retire"
holder = "test-lab"
on = "score"
"#,
    r#"
id = "stop-training"
power = "module.suspend"
holder = "council-member"
over = "data-use"
ratified_by = "council"
within = "P7D"
"#,
    r#"
id = "go-on"
permit = "module.resume"
by = "council-member"
"#,
    r#"
id = "end-it"
power = "module.terminate"
holder = "test-lab"
over = "data-use"
ratified_by = "council"
within = "P7D"
"#,
    r#"
id = "stop-place"
power = "place.suspend"
holder = "test-lab"
ratified_by = "council"
within = "P5D"
"#,
    r#"
id = "stop-by-council"
permit = "place.suspend"
by = "council-member"
"#,
    r#"
id = "place-again"
permit = "place.resume"
by = "test-lab"
"#,
    r#"
id = "more-time"
power = "duty.extend"
holder = "test-lab"
ratified_by = "council"
within = "P5D"
"#,
    r#"
id = "let-go"
power = "duty.waive"
holder = "test-lab"
ratified_by = "council"
within = "P5D"
"#,
    r#"
id = "close-project"
power = "project.end"
holder = "test-lab"
ratified_by = "council"
within = "P5D"
"#,
    r#"
id = "break-glass"
power = "release.promote"
holder = "trainer"
on = "score"
ratified_by = "council"
within = "P3D"
break_glass = "review"
"#,
    r#"
id = "review"
duty = "review what passed the gates in an emergency"
owner = "trainer"
to = ["data-holder"]
due = { after = "used: break-glass", period = "P5D" }
discharged_by = "duty.discharge"
"#,
    r#"
id = "report"
duty = "report on what was trained"
owner = "trainer"
to = ["data-holder"]
due = { after = "project.open", period = "P20D" }
discharged_by = "duty.discharge"
"#,
    r#"
id = "tell-authority"
duty = "tell the authority what was trained"
owner = "trainer"
to = ["data-holder"]
due = { after = "project.open", period = "P20D" }
discharged_by = "duty.discharge"
effect = "statutory"
laws = ["GDPR Art. 33"]
"#,
    r#"
id = "tell-outside"
duty = "tell the public what was trained"
owner = "trainer"
to = ["outside: the public"]
due = { after = "project.open", period = "P20D" }
discharged_by = "duty.discharge"
"#,
    r#"
id = "tell-lab"
duty = "tell the lab what was trained"
owner = "trainer"
to = ["test-lab"]
due = { after = "project.open", period = "P20D" }
discharged_by = "duty.discharge"
"#,
    r#"
id = "discharge"
permit = "duty.discharge"
by = "trainer"
"#,
    r#"
id = "adopt-rules"
permit = "rules.adopt"
by = "council-member"
"#,
    r#"
id = "rules-by-motion"
gate = "rules.adopt"
motion = "council"
"#,
    r#"
id = "adopt-policy"
permit = "policy.adopt"
by = "council-member"
"#,
];

fn agreed() -> Vec<String> {
    let blocks = CLAUSES.iter().map(|clause| format!("```clause\n{}\n```\n\n", clause.trim()));
    let blocks: String = blocks.collect();
    let powers = format!(
        "# Powers\n\n```module\nid = \"powers\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
         What may be done at once.\n\n{blocks}"
    );
    let mut texts = texts();
    let governance = texts.get_mut("governance").unwrap();
    let escalates = "escalates_to = \"council\"\n";
    assert_eq!(governance.matches(escalates).count(), 1);
    *governance =
        governance.replace(escalates, &format!("{escalates}correction_within = \"P10D\"\n"));
    texts.insert("powers", powers);
    texts.into_values().collect()
}

/// All of it in force, and a project open, since 1 January 2027, 08:00 UTC.
pub fn story() -> Story {
    Story::begun(agreed())
}

/// The same, with two versions of the score released one after the other.
pub fn released() -> Story {
    let mut story = story();
    for name in ["one", "two"] {
        propose(&mut story, name);
        story.admit("lab", "test-lab", tested(name));
        let model = digest(name);
        story.decide(&format!("release-{name}"), Act::ReleasePromote(Release { model }));
    }
    story
}

/// Brings a version of the score in and proposes it for release.
pub fn propose(story: &mut Story, name: &str) {
    let (asset, purpose) = ("score".parse().unwrap(), "cardiac-risk".parse().unwrap());
    let version = digest(name);
    story.admit(
        "vendor",
        "trainer",
        Act::AssetImport(AssetImport { asset, version, purpose, licence: None, from: None }),
    );
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model: version }));
}

pub fn tested(name: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject: digest(name),
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: [("accuracy".parse().unwrap(), "0.79".parse().unwrap())].into(),
        cases: 254.try_into().unwrap(),
        report: digest("report"),
        record: None,
    })
}

pub fn promote(name: &str) -> Act {
    Act::ReleasePromote(Release { model: digest(name) })
}

pub fn roll_back(name: &str) -> Act {
    Act::ReleaseRollback(recall(name))
}

pub fn recall(name: &str) -> ReleaseRecall {
    ReleaseRecall { model: digest(name), reason: digest("people are in danger") }
}

pub fn ward(party: &str) -> PlaceStop {
    let (party, place) = (party.parse().unwrap(), "ward".parse().unwrap());
    PlaceStop { party, place, reason: digest("a break-in") }
}

pub fn data_use() -> NamedModule {
    NamedModule { module: "data-use".parse().unwrap() }
}

/// The entry that used a power last.
pub fn last_use(story: &Story) -> u64 {
    *story.state().powers_used().last().unwrap().0
}

pub fn use_stands(story: &Story) -> UseStatus {
    story.state().powers_used().last().unwrap().1.status
}

pub fn ratify(used: u64) -> Act {
    Act::PowerRatify(PowerRatify { used })
}

pub fn done(duty: DutyId) -> Act {
    Act::DutyDischarge(DutyDischarge { duty, evidence: digest("done"), figures: [].into() })
}

/// The latest occurrence of a duty of the vendor.
pub fn owed(story: &Story, clause: &str) -> DutyId {
    let all = story.state().duties().map(|(id, _)| id);
    all.filter(|id| id.clause.to_string() == clause).last().unwrap().clone()
}

pub fn stands(story: &Story, clause: &str) -> &'static str {
    story.state().duty(&owed(story, clause)).unwrap().status.as_str()
}

/// What is served of the score.
pub fn served(story: &Story) -> Option<Digest> {
    story.state().served(&"score".parse().unwrap()).copied()
}

pub fn status(story: &Story, name: &str) -> &'static str {
    story.state().models()[&digest(name)].status.as_str()
}

pub fn module(story: &Story) -> &'static str {
    story.state().standing(&"data-use".parse().unwrap()).unwrap().as_str()
}

/// What followed from an act that must be admitted.
pub fn effects(verdict: Verdict) -> Vec<Effect> {
    match verdict {
        Verdict::Admitted { effects, .. } => effects,
        Verdict::Refused { refusal, .. } => panic!("{}", refusal.problem()),
    }
}

/// Signed by all of these, each for the seat `signatory`.
pub fn together(story: &mut Story, parties: &[&str], act: &Act) -> Verdict {
    let signers: Vec<_> = parties.iter().map(|party| (*party, "signatory")).collect();
    let entry = story.sign(&signers, act);
    story.step(entry)
}

pub fn everybody(story: &mut Story, act: &Act) -> Verdict {
    together(story, &EVERYBODY, act)
}

/// Puts a question and has the council vote for it, without carrying it out.
pub fn voted(story: &mut Story, name: &str, decision: Act) {
    let motion = MotionPropose::of(name.parse().unwrap(), "council".parse().unwrap(), decision);
    story.admit("alder", "council-member", Act::MotionPropose(motion));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote(name, Vote::For));
    }
}

pub fn carry_out(name: &str) -> Act {
    execute(name)
}
