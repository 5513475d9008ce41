//! Seats under several regimes: whose clock counts is what the instrument says.

use concordat_partnership::act::Report;
use concordat_partnership::{Act, ClockStatus, Effect};

use crate::common::{Story, digest};
use crate::office::{agreed, at, breach, complete, report};

/// A pack with one row that an outage starts: to the authority, within so many hours.
fn pack(name: &str, status: &str, hours: u32) -> String {
    format!(
        r#"
id = "{name}"
version = "2027.1"
title = "Rules of {name} (example)"
jurisdiction = "EU"
places = []
as_of = "2027-01-01"

[[row]]
id = "{name}-tell"
title = "Tell the authority"
status = "{status}"
confirmed = "G"
source = "example"
applies_if = {{ incidents = ["outage"] }}
owner = ["operator"]
to = "outside: authority of {name}"
audience = "authority"
trigger = "aware"
clock = {{ n = {hours}, unit = "h" }}
evidence = ["notice"]
"#
    )
}

/// The office under these packs, with this said of the seat of who trains; an outage is on record.
fn outage(packs: &[(&str, &str, u32)], regimes: &str) -> Story {
    let mut story = Story::in_force();
    let mut texts = agreed();
    let own = "escalates_to = \"council\"\n```\n\n## The Council";
    assert!(texts[2].contains(own));
    texts[2] = texts[2]
        .replace(own, &format!("escalates_to = \"council\"\n{regimes}\n```\n\n## The Council"));
    // What is no law binds since a clause carries it out.
    let was = "id = \"tell-each-other\"\n";
    texts[2] = texts[2].replace(was, &format!("{was}laws = [\"guild-tell\"]\n"));
    story.amend(&texts);
    for (name, status, hours) in packs {
        story.adopt(&pack(name, status, *hours));
    }
    story.tick("2027-06-04T15:00:00Z");
    let act = breach(&story, "outage", &["outage"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    story
}

/// Of each regime: the moment that counts, and where its clock stands.
fn stands(story: &Story) -> Vec<String> {
    let clocks = story.case("outage").clocks.iter().map(|clock| {
        let counts = clock.counts().map(|at| at.to_string()).unwrap_or_default();
        format!("{} {counts} {}", clock.pack, clock.status.as_str())
    });
    let mut clocks: Vec<String> = clocks.collect();
    clocks.sort();
    clocks
}

const FOUR: [(&str, &str, u32); 4] =
    [("city", "law", 48), ("guild", "proposed", 36), ("port", "law", 24), ("realm", "law", 96)];

#[test]
fn row_121_of_four_regimes_at_once_each_has_its_clock_where_the_instrument_is_silent() {
    let story = outage(&FOUR, "");
    assert_eq!(
        stands(&story),
        [
            "city 2027-06-06T15:00:00Z running",
            "guild 2027-06-06T03:00:00Z running",
            "port 2027-06-05T15:00:00Z running",
            "realm 2027-06-08T15:00:00Z running",
        ]
    );
}

#[test]
fn row_28_where_the_strictest_counts_whoever_is_late_with_one_is_late_with_all() {
    let regimes = "regimes = [{ seat = \"trainer\", under = [\"city\", \"guild\", \"port\"] }]";
    let mut story = outage(&FOUR, regimes);
    // The realm is not among them, and keeps its own time.
    assert_eq!(
        stands(&story),
        [
            "city 2027-06-05T15:00:00Z running",
            "guild 2027-06-05T15:00:00Z running",
            "port 2027-06-05T15:00:00Z running",
            "realm 2027-06-08T15:00:00Z running",
        ]
    );
    // What the statute says stays on record beside it.
    let city = story.case("outage").clocks.iter().find(|clock| clock.pack.as_str() == "city");
    assert_eq!(city.unwrap().due, Some(at("2027-06-06T15:00:00Z")));
    story.tick("2027-06-05T14:59:59Z");
    assert!(stands(&story).iter().all(|clock| clock.ends_with("running")));
    story.tick("2027-06-05T15:00:00Z");
    let late = stands(&story).iter().filter(|clock| clock.ends_with("late")).count();
    assert_eq!(late, 3);
}

#[test]
fn row_28_what_a_regime_wants_later_keeps_its_own_time() {
    let regimes = "regimes = [{ seat = \"trainer\", under = [\"eu-nis2\", \"port\"] }]";
    let mut story = outage(&[("port", "law", 12)], regimes);
    story.adopt(crate::office::NIS2);
    let act = breach(&story, "attack", &["significant-cyber-incident", "outage"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let clocks = story.case("attack").clocks.iter().map(|clock| {
        let counts = clock.counts().map(|at| at.to_string()).unwrap_or_default();
        format!("{} {counts}", clock.row)
    });
    let mut clocks: Vec<String> = clocks.collect();
    clocks.sort();
    // The early warning is as urgent as the port's; the notification has its three days.
    assert_eq!(
        clocks,
        [
            "NIS2-23(4)(a) 2027-06-05T03:00:00Z",
            "NIS2-23(4)(b) 2027-06-07T15:00:00Z",
            "port-tell 2027-06-05T03:00:00Z",
        ]
    );
}

#[test]
fn row_28_a_seat_under_one_regime_keeps_its_clocks() {
    let regimes = "regimes = [{ seat = \"trainer\", under = [\"eu-nis2\"] }]";
    let mut story = outage(&[], regimes);
    story.adopt(crate::office::NIS2);
    let act = breach(&story, "attack", &["significant-cyber-incident"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    assert!(story.case("attack").clocks.iter().all(|clock| clock.agreed.is_none()));
}

#[test]
fn row_28_what_turns_out_not_to_be_owed_is_strict_with_nobody() {
    let regimes = "regimes = [{ seat = \"trainer\", under = [\"city\", \"port\"] }]";
    let mut story = outage(&FOUR, regimes);
    let port = story.case("outage").clocks.iter().position(|c| c.pack.as_str() == "port");
    let nth = u32::try_from(port.unwrap()).unwrap() + 1;
    let not_owed = report("outage", nth, Report::NotOwed(digest("no ship was hit")));
    let effects = story.effects("vendor", "trainer", not_owed);
    let moved = effects.iter().any(|effect| {
        matches!(effect, Effect::ClockMoved(_, _, until) if *until == at("2027-06-06T15:00:00Z"))
    });
    assert!(moved, "{effects:?}");
    assert!(stands(&story).contains(&"city 2027-06-06T15:00:00Z running".to_owned()));
}

#[test]
fn row_28_the_regime_that_prevails_stands_for_those_that_are_no_law() {
    let regimes = "regimes = [{ seat = \"trainer\", under = [\"city\", \"guild\", \"realm\"], \
                   prevails = \"city\" }]";
    let mut story = outage(&FOUR, regimes);
    // No contract has a statute wait: the realm's clock runs beside the city's.
    assert_eq!(
        stands(&story),
        [
            "city 2027-06-06T15:00:00Z running",
            "guild 2027-06-06T03:00:00Z superseded",
            "port 2027-06-05T15:00:00Z running",
            "realm 2027-06-08T15:00:00Z running",
        ]
    );
    let clocks = &story.case("outage").clocks;
    let guild = clocks.iter().position(|clock| clock.pack.as_str() == "guild").unwrap();
    assert!(matches!(clocks[guild].status, ClockStatus::Superseded(_)));
    let city = clocks.iter().position(|clock| clock.pack.as_str() == "city").unwrap();
    story.admit("vendor", "trainer", complete("outage", u32::try_from(city).unwrap() + 1));
    story.tick("2027-06-07T15:00:00Z");
    assert!(
        stands(&story)
            .iter()
            .any(|clock| clock.starts_with("guild") && clock.ends_with("superseded"))
    );
}

#[test]
fn another_seat_keeps_its_own_time() {
    let regimes = "regimes = [{ seat = \"data-holder\", under = [\"city\", \"port\"] }]";
    let story = outage(&FOUR, regimes);
    assert!(stands(&story).contains(&"city 2027-06-06T15:00:00Z running".to_owned()));
}
