//! Claims: who answers, in which order, up to how much.

use concordat_partnership::Act;
use concordat_partnership::act::{
    CarvedOut, CaseClose, CaseMatter, CaseOpen, CaseRuling, ClaimMatter, Determination,
    EvidenceSubmit, PartyWithdraw, Sum,
};

use crate::common::{EVERYBODY, HOSPITALS, Story, digest, result};
use crate::office::{a, close, open};

fn sum(capped: &str, carved: Option<&str>) -> Sum {
    let carved_out = carved.map(|amount| CarvedOut { head: 1, amount: a(amount) });
    Sum { capped: a(capped), carved_out: carved_out.into_iter().collect() }
}

fn claim(case: &str, amount: Option<Sum>) -> CaseOpen {
    let matter = CaseMatter::Claim(ClaimMatter { liability: a("governance/harm"), sum: amount });
    CaseOpen { against: [a("vendor")].into(), ..open(case, matter) }
}

fn award(case: &str, amount: Sum) -> CaseClose {
    CaseClose { award: Some(amount), ..close(case) }
}

#[test]
fn row_103_what_is_over_the_cap_is_cut_and_what_is_carved_out_is_shown() {
    let mut story = Story::office();
    let both = [("alder", "data-holder"), ("vendor", "trainer")];
    let asked = sum("EUR 40000", Some("EUR 90000"));
    story.admit("alder", "data-holder", Act::CaseOpen(claim("first", Some(asked.clone()))));
    assert!(story.act_all(&both, &Act::CaseClose(award("first", asked))).is_admitted());
    let owed = story.case("first").closed.clone().unwrap().award.unwrap();
    assert_eq!(
        (owed.payable.to_string(), owed.cut.to_string()),
        ("EUR 40000".into(), "EUR 0".into())
    );
    assert_eq!(owed.carved_out[0].amount.to_string(), "EUR 90000");

    // The cap is one in total: of the next claim only what is left of it is owed.
    story.admit("alder", "data-holder", Act::CaseOpen(claim("second", None)));
    let asked = sum("EUR 30000.50", Some("EUR 1000"));
    assert!(story.act_all(&both, &Act::CaseClose(award("second", asked))).is_admitted());
    let owed = story.case("second").closed.clone().unwrap().award.unwrap();
    assert_eq!(owed.payable.to_string(), "EUR 10000");
    assert_eq!(owed.cut.to_string(), "EUR 20000.5");
    assert_eq!(owed.carved_out[0].amount.to_string(), "EUR 1000");

    // And then nothing but what no cap limits.
    story.admit("alder", "data-holder", Act::CaseOpen(claim("third", None)));
    let asked = sum("EUR 1", Some("EUR 7"));
    assert!(story.act_all(&both, &Act::CaseClose(award("third", asked))).is_admitted());
    let owed = story.case("third").closed.clone().unwrap().award.unwrap();
    assert_eq!((owed.payable.to_string(), owed.cut.to_string()), ("EUR 0".into(), "EUR 1".into()));
}

#[test]
fn row_103_nobody_awards_itself_a_sum() {
    let mut story = Story::office();
    let asked = sum("EUR 50000", Some("EUR 1000000"));
    story.admit("alder", "data-holder", Act::CaseOpen(claim("own", Some(asked.clone()))));
    // No ladder names who decides about claims: then both sides sign what it is to cost.
    let alone = Act::CaseClose(award("own", asked.clone()));
    story.refuse("alder", "data-holder", alone.clone(), "parties-silent", "");
    assert!(story.state().debts().is_empty());
    let ruled = |case: &str| {
        let mut ruling = Determination::of(digest("ruling"));
        ruling.cases.insert(a(case), CaseRuling::Awarded(asked.clone()));
        Act::DeterminationEnter(ruling)
    };

    // Who leaves has not agreed by that, neither to a case nor to what is determined about it.
    let mut gone = story.clone();
    let leaving = PartyWithdraw { reasons: digest("reasons"), cut_off: None };
    let all = EVERYBODY.iter().filter(|party| **party != "vendor");
    let all: Vec<_> = ["vendor"].iter().chain(all).map(|party| (*party, "signatory")).collect();
    assert!(gone.act_all(&all, &Act::PartyWithdraw(leaving)).is_admitted());
    gone.refuse("alder", "data-holder", alone, "parties-silent", "");
    assert!(gone.state().debts().is_empty());

    // Dropped without a sum it is its own to drop, and no ruling of its own puts one there.
    story.admit("alder", "data-holder", Act::CaseClose(close("own")));
    story.refuse("alder", "data-holder", ruled("own"), "nothing-permits", "");
    assert!(story.state().debts().is_empty());
}

#[test]
fn row_103_who_owes_does_not_use_the_cap_up_by_claims_of_its_own() {
    let mut story = Story::office();
    for against in [&[][..], &["vendor"]] {
        let against = against.iter().map(|party| a(party)).collect();
        let own = CaseOpen { against, ..claim("own", None) };
        story.refuse("vendor", "trainer", Act::CaseOpen(own), "nobody-against", "");
    }
    // Who has taken the other side's place agrees with nobody but itself.
    story.admit("alder", "data-holder", Act::CaseOpen(claim("first", None)));
    story.followed("vendor", "alder");
    let whole = sum("EUR 50000", None);
    let alone = Act::CaseClose(award("first", whole.clone()));
    story.refuse("alder", "trainer", alone, "parties-silent", "");
    story.admit("alder", "data-holder", Act::CaseClose(close("first")));
    let mut ruling = Determination::of(digest("ruling"));
    ruling.cases.insert(a("first"), CaseRuling::Awarded(whole));
    let ruling = Act::DeterminationEnter(ruling);
    story.refuse("alder", "data-holder", ruling, "nothing-permits", "");
    assert!(story.state().liabilities(None).iter().all(|own| own.used.to_string() == "0"));
}

#[test]
fn row_104_whom_a_claim_that_opened_by_itself_is_against_does_not_end_it_alone() {
    let (mut story, case) = answered_too_seldom();
    let nothing = Act::CaseClose(close(&case));
    let little = Act::CaseClose(award(&case, sum("EUR 0", None)));
    for end in [&nothing, &little] {
        story.refuse("vendor", "trainer", end.clone(), "parties-silent", "");
        story.refuse("alder", "data-holder", end.clone(), "parties-silent", "");
    }
    for ruling in [CaseRuling::Stayed, CaseRuling::Awarded(sum("EUR 0", None))] {
        let mut determination = Determination::of(digest("ruling"));
        determination.cases.insert(a(&case), ruling);
        let act = Act::DeterminationEnter(determination);
        story.refuse("vendor", "trainer", act, "nothing-permits", "");
    }
    // Those to whom it was warranted let it go, a body does, or both sides agree on what it costs.
    let warranted = HOSPITALS.map(|hospital| (hospital, "data-holder"));
    assert!(story.clone().act_all(&warranted, &nothing).is_admitted());
    story.clone().decide("let-it-go", nothing);
    let both: Vec<_> = warranted.into_iter().chain([("vendor", "trainer")]).collect();
    let hundred = Act::CaseClose(award(&case, sum("EUR 100", None)));
    assert!(story.act_all(&both, &hundred).is_admitted());
    let debts = story.state().debts();
    let debts: Vec<_> =
        debts.iter().map(|debt| format!("{} {}", debt.party, debt.amount.value())).collect();
    assert_eq!(debts, ["alder 25", "birch 25", "cypress 25", "dogwood 25", "vendor -100"]);
}

#[test]
fn row_103_what_cannot_be_paid_is_not_awarded() {
    let mut story = Story::office();
    let both = [("alder", "data-holder"), ("vendor", "trainer")];
    story.admit("alder", "data-holder", Act::CaseOpen(claim("odd", None)));
    for sum in [sum("EUR 100.005", None), sum("EUR 1", Some("EUR 0.001"))] {
        let verdict = story.act_all(&both, &Act::CaseClose(award("odd", sum)));
        assert_eq!(verdict.refusal().unwrap().code(), "unfit");
    }
    let most = "EUR 999999999999999999";
    let verdict = story.act_all(&both, &Act::CaseClose(award("odd", sum(most, Some(most)))));
    assert_eq!(verdict.refusal().unwrap().code(), "unfit");
    // Nor what the books could not tell beside what is owed already.
    let all = |case: &str| Act::CaseClose(award(case, sum("EUR 0", Some(most))));
    assert!(story.act_all(&both, &all("odd")).is_admitted());
    story.admit("alder", "data-holder", Act::CaseOpen(claim("odder", None)));
    let verdict = story.act_all(&both, &all("odder"));
    assert_eq!(verdict.refusal().unwrap().code(), "unfit");
}

#[test]
fn row_106_for_a_kind_of_incident_it_is_said_who_answers_first_and_by_which_clause() {
    let story = Story::office();
    let told = |kind: Option<&str>| -> Vec<String> {
        let kind = kind.map(a);
        let clauses = story.state().liabilities(kind.as_ref()).into_iter().map(|liability| {
            let order: Vec<String> = liability
                .order
                .iter()
                .map(|one| {
                    let parties: Vec<&str> = one.parties.iter().map(|p| p.as_str()).collect();
                    format!("{} ({})", one.seat, parties.join(" "))
                })
                .collect();
            format!("{}: {}", liability.clause, order.join(", then "))
        });
        clauses.collect()
    };
    let harm = "governance/harm: trainer (vendor), then data-holder (alder birch cypress dogwood)";
    assert!(told(Some("death")).contains(&harm.to_owned()));
    assert!(!told(Some("death")).iter().any(|line| line.starts_with("governance/delay")));
    assert!(told(Some("outage")).contains(&"governance/delay: trainer (vendor)".to_owned()));
    assert!(told(None).len() >= 2);
}

#[test]
fn row_58_a_result_below_what_is_warranted_opens_a_claim() {
    let mut story = Story::office();
    for hospital in crate::common::HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story.run("first");
    for hospital in crate::common::HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", crate::common::cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    assert!(story.step(entry).is_admitted());
    let test = |accuracy: &str| {
        Act::EvidenceSubmit(EvidenceSubmit {
            subject: digest("model"),
            method: a("pooled-holdout-accuracy"),
            results: [(a("accuracy"), a(accuracy))].into(),
            cases: 254.try_into().unwrap(),
            report: digest("report"),
            record: None,
        })
    };
    story.admit("lab", "test-lab", test("0.80"));
    assert_eq!(story.state().cases().count(), 0);
    story.admit("lab", "test-lab", test("0.70"));
    let (id, case) = story.state().cases().next().unwrap();
    assert!(id.as_str().starts_with("accuracy-holds-") && case.by.is_none());
    assert_eq!(case.against, [a("vendor")].into());
    let CaseMatter::Claim(claim) = &case.matter else { panic!() };
    assert_eq!((claim.liability.to_string(), &claim.sum), ("governance/harm".to_owned(), &None));

    // It stays broken, and that is one claim; made good and broken again is another.
    story.admit("lab", "test-lab", test("0.60"));
    assert_eq!(story.state().cases().count(), 1);
    story.admit("lab", "test-lab", test("0.90"));
    story.admit("lab", "test-lab", test("0.60"));
    assert_eq!(story.state().cases().count(), 2);
}

fn measure(from: &str, value: &str) -> Act {
    Act::SignalBatch(concordat_partnership::act::SignalBatch {
        signal: a("governance/uptime"),
        from: a(from),
        values: vec![a(value)],
        digest: digest(value),
    })
}

/// The office with a service that is warranted to answer.
fn answering() -> Story {
    let mut story = Story::in_force();
    let mut texts = crate::office::agreed();
    texts[2].push_str(UPTIME);
    story.amend(&texts);
    story.tick("2027-01-03T00:00:00Z");
    story
}

/// The same, where it did not, and the claim that this opened.
fn answered_too_seldom() -> (Story, String) {
    let mut story = answering();
    story.admit("vendor", "trainer", measure("2027-01-01T00:00:00Z", "0.5"));
    let case = story.state().cases().next().unwrap().0.to_string();
    (story, case)
}

#[test]
fn row_104_a_warranty_that_a_signal_breaks_opens_a_claim() {
    let mut story = answering();
    story.admit("vendor", "trainer", measure("2027-01-01T00:00:00Z", "0.995"));
    assert_eq!(story.state().cases().count(), 0);
    story.admit("vendor", "trainer", measure("2027-01-02T00:00:00Z", "0.5"));
    let (id, case) = story.state().cases().next().unwrap();
    assert!(id.as_str().starts_with("answers-") && case.by.is_none(), "{id}");
    assert_eq!((case.against.clone(), case.account), ([a("vendor")].into(), digest("0.5")));
    story.tick("2027-01-04T00:00:00Z");
    story.admit("vendor", "trainer", measure("2027-01-03T00:00:00Z", "0.4"));
    assert_eq!(story.state().cases().count(), 1, "it stays broken, and that is one claim");
}

const UPTIME: &str = r#"
```clause
id = "uptime"
signal = "the share of the day in which the service answered"
by = "trainer"
unit = "fraction"
window = "P1D"
below = 0.99
```

```clause
id = "answers"
warranty = "the service answers"
by = "trainer"
to = "data-holder"
measured_by = "uptime"
remedy = "harm"
```

```clause
id = "measure"
permit = "signal.batch"
by = "trainer"
```
"#;

#[test]
fn a_determination_opens_a_claim_again_and_gives_the_cap_back() {
    let mut story = Story::office();
    let both = [("alder", "data-holder"), ("vendor", "trainer")];
    story.admit("alder", "data-holder", Act::CaseOpen(claim("first", None)));
    let all = Act::CaseClose(award("first", sum("EUR 50000", None)));
    assert!(story.act_all(&both, &all).is_admitted());
    let ruled = |case: &str, ruling: CaseRuling| {
        let ruling = [(a(case), ruling)].into();
        Act::DeterminationEnter(Determination { cases: ruling, ..Determination::of(digest("x")) })
    };
    let signed = [("alder", "signatory"), ("vendor", "signatory")];
    let less = ruled("first", CaseRuling::Awarded(sum("EUR 20000", None)));
    let alone = story.act("alder", "signatory", less.clone());
    assert!(!alone.is_admitted(), "whom it affects signs, or a clause lets somebody");
    assert!(story.act_all(&signed, &less).is_admitted());
    let owed = |story: &Story, case: &str| {
        let award = story.case(case).closed.clone().and_then(|closed| closed.award);
        award.map(|award| award.payable.to_string())
    };
    assert_eq!(owed(&story, "first"), Some("EUR 20000".to_owned()));
    // What was given back is there for the next.
    story.admit("alder", "data-holder", Act::CaseOpen(claim("second", None)));
    let all = Act::CaseClose(award("second", sum("EUR 50000", None)));
    assert!(story.act_all(&both, &all).is_admitted());
    assert_eq!(owed(&story, "second"), Some("EUR 30000".to_owned()));

    let again = ruled("second", CaseRuling::Reopened);
    assert!(story.act_all(&signed, &again).is_admitted());
    assert_eq!((story.case("second").status.as_str(), owed(&story, "second")), ("open", None));
    let refused = |story: &mut Story, act: &Act| {
        story.act_all(&signed, act).refusal().map(|refusal| refusal.code())
    };
    assert_eq!(refused(&mut story, &again), Some("case-state"));
    let nothing = ruled("nothing", CaseRuling::Reopened);
    assert_eq!(refused(&mut story, &nothing), Some("nothing-permits"), "it affects nobody");
    let stay = ruled("second", CaseRuling::Stayed);
    assert_eq!(refused(&mut story, &stay), Some("case-state"), "it goes through no stages");
    let all = Act::CaseClose(award("second", sum("EUR 1000", None)));
    assert!(story.act_all(&both, &all).is_admitted());
    assert_eq!(owed(&story, "second"), Some("EUR 1000".to_owned()));
}

#[test]
fn a_claim_fits_its_clause() {
    let mut story = Story::office();
    let matter = CaseMatter::Claim(ClaimMatter { liability: a("governance/council"), sum: None });
    let against = [a("vendor")].into();
    let nowhere = Act::CaseOpen(CaseOpen { against, ..open("x", matter) });
    story.refuse("alder", "data-holder", nowhere, "no-liability", "");
    let harm = "governance/harm";
    let dollars = claim("x", Some(sum("USD 5", None)));
    story.refuse("alder", "data-holder", Act::CaseOpen(dollars), "other-currency", harm);
    let mut heads = sum("EUR 5", Some("EUR 5"));
    heads.carved_out[0].head = 2;
    let act = Act::CaseOpen(claim("x", Some(heads)));
    story.refuse("alder", "data-holder", act, "unknown-head", harm);
    let less = claim("x", Some(sum("EUR -5", None)));
    story.refuse("alder", "data-holder", Act::CaseOpen(less), "unfit", "");
    story.admit("alder", "data-holder", Act::CaseOpen(claim("x", None)));
    // What is awarded fits too.
    let dollars = Act::CaseClose(award("x", sum("USD 5", None)));
    let both = [("alder", "data-holder"), ("vendor", "trainer")];
    let verdict = story.act_all(&both, &dollars);
    assert_eq!(verdict.refusal().unwrap().code(), "other-currency");
}

#[test]
fn who_follows_a_party_owes_what_is_awarded_against_that_one() {
    let mut story = Story::office();
    story.admit("alder", "data-holder", Act::CaseOpen(claim("first", None)));
    story.followed("vendor", "lab");
    let act = Act::CaseClose(award("first", sum("EUR 100", None)));
    let both = [("alder", "data-holder"), ("lab", "test-lab")];
    assert!(story.act_all(&both, &act).is_admitted());
    let debts = story.state().debts();
    let owing: Vec<_> = debts.iter().filter(|debt| !debt.amount.value().is_positive()).collect();
    assert_eq!(owing.len(), 1);
    assert_eq!(owing[0].party.as_str(), "lab");
}
