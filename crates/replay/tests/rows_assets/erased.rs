//! What is behind commitments, and blobs, and was erased: by whom, on which ground, and what then holds.

use std::collections::BTreeSet;

use concordat_partnership::act::{
    CaseMatter, CaseOpen, DisputeMatter, ErasureGround, EvidenceSubmit, HoldLift, HoldPlace,
    OneModule, PersonErase,
};
use concordat_partnership::{Act, DutyStatus, Effect, Verdict, party_digest};
use concordat_replay::Replica;
use concordat_terms::Digest;

use crate::common::{Story, digest, texts};
use crate::law::{a, import, ready, rows};

const PERSONS: &str = r#"
```clause
id = "erase-persons"
permit = "person.erase"
by = ["data-holder", "trainer"]
```

```clause
id = "erase-copies"
duty = "erase the copies of what another party erased"
owner = "trainer"
to = "data-holder"
due = { after = "person.erase", period = "P20D" }
discharged_by = "person.erase"
```

```clause
id = "open-cases"
permit = "case.open"
by = ["data-holder", "trainer"]
```

```clause
id = "differences"
ladder = "what the parties differ about"
cases = ["dispute"]
stages = [
  { stage = "negotiation", by = "council", within = "P30D" },
  { stage = "mediation", by = "test-lab" },
]
```

```clause
id = "hold"
permit = "hold.place"
by = ["data-holder", "test-lab"]
```

```clause
id = "lift"
permit = "hold.lift"
by = ["data-holder", "test-lab"]
```
"#;

fn differ(case: &str, account: Digest, against: &str) -> Act {
    Act::CaseOpen(CaseOpen {
        case: a(case),
        matter: CaseMatter::Dispute(DisputeMatter { clause: None }),
        on: [].into(),
        models: [].into(),
        against: [a(against)].into(),
        account,
    })
}

fn erase(papers: &[Digest]) -> Act {
    Act::PersonErase(PersonErase {
        papers: papers.iter().copied().collect(),
        ground: ErasureGround::ConsentWithdrawn,
        request: Some(digest("the request, committed to")),
    })
}

fn hold(papers: &[Digest]) -> Act {
    Act::HoldPlace(HoldPlace {
        asset: None,
        version: None,
        papers: papers.iter().copied().collect(),
        case: None,
        ground: digest("court order"),
    })
}

/// Alder has named a commitment in a dispute with the vendor.
fn named() -> (Story, Digest) {
    let mut story = ready("", "", PERSONS);
    let name = digest("a name, salted");
    story.admit("alder", "data-holder", differ("who-signed", name, "vendor"));
    (story, name)
}

fn copies(story: &Story) -> Vec<DutyStatus> {
    let clause = a("data-use/erase-copies");
    let all = story.state().duties().filter(|(id, _)| id.clause == clause);
    all.map(|(_, duty)| duty.status).collect()
}

#[test]
fn row_49_what_a_party_named_it_erases_and_each_holder_says_so_of_its_copies() {
    let (mut story, name) = named();
    let index = story.state().index();
    let verdict = story.act("alder", "data-holder", erase(&[name]));
    let Verdict::Admitted { effects, .. } = verdict else { panic!("{verdict:?}") };
    assert!(effects.contains(&Effect::Erased([name].into())));
    let erased = story.state().erased(&name).unwrap();
    assert_eq!((erased.index, erased.ground), (index, ErasureGround::ConsentWithdrawn));
    assert_eq!(erased.request, Some(digest("the request, committed to")));

    // The vendor owes the same of its copies, and nobody else's word discharges that, or has the vendor
    // owe it once more.
    assert!(matches!(copies(&story)[..], [DutyStatus::Active]));
    story.refuse("alder", "data-holder", erase(&[name]), "already-erased", "");
    story.admit("birch", "data-holder", erase(&[name]));
    assert!(matches!(copies(&story)[..], [DutyStatus::Active]));
    let verdict = story.act("vendor", "trainer", erase(&[name]));
    let Verdict::Admitted { effects, .. } = verdict else { panic!("{verdict:?}") };
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Erased(_))), "told once");
    assert!(matches!(copies(&story)[..], [DutyStatus::Discharged { late: false, .. }]));
    let erased = story.state().erased(&name).unwrap();
    let said: Vec<&str> = erased.copies.keys().map(|party| party.as_str()).collect();
    assert_eq!((erased.index, said), (index, vec!["alder", "birch", "vendor"]));
}

#[test]
fn row_49_copies_are_owed_paper_by_paper_and_not_by_who_erased() {
    let (mut story, name) = named();
    let [office, ward] = ["an office, salted", "a ward, salted"].map(digest);
    story.admit("alder", "data-holder", differ("office", office, "vendor"));
    story.admit("alder", "data-holder", differ("ward", ward, "vendor"));
    story.admit("alder", "data-holder", erase(&[name]));
    story.admit("alder", "data-holder", erase(&[office, ward]));
    let owed =
        |story: &Story| copies(story).iter().map(|status| status.is_open()).collect::<Vec<_>>();
    assert_eq!(owed(&story), [true, true]);
    // A part of what the second entry erased is not all of it, and nothing of the first.
    story.admit("vendor", "trainer", erase(&[office]));
    assert_eq!(owed(&story), [true, true]);
    story.admit("vendor", "trainer", erase(&[ward]));
    assert_eq!(owed(&story), [true, false]);
    story.admit("vendor", "trainer", erase(&[name]));
    assert_eq!(owed(&story), [false, false]);

    // Of what the vendor named it has no copies but its own.
    let letter = digest("a letter, salted");
    story.admit("vendor", "trainer", differ("letter", letter, "alder"));
    story.admit("vendor", "trainer", erase(&[letter]));
    assert_eq!(owed(&story), [false, false]);
}

/// Who asked for an erasure is owed it, whatever opened that duty.
#[test]
fn row_49_an_erasure_discharges_what_a_request_opened() {
    const ON_REQUEST: &str = r#"
```clause
id = "erase-on-request"
duty = "erase who asks for it"
owner = "data-holder"
to = "trainer"
due = { after = "case.open", period = "P30D" }
discharged_by = "person.erase"
```
"#;
    let mut story = ready("", "", &format!("{PERSONS}{ON_REQUEST}"));
    let name = digest("a name, salted");
    story.admit("alder", "data-holder", differ("asked", name, "vendor"));
    let asked = a("data-use/erase-on-request");
    let open = |story: &Story| {
        let all =
            story.state().duties().filter(|(id, _)| id.clause == asked && id.owner == a("alder"));
        all.filter(|(_, duty)| duty.status.is_open()).count()
    };
    assert_eq!(open(&story), 1);
    story.admit("alder", "data-holder", erase(&[name]));
    assert_eq!(open(&story), 0);
}

#[test]
fn row_49_nobody_erases_what_another_named_and_nothing_is_erased_that_nobody_named() {
    let (mut story, name) = named();
    story.refuse("vendor", "trainer", erase(&[name]), "not-your-paper", "");
    story.refuse("alder", "data-holder", erase(&[digest("x")]), "unknown-paper", "");
    story.refuse("alder", "data-holder", erase(&[]), "erases-nothing", "");
    // Who named it first named it first, whoever names it next.
    story.admit("vendor", "trainer", differ("again", name, "alder"));
    story.refuse("vendor", "trainer", erase(&[name]), "not-your-paper", "");
    // All or nothing.
    story.refuse("alder", "data-holder", erase(&[name, digest("x")]), "unknown-paper", "");
    assert!(story.state().erased(&name).is_none());
    story.admit("alder", "data-holder", erase(&[name]));
}

#[test]
fn what_verdicts_rest_on_is_never_erased() {
    let (mut story, _) = named();
    let module = digest(&texts()["governance"]);
    assert!(story.state().rests_on(&module));
    story.refuse("alder", "data-holder", erase(&[module]), "not-erasable", "");
    // Nor is a version: there is an act for that, which a hold on the asset stops.
    story.admit("alder", "data-holder", differ("rows", rows("alder"), "vendor"));
    story.refuse("alder", "data-holder", erase(&[rows("alder")]), "not-erasable", "");
}

/// What was read for a refusal is needed to come to that refusal again.
#[test]
fn what_a_refusal_rests_on_is_never_erased_whoever_named_it_before_or_after() {
    let (mut story, _) = named();
    let letter = story.replica.supply(b"# A letter\n".to_vec());
    let unread = story.replica.supply(b"# Another letter\n".to_vec());
    let later = story.replica.supply(b"# A third letter\n".to_vec());
    story.admit("alder", "data-holder", differ("letter", letter, "vendor"));
    story.admit("alder", "data-holder", differ("unread", unread, "vendor"));
    let propose = |module| Act::ModulePropose(OneModule { module });
    story.refuse("alder", "signatory", propose(letter), "module-unreadable", "");
    story.refuse("alder", "signatory", propose(later), "module-unreadable", "");
    // For this one something else stood in the way, and nobody read the text.
    story.refuse("sequencer", "sequencer", propose(unread), "not-your-seat", "");
    story.admit("alder", "data-holder", differ("later", later, "vendor"));

    story.refuse("alder", "data-holder", erase(&[letter]), "not-erasable", "");
    story.refuse("alder", "data-holder", erase(&[later]), "not-erasable", "");
    story.admit("alder", "data-holder", erase(&[unread]));

    // Whoever folds anew has all texts but the erased one.
    let mut anew = Replica::new();
    let kept = story.state().papers().filter(|(name, _)| story.state().erased(name).is_none());
    for text in kept.filter_map(|(name, _)| story.replica.blob(name)) {
        anew.supply(text.to_vec());
    }
    for entry in &story.entries {
        anew.step(entry).unwrap();
    }
    assert_eq!(anew.state().rolling(), story.state().rolling());
}

#[test]
fn row_49_a_legal_hold_defeats_an_erasure_and_is_named() {
    let (mut story, name) = named();
    let other = digest("an office, salted");
    story.admit("alder", "data-holder", differ("office", other, "vendor"));
    story.refuse("lab", "test-lab", hold(&[]), "holds-nothing", "");
    story.refuse("lab", "test-lab", hold(&[digest("x")]), "unknown-paper", "");
    story.admit("lab", "test-lab", hold(&[other]));
    story.admit("lab", "test-lab", hold(&[name, other]));
    assert_eq!(
        (story.state().held_paper(&name), story.state().held_paper(&other)),
        (Some(2), Some(1))
    );

    let verdict = story.act("alder", "data-holder", erase(&[name]));
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "paper-held");
    assert!(refusal.to_string().contains("hold 2"), "{refusal}");
    // No asset is held by that.
    assert!(!story.state().is_held(&a("heart-rows")));

    let lift = HoldLift { hold: 2, ground: digest("over") };
    story.admit("lab", "test-lab", Act::HoldLift(lift));
    story.refuse("alder", "data-holder", erase(&[other]), "paper-held", "");
    story.admit("alder", "data-holder", erase(&[name]));
    // What is gone is not held any more.
    story.refuse("lab", "test-lab", hold(&[name]), "names-erased", "");
}

#[test]
fn what_was_erased_nobody_names_anew() {
    let (mut story, name) = named();
    story.admit("alder", "data-holder", erase(&[name]));
    story.refuse("vendor", "trainer", differ("again", name, "alder"), "names-erased", "");
    story.admit("vendor", "trainer", differ("again", digest("another"), "alder"));
}

/// Names by which others go on are no texts: who erases them would decide about others.
#[test]
fn nobody_erases_the_names_of_others() {
    let (mut story, _) = named();
    let [birch, weights] = [party_digest(&a("birch")), digest("weights of somebody else")];
    story.admit("vendor", "trainer", differ("birch", birch, "birch"));
    story.admit("vendor", "trainer", differ("weights", weights, "birch"));
    story.admit("vendor", "trainer", erase(&[birch, weights]));
    // Evidence about Birch is filed as before, and what is brought in is there again.
    let certificate = EvidenceSubmit {
        subject: birch,
        method: a("liability-insurance"),
        results: [(a("accuracy"), a("0.79"))].into(),
        cases: 254.try_into().unwrap(),
        report: digest("report"),
        record: None,
    };
    story.admit("lab", "test-lab", Act::EvidenceSubmit(certificate));
    assert!(story.state().erased(&weights).is_some());
    story.admit("vendor", "trainer", import("weights", "weights of somebody else", None));
    assert!(story.state().erased(&weights).is_none());
    story.refuse("vendor", "trainer", erase(&[weights]), "not-erasable", "");
}

/// Erased and opened fold alike: but for the erasure itself, two logs have the same verdicts.
#[test]
fn nothing_else_changes_by_an_erasure() {
    let (mut erased, name) = named();
    let (mut opened, _) = named();
    erased.admit("alder", "data-holder", erase(&[name]));
    opened.admit("alder", "data-holder", erase(&[name]));
    let later = [
        ("vendor", "trainer", differ("later", digest("another"), "alder")),
        ("birch", "data-holder", erase(&[name])),
    ];
    for (party, seat, act) in later {
        assert_eq!(erased.act(party, seat, act.clone()), opened.act(party, seat, act));
    }
    assert_eq!(erased.state().rolling(), opened.state().rolling());
    let papers: BTreeSet<Digest> = erased.state().papers().map(|(digest, _)| *digest).collect();
    assert!(papers.contains(&name), "the commitment stays");
}
