//! Permissive licences only: whoever takes this software owes nobody but notices.

use cargo_metadata::Package;

/// The licences, and licences with their exception, that anything we build with may have.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// A line for each package that cannot be had under permissive licences alone.
pub(crate) fn offenders(packages: &[Package]) -> Vec<String> {
    let line = |package: &Package| {
        let named = format!("`{}` {}", package.name, package.version);
        match package.license.as_deref().map(is_permissive) {
            Some(Ok(true)) => None,
            Some(Ok(false)) => {
                let licence = package.license.as_deref().unwrap_or_default();
                Some(format!("{named} has the licence `{licence}`, which is not permissive"))
            }
            Some(Err(why)) => Some(format!("the licence of {named} cannot be read: {why}")),
            None => Some(format!("{named} names no licence")),
        }
    };
    packages.iter().filter_map(line).collect()
}

/// Whether an SPDX expression can be met with permissive licences alone. A slash, which cargo used
/// to allow, is `OR`.
fn is_permissive(expression: &str) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let permissive = any(&mut rest)?;
    match rest.first() {
        None => Ok(permissive),
        Some(word) => Err(format!("`{word}` is out of place in `{expression}`")),
    }
}

/// `OR` binds weakest.
fn any(rest: &mut &[&str]) -> Result<bool, String> {
    let mut permissive = all(rest)?;
    while let Some(after) = after("OR", rest) {
        *rest = after;
        permissive |= all(rest)?;
    }
    Ok(permissive)
}

fn all(rest: &mut &[&str]) -> Result<bool, String> {
    let mut permissive = one(rest)?;
    while let Some(after) = after("AND", rest) {
        *rest = after;
        permissive &= one(rest)?;
    }
    Ok(permissive)
}

/// A licence, with its exception if it has one, or an expression in brackets.
fn one(rest: &mut &[&str]) -> Result<bool, String> {
    let Some((word, after_word)) = rest.split_first() else {
        return Err("it ends too early".to_owned());
    };
    *rest = after_word;
    if *word == "(" {
        let permissive = any(rest)?;
        *rest = after(")", rest).ok_or("a bracket is not closed")?;
        return Ok(permissive);
    }
    if ["OR", "AND", "WITH", ")"].contains(word) {
        return Err(format!("`{word}` stands where a licence should"));
    }
    let mut licence = (*word).to_owned();
    if let Some(after) = after("WITH", rest) {
        let (exception, after) = after.split_first().ok_or("it ends with `WITH`")?;
        licence = format!("{licence} WITH {exception}");
        *rest = after;
    }
    Ok(PERMISSIVE.contains(&licence.as_str()))
}

fn after<'a, 'b>(word: &str, rest: &'b [&'a str]) -> Option<&'b [&'a str]> {
    rest.split_first().filter(|(first, _)| **first == word).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_needs_one_permissive_licence_and_a_sum_needs_all() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
            "GPL-3.0-only AND AGPL-3.0-only OR ISC",
        ] {
            assert_eq!(is_permissive(good), Ok(true), "{good}");
        }
        for bad in [
            "GPL-3.0-or-later",
            "MIT AND GPL-3.0-only",
            "MPL-2.0",
            "(MIT OR Apache-2.0) AND LGPL-3.0-only",
            "Apache-2.0 WITH Another-exception",
            "ISC AND (GPL-2.0-only OR AGPL-3.0-only)",
        ] {
            assert_eq!(is_permissive(bad), Ok(false), "{bad}");
        }
        for unreadable in ["", "MIT OR", "(MIT", "MIT)", "MIT Apache-2.0", "AND MIT", "MIT WITH"] {
            assert!(is_permissive(unreadable).is_err(), "{unreadable}");
        }
    }
}
