//! What holds of every start, period, calendar and stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use concordat_evidence::calendar::CALENDARS;
use concordat_evidence::calendar::{Calendar, Calendars};
use concordat_evidence::clock::{Interval, Reckoning, due};
use concordat_evidence::regime::{Pack, SHIPPED};
use concordat_evidence::weekday::{Week, Weekday};
use concordat_evidence::zone::{Change, ChangeClock, Offset, Summer, TimeOfDay, Zone};
use concordat_terms::{Date, Period, Timestamp};
use proptest::prelude::*;

/// From 2020 to the year 2100, every second.
fn any_moment() -> impl Strategy<Value = Timestamp> {
    (1_577_836_800_u64..4_102_444_800).prop_map(|s| Timestamp::from_seconds(s).unwrap())
}

fn any_calendar() -> impl Strategy<Value = &'static Calendar> {
    let all: Vec<&Calendar> = Calendars::builtin().iter().collect();
    (0..all.len()).prop_map(move |index| all[index])
}

fn any_period() -> impl Strategy<Value = Period> {
    prop_oneof![
        (0_u32..400).prop_map(|days| Period { months: 0, days, seconds: 0 }),
        (0_u32..40).prop_map(|months| Period { months, days: 0, seconds: 0 }),
        (0_u32..10_000_000).prop_map(Period::of_seconds),
        (0_u32..20, 0_u32..60, 0_u32..100_000).prop_map(|(months, days, seconds)| Period {
            months,
            days,
            seconds
        }),
    ]
}

fn all(calendar: &Calendar) -> [Reckoning<'_>; 4] {
    [
        Reckoning::Exact,
        Reckoning::Local(calendar),
        Reckoning::Rolling(calendar),
        Reckoning::Working(calendar),
    ]
}

fn any_tolls() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0_u32..40_000_000, 0_u32..5_000_000), 0..4)
}

fn tolls(start: Timestamp, raw: &[(u32, u32)]) -> Vec<Interval> {
    let after = |s: u32| start.plus(Period::of_seconds(s));
    raw.iter().map(|(a, b)| Interval { from: after(*a), until: after(a + b) }).collect()
}

fn any_change() -> impl Strategy<Value = Change> {
    let clocks = [ChangeClock::Utc, ChangeClock::Standard, ChangeClock::Wall];
    let clock = prop::sample::select(clocks.to_vec());
    let (week, weekday) =
        (prop::sample::select(Week::ALL.to_vec()), prop::sample::select(Weekday::ALL.to_vec()));
    let at = (0_u32..24, prop::sample::select(vec![0_u32, 15, 30]));
    (2_u8..12, week, weekday, at, clock).prop_map(|(month, week, weekday, (h, m), clock)| {
        let at = TimeOfDay::try_from(format!("{h:02}:{m:02}")).unwrap();
        Change { month, week, weekday, at, clock }
    })
}

/// Any zone that a pack may bring, of both halves of the world.
fn any_zone() -> impl Strategy<Value = Zone> {
    let summer = prop::option::of((1_i32..=4, any_change(), any_change()));
    (-24_i32..=24, summer).prop_filter_map("no zone", |(half_hours, summer)| {
        let offset = |half_hours: i32| {
            let sign = if half_hours < 0 { '-' } else { '+' };
            let minutes = half_hours.unsigned_abs() * 30;
            Offset::try_from(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)).unwrap()
        };
        let summer = summer.map(|(ahead, begins, ends)| Summer {
            offset: offset(half_hours + ahead),
            begins,
            ends,
        });
        let (id, title) = ("any".parse().unwrap(), "any".to_owned());
        let zone = Zone { id, title, standard: offset(half_hours), summer };
        zone.fault().is_none().then_some(zone)
    })
}

/// A text with a piece cut out or put twice.
fn spoilt(text: &str, at: usize, length: usize, twice: bool) -> String {
    let floor = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(at % text.len());
    let end = floor((start + length).min(text.len())).max(start);
    let piece = if twice { text[start..end].repeat(2) } else { String::new() };
    format!("{}{piece}{}", &text[..start], &text[end..])
}

proptest! {
    /// In every zone days follow one another, and each moment lies before the end of its day.
    #[test]
    fn days_follow_one_another_in_every_zone(
        zone in any_zone(), t in any_moment(), ahead in 0_u32..200_000,
    ) {
        // Near the changes too, which random moments rarely are.
        let moments = (0..=370_u64).map(|n| Timestamp::from_seconds(t.seconds() + n * 86_399).unwrap());
        for t in moments {
            let day = zone.day_of(t);
            let end = zone.end_of(day);
            prop_assert!(end > t && end.seconds() - t.seconds() <= 27 * 3600, "{} {}", t, end);
            prop_assert_eq!(zone.day_of(end), day.plus_days(1));
            let before = Timestamp::from_seconds(end.seconds() - 1).unwrap();
            prop_assert_eq!(zone.day_of(before), day);
        }
        let later = Timestamp::from_seconds(t.seconds() + u64::from(ahead)).unwrap();
        prop_assert!(zone.day_of(t) <= zone.day_of(later));
    }

    /// Whatever a pack or calendar says, it is read or refused, never a fall.
    #[test]
    fn a_spoilt_text_is_read_or_refused(
        file in 0_usize..=SHIPPED.len(), at in 0_usize..20_000, length in 0_usize..60, twice: bool,
    ) {
        match SHIPPED.get(file) {
            Some((name, text)) => {
                if let Err(found) = Pack::parse(name, &spoilt(text, at, length, twice)) {
                    prop_assert!(!found.is_empty());
                }
            }
            None => match Calendars::parse("c.toml", &spoilt(CALENDARS, at, length, twice)) {
                Err(found) => prop_assert!(!found.is_empty()),
                Ok(calendars) => {
                    // What was read can be reckoned with.
                    let t = "2026-12-20T12:00:00Z".parse().unwrap();
                    for calendar in calendars.iter() {
                        for reckoning in all(calendar) {
                            let end = due(t, "P10D".parse().unwrap(), reckoning, &[]);
                            prop_assert!(t < end.legal);
                        }
                    }
                }
            },
        }
    }

    /// The end of the day of a moment lies after it, and less than 25 hours after.
    #[test]
    fn a_day_ends_after_each_of_its_moments(t in any_moment(), calendar in any_calendar()) {
        let day = calendar.day_of(t);
        let end = calendar.end_of(day);
        prop_assert!(end > t && end.seconds() - t.seconds() <= 25 * 3600);
        prop_assert_eq!(calendar.day_of(end), day.plus_days(1));
        prop_assert_eq!(calendar.day_of(Timestamp::from_seconds(end.seconds() - 1).unwrap()), day);
    }

    /// Nothing ends before it began, and nobody is warned too late.
    #[test]
    fn the_warning_lies_between_start_and_deadline(
        t in any_moment(), period in any_period(), calendar in any_calendar(), raw in any_tolls(),
    ) {
        let tolls = tolls(t, &raw);
        for reckoning in all(calendar) {
            let end = due(t, period, reckoning, &tolls);
            prop_assert!(t <= end.alarm && end.alarm <= end.legal, "{:?} {:?}", reckoning, end);
        }
    }

    /// Who begins later does not have to be done earlier.
    #[test]
    fn deadlines_follow_their_starts(
        t in any_moment(), ahead in 0_u32..5_000_000, period in any_period(), calendar in any_calendar(),
    ) {
        let later = t.plus(Period::of_seconds(ahead));
        for reckoning in all(calendar) {
            let (a, b) = (due(t, period, reckoning, &[]), due(later, period, reckoning, &[]));
            // Without a calendar, days that a month lacks fall on one day at their times of day; so
            // do they in a period that names hours too.
            let exact = matches!(reckoning, Reckoning::Exact) || period.seconds > 0;
            let slack = if exact && period.months > 0 { 86_400 } else { 0 };
            prop_assert!(a.legal.seconds() < b.legal.seconds() + slack + 1, "{:?}", reckoning);
            let alarms = a.alarm.seconds() < b.alarm.seconds() + slack + 1;
            prop_assert!(alarms, "{:?} {:?} {:?}", reckoning, a, b);
        }
    }

    /// A deadline rolls forward only, to a working day, by at most twelve days: from Christmas Eve
    /// to after New Year, where the institutions close.
    #[test]
    fn a_deadline_rolls_to_the_next_working_day(
        t in any_moment(), days in 1_u32..400, calendar in any_calendar(),
    ) {
        let period = Period { months: 0, days, seconds: 0 };
        let last = |reckoning| due(t, period, reckoning, &[]).last_day(calendar);
        let (plain, rolled) = (last(Reckoning::Local(calendar)), last(Reckoning::Rolling(calendar)));
        prop_assert!(plain <= rolled && rolled <= plain.plus_days(12), "{} {}", plain, rolled);
        prop_assert!(calendar.is_working_day(rolled));
        let between: Vec<Date> =
            (0..20).map(|n| plain.plus_days(n)).filter(|day| *day < rolled).collect();
        // Only a period that would hold fewer than two working days passes one over.
        if days > 14 {
            prop_assert!(between.iter().all(|day| !calendar.is_working_day(*day)));
        }
        let working = last(Reckoning::Working(calendar));
        prop_assert!(working >= rolled.min(working) && calendar.is_working_day(working));
        let first = calendar.day_of(t);
        let counted = (1..2000).map(|n| first.plus_days(n)).take_while(|day| *day <= working);
        let counted = counted.filter(|day| calendar.is_working_day(*day)).count();
        prop_assert_eq!(counted, days as usize);
    }

    /// Hours do not know of weekends: they are the same on every calendar.
    #[test]
    fn hours_never_roll(t in any_moment(), seconds in 1_u32..10_000_000, calendar in any_calendar()) {
        for reckoning in all(calendar) {
            let end = due(t, Period::of_seconds(seconds), reckoning, &[]);
            prop_assert_eq!(end.legal.seconds() - t.seconds(), u64::from(seconds));
            prop_assert_eq!(end.alarm, end.legal);
        }
    }

    /// A stop never brings a deadline nearer, hours move by exactly what stood still, and a clock
    /// that still stands still (its stop ends now) has not run out.
    #[test]
    fn a_stopped_clock_does_not_run_out(
        t in any_moment(), period in any_period(), calendar in any_calendar(), raw in any_tolls(),
        from in 0_u32..30_000_000, length in 1_u32..30_000_000,
    ) {
        let mut stops = tolls(t, &raw);
        for reckoning in all(calendar) {
            let before = due(t, period, reckoning, &stops);
            let from = t.plus(Period::of_seconds(from));
            let now = from.plus(Period::of_seconds(length));
            stops.push(Interval { from, until: now });
            let after = due(t, period, reckoning, &stops);
            stops.pop();
            prop_assert!(before.legal <= after.legal && before.alarm <= after.alarm);
            if from < before.legal {
                prop_assert!(after.legal > now, "{:?} {} {}", reckoning, after.legal, now);
            } else {
                prop_assert_eq!(before, after);
            }
        }
    }

    /// Of each year about two thirds are worked.
    #[test]
    fn a_year_has_working_days(year in 2020_i16..2100, calendar in any_calendar()) {
        let first = Date::new(year, 1, 1).unwrap();
        let days = (0..365).map(|n| first.plus_days(n));
        let worked = days.filter(|day| calendar.is_working_day(*day)).count();
        prop_assert!((235..=262).contains(&worked), "{}", worked);
    }
}
