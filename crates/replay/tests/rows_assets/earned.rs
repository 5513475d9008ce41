//! What a version earns is its owners', as its lineage gives it.

use concordat_partnership::act::{Handed, Licence, PaymentRecord, Release, Step, UsageReport};
use concordat_partnership::{Act, Cause, State};
use concordat_terms::{Amount, Decimal, Digest};
use proptest::prelude::*;

use crate::common::{EVERYBODY, Story, digest};
use crate::law::{a, derive, hand, import, ready};

const EARNS: &str = r#"
```clause
id = "pool"
ip = "joint-pool"
by_lineage = true
licensed_to = ["trainer"]
royalty = "0.1"
licence_out_by = "council"
```

```clause
id = "report-use"
permit = "usage.report"
by = "trainer"
```

```clause
id = "license"
permit = "asset.transfer"
by = "council-member"
```

```clause
id = "record-payments"
permit = "payment.record"
by = ["council-member", "test-lab"]
```
"#;

fn revenue(version: Option<Digest>, amount: &str) -> Act {
    let (under, amount, party, project) = (a("data-use/pool"), a::<Amount>(amount), None, None);
    let reference = digest(&format!("{version:?} {amount}"));
    let (purpose, country) = (None, None);
    Act::UsageReport(UsageReport {
        under,
        amount,
        party,
        project,
        version,
        purpose,
        country,
        reference,
    })
}

fn income(version: Option<Digest>, amount: &str) -> Act {
    Act::PaymentRecord(PaymentRecord {
        under: a("data-use/pool"),
        from: None,
        to: Some(a("lab")),
        project: None,
        version,
        amount: a(amount),
        reference: digest(&format!("paid {amount}")),
    })
}

/// Who is owed what, by the last posting.
fn last(state: &State) -> Vec<String> {
    let posted = state.postings().last().unwrap().1;
    assert!(matches!(posted.posting.cause, Cause::Royalty | Cause::Income));
    let lines = posted.posting.lines.iter();
    let of = |line: &concordat_partnership::Line| {
        format!("{} {}", line.book.party().unwrap(), line.amount)
    };
    lines.map(of).collect()
}

#[test]
fn row_40_royalties_and_income_follow_the_lineage_of_the_version_that_earned_them() {
    let mut story = ready("", "", EARNS);
    let model = story.train();
    story.refuse("vendor", "trainer", revenue(None, "EUR 100"), "version-needed", "data-use/pool");
    let unknown = revenue(Some(digest("nothing")), "EUR 100");
    story.refuse("vendor", "trainer", unknown, "outside-ip", "data-use/pool");
    // The model comes from the rows of four hospitals.
    story.admit("vendor", "trainer", revenue(Some(model), "EUR 100.10"));
    assert_eq!(
        last(story.state()),
        ["alder 2.51", "birch 2.5", "cypress 2.5", "dogwood 2.5", "vendor -10.01"]
    );
    // Merged with what the vendor brought it is as much the vendor's: recomputed on the merge.
    story.admit("vendor", "trainer", import("weights", "w", None));
    let both = [model, digest("w")];
    story.admit("vendor", "trainer", derive("risk-model", "m", &both, Step::Combine, |_| {}));
    story.admit("vendor", "trainer", revenue(Some(digest("m")), "EUR 100"));
    assert_eq!(
        last(story.state()),
        ["alder 1.25", "birch 1.25", "cypress 1.25", "dogwood 1.25", "vendor -5"]
    );
    // Income from outside goes the same way, and so do shares that were handed on.
    let verdict = story.try_decide("of-what", income(None, "EUR 8"));
    assert_eq!(verdict.refusal().unwrap().code(), "version-needed");
    let share = hand(model, "vendor", Handed::Share(a("0.25")), None, None);
    story.admit("dogwood", "data-holder", share);
    story.decide("licence-out", income(Some(model), "EUR 8"));
    assert_eq!(last(story.state()), ["alder 2", "birch 2", "cypress 2", "lab -8", "vendor 2"]);
}

fn merges() -> impl Strategy<Value = Vec<(usize, usize, u32)>> {
    prop::collection::vec((0..6_usize, 0..6_usize, 1..100_u32), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// However versions are merged and whatever they earn, what who uses it owes is what the owners
    /// are owed, to the cent, and nobody else gets anything.
    #[test]
    fn what_versions_earn_is_conserved(all in merges(), cents in 1..1_000_000_u32) {
        let mut story = ready("", "", EARNS);
        let mut versions = vec![story.train()];
        for name in ["v", "w"] {
            story.admit("vendor", "trainer", import("weights", name, None));
            versions.push(digest(name));
        }
        for (nth, (one, other, weight)) in all.iter().enumerate() {
            let both = [versions[one % versions.len()], versions[other % versions.len()]];
            if both[0] == both[1] {
                continue;
            }
            let part: Decimal = format!("0.{weight:02}").parse().unwrap();
            let rest = Decimal::whole(1).unwrap().minus(part).unwrap();
            let name = format!("merged {nth}");
            let act = derive("risk-model", &name, &both, Step::Combine, |act| {
                act.contributions = [(both[0], part), (both[1], rest)].into();
            });
            if story.act("vendor", "trainer", act).is_admitted() {
                versions.push(digest(&name));
            }
        }
        for (nth, version) in versions.iter().enumerate() {
            let amount = format!("EUR {}.{:02}", cents / 100 + nth as u32, cents % 100);
            story.admit("vendor", "trainer", revenue(Some(*version), &amount));
            let state = story.state();
            let owners = state.owners_of(version).unwrap();
            let posted = state.postings().last().unwrap().1;
            let sum = posted.posting.lines.iter().try_fold(Decimal::ZERO, |s, l| s.plus(l.amount));
            prop_assert_eq!(sum, Some(Decimal::ZERO));
            for line in &posted.posting.lines {
                let party = line.book.party().unwrap();
                let owns = owners.of(party) > Decimal::ZERO;
                prop_assert!(owns || party.as_str() == "vendor", "{party} owns nothing of it");
            }
            for party in EVERYBODY {
                let owed = state.debts().into_iter().filter(|debt| debt.party.as_str() == party);
                prop_assert!(owed.count() <= 1);
            }
        }
    }
}

/// Private owners license what they own together; the vendor fills no licensed seat.
const LICENSED: &str = r#"
```clause
id = "pool"
ip = "joint-pool"
by_lineage = true
royalty = "0.1"
licensed_release = true
```

```clause
id = "report-use"
permit = "usage.report"
by = ["trainer", "test-lab"]
```
"#;

const HOSPITALS: [(&str, &str); 4] = [
    ("alder", "data-holder"),
    ("birch", "data-holder"),
    ("cypress", "data-holder"),
    ("dogwood", "data-holder"),
];

fn licence(edit: impl FnOnce(&mut Licence)) -> Handed {
    let mut licence = Licence {
        field: [a("cardiac-risk")].into(),
        territory: [a("BE"), a("US")].into(),
        until: a("2027-06-01T00:00:00Z"),
        royalty: Some(a("0.2")),
        fee: Some(a("EUR 100")),
        sublicense: true,
    };
    edit(&mut licence);
    Handed::Licence(Box::new(licence))
}

fn used_in(version: Digest, meter: &str, purpose: Option<&str>, country: Option<&str>) -> Act {
    Act::UsageReport(UsageReport {
        under: a("data-use/pool"),
        amount: a("EUR 100"),
        party: None,
        project: None,
        version: Some(version),
        purpose: purpose.map(a),
        country: country.map(a),
        reference: digest(meter),
    })
}

#[test]
fn row_36_a_licence_to_a_version_names_field_territory_term_and_fee_and_ends_by_itself() {
    let mut story = ready("", "", LICENSED);
    let model = story.train();
    let pool = "data-use/pool";
    let inside = |meter: &str| used_in(model, meter, Some("cardiac-risk"), Some("BE"));
    story.refuse("vendor", "trainer", inside("a"), "not-licensed", pool);
    let release = Act::ReleasePropose(Release { model });
    story.refuse("vendor", "trainer", release.clone(), "not-licensed", pool);

    // All owners grant it, and it fits the version.
    let grant = |edit: fn(&mut Licence)| hand(model, "vendor", licence(edit), None, None);
    story.refuse("alder", "data-holder", grant(|_| {}), "owners-silent", "");
    let past = grant(|l| l.until = a("2026-06-01T00:00:00Z"));
    let refused = |story: &mut Story, act: &Act| {
        let entry = story.sign(&HOSPITALS, act);
        story.step(entry).refusal().unwrap().code()
    };
    assert_eq!(refused(&mut story, &past), "licence-unfit");
    let wide = grant(|l| l.field = [a("insurance-pricing")].into());
    assert_eq!(refused(&mut story, &wide), "licence-unfit");
    let dear = grant(|l| l.royalty = Some(a("1.1")));
    assert_eq!(refused(&mut story, &dear), "licence-unfit");
    // Nobody comes to owe a fee by what others sign.
    assert_eq!(refused(&mut story, &grant(|_| {})), "licensee-silent");
    let all: Vec<_> = HOSPITALS.into_iter().chain([("vendor", "trainer")]).collect();
    story.admit_by(&all, &grant(|_| {}));
    let owed = |story: &Story, party: &str| {
        let own = story.state().debts().into_iter().find(|debt| debt.party.as_str() == party);
        own.map_or("0".to_owned(), |debt| debt.amount.value().to_string())
    };
    assert_eq!((owed(&story, "vendor"), owed(&story, "birch")), ("-100".into(), "25".into()));

    // It is asked where the version is used, for what and where, and when it is released.
    for outside in [
        used_in(model, "b", None, Some("BE")),
        used_in(model, "b", Some("cardiac-risk"), None),
        used_in(model, "b", Some("cardiac-risk"), Some("NL")),
    ] {
        story.refuse("vendor", "trainer", outside, "not-licensed", pool);
    }
    story.admit("vendor", "trainer", inside("c"));
    assert_eq!(owed(&story, "vendor"), "-120", "its own royalty, not that of the clause");

    // Who has it sublicenses within it, and not beyond.
    let sub = |edit: fn(&mut Licence)| hand(model, "lab", licence(edit), None, None);
    for beyond in [
        sub(|l| l.until = a("2027-07-01T00:00:00Z")),
        sub(|l| l.territory = [].into()),
        sub(|l| l.field = [].into()),
        sub(|l| l.royalty = None),
    ] {
        story.refuse("vendor", "trainer", beyond, "owners-silent", "");
    }
    let small = sub(|l| (l.sublicense, l.fee) = (false, Some(a("EUR 7"))));
    story.refuse("vendor", "trainer", small.clone(), "licensee-silent", "");
    story.admit_by(&[("vendor", "trainer"), ("lab", "test-lab")], &small);
    assert_eq!((owed(&story, "lab"), owed(&story, "vendor")), ("-7".into(), "-113".into()));
    story.admit("lab", "test-lab", inside("d"));

    let mut released = story.clone();
    released.test(model, "0.8");
    released.admit("vendor", "trainer", release.clone());

    // On its day it ends, once, and all that was granted within it.
    assert_eq!(story.state().licences_of(&a("vendor"), &model).count(), 1);
    story.tick("2027-05-31T23:59:59Z");
    story.admit("vendor", "trainer", inside("e"));
    story.tick("2027-06-01T00:00:00Z");
    assert_eq!(story.state().licences_of(&a("vendor"), &model).count(), 0);
    assert!(story.state().licences().all(|(_, granted)| granted.ended));
    story.refuse("vendor", "trainer", inside("f"), "not-licensed", pool);
    story.refuse("lab", "test-lab", inside("f"), "not-licensed", pool);
    story.refuse("vendor", "trainer", release, "not-licensed", pool);
}

#[test]
fn row_36_where_the_pool_decides_its_vote_grants_the_licence() {
    let mut story = ready("", "", EARNS);
    let model = story.train();
    let grant = |to| hand(model, to, licence(|l| l.fee = None), None, None);
    let entry = story.sign(&HOSPITALS, &grant("lab"));
    let verdict = story.step(entry);
    assert_eq!(verdict.refusal().unwrap().code(), "needs-motion");
    story.decide("license-the-lab", grant("lab"));
    let lab = a("lab");
    let (_, granted) = story.state().licences_of(&lab, &model).next().unwrap();
    assert_eq!((granted.by.as_str(), granted.under), ("alder", None));
    // Nobody licenses what no clause on ownership speaks of.
    let mut bare = ready("", "", "");
    let model = bare.train();
    let grant = hand(model, "lab", licence(|_| {}), None, None);
    bare.refuse("alder", "data-holder", grant, "no-ip-clause", "");
}

#[test]
fn a_licence_goes_on_with_who_follows_the_party_that_has_it() {
    let mut story = ready("", "", LICENSED);
    let model = story.train();
    let free = hand(model, "vendor", licence(|l| l.fee = None), None, None);
    story.admit_by(&HOSPITALS, &free);
    story.followed("vendor", "lab");
    let of = |story: &Story, party: &str| story.state().licences_of(&a(party), &model).count();
    assert_eq!((of(&story, "vendor"), of(&story, "lab")), (0, 1));
    story.tick("2027-06-01T00:00:00Z");
    assert_eq!(of(&story, "lab"), 0, "it ends on its day all the same");
}
