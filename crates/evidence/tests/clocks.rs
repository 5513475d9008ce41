//! When periods end: published examples, weekends, holidays, clocks that change, clocks that stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use concordat_evidence::calendar::{Calendar, Calendars};
use concordat_evidence::clock::{Deadline, Interval, Reckoning, due};
use concordat_terms::{Date, Period, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn of(country: &str) -> &'static Calendar {
    Calendars::builtin().get(&country.parse().unwrap()).unwrap()
}

fn reckoned(start: &str, period: &str, reckoning: Reckoning<'_>) -> Deadline {
    due(at(start), period.parse().unwrap(), reckoning, &[])
}

/// The last day of a period that rolls on a country's calendar.
fn rolls_to(start: &str, period: &str, country: &str) -> String {
    let calendar = of(country);
    reckoned(start, period, Reckoning::Rolling(calendar)).last_day(calendar).to_string()
}

fn works_to(start: &str, period: &str, country: &str) -> String {
    let calendar = of(country);
    reckoned(start, period, Reckoning::Working(calendar)).last_day(calendar).to_string()
}

#[test]
fn seventy_two_hours_run_through_the_weekend_and_three_days_do_not_end_on_it() {
    // An incident on a Friday at 17:00 in Brussels.
    let friday = "2026-11-20T16:00:00Z";
    let hours = reckoned(friday, "PT72H", Reckoning::Rolling(of("BE")));
    assert_eq!(hours.legal, at("2026-11-23T16:00:00Z"));
    assert_eq!(hours.alarm, hours.legal);

    // Three days after Thursday end on Sunday, and so on Monday at midnight.
    let thursday = "2026-11-19T16:00:00Z";
    let hours = reckoned(thursday, "PT72H", Reckoning::Rolling(of("BE")));
    assert_eq!(hours.legal, at("2026-11-22T16:00:00Z"));
    let days = reckoned(thursday, "P3D", Reckoning::Rolling(of("BE")));
    assert_eq!(days.legal, at("2026-11-23T23:00:00Z"));
    // Whoever counts 3 × 24 hours is warned on Sunday.
    assert_eq!(days.alarm, at("2026-11-22T16:00:00Z"));
}

/// Reg. 1182/71, Art. 3(1): the day of the event is not counted; (2)(c): weeks end on the weekday,
/// months on the number of the day of the event.
#[test]
fn the_day_of_the_event_is_not_counted() {
    assert_eq!(rolls_to("2027-02-01T08:00:00Z", "P15D", "BE"), "2027-02-16");
    assert_eq!(rolls_to("2027-02-01T22:59:59Z", "P15D", "BE"), "2027-02-16");
    // One second later it is the next day in Brussels.
    assert_eq!(rolls_to("2027-02-01T23:00:00Z", "P15D", "BE"), "2027-02-17");
    assert_eq!(rolls_to("2027-02-01T08:00:00Z", "P2W", "BE"), "2027-02-15");
    assert_eq!(rolls_to("2027-02-01T08:00:00Z", "P1M", "BE"), "2027-03-01");
}

#[test]
fn a_month_ends_on_the_same_number_or_on_the_last_of_the_month() {
    // 28 February 2027 is a Sunday; 29 February 2028 a Tuesday.
    for day in ["29", "30", "31"] {
        let start = format!("2027-01-{day}T09:00:00Z");
        let calendar = of("DE");
        let end = reckoned(&start, "P1M", Reckoning::Local(calendar));
        assert_eq!(end.last_day(calendar).to_string(), "2027-02-28");
        assert_eq!(rolls_to(&start, "P1M", "DE"), "2027-03-01");
        assert_eq!(rolls_to(&format!("2028-01-{day}T09:00:00Z"), "P1M", "DE"), "2028-02-29");
    }
    assert_eq!(rolls_to("2028-02-29T09:00:00Z", "P1Y", "DE"), "2029-02-28");
    assert_eq!(rolls_to("2027-08-31T09:00:00Z", "P1M", "DE"), "2027-09-30");
    assert_eq!(rolls_to("2026-12-31T09:00:00Z", "P2M", "DE"), "2027-03-01");
}

#[test]
fn months_are_as_short_as_they_come_for_whoever_warns() {
    let calendar = of("BE");
    let warned = |start: &str, period: &str| {
        let end = reckoned(start, period, Reckoning::Rolling(calendar));
        (end.last_day(calendar).to_string(), end.alarm.to_string())
    };
    let told = |last: &str, alarm: &str| (last.to_owned(), alarm.to_owned());
    let july = warned("2027-07-01T09:00:00Z", "P1M");
    assert_eq!(july, told("2027-08-02", "2027-07-29T09:00:00Z"));
    let february = warned("2027-02-01T09:00:00Z", "P1M");
    assert_eq!(february, told("2027-03-01", "2027-03-01T09:00:00Z"));
    assert_eq!(warned("2027-02-01T09:00:00Z", "P1Y"), told("2028-02-01", "2028-01-27T09:00:00Z"));
    // Two months of 59 days, three of 89, five of 150: none is warned of too late.
    assert_eq!(warned("2026-12-31T09:00:00Z", "P2M"), told("2027-03-01", "2027-02-28T09:00:00Z"));
    assert_eq!(warned("2026-12-01T09:00:00Z", "P3M"), told("2027-03-01", "2027-02-28T09:00:00Z"));
    assert_eq!(warned("2026-09-30T09:00:00Z", "P5M"), told("2027-03-01", "2027-02-27T09:00:00Z"));
}

#[test]
fn what_would_end_between_christmas_and_new_year_ends_after_it() {
    // 25 December 2026 is a Friday, 1 January 2027 one too.
    assert_eq!(rolls_to("2026-12-15T09:00:00Z", "P10D", "BE"), "2026-12-28");
    assert_eq!(rolls_to("2026-12-15T09:00:00Z", "P17D", "BE"), "2027-01-04");
    // Nothing ends on Midsummer Eve in Finland; in Sweden it is no public holiday.
    assert_eq!(rolls_to("2027-06-22T09:00:00Z", "P3D", "FI"), "2027-06-28");
    assert_eq!(rolls_to("2027-06-22T09:00:00Z", "P3D", "SE"), "2027-06-25");
    // The institutions close from Christmas Eve to the second of January.
    assert_eq!(rolls_to("2026-12-14T09:00:00Z", "P10D", "EU"), "2027-01-04");
    // Easter 2027 is on 28 March: Good Friday is worked in Belgium and not in Germany.
    assert_eq!(rolls_to("2027-03-16T09:00:00Z", "P10D", "BE"), "2027-03-26");
    assert_eq!(rolls_to("2027-03-16T09:00:00Z", "P10D", "DE"), "2027-03-30");
}

/// Reg. 1182/71, Art. 3(5).
#[test]
fn two_days_hold_two_working_days() {
    // From Friday two days end on Sunday, which rolls to Monday, the first working day in them.
    assert_eq!(rolls_to("2026-11-20T09:00:00Z", "P2D", "BE"), "2026-11-24");
    assert_eq!(rolls_to("2026-11-19T09:00:00Z", "P2D", "BE"), "2026-11-23");
    assert_eq!(rolls_to("2026-11-16T09:00:00Z", "P2D", "BE"), "2026-11-18");
    // One day is no such period.
    assert_eq!(rolls_to("2026-11-20T09:00:00Z", "P1D", "BE"), "2026-11-23");
    // No other reckoning has the rule.
    let calendar = of("US");
    let local = reckoned("2026-11-20T15:00:00Z", "P2D", Reckoning::Local(calendar));
    assert_eq!(local.last_day(calendar).to_string(), "2026-11-22");
}

#[test]
fn working_days_are_counted_one_by_one() {
    assert_eq!(works_to("2026-12-21T09:00:00Z", "P5D", "BE"), "2026-12-29");
    assert_eq!(works_to("2026-12-21T09:00:00Z", "P5D", "GB"), "2026-12-30");
    assert_eq!(works_to("2026-11-25T15:00:00Z", "P1D", "US"), "2026-11-27");
    // From a Saturday on, the first working day is Monday.
    assert_eq!(works_to("2026-11-21T09:00:00Z", "P1D", "BE"), "2026-11-23");
    // The warning does not know of weekends.
    let five = reckoned("2026-12-21T09:00:00Z", "P5D", Reckoning::Working(of("BE")));
    assert_eq!(five.alarm, at("2026-12-26T09:00:00Z"));
}

#[test]
fn a_day_has_23_or_25_hours_when_clocks_change_and_24_hours_are_24() {
    let calendar = of("BE");
    // Clocks go forward on Sunday 28 March 2027 (Easter), back on Sunday 31 October 2027.
    let length = |day: &str| {
        let day: Date = day.parse().unwrap();
        (calendar.end_of(day).seconds() - calendar.end_of(day.plus_days(-1)).seconds()) / 3600
    };
    assert_eq!((length("2027-03-27"), length("2027-03-28"), length("2027-10-31")), (24, 23, 25));
    let across = reckoned("2027-10-30T10:00:00Z", "PT24H", Reckoning::Rolling(calendar));
    assert_eq!(across.legal, at("2027-10-31T10:00:00Z"));
    // A day from Saturday 30 October ends on Monday, 1 November: All Saints' Day; so on Tuesday.
    assert_eq!(rolls_to("2027-10-30T10:00:00Z", "P1D", "BE"), "2027-11-02");
    assert_eq!(rolls_to("2027-10-30T10:00:00Z", "P1D", "NL"), "2027-11-01");
}

#[test]
fn a_period_that_names_hours_beside_days_is_one_of_hours() {
    let exact = reckoned("2026-11-20T16:00:00Z", "P1DT4H", Reckoning::Rolling(of("BE")));
    assert_eq!(exact.legal, at("2026-11-21T20:00:00Z"));
    let working = reckoned("2026-11-20T16:00:00Z", "P1DT4H", Reckoning::Working(of("BE")));
    assert_eq!(working, exact);
}

#[test]
fn without_a_calendar_a_day_is_24_hours_and_nothing_rolls() {
    let days = reckoned("2026-11-19T16:00:00Z", "P3D", Reckoning::Exact);
    assert_eq!(days.legal, at("2026-11-22T16:00:00Z"));
    let month = reckoned("2027-01-31T16:00:00Z", "P1M", Reckoning::Exact);
    assert_eq!(
        (month.legal, month.alarm),
        (at("2027-02-28T16:00:00Z"), at("2027-02-28T16:00:00Z"))
    );
    let empty = reckoned("2026-11-20T16:00:00Z", "P0D", Reckoning::Rolling(of("BE")));
    assert_eq!(empty.legal, at("2026-11-20T16:00:00Z"));
}

#[test]
fn the_day_is_that_of_the_calendar_and_not_of_greenwich() {
    // 03:00 UTC on the first of July is still June in Washington and has long been July in Delhi.
    let start = "2026-07-01T03:00:00Z";
    let last = |country| {
        let calendar = of(country);
        reckoned(start, "P1D", Reckoning::Local(calendar)).legal.to_string()
    };
    assert_eq!(last("US"), "2026-07-02T04:00:00Z");
    assert_eq!(last("IN"), "2026-07-02T18:30:00Z");
    assert_eq!(last("AU"), "2026-07-02T14:00:00Z");
    assert_eq!(last("FI"), "2026-07-02T21:00:00Z");
}

#[test]
fn a_clock_that_stood_still_ends_as_much_later() {
    let toll = |from, until| Interval { from: at(from), until: at(until) };
    let (start, period) =
        (at("2026-11-16T09:00:00Z"), |text: &str| text.parse::<Period>().unwrap());
    let hours = |tolls: &[Interval]| due(start, period("PT72H"), Reckoning::Exact, tolls).legal;
    let base = hours(&[]);
    let four = toll("2026-11-17T10:00:00Z", "2026-11-17T14:00:00Z");
    assert_eq!(hours(&[four]).seconds() - base.seconds(), 4 * 3600);

    // Times that overlap count once, in whatever order they are told.
    let two = toll("2026-11-17T12:00:00Z", "2026-11-17T15:00:00Z");
    assert_eq!(hours(&[two, four]).seconds() - base.seconds(), 5 * 3600);
    // What was before the start does not count, nor what began after the end.
    assert_eq!(hours(&[toll("2026-11-01T00:00:00Z", "2026-11-16T09:00:00Z")]), base);
    assert_eq!(hours(&[toll("2026-11-19T09:00:00Z", "2026-11-30T09:00:00Z")]), base);
    // A first stop can carry the clock to a second one.
    let later = toll("2026-11-19T10:00:00Z", "2026-11-19T11:00:00Z");
    assert_eq!(hours(&[four, later]).seconds() - base.seconds(), 5 * 3600);
}

#[test]
fn a_period_of_days_that_stood_still_ends_with_a_day() {
    let calendar = of("BE");
    let last = |from: &str, until: &str| {
        let tolls = [Interval { from: at(from), until: at(until) }];
        let period = "P2D".parse().unwrap();
        let end = due(at("2026-11-16T09:00:00Z"), period, Reckoning::Rolling(calendar), &tolls);
        end.last_day(calendar).to_string()
    };
    // Wednesday 18 November; a stop of an hour or of a day makes it Thursday.
    assert_eq!(last("2026-11-17T09:00:00Z", "2026-11-17T09:00:00Z"), "2026-11-18");
    assert_eq!(last("2026-11-17T09:00:00Z", "2026-11-17T10:00:00Z"), "2026-11-19");
    assert_eq!(last("2026-11-17T09:00:00Z", "2026-11-18T09:00:00Z"), "2026-11-19");
    // Three days: Saturday, and so Monday.
    assert_eq!(last("2026-11-17T09:00:00Z", "2026-11-20T09:00:00Z"), "2026-11-23");
}

/// Found by a property: the clock of a period that rolls over Easter was stopped when its last day
/// was over and the day it rolls to was not.
#[test]
fn a_clock_that_is_stopped_on_a_day_it_rolled_over_keeps_what_is_left() {
    let calendar = of("DK");
    // Good Friday 2070 is 28 March; the period ends on Tuesday, 1 April.
    let (start, period) = (at("2069-11-21T23:00:00Z"), "P126D".parse().unwrap());
    let last = |tolls: &[Interval]| {
        due(start, period, Reckoning::Rolling(calendar), tolls).last_day(calendar).to_string()
    };
    assert_eq!(last(&[]), "2070-04-01");
    // Stopped on Saturday for 45 days: Tuesday moves to a Friday, 16 May.
    let stop = Interval { from: at("2070-03-29T12:00:00Z"), until: at("2070-05-13T12:00:00Z") };
    assert_eq!(last(&[stop]), "2070-05-16");
}

#[test]
fn two_short_stops_are_added_before_they_are_a_day() {
    let calendar = of("BE");
    let hour = |day: &str| Interval {
        from: at(&format!("{day}T10:00:00Z")),
        until: at(&format!("{day}T11:00:00Z")),
    };
    let stops = [hour("2026-11-17"), hour("2026-11-18")];
    let end = due(
        at("2026-11-16T09:00:00Z"),
        "P2D".parse().unwrap(),
        Reckoning::Rolling(calendar),
        &stops,
    );
    assert_eq!(end.last_day(calendar).to_string(), "2026-11-19");
}

#[test]
fn no_period_is_too_long_to_be_computed() {
    let start = at("2026-11-16T09:00:00Z");
    for text in ["P4294967295D", "P4294967295M", "P4294967295M4294967295DT4294967295S"] {
        for reckoning in [
            Reckoning::Exact,
            Reckoning::Local(of("BE")),
            Reckoning::Rolling(of("BE")),
            Reckoning::Working(of("US")),
        ] {
            let end = due(start, text.parse().unwrap(), reckoning, &[]);
            assert_eq!(end.legal, at("9999-12-30T22:00:00Z"), "{text} {reckoning:?}");
            assert!(start <= end.alarm && end.alarm <= end.legal);
        }
    }
    // A century of working days: ten years day by day, the rest in weeks.
    let century = due(start, "P26100D".parse().unwrap(), Reckoning::Working(of("BE")), &[]);
    assert!(century.legal > at("2126-01-01T00:00:00Z"), "{}", century.legal);
}
