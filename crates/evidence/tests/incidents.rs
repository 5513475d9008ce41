//! One incident, several regimes: which clocks start, for whom, and which is first.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{pack, packs, row};
use concordat_evidence::calendar::Calendars;
use concordat_evidence::clock::Interval;
use concordat_evidence::mark::Status;
use concordat_evidence::regime::{Incident, Pack, Started, applicable, following};
use concordat_terms::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An incident of these kinds and classes in these places, with the parties' roles.
fn incident(
    kinds: &str,
    classes: &str,
    places: &str,
    roles: &[(&str, &str)],
    aware: &str,
) -> Incident {
    let mut parties: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (role, party) in roles {
        parties.entry(role.parse().unwrap()).or_default().insert(party.parse().unwrap());
    }
    Incident {
        kinds: kinds.split_whitespace().map(|word| word.parse().unwrap()).collect(),
        classes: classes.split_whitespace().map(|word| word.parse().unwrap()).collect(),
        places: places.split_whitespace().map(|word| word.parse().unwrap()).collect(),
        roles: parties,
        measures: BTreeMap::new(),
        aware_at: at(aware),
        asked: BTreeSet::new(),
        contracted: BTreeSet::new(),
    }
}

fn started<'p>(packs: &'p [Pack], incident: &Incident) -> Vec<Started<'p>> {
    applicable(packs, Calendars::builtin(), incident, incident.aware_at)
}

fn ids(started: &[Started<'_>]) -> Vec<String> {
    started.iter().map(|one| one.row.id.to_string()).collect()
}

#[test]
fn one_breach_opens_a_clock_per_regime_and_the_first_is_shown_first() {
    let packs = packs();
    let roles = [("controller", "alder-hospital"), ("processor", "vendor"), ("operator", "vendor")];
    let breach = incident(
        "personal-data-breach high-risk-personal-data-breach significant-cyber-incident",
        "",
        "BE GB IN",
        &roles,
        "2027-06-04T15:00:00Z",
    );
    let started = started(&packs, &breach);
    let told: Vec<String> = started
        .iter()
        .map(|one| {
            let owners: Vec<&str> = one.owners.iter().map(|party| party.as_str()).collect();
            let end = one.deadline.map_or("no day".to_owned(), |d| d.legal.to_string());
            format!("{} by {}, {end}", one.row.id, owners.join(" "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "GDPR-33(2) by vendor, no day",
            "GDPR-34 by alder-hospital, no day",
            "DPDP-R7(Board)(1) by alder-hospital, no day",
            "DPDP-R7(people) by alder-hospital, no day",
            "CERT-In by vendor, 2027-06-04T21:00:00Z",
            "NIS2-23(4)(a) by vendor, 2027-06-05T15:00:00Z",
            "GDPR-33(1) by alder-hospital, 2027-06-07T15:00:00Z",
            "NIS2-23(4)(b) by vendor, 2027-06-07T15:00:00Z",
            "DPDP-R7(Board)(2) by alder-hospital, 2027-06-07T15:00:00Z",
            "UK-GDPR-33 by alder-hospital, 2027-06-07T15:00:00Z",
        ]
    );
    // The bill and the proposal start nothing, and a month earlier India's rules did not either.
    let earlier = Incident { aware_at: at("2027-05-04T15:00:00Z"), ..breach };
    assert!(!ids(&self::started(&packs, &earlier)).iter().any(|id| id.starts_with("DPDP")));
}

#[test]
fn of_one_report_about_a_serious_incident_only_the_shortest_period_starts() {
    let packs = [pack("eu-ai-act")];
    let provider = [("provider", "vendor")];
    let after = "2027-12-03T10:00:00Z";
    let of =
        |kinds: &str| ids(&started(&packs, &incident(kinds, "annex-iii", "BE", &provider, after)));
    assert_eq!(of("serious-incident"), ["AIA-73(6)", "AIA-73(2)"]);
    assert_eq!(of("serious-incident death"), ["AIA-73(6)", "AIA-73(4)"]);
    assert_eq!(of("death critical-infrastructure-disruption"), ["AIA-73(6)", "AIA-73(3)"]);
    assert_eq!(of("personal-data-breach"), [""; 0]);

    let found = incident("death", "annex-iii", "BE", &provider, after);
    let found = started(&packs, &found);
    assert!(found[0].row.hold && found[1].row.initial_ok);
    // Ten days after a Friday: Monday the thirteenth, to its end in Brussels.
    assert_eq!(found[1].deadline.unwrap().legal, at("2027-12-13T23:00:00Z"));
    assert_eq!(found[1].calendar.as_ref().unwrap().as_str(), "BE");
}

#[test]
fn of_several_places_the_one_counts_in_which_the_clock_ends_first() {
    let packs = [pack("eu-ai-act")];
    // Ten days after 15 December 2027 is Christmas, a Saturday.
    let ends = |places: &str| {
        let roles = [("provider", "vendor")];
        let found = incident("death", "annex-iii", places, &roles, "2027-12-15T10:00:00Z");
        let started = started(&packs, &found);
        let one = started.iter().find(|one| one.row.id == row("AIA-73(4)")).unwrap();
        let calendar = one.calendar.as_ref().map_or("24 hours", |country| country.as_str());
        format!("{calendar} {}", one.deadline.unwrap().legal)
    };
    assert_eq!(ends("BE"), "BE 2027-12-27T23:00:00Z");
    assert_eq!(ends("FI"), "FI 2027-12-27T22:00:00Z");
    assert_eq!(ends("BE FI US"), "FI 2027-12-27T22:00:00Z");
    // There is no calendar of Greece, and that of the institutions is none.
    assert_eq!(ends("GR"), "24 hours 2027-12-25T10:00:00Z");
    assert_eq!(ends("BE GR"), "24 hours 2027-12-25T10:00:00Z");
    assert_eq!(ends(""), "24 hours 2027-12-25T10:00:00Z");
}

#[test]
fn before_its_class_is_in_force_the_clock_is_started_only_by_contract() {
    let packs = [pack("eu-ai-act")];
    let roles = [("provider", "vendor")];
    let mut early = incident("serious-incident", "annex-iii", "BE", &roles, "2026-11-20T10:00:00Z");
    assert_eq!(ids(&started(&packs, &early)), [""; 0]);
    early.contracted.insert(row("AIA-73(2)"));
    assert_eq!(ids(&started(&packs, &early)), ["AIA-73(2)"]);
    // An Annex I product is still waiting when Annex III is in force.
    let product = incident("serious-incident", "annex-i", "BE", &roles, "2027-12-20T10:00:00Z");
    assert_eq!(ids(&started(&packs, &product)), [""; 0]);
    // The midnight that counts is that of Brussels.
    let midnight = |time| incident("serious-incident", "annex-iii", "BE", &roles, time);
    assert_eq!(ids(&started(&packs, &midnight("2027-12-01T22:59:59Z"))), [""; 0]);
    assert_eq!(ids(&started(&packs, &midnight("2027-12-01T23:00:00Z"))).len(), 2);
}

#[test]
fn a_proposal_starts_a_clock_only_for_whoever_asks() {
    let packs = [pack("us-circia")];
    let mut found = incident(
        "significant-cyber-incident",
        "",
        "US",
        &[("operator", "vendor")],
        "2026-11-20T10:00:00Z",
    );
    assert!(started(&packs, &found).is_empty());
    found.asked.insert(Status::Proposed);
    assert_eq!(ids(&started(&packs, &found)), ["CIRCIA-incident"]);
    found.asked.clear();
    found.contracted.insert(row("CIRCIA-incident"));
    assert_eq!(ids(&started(&packs, &found)), ["CIRCIA-incident"]);
}

#[test]
fn the_final_report_is_due_a_month_after_the_notification() {
    let packs = packs();
    let found = incident(
        "significant-cyber-incident",
        "",
        "BE",
        &[("operator", "vendor")],
        "2026-11-20T10:00:00Z",
    );
    assert_eq!(ids(&started(&packs, &found)), ["NIS2-23(4)(a)", "NIS2-23(4)(b)"]);
    let done = (&"eu-nis2".parse().unwrap(), &row("NIS2-23(4)(b)"));
    let next = following(&packs, Calendars::builtin(), &found, done, at("2026-11-22T10:00:00Z"));
    assert_eq!(ids(&next), ["NIS2-23(4)(d)"]);
    assert_eq!(next[0].deadline.unwrap().legal, at("2026-12-22T23:00:00Z"));
    // What the early warning is followed by is nothing.
    let warned = (done.0, &row("NIS2-23(4)(a)"));
    assert!(
        following(&packs, Calendars::builtin(), &found, warned, at("2026-11-22T10:00:00Z"))
            .is_empty()
    );

    // An invention: two months to disclose it, then two years to elect title.
    let made = incident(
        "subject-invention",
        "",
        "US",
        &[("contractor", "vendor")],
        "2026-11-20T15:00:00Z",
    );
    let first = started(&packs, &made);
    assert_eq!(ids(&first), ["BD-disclose"]);
    assert_eq!(first[0].deadline.unwrap().legal, at("2027-01-21T05:00:00Z"));
    let disclosed = (&"bayh-dole".parse().unwrap(), &row("BD-disclose"));
    let next =
        following(&packs, Calendars::builtin(), &made, disclosed, at("2027-01-10T15:00:00Z"));
    assert_eq!(ids(&next), ["BD-elect"]);
    assert_eq!(next[0].deadline.unwrap().legal, at("2029-01-11T05:00:00Z"));
}

#[test]
fn small_and_large_breaches_of_health_data_have_other_days() {
    let packs = [pack("us-hipaa")];
    let of = |people: Option<u64>| {
        let roles = [("covered-entity", "alder-hospital")];
        let mut found = incident("health-data-breach", "", "US", &roles, "2026-11-20T15:00:00Z");
        found.measures.insert("people-of-one-state".parse().unwrap(), 3);
        found.measures.extend(people.map(|n| ("people".parse().unwrap(), n)));
        let started = started(&packs, &found);
        started
            .iter()
            .map(|one| format!("{} {}", one.row.id, one.deadline.unwrap().legal))
            .collect::<Vec<_>>()
    };
    // Sixty days after 20 November: the end of 19 January in Washington.
    assert_eq!(
        of(Some(700)),
        ["HIPAA-164.404 2027-01-20T05:00:00Z", "HIPAA-164.408(b) 2027-01-20T05:00:00Z",]
    );
    // Sixty days after the end of 2026: the end of 1 March.
    assert_eq!(
        of(Some(20)),
        ["HIPAA-164.404 2027-01-20T05:00:00Z", "HIPAA-164.408(c) 2027-03-02T05:00:00Z",]
    );
    // What is not known counts as met, and the shorter period stands.
    assert_eq!(of(None), of(Some(700)));
}

#[test]
fn only_a_clock_that_the_law_lets_be_stopped_stops() {
    let toll = [Interval { from: at("2026-11-21T00:00:00Z"), until: at("2026-12-01T00:00:00Z") }];
    let calendars = Calendars::builtin();
    let us = calendars.get(&"US".parse().unwrap());
    let moved = |pack_id: &str, id: &str| {
        let pack = pack(pack_id);
        let row = pack.row(&row(id)).unwrap();
        let start = at("2026-11-20T15:00:00Z");
        row.due(start, us, &toll).unwrap().legal.seconds()
            - row.due(start, us, &[]).unwrap().legal.seconds()
    };
    assert_eq!(moved("us-hipaa", "HIPAA-164.404"), 10 * 86_400);
    assert_eq!(moved("eu-gdpr", "GDPR-33(1)"), 0);
}

#[test]
fn a_report_says_what_it_still_lacks() {
    let gdpr = pack("eu-gdpr");
    let report = gdpr.report(&row("GDPR-33(1)")).unwrap();
    let known = |words: &str| words.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let lacks = |missing: Vec<&concordat_evidence::name::Fact>| {
        missing.iter().map(|fact| fact.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(lacks(report.missing_at_first(&known("nature"))), "contact");
    let some = known("nature people records contact consequences");
    assert_eq!(lacks(report.missing(&some)), "measures late-why");
    let answers = BTreeMap::from([("nature".parse().unwrap(), "A lost disk.".to_owned())]);
    let draft = report.draft(&gdpr, &answers);
    assert!(draft.contains("## What kind of breach is it, and what happened?\n\nA lost disk.\n"));
    assert_eq!(draft.matches("**missing**").count(), 6);
}
