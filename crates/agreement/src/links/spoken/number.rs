//! Numbers in words and digits: three, ninety-nine, two hundred and ten, 1,000, 2.5 million, 5 %.

use concordat_terms::Decimal;

const UNITS: [&str; 19] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Whether a word may be a part of a whole number: `sixty`, `twenty-one`, `60`, `million`.
pub(super) fn is_count(word: &str) -> bool {
    let lower = word.to_lowercase();
    lower.starts_with(|c: char| c.is_ascii_digit())
        || lower.split('-').all(|part| {
            matches!(part, "a" | "an" | "hundred" | "thousand" | "million")
                || UNITS.contains(&part)
                || TENS.contains(&part)
        })
}

/// An exact number: `1,000`, `0.25`, `5 %`, `three`, `ninety-nine per cent`, `2.5 million`.
pub(super) fn amount(words: &str) -> Option<Decimal> {
    let lower = words.trim().to_lowercase();
    let percent = ["%", "per cent", "percent"].iter().find_map(|end| lower.strip_suffix(end));
    let text = percent.unwrap_or(&lower).trim();
    let number = match text.strip_suffix("million").map(str::trim) {
        Some(millions) => digits(millions)
            .and_then(|digits| shifted(&digits, 6))
            .or_else(|| whole(millions)?.checked_mul(1_000_000).map(|n| n.to_string()))?,
        None => digits(text).or_else(|| Some(whole(text)?.to_string()))?,
    };
    let number: Decimal = number.parse().ok()?;
    if percent.is_some() { number.hundredth() } else { Some(number) }
}

/// A whole number in words, or in digits.
pub(super) fn whole(words: &str) -> Option<i64> {
    let words = words.trim();
    if let Some(digits) = digits(words) {
        return digits.parse().ok();
    }
    let lower = words.to_lowercase();
    let words: Vec<&str> = lower.split([' ', '\u{a0}', '-']).filter(|w| !w.is_empty()).collect();
    let at = words.iter().position(|word| *word == "thousand");
    match at.and_then(|at| Some((words.get(..at)?, words.get(at + 1..)?))) {
        Some((thousands, [])) => Some(below_thousand(thousands)? * 1_000),
        Some((thousands, rest)) => {
            Some(below_thousand(thousands)? * 1_000 + below_thousand(after_and(rest))?)
        }
        None => below_thousand(&words),
    }
}

fn below_thousand(words: &[&str]) -> Option<i64> {
    match words {
        ["a" | "an"] => Some(1),
        ["a", "hundred"] => Some(100),
        ["a", "hundred", rest @ ..] => Some(100 + below_hundred(after_and(rest))?),
        [count, "hundred"] => Some(100 * unit(count)?),
        [count, "hundred", rest @ ..] => Some(100 * unit(count)? + below_hundred(after_and(rest))?),
        _ => below_hundred(words),
    }
}

fn below_hundred(words: &[&str]) -> Option<i64> {
    let place = |list: &[&str], word: &str| list.iter().position(|name| *name == word);
    match words {
        [only] => match place(&UNITS, only) {
            Some(at) => i64::try_from(at + 1).ok(),
            None => i64::try_from((place(&TENS, only)? + 2) * 10).ok(),
        },
        [tens, ones] => {
            i64::try_from((place(&TENS, tens)? + 2) * 10).ok()?.checked_add(unit(ones)?)
        }
        _ => None,
    }
}

/// One to nine.
fn unit(word: &str) -> Option<i64> {
    let at = UNITS.iter().take(9).position(|name| *name == word)?;
    i64::try_from(at + 1).ok()
}

fn after_and<'w, 's>(words: &'s [&'w str]) -> &'s [&'w str] {
    match words {
        ["and", rest @ ..] => rest,
        _ => words,
    }
}

/// Digits with a point at most, their groups of three joined: `1,000.50`, `1 000 000`. A comma
/// that does not part groups may be a decimal one: such a number is not read.
fn digits(text: &str) -> Option<String> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let figures = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let groups: Vec<&str> = whole.split([',', ' ', '\u{a0}', '’']).collect();
    let (first, others) = groups.split_first()?;
    let grouped = others.is_empty() || first.len() <= 3;
    let sound = grouped && figures(first) && others.iter().all(|g| g.len() == 3 && figures(g));
    if !sound || !fraction.is_none_or(figures) {
        return None;
    }
    let whole: String = groups.concat();
    Some(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

/// Digits with their point so many places further right.
fn shifted(digits: &str, places: usize) -> Option<String> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (moved, rest) = match fraction.get(places..) {
        Some(rest) => (fraction.get(..places)?.to_owned(), rest),
        None => (format!("{fraction:0<places$}"), ""),
    };
    let point = if rest.is_empty() { "" } else { "." };
    let all = format!("{whole}{moved}{point}{rest}");
    let trimmed = all.trim_start_matches('0');
    let leading = trimmed.is_empty() || trimmed.starts_with('.');
    Some(if leading { format!("0{trimmed}") } else { trimmed.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_are_what_they_say_or_nothing() {
        for (words, number) in [
            ("one", 1),
            ("a", 1),
            ("nineteen", 19),
            ("twenty", 20),
            ("ninety-nine", 99),
            ("twenty one", 21),
            ("a hundred", 100),
            ("two hundred and ten", 210),
            ("two hundred ten", 210),
            ("three thousand", 3_000),
            ("twelve thousand and five", 12_005),
            ("30", 30),
            ("1,000", 1_000),
        ] {
            assert_eq!(whole(words), Some(number), "{words}");
        }
        for words in [
            "",
            "two two",
            "twenty eleven",
            "eleven twenty",
            "and two",
            "two and two",
            "hundred",
            "eleven hundred",
            "twenty a",
            "one thousand thousand",
            "zero",
            "30 30",
            "1,00",
            "-3",
        ] {
            assert_eq!(whole(words), None, "{words}");
        }
    }

    #[test]
    fn amounts_are_exact() {
        for (words, number) in [
            ("0.25", "0.25"),
            ("5 %", "0.05"),
            ("2.5%", "0.025"),
            ("five per cent", "0.05"),
            ("2 million", "2000000"),
            ("2.5 million", "2500000"),
            ("0.5 million", "500000"),
            ("1.2345678 million", "1234567.8"),
            ("two million", "2000000"),
            ("1 000 000", "1000000"),
            ("1,000.50", "1000.50"),
        ] {
            assert_eq!(amount(words), Some(number.parse().unwrap()), "{words}");
        }
        for words in ["0,25", "1.000.000", "1.", ".5", "five percent of it", "million", "€5"] {
            assert_eq!(amount(words), None, "{words}");
        }
    }
}
