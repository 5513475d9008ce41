//! Parties join, leave, follow each other and come under other control.

use concordat_partnership::act::{
    Determination, ModuleEnter, OneProject, PartyAccede, PartyAssign, PartyClear,
    PartyControlChange, PartyExpel, PartyNovate, PartySucceed, PartyWithdraw, PolicyAdopt, Vote,
    WitnessPolicy,
};
use concordat_partnership::{Act, DutyStatus, KeyUse, PartyStatus};

use crate::common::{EVERYBODY, Story, cost, digest, public, vote};
use crate::people::{a, and, at, mandate, with};

/// Rows of the instrument.
pub(crate) const CHANGES: &str = r#"
changes = [
  { change = "party.withdraw", consent = "own", notice = "P30D" },
  { change = "party.expel", consent = "body", body = "council" },
  { change = "party.clear", consent = "others" },
]
"#;

const REPORT: &str = r#"
```clause
id = "report"
duty = "report on what was trained"
owner = "trainer"
to = ["data-holder"]
due = { after = "project.open", period = "P20D" }
discharged_by = "duty.discharge"
```

```clause
id = "discharge"
permit = "duty.discharge"
by = "trainer"
```
"#;

fn story() -> Story {
    let mut story = Story::in_force();
    let title = "instrument = \"Cardiac Risk Agreement\"\n";
    let text = with("governance", title, &format!("{title}{CHANGES}"));
    story.amend(&[format!("{text}\n{REPORT}")]);
    for hospital in crate::common::HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story
}

pub(crate) fn accede(party: &str) -> Act {
    Act::PartyAccede(PartyAccede {
        party: a(party),
        key: public(party),
        witness: public(&format!("{party} witness")),
        witness_pq: None,
        terms: digest("terms"),
        cut_off: None,
    })
}

pub(crate) fn withdraw(cut_off: Option<&str>) -> Act {
    Act::PartyWithdraw(PartyWithdraw { reasons: digest("reasons"), cut_off: cut_off.map(at) })
}

fn expel(party: &str) -> PartyExpel {
    PartyExpel { party: a(party), reasons: digest("reasons"), cut_off: None }
}

fn novate(party: &str, to: &str) -> Act {
    Act::PartyNovate(PartyNovate { party: a(party), to: a(to), cut_off: None })
}

pub(crate) fn succeed(party: &str, to: &str) -> Act {
    let evidence = digest("register");
    Act::PartySucceed(PartySucceed { party: a(party), to: a(to), evidence, cut_off: None })
}

fn assign(party: &str, seat: &str, to: &str) -> Act {
    Act::PartyAssign(PartyAssign { party: a(party), seat: a(seat), to: a(to), cut_off: None })
}

/// Everybody signs, these first.
pub(crate) fn all<'a>(first: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let rest = EVERYBODY.into_iter().filter(|party| !first.contains(party));
    first.iter().copied().chain(rest).map(|party| (party, "signatory")).collect()
}

fn status(story: &Story, party: &str) -> PartyStatus {
    story.state().members()[&a(party)].status.clone()
}

fn end_project() -> Act {
    Act::ProjectEnd(OneProject { project: a("risk") })
}

fn discharge(story: &Story) -> Act {
    let (duty, _) = story.state().duties().next().unwrap();
    Act::DutyDischarge(concordat_partnership::act::DutyDischarge {
        duty: duty.clone(),
        evidence: digest("the report"),
        figures: Default::default(),
    })
}

#[test]
fn a_party_joins_with_everybodys_consent_and_stands_in_the_next_text() {
    let mut story = Story::in_force();
    // Nothing provides for it, so that it takes everybody; and a key that is there.
    let act = accede("elm");
    story.refuse("alder", "signatory", act.clone(), "key-unproved", "");
    story.refuse_all(&[("elm", "signatory"), ("alder", "signatory")], &act, "needs-everybody");
    story.admit_all(&all(&["elm"]), &act);
    assert_eq!(status(&story, "elm"), PartyStatus::Party);
    story.refuse_all(&[("elm", "signatory")], &accede("elm"), "party-state");

    // From then on it signs what concerns it, and a text may name it.
    let clause = "```clause\nid = \"elm\"\nparty = \"Elm Clinic (example)\"\nside = \"independent\"\n\
                  jurisdictions = [\"CH\"]\n```\n";
    let named = and("parties", clause).replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let modules = story.put_as_one([named], &EVERYBODY);
    let enter = Act::ModuleEnter(ModuleEnter { modules: modules.clone() });
    story.refuse("vendor", "signatory", enter.clone(), "unsigned-module", "");
    story.sign_as_one("elm", &modules);
    story.admit("vendor", "signatory", enter);
    assert!(story.state().agreement().party(&a("elm")).is_some());
}

#[test]
fn a_party_that_leaves_keeps_its_debts_and_loses_its_rights_on_the_day() {
    let mut story = story();
    let row = "governance/instrument";
    story.refuse("vendor", "signatory", withdraw(None), "cut-off-too-soon", row);
    let soon = withdraw(Some("2027-01-10T08:00:00Z"));
    story.refuse("vendor", "signatory", soon, "cut-off-too-soon", row);
    let passed = withdraw(Some("2026-01-10T08:00:00Z"));
    story.refuse("vendor", "signatory", passed, "cut-off-passed", "");
    story.admit("vendor", "signatory", withdraw(Some("2027-02-01T08:00:00Z")));
    assert_eq!(story.state().coming_changes().count(), 1);

    // Until then it is a party like any other.
    let proposal = story.proposal("first", |_| {});
    story.admit("vendor", "trainer", proposal);
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(status(&story, "vendor"), PartyStatus::Withdrawn(at("2027-02-01T08:00:00Z")));
    let proposal = story.proposal("second", |_| {});
    story.refuse("vendor", "trainer", proposal, "bound-only", "");
    story.refuse("vendor", "signatory", withdraw(None), "bound-only", "");

    // What it owed it owes, late as it is, and can still do.
    assert_eq!(story.state().duties().next().unwrap().1.status, DutyStatus::Late);
    assert!(!story.state().parties_now().contains(&a("vendor")));
    assert!(story.state().parties_ever().contains(&a("vendor")));
    assert!(story.state().needs(&a("vendor")).iter().any(|need| need.overdue));
    let report = discharge(&story);
    story.admit("vendor", "trainer", report);
    // The texts are amended without it; what only it would sign has to say who signs instead.
    let text = with("release", "\"trainer\", \"test-lab\"", "\"test-lab\"");
    let text = text.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let modules = story.put_by("alder", [text], &EVERYBODY[..4]);
    let enter = Act::ModuleEnter(ModuleEnter { modules: modules.clone() });
    story.refuse("alder", "signatory", enter.clone(), "unsigned-module", "");
    story.sign_as_one("lab", &modules);
    story.admit("alder", "signatory", enter);
}

#[test]
fn who_leaves_by_its_power_has_used_it_and_what_waits_for_that_begins() {
    let clauses = r#"
```clause
id = "leave"
power = "party.withdraw"
holder = "trainer"
```

```clause
id = "hand-over"
duty = "hand over what was trained"
owner = "trainer"
to = ["data-holder"]
due = { after = "used: leave", period = "P10D" }
discharged_by = "duty.discharge"
```
"#;
    let title = "instrument = \"Cardiac Risk Agreement\"\n";
    let text = with("governance", title, &format!("{title}{CHANGES}"));
    let mut story = Story::in_force();
    story.amend(&[format!("{text}\n{REPORT}\n{clauses}")]);
    let leave = withdraw(Some("2027-02-10T08:00:00Z"));
    story.admit("vendor", "trainer", leave);
    let (_, used) = story.state().powers_used().next().unwrap();
    assert_eq!(used.clause.to_string(), "governance/leave");
    let (owed, _) = story.state().duties().next().unwrap();
    assert_eq!(owed.clause.to_string(), "governance/hand-over");
}

impl Story {
    /// One party proposes texts, and these sign them.
    fn put_by(
        &mut self,
        proposer: &str,
        texts: impl IntoIterator<Item = String>,
        signers: &[&str],
    ) -> std::collections::BTreeSet<concordat_terms::Digest> {
        let mut modules = std::collections::BTreeSet::new();
        for text in texts {
            let module = self.replica.supply(text.into_bytes());
            let act = concordat_partnership::act::OneModule { module };
            self.admit(proposer, "signatory", Act::ModulePropose(act));
            modules.insert(module);
        }
        for party in signers {
            self.sign_as_one(party, &modules);
        }
        modules
    }
}

#[test]
fn the_body_that_the_instrument_names_excludes_a_party() {
    let mut story = story();
    let row = "governance/instrument";
    story.refuse("alder", "signatory", Act::PartyExpel(expel("birch")), "needs-motion", row);
    story.decide("out", Act::PartyExpel(expel("birch")));
    assert!(matches!(status(&story, "birch"), PartyStatus::Expelled(_)));

    // It holds no seat, its rows are out of use, and it has no vote.
    let place = story.dataset("birch", "second");
    story.refuse("birch", "data-holder", place, "bound-only", "");
    let rows = story.state().datasets().iter().find(|((_, party, _), _)| party.as_str() == "birch");
    assert!(rows.unwrap().1.withdrawn.is_some());
    story.propose("next", end_project());
    story.refuse("birch", "council-member", vote("next", Vote::For), "bound-only", "");
    let tally = story.state().tally(&a("next")).unwrap();
    assert_eq!((tally.public.silent, tally.private.silent), (1, 2));
    story.refuse_all(&all(&["alder"])[..1], &Act::PartyExpel(expel("birch")), "party-state");
    let nobody = Act::PartyExpel(expel("nobody"));
    story.refuse("alder", "signatory", nobody, "unknown-party", "");
}

#[test]
fn who_was_to_come_on_two_days_comes_on_the_first() {
    let mut story = Story::in_force();
    let on = |day: &str| match accede("elm") {
        Act::PartyAccede(act) => Act::PartyAccede(PartyAccede { cut_off: Some(at(day)), ..act }),
        other => other,
    };
    let keys = |story: &Story| {
        let keys = story.state().keys();
        let acts = KeyUse::Acts;
        keys.filter(|(_, key)| key.party == Some(a("elm")) && key.used == acts).count()
    };
    story.admit_all(&all(&["elm"]), &on("2027-03-01T08:00:00Z"));
    story.admit_all(&all(&["elm"]), &on("2027-02-01T08:00:00Z"));
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!((status(&story, "elm"), keys(&story)), (PartyStatus::Party, 1));
    let stood = story.state().members().clone();
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(keys(&story), 1);
    assert!(*story.state().members() == stood, "the second day changes nothing");
}

#[test]
fn who_takes_a_partys_place_has_its_rights_its_debts_and_what_it_has_spent() {
    let mut story = story();
    story.run("first");
    for hospital in crate::common::HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    story.admit_all(&all(&["elm"]), &accede("elm"));
    story.employ("alder", "ann");
    story.admit("alder", "signatory", Act::MandateGrant(mandate("ann", "data-holder")));
    story.propose("end", end_project());
    story.admit("alder", "council-member", vote("end", Vote::For));

    let act = novate("alder", "elm");
    story.refuse("alder", "signatory", act.clone(), "concerned-silent", "");
    story.refuse_all(&[("alder", "signatory"), ("elm", "signatory")], &act, "needs-everybody");
    story.refuse_all(&all(&["alder", "elm"]), &novate("alder", "alder"), "party-state");
    story.admit_all(&all(&["alder", "elm"]), &act);
    assert!(matches!(status(&story, "alder"), PartyStatus::Followed { .. }));

    // Rights: it holds the seats. Votes: what was cast stays cast. Keys and mandates end.
    let seats = story.state().agreement().seats_of(&a("elm"));
    assert!(seats.contains(&a("data-holder")) && seats.contains(&a("council-member")));
    story.refuse("elm", "council-member", vote("end", Vote::Against), "already-voted", "");
    story.refuse("alder", "data-holder", story.dataset("alder", "x"), "key-ended", "");
    story.refuse("ann", "data-holder", story.dataset("alder", "x"), "key-ended", "");
    // Assets: the rows are listed under its name. Budgets: what was spent on them stays spent.
    let accounts = story.state().accounts();
    assert!(accounts.contains_key(&(a("elm"), a("heart-rows"))));
    assert!(!accounts.contains_key(&(a("alder"), a("heart-rows"))));
    assert!(story.state().datasets().keys().any(|(_, party, _)| party.as_str() == "elm"));
    assert!(!story.state().datasets().keys().any(|(_, party, _)| party.as_str() == "alder"));
}

#[test]
fn who_takes_a_partys_place_is_one_of_everybody() {
    let mut story = Story::in_force();
    let permit = "```clause\nid = \"adopt-policy\"\npermit = \"policy.adopt\"\nby = \"council-member\"\n```\n";
    story.amend(&[and("governance", permit)]);
    story.admit_all(&all(&["elm"]), &accede("elm"));
    story.admit_all(&all(&["alder", "elm"]), &novate("alder", "elm"));
    let policy =
        WitnessPolicy { witnesses: ["birch", "cypress", "dogwood"].map(a).into(), quorum: 2 };
    let policy = Act::PolicyAdopt(PolicyAdopt { policy });
    let mut invalid = Determination::of(digest("ruling"));
    invalid.invalid.insert(a("governance/adopt-policy"));
    let invalid = Act::DeterminationEnter(invalid);

    let named = ["birch", "cypress", "dogwood", "vendor", "lab"].map(|party| (party, "signatory"));
    let mut named = named.to_vec();
    named[0].1 = "council-member";
    story.refuse_all(&named, &policy, "takes-everybody");
    story.refuse_all(&named, &invalid, "nothing-permits");
    named.push(("elm", "signatory"));
    story.admit_all(&named, &policy);
    story.admit_all(&named, &invalid);
}

#[test]
fn who_follows_a_party_discharges_what_it_owed() {
    let mut story = story();
    // By law, without the one that is no more; the register's extract is the evidence.
    let rest: Vec<(&str, &str)> =
        all(&["lab"]).into_iter().filter(|(p, _)| *p != "vendor").collect();
    story.refuse_all(&rest[..1], &succeed("vendor", "lab"), "needs-everybody");
    story.admit_all(&rest, &succeed("vendor", "lab"));
    let report = discharge(&story);
    story.admit("lab", "trainer", report);
    let (id, duty) = story.state().duties().next().unwrap();
    assert_eq!((id.owner.as_str(), duty.status.as_str()), ("vendor", "discharged"));
    // Whom another has followed follows nobody.
    story.refuse_all(&rest, &succeed("vendor", "lab"), "party-state");
}

#[test]
fn an_assignment_passes_rights_and_leaves_debts() {
    let mut story = story();
    let signers = all(&["vendor", "lab"]);
    story.refuse_all(&signers, &assign("vendor", "data-holder", "lab"), "not-your-seat");
    story.refuse_all(&all(&["alder"]), &assign("alder", "data-holder", "vendor"), "not-assignable");
    story.refuse_all(&signers, &assign("lab", "council-member", "vendor"), "not-assignable");
    story.admit_all(&signers, &assign("vendor", "trainer", "lab"));

    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal.clone(), "bound-only", "");
    story.admit("lab", "trainer", proposal);
    // The report is still the vendor's to make.
    let report = discharge(&story);
    story.refuse("lab", "trainer", report.clone(), "not-the-owner", "");
    story.admit("vendor", "trainer", report);
}

#[test]
fn a_party_under_new_control_has_nothing_labelled_until_it_is_cleared() {
    let mut story = story();
    let change = Act::PartyControlChange(PartyControlChange { evidence: digest("register") });
    let clear = Act::PartyClear(PartyClear { party: a("vendor") });
    story.refuse("alder", "signatory", clear.clone(), "party-state", "");
    assert!(story.state().may_read(&a("vendor"), &a("risk-model")));
    story.admit("vendor", "signatory", change);
    assert!(!story.state().may_read(&a("vendor"), &a("risk-model")));
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal.clone(), "uncleared", "");

    let others: Vec<(&str, &str)> =
        all(&["alder"]).into_iter().filter(|(party, _)| *party != "vendor").collect();
    story.refuse("alder", "signatory", clear.clone(), "needs-consent", "governance/instrument");
    story.admit_all(&others, &clear);
    story.admit("vendor", "trainer", proposal);
}
