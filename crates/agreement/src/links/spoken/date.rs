//! Dates in words.

use concordat_terms::Date;

/// `31 January 2027`, `the 31st of January 2027`, `January 31, 2027`, and nothing after the year.
pub(super) fn read_date(words: &str) -> Option<Date> {
    let lower = words.to_lowercase();
    let parts: Vec<&str> =
        lower.split_whitespace().filter(|w| !matches!(*w, "the" | "of")).collect();
    let [first, second, year] = parts.as_slice() else { return None };
    let month_of = |word: &str| {
        let word = word.trim_end_matches(',');
        Date::MONTHS.iter().position(|name| name.eq_ignore_ascii_case(word))
    };
    let (day, month) = match (month_of(first), month_of(second)) {
        (Some(month), None) => (second, month),
        (None, Some(month)) => (first, month),
        _ => return None,
    };
    let day = day.trim_end_matches(',');
    let day = ["st", "nd", "rd", "th"].iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
    let day: u8 = day.parse().ok()?;
    format!("{year}-{:02}-{day:02}", month + 1).parse().ok()
}
