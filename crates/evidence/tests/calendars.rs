//! The calendars that are built in, against published lists.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use concordat_evidence::calendar::{CALENDARS, Calendar, Calendars};
use concordat_evidence::mark::Confirmed;
use concordat_evidence::weekday::Weekday;
use concordat_terms::Date;

fn of(country: &str) -> &'static Calendar {
    Calendars::builtin().get(&country.parse().unwrap()).unwrap()
}

/// The days of a year, as `month-day`, that are not worked for a holiday.
fn kept(country: &str, year: i16) -> Vec<String> {
    let calendar = of(country);
    let first = Date::new(year, 1, 1).unwrap();
    let days = (0..366).map(|day| first.plus_days(day)).filter(|day| day.year() == year);
    let off = days.filter(|day| {
        !calendar.is_working_day(*day) && !calendar.weekend.contains(&Weekday::of(*day))
    });
    off.map(|day| format!("{:02}-{:02}", day.month(), day.day())).collect()
}

#[test]
fn all_calendars_that_are_built_in_can_be_read() {
    let read = Calendars::parse("calendars.toml", CALENDARS).unwrap();
    let ids: Vec<&str> = read.iter().map(|calendar| calendar.id.as_str()).collect();
    let all = "AT AU BE CA CH DE DK ES EU FI FR GB IE IN IT LU NL NO PL PT SE US";
    assert_eq!(ids.join(" "), all);
    assert_eq!(Calendars::builtin(), &read);
    // What is decided anew each year is not passed off as sure.
    assert_eq!(of("EU").confirmed, Confirmed::G);
    assert!(!of("EU").covers("2027-01-01".parse().unwrap()));
    assert!(of("BE").covers("2027-01-01".parse().unwrap()));
}

/// gov.uk/bank-holidays, England and Wales.
#[test]
fn bank_holidays_of_england_that_fall_on_weekends_have_substitutes() {
    let y2026 = ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"];
    let y2027 = ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"];
    let y2028 = ["01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"];
    assert_eq!(kept("GB", 2026), y2026);
    assert_eq!(kept("GB", 2027), y2027);
    assert_eq!(kept("GB", 2028), y2028);
    // Christmas on a Sunday, Boxing Day on a Monday: Boxing Day stays, Christmas is kept on Tuesday.
    assert!(kept("GB", 2033).ends_with(&["12-26".into(), "12-27".into()]));
}

/// opm.gov, federal holidays: that of 1 January 2028, a Saturday, is kept in 2027.
#[test]
fn federal_holidays_move_to_friday_and_to_monday() {
    let y2026 = [
        "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26",
        "12-25",
    ];
    let y2027 = [
        "01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11", "11-25",
        "12-24", "12-31",
    ];
    let y2028 =
        ["01-17", "02-21", "05-29", "06-19", "07-04", "09-04", "10-09", "11-10", "11-23", "12-25"];
    assert_eq!(kept("US", 2026), y2026);
    assert_eq!(kept("US", 2027), y2027);
    assert_eq!(kept("US", 2028), y2028);
}

/// OJ 2021/C 201 I/02 for 2023, of what falls on Monday to Friday; OJ 2013/C 39/03 for 2014.
#[test]
fn the_pattern_of_the_institutions_gives_the_decisions_it_was_read_from() {
    let y2023 = [
        "01-02", "04-06", "04-07", "04-10", "05-01", "05-09", "05-18", "05-19", "05-29", "07-21",
        "08-15", "11-01", "11-02", "12-25", "12-26", "12-27", "12-28", "12-29",
    ];
    let y2014 = [
        "01-01", "01-02", "04-17", "04-18", "04-21", "05-01", "05-09", "05-29", "05-30", "06-09",
        "07-21", "08-15", "12-24", "12-25", "12-26", "12-29", "12-30", "12-31",
    ];
    assert_eq!(kept("EU", 2023), y2023);
    assert_eq!(kept("EU", 2014), y2014);
}

#[test]
fn laws_that_changed_a_holiday_begin_when_they_began() {
    let name = |country, year, day: &str| {
        of(country).holidays(year).get(&day.parse().unwrap()).map(|name| (*name).to_owned())
    };
    assert_eq!(name("IT", 2027, "2027-10-04").as_deref(), Some("St Francis of Assisi"));
    assert_eq!(name("IT", 2025, "2025-10-04"), None);
    assert_eq!(name("DK", 2023, "2023-05-05").as_deref(), Some("Great Prayer Day"));
    assert_eq!(name("DK", 2024, "2024-04-26"), None);
    assert_eq!(name("PL", 2025, "2025-12-24").as_deref(), Some("Christmas Eve"));
    assert_eq!(name("PL", 2024, "2024-12-24"), None);
    // A Friday that is 1 February takes the place of the first Monday.
    assert!(
        kept("IE", 2030).contains(&"02-01".into()) && !kept("IE", 2030).contains(&"02-04".into())
    );
    // King's Day of 2031 would be a Sunday and is kept on Saturday.
    assert_eq!(name("NL", 2031, "2031-04-26").as_deref(), Some("King's Day"));
    assert!(!kept("NL", 2031).contains(&"04-28".into()));
}

#[test]
fn clocks_change_as_published() {
    let day = |country: &str, text: &str| of(country).end_of(text.parse().unwrap()).to_string();
    // Summer began on 8 March and ended on 1 November 2026 in Washington.
    assert_eq!(day("US", "2026-03-07"), "2026-03-08T05:00:00Z");
    assert_eq!(day("US", "2026-03-08"), "2026-03-09T04:00:00Z");
    assert_eq!(day("US", "2026-11-01"), "2026-11-02T05:00:00Z");
    // It ended on 5 April and began on 4 October 2026 in Canberra.
    assert_eq!(day("AU", "2026-01-10"), "2026-01-10T13:00:00Z");
    assert_eq!(day("AU", "2026-04-05"), "2026-04-05T14:00:00Z");
    assert_eq!(day("AU", "2026-10-04"), "2026-10-04T13:00:00Z");
    assert_eq!(day("GB", "2026-07-01"), "2026-07-01T23:00:00Z");
    assert_eq!(day("PT", "2026-12-01"), "2026-12-02T00:00:00Z");
    assert_eq!(day("IN", "2026-07-01"), "2026-07-01T18:30:00Z");
}

#[test]
fn what_is_wrong_in_a_calendar_is_told_with_its_place() {
    let text = CALENDARS.replacen("zone = \"central-europe\"", "zone = \"atlantis\"", 1);
    let found = Calendars::parse("mine.toml", &text).unwrap_err();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].code, found[0].text.as_str()),
        ("unknown-reference", "zone = \"atlantis\"")
    );

    for (part, wrong, code) in [
        ("day = \"easter+39\"", "day = \"easter plus 39\"", "wrong-type"),
        ("confirmed = \"S\"", "confirmed = \"Q\"", "unknown-word"),
        ("id = \"AT\"", "id = \"Austria\"", "bad-country"),
        ("title = \"Austria", "titel = \"Austria", "unknown-field"),
        ("id = \"BE\"", "id = \"AT\"", "used-twice"),
        ("[[calendar]]", "[calendar]]", "not-toml"),
        ("offset = \"+02:00\"", "offset = \"+01:00\"", "bad-number"),
        // Half an hour of the next day would be there, gone, and there again.
        (
            "ends = { month = 10, week = \"last\", weekday = \"sunday\", at = \"01:00\"",
            "ends = { month = 10, week = \"last\", weekday = \"sunday\", at = \"23:30\"",
            "bad-number",
        ),
        ("standard = \"+05:30\"", "standard = \"5.5\"", "wrong-type"),
    ] {
        let found = Calendars::parse("mine.toml", &CALENDARS.replacen(part, wrong, 1)).err();
        let found = found.unwrap_or_else(|| panic!("`{wrong}` was read"));
        assert_eq!(found[0].code, code, "{}", found[0]);
        assert!(found[0].span.line > 1, "{}", found[0]);
    }
}
