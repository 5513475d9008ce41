//! What the record says of places, findings and series, as the commands show it.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod worked;

use std::collections::BTreeMap;
use std::fs;

use archived::archived;
use common::{EVERYBODY, HOSPITALS, Story, digest, result, texts};
use concordat_partnership::Act;
use concordat_partnership::act::{
    AuditAnswer, AuditFinding, AuditReply, AuditRequest, DutyDischarge, EvidenceSubmit,
    ModuleEnter, PlaceAttest, PlaceRegister, RefusalCount,
};
use concordat_terms::Digest;
use serde_json::{Value, json};
use worked::{concordat, said};

const AUDITS: &str = r#"
## Places and audits

```clause
id = "attest"
permit = "place.attest"
by = "data-holder"
```

```clause
id = "ask"
permit = "audit.request"
by = "test-lab"
```

```clause
id = "answer"
permit = "audit.answer"
by = "data-holder"
```

```clause
id = "tell"
permit = "audit.finding"
by = "test-lab"
```

```clause
id = "open-books"
duty = "open the books to the Lab"
owner = "data-holder"
to = ["test-lab"]
due = { after = "audit.request", period = "P21D" }
discharged_by = "audit.answer"
cure = "P5D"
```

```clause
id = "mend"
duty = "mend what the Lab found"
owner = "operator"
to = ["test-lab"]
due = { after = "audit.finding", period = "P7D" }
discharged_by = "duty.discharge"
cure = "P5D"
```

```clause
id = "discharge"
permit = "duty.discharge"
by = "operator"
```
"#;

/// The texts of the heart agreement, with audits, and with a guard on the rows if one is wanted.
fn agreed(guard: &str) -> Vec<String> {
    let mut all = texts();
    all.get_mut("governance").unwrap().push_str(AUDITS);
    let rows = all.get_mut("data-use").unwrap();
    *rows = rows.replacen("rows_per_person = 1\n", &format!("rows_per_person = 1\n{guard}"), 1);
    all.into_values().collect()
}

fn blobs(texts: &[String]) -> BTreeMap<Digest, Vec<u8>> {
    texts.iter().map(|text| (digest(text), text.clone().into_bytes())).collect()
}

/// An audit of a hospital with its answer and what was found: the entry of the finding.
fn audited(story: &mut Story, of: &str) -> u64 {
    let request = story.state().index();
    let (of_party, on) = (of.parse().unwrap(), ["heart-rows".parse().unwrap()].into());
    let asks = AuditRequest { of: of_party, scope: digest("scope"), on };
    story.admit("lab", "test-lab", Act::AuditRequest(asks));
    let reply = AuditReply::Given(digest("books"));
    story.admit(of, "data-holder", Act::AuditAnswer(AuditAnswer { request, reply }));
    let found = AuditFinding { request, finding: digest("a door without a lock") };
    let index = story.state().index();
    story.admit("lab", "test-lab", Act::AuditFinding(found));
    index
}

#[test]
fn row_125_places_show_how_old_their_appraisals_are_and_what_is_found_and_not_mended() {
    let texts = agreed("guard = { class = 2, attested = \"P30D\" }\n");
    let blobs = blobs(&texts);
    let mut story = Story::founded_on([].into());
    let modules = story.put_as_one(texts, &EVERYBODY);
    story.admit("alder", "signatory", Act::ModuleEnter(ModuleEnter { modules }));
    let attest = || {
        let (place, appraisal) = ("ward".parse().unwrap(), digest("appraisal"));
        Act::PlaceAttest(PlaceAttest { place, appraisal })
    };
    for hospital in &HOSPITALS[..3] {
        let (place, jurisdiction) = ("ward".parse().unwrap(), "CH".parse().unwrap());
        let place = PlaceRegister { place, class: 2, jurisdiction };
        story.admit(hospital, "data-holder", Act::PlaceRegister(place));
    }
    for hospital in &HOSPITALS[..2] {
        story.admit(hospital, "data-holder", attest());
        story.admit(hospital, "data-holder", story.dataset(hospital, "first"));
    }
    story.tick("2027-01-20T08:00:00Z");
    story.admit("birch", "data-holder", attest());
    story.tick("2027-02-03T08:00:00Z");
    let found = audited(&mut story, "alder");

    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let shown = said(&["places", "--archive", &archive]);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "alder/ward: class 2, under the law of CH, appraised 33 days ago, on 2027-01-01T08:00:00Z",
        "heart-rows asks for class 2 or higher and an appraisal within P30D (over since \
         2027-01-31T08:00:00Z): not met [data-use/heart-rows]",
        "birch/ward: class 2, under the law of CH, appraised 14 days ago, on 2027-01-20T08:00:00Z",
        "an appraisal within P30D (until 2027-02-19T08:00:00Z): met [data-use/heart-rows]",
        "cypress/ward: class 2, under the law of CH, never appraised",
        "about alder on heart-rows, by lab at 2027-02-03T08:00:00Z",
        "owed because of it: governance/mend",
    ] {
        assert!(words.contains(expected), "{expected}:\n{shown}");
    }

    let lines = said(&["places", "--as", "alder", "--archive", &archive, "--json"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "a place and a finding: {lines:?}");
    assert_eq!((&lines[0]["kind"], &lines[0]["age"]), (&json!("place"), &json!(33 * 86_400)));
    assert_eq!((&lines[0]["asked"][0]["met"], &lines[1]["index"]), (&json!(false), &json!(found)));

    // Once it is mended it is no open finding any more.
    let owed = story.state().open_duties();
    let owed = owed.iter().find(|own| own.id.since == found).unwrap().id.clone();
    let done = DutyDischarge { duty: owed, evidence: digest("a lock"), figures: [].into() };
    story.admit("vendor", "operator", Act::DutyDischarge(done));
    assert_eq!(story.state().open_findings(), []);
}

#[test]
fn row_127_series_of_quality_reliability_breaches_and_trust_are_counted_from_the_record() {
    let texts = agreed("");
    let blobs = blobs(&texts);
    let mut story = Story::begun(texts);
    story.run("first");
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", common::cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|hospital| (hospital, "data-holder"));
    let closing = story.sign(&seats, &result("model"));
    assert!(story.step(closing).is_admitted());
    let tested = |accuracy: &str| {
        Act::EvidenceSubmit(EvidenceSubmit {
            subject: digest("model"),
            method: "pooled-holdout-accuracy".parse().unwrap(),
            results: [("accuracy".parse().unwrap(), accuracy.parse().unwrap())].into(),
            cases: 100.try_into().unwrap(),
            report: digest("report"),
            record: None,
        })
    };
    // In January a test fails and the next one does not; the books are opened in time.
    story.admit("lab", "test-lab", tested("0.6"));
    story.admit("lab", "test-lab", tested("0.8"));
    audited(&mut story, "alder");
    // In February nothing was mended, and the vendor tries what it may not do.
    story.tick("2027-02-03T08:00:00Z");
    assert!(!story.act("vendor", "trainer", tested("0.9")).is_admitted());
    story.tick("2027-04-03T08:00:00Z");

    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    archived(&story, &blobs, &archive);
    let (archive, svg) = (archive.display().to_string(), temp.path().join("series.svg"));
    let asked = ["series", "--archive", &archive];
    let drawn = svg.display().to_string();
    let table = said(&[&asked[..], &["--svg", &drawn]].concat());
    let lines: Vec<Vec<&str>> =
        table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["from", "quality", "reliability", "breaches", "trust", "refused"]);
    let january = ["2027-01-01", "4/4", "100.0", "%", "1/2", "50.0", "%", "0", "1/1", "100.0", "%"];
    assert_eq!(lines[1][..11], january);
    let february = ["2027-02-01", "4/4", "100.0", "%", "-", "0", "0/1", "0.0", "%", "1"];
    assert_eq!(lines[2], february);
    let march = ["2027-03-01", "4/4", "100.0", "%", "-", "0", "-", "0"];
    assert_eq!((&lines[3][..], lines.len()), (&march[..], 5));

    let json = said(&[&asked[..], &["--as", "vendor", "--json"]].concat());
    let windows: Vec<Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(windows[0]["until"], "2027-02-01T08:00:00Z");
    assert_eq!(windows[0]["quality"], json!({ "good": 0, "of": 0 }), "it holds no rows");
    assert_eq!(
        (&windows[1]["trust"], &windows[1]["refused"]),
        (&json!({ "good": 0, "of": 1 }), &json!(1))
    );
    let weeks = said(&[&asked[..], &["--window", "P7D", "--json"]].concat());
    assert_eq!(weeks.lines().count(), 14);

    let picture = fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{picture}");
    for title in ["Quality", "Reliability", "Breaches", "Trust", "Refusals"] {
        assert!(picture.contains(&format!(">{title}</tspan>")), "{title}");
    }
    for (window, code) in [("PT1M", "bad-window"), ("PT1H", "too-many-windows")] {
        let wrong = concordat(&[&asked[..], &["--window", window, "--json"]].concat());
        let told = String::from_utf8(wrong.stdout).unwrap();
        assert!(told.contains(&format!("\"code\":\"{code}\"")), "{window}: {told}");
    }
}

/// What was refused is counted by day and seat, with what the sequencer turned away beside it; a copy of an act is
/// held against nobody.
#[test]
fn refusals_are_counted_by_day_and_seat_beside_what_was_turned_away() {
    let texts = agreed("");
    let blobs = blobs(&texts);
    let mut story = Story::begun(texts);
    let open = |run: &str| Act::RunOpen(common::one_run(run));
    assert!(!story.act("vendor", "trainer", open("none")).is_admitted());
    let copy = story.entries[2].clone();
    assert!(!story.step(copy).is_admitted());
    story.tick("2027-02-03T08:00:00Z");
    assert!(!story.act("vendor", "trainer", open("none")).is_admitted());
    assert!(!story.act("vendor", "signatory", open("none")).is_admitted());
    assert!(!story.act("vendor", "signatory", open("neither")).is_admitted());
    story.tick("2027-02-03T09:00:00Z");
    let count = RefusalCount {
        party: "vendor".parse().unwrap(),
        from: "2027-02-03T08:10:00Z".parse().unwrap(),
        until: "2027-02-03T08:20:00Z".parse().unwrap(),
        turned_away: 900,
        acts: digest("acts"),
    };
    story.admit("sequencer", "sequencer", Act::RefusalCount(count));

    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let told = said(&["refusals", "--archive", &archive, "--json"]);
    let lines = told.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let count = |line: serde_json::Value| {
        let seat = line["seat"].as_str().unwrap_or("-").to_owned();
        let day = line["day"].as_str().unwrap().to_owned();
        (day, seat, line["refused"].as_u64().unwrap(), line["turned_away"].as_u64().unwrap())
    };
    let found: Vec<_> = lines.filter(|line| line["party"] == "vendor").map(count).collect();
    let row =
        |day: &str, seat: &str, refused, turned| (day.to_owned(), seat.to_owned(), refused, turned);
    let (first, last) = (&found[0], "2027-02-03");
    assert_eq!((first.1.as_str(), first.2), ("trainer", 1));
    let expected =
        [row(last, "-", 0, 900), row(last, "signatory", 2, 0), row(last, "trainer", 1, 0)];
    assert_eq!(found[1..], expected);
    let total: u64 = found.iter().map(|line| line.2).sum();
    assert_eq!(total, story.state().refusals_of(&"vendor".parse().unwrap()));
    let text = said(&["refusals", "--as", "vendor", "--archive", &archive]);
    assert!(text.contains("900 more of vendor turned away by the coordinator"), "{text}");
}
