//! How long an asset is kept, and who audits its use.

use concordat_partnership::act::{AuditRequest, DeletionAttest, HoldLift, HoldPlace, OneProject};
use concordat_partnership::{Act, DutyStatus};

use crate::common::{HOSPITALS, Story, digest};
use crate::law::{a, agreed, rows};

const MORE: &str = r#"
```clause
id = "hold"
permit = "hold.place"
by = "data-holder"
```

```clause
id = "lift"
permit = "hold.lift"
by = "data-holder"
```

```clause
id = "ask-audit"
permit = "audit.request"
by = ["test-lab", "trainer"]
```

```clause
id = "answer-audit"
permit = "audit.answer"
by = "data-holder"
```

```clause
id = "be-audited"
duty = "answer an audit"
owner = "data-holder"
to = ["test-lab"]
due = { after = "audit.request", period = "P10D" }
discharged_by = "audit.answer"
```
"#;

/// A project with rows that are kept for thirty days, and is over.
fn over() -> Story {
    let mut story = agreed("retention = \"P30D\"", "", MORE);
    for hospital in HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story.tick("2027-03-01T09:00:00Z");
    story.decide("end-risk", Act::ProjectEnd(OneProject { project: a("risk") }));
    story
}

fn stands(story: &Story, of: &str) -> (DutyStatus, Option<String>) {
    let mut own = story.state().duties().filter(|(id, _)| {
        id.clause.to_string() == "data-use/heart-rows" && id.owner.as_str() == of
    });
    let (_, duty) = own.next().unwrap();
    (duty.status, duty.due.map(|due| due.to_string()))
}

fn attest(of: &str) -> Act {
    Act::DeletionAttest(DeletionAttest {
        asset: a("heart-rows"),
        versions: [rows(of)].into(),
        residuals: None,
        evidence: digest("certificate"),
    })
}

#[test]
fn row_49_what_is_kept_for_a_time_is_deleted_by_each_holder_when_that_is_over() {
    let mut story = over();
    let due = Some("2027-03-31T09:00:00Z".to_owned());
    for hospital in HOSPITALS {
        assert_eq!(stands(&story, hospital), (DutyStatus::Active, due.clone()), "{hospital}");
    }
    // Who holds none owes nothing, and one party's word is that party's.
    let owners = story.state().duties().filter(|(id, _)| id.owner.as_str() == "vendor");
    assert!(!owners.into_iter().any(|(id, _)| id.clause.to_string() == "data-use/heart-rows"));
    story.admit("alder", "data-holder", attest("alder"));
    assert!(matches!(stands(&story, "alder").0, DutyStatus::Discharged { late: false, .. }));
    assert_eq!(stands(&story, "birch"), (DutyStatus::Active, due.clone()));
    story.tick("2027-03-31T09:00:00Z");
    assert_eq!(stands(&story, "birch").0, DutyStatus::Late);
    let lines = story.state().responsibilities();
    let line = lines.iter().find(|line| line.clause.to_string() == "data-use/heart-rows").unwrap();
    assert_eq!((line.open, line.overdue), (3, 3));
}

#[test]
fn row_49_a_legal_hold_defeats_it() {
    let mut story = over();
    let hold = HoldPlace {
        asset: Some(a("heart-rows")),
        version: None,
        papers: [].into(),
        case: None,
        ground: digest("court order"),
    };
    story.admit("alder", "data-holder", Act::HoldPlace(hold));
    assert_eq!(stands(&story, "alder"), (DutyStatus::Tolled, None));
    story.refuse("alder", "data-holder", attest("alder"), "held", "");
    story.tick("2027-06-01T09:00:00Z");
    assert_eq!(stands(&story, "alder").0, DutyStatus::Tolled, "nobody is late meanwhile");
    let lift = HoldLift { hold: 1, ground: digest("court order") };
    story.admit("alder", "data-holder", Act::HoldLift(lift));
    assert_eq!(stands(&story, "alder").0, DutyStatus::Active);
    story.admit("alder", "data-holder", attest("alder"));
}

#[test]
fn row_107_the_use_of_an_asset_is_audited_by_whom_its_clause_names() {
    let mut story = over();
    let ask = || {
        Act::AuditRequest(AuditRequest {
            of: a("alder"),
            scope: digest("scope"),
            on: [a("heart-rows")].into(),
        })
    };
    story.refuse("vendor", "trainer", ask(), "no-auditor", "data-use/heart-rows");
    story.admit("lab", "test-lab", ask());
    let owed = story.state().duties().find(|(id, _)| id.clause.clause.as_str() == "be-audited");
    assert_eq!(owed.unwrap().1.due.unwrap().to_string(), "2027-03-11T09:00:00Z");
}
