//! What comes round for parties that come back, or take another's place.

use concordat_partnership::Act;
use concordat_partnership::act::PartyAccede;

use crate::common::{Story, public};
use crate::parties::{CHANGES, accede, all, succeed, withdraw};
use crate::people::with;

const REPORTS: &str = r#"
```clause
id = "training"
duty = "report on what was trained"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P1M", every = "P1M" }
discharged_by = "duty.discharge"
```

```clause
id = "rows"
duty = "report on the rows"
owner = "data-holder"
to = ["trainer"]
due = { after = "in-force", period = "P1M", every = "P1M" }
discharged_by = "duty.discharge"
```

```clause
id = "discharge"
permit = "duty.discharge"
by = ["trainer", "data-holder"]
```
"#;

/// The heart agreement with two monthly reports, in force since 1 January 2027, 08:00.
fn story() -> Story {
    let mut story = Story::in_force();
    let title = "instrument = \"Cardiac Risk Agreement\"\n";
    let text = with("governance", title, &format!("{title}{CHANGES}"));
    story.amend(&[format!("{text}\n{REPORTS}")]);
    story
}

/// The occurrences that a party has owed of a clause: when each was or is due, in days.
fn due(story: &Story, clause: &str, owner: &str) -> Vec<String> {
    let own = story.state().duties().filter(|(id, _)| {
        id.clause.to_string() == format!("governance/{clause}") && id.owner.as_str() == owner
    });
    own.map(|(_, duty)| duty.due.unwrap().to_string()[..10].to_owned()).collect()
}

#[test]
fn who_comes_back_owes_its_reports_again() {
    let mut story = story();
    story.admit("vendor", "signatory", withdraw(Some("2027-02-10T08:00:00Z")));
    story.tick("2027-04-10T08:00:00Z");
    assert_eq!(due(&story, "training", "vendor"), ["2027-02-01", "2027-03-01"]);
    let back = match accede("vendor") {
        Act::PartyAccede(act) => Act::PartyAccede(PartyAccede { key: public("elm"), ..act }),
        other => other,
    };
    let signers: Vec<_> = all(&["elm"]).into_iter().filter(|(p, _)| *p != "vendor").collect();
    story.admit_all(&signers, &back);
    let owed = ["2027-02-01", "2027-03-01", "2027-05-10"];
    assert_eq!(due(&story, "training", "vendor"), owed);
    story.tick("2027-05-10T08:00:00Z");
    assert_eq!(due(&story, "training", "vendor").len(), 4);
}

#[test]
fn who_takes_the_place_of_one_who_owed_the_same_owes_it_once() {
    let mut story = story();
    let rest: Vec<_> = all(&["birch"]).into_iter().filter(|(p, _)| *p != "alder").collect();
    story.admit_all(&rest, &succeed("alder", "birch"));
    // What was begun each of them owes, and from then on there is one report a month.
    story.tick("2027-04-15T08:00:00Z");
    assert_eq!(due(&story, "rows", "alder"), ["2027-02-01"]);
    let owed = ["2027-02-01", "2027-03-01", "2027-04-01", "2027-05-01"];
    assert_eq!(due(&story, "rows", "birch"), owed);
}

#[test]
fn who_takes_the_place_of_one_who_owed_it_alone_goes_on_with_it() {
    let mut story = story();
    let rest: Vec<_> = all(&["lab"]).into_iter().filter(|(p, _)| *p != "vendor").collect();
    story.tick("2027-01-15T08:00:00Z");
    story.admit_all(&rest, &succeed("vendor", "lab"));
    assert!(due(&story, "training", "lab").is_empty(), "the report that is begun is the vendor's");
    story.tick("2027-02-15T08:00:00Z");
    assert_eq!(due(&story, "training", "lab"), ["2027-03-01"]);
}
