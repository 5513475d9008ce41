//! Who works for a party and does not sign.

use concordat_partnership::act::{PartyWithdraw, ProcessorEnd, ProcessorEngage, ProcessorRecheck};
use concordat_partnership::{Act, DutyStatus, Effect, ProcessorStatus, Verdict};

use crate::common::{Story, digest};
use crate::people::{a, and, at, with};

const CLAUSES: &str = r#"
```clause
id = "engage"
permit = "processor.engage"
by = "data-holder"
on = "heart-rows"
purposes = ["cardiac-risk"]
when = "place.class >= 2"
```

```clause
id = "recheck"
permit = "processor.recheck"
by = "data-holder"
```

```clause
id = "end"
permit = "processor.end"
by = "data-holder"
```

```clause
id = "look-again"
duty = "check each sub-processor again"
owner = "data-holder"
to = ["trainer"]
due = { after = "processor.engage", period = "P6M" }
discharged_by = "processor.recheck"
```
"#;

fn engage(name: &str, edit: impl FnOnce(&mut ProcessorEngage)) -> Act {
    let mut act = ProcessorEngage {
        processor: a(name),
        on: [a("heart-rows")].into(),
        purposes: [a("cardiac-risk")].into(),
        class: 2,
        jurisdiction: a("CH"),
        evidence: digest("due diligence"),
        recheck_by: at("2027-07-01T08:00:00Z"),
        price: None,
    };
    edit(&mut act);
    Act::ProcessorEngage(act)
}

fn recheck(name: &str, until: &str) -> Act {
    let (processor, evidence) = (a(name), digest("second look"));
    Act::ProcessorRecheck(ProcessorRecheck { processor, evidence, recheck_by: at(until) })
}

fn end(name: &str) -> Act {
    Act::ProcessorEnd(ProcessorEnd { processor: a(name) })
}

#[test]
fn row_12_a_sub_processor_is_vetted_and_looked_at_again() {
    let mut story = Story::in_force();
    story.amend(&[and("data-use", CLAUSES)]);
    let permit = "data-use/engage";
    // Who, what for and where: the clause says.
    story.refuse("vendor", "trainer", engage("cloud", |_| {}), "not-permitted", permit);
    let weak = engage("cloud", |act| act.class = 1);
    story.refuse("alder", "data-holder", weak, "not-permitted", permit);
    let other = engage("cloud", |act| act.purposes = [a("insurance-pricing")].into());
    story.refuse("alder", "data-holder", other, "not-permitted", permit);
    let past = engage("cloud", |act| act.recheck_by = at("2026-01-01T00:00:00Z"));
    story.refuse("alder", "data-holder", past, "time-empty", "");

    story.admit("alder", "data-holder", engage("cloud", |_| {}));
    story.refuse("alder", "data-holder", engage("cloud", |_| {}), "name-taken", "");
    story.refuse("birch", "data-holder", end("cloud"), "unknown-processor", "");
    let owed = |story: &Story| -> Vec<DutyStatus> {
        let own = story.state().duties().filter(|(id, _)| id.owner.as_str() == "alder");
        own.map(|(_, duty)| duty.status).collect()
    };
    assert_eq!(owed(&story), [DutyStatus::Active]);

    // The day passes: the engagement lapses by itself, and nothing is done with those rows.
    story.tick("2027-07-01T08:00:00Z");
    let status = |story: &Story| story.state().processors().next().unwrap().1.processor.status;
    assert_eq!(status(&story), ProcessorStatus::Lapsed);
    assert_eq!(owed(&story), [DutyStatus::Late]);
    let place = concordat_partnership::act::PlaceRegister {
        place: a("ward"),
        class: 2,
        jurisdiction: a("CH"),
    };
    story.admit("alder", "data-holder", Act::PlaceRegister(place));
    let rows = story.dataset("alder", "first");
    story.refuse("alder", "data-holder", rows.clone(), "processor-lapsed", "");

    story.admit("alder", "data-holder", recheck("cloud", "2028-01-01T00:00:00Z"));
    assert_eq!(status(&story), ProcessorStatus::Engaged);
    assert!(matches!(owed(&story)[..], [DutyStatus::Discharged { late: true, .. }]));
    story.admit("alder", "data-holder", rows);
    story.admit("alder", "data-holder", end("cloud"));
    story.refuse("alder", "data-holder", end("cloud"), "processor-state", "");
    let again = recheck("cloud", "2028-06-01T00:00:00Z");
    story.refuse("alder", "data-holder", again, "processor-state", "");
}

#[test]
fn an_engagement_that_has_ended_ends_once() {
    let mut story = Story::in_force();
    let title = "instrument = \"Cardiac Risk Agreement\"\n";
    let changes = "changes = [{ change = \"party.withdraw\", consent = \"own\" }]\n";
    let governance = with("governance", title, &format!("{title}{changes}"));
    let both = CLAUSES.replace("by = \"data-holder\"", "by = [\"data-holder\", \"trainer\"]");
    story.amend(&[governance, and("data-use", &both)]);
    for name in ["cloud", "labels"] {
        story.admit("vendor", "trainer", engage(name, |_| {}));
    }
    story.admit("vendor", "trainer", end("cloud"));

    // With its party the other engagement ends; the first one has ended.
    let leave = PartyWithdraw { reasons: digest("reasons"), cut_off: None };
    let verdict = story.act("vendor", "signatory", Act::PartyWithdraw(leave));
    let Verdict::Admitted { effects, .. } = verdict else { panic!("{verdict:?}") };
    let ended = effects.into_iter().filter_map(|effect| match effect {
        Effect::ProcessorStands(_, processor, ProcessorStatus::Ended) => Some(processor),
        _ => None,
    });
    assert_eq!(ended.collect::<Vec<_>>(), [a("labels")]);
}
