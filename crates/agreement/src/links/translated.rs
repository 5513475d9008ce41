//! Values in prose of another language: their links lead somewhere, and their digits are those of the
//! same link in the prose that prevails. What the words between the digits say nobody checks.

use concordat_terms::Severity;

use crate::Module;
use crate::found::Found;
use crate::source::Wrong;

use super::{AllValues, Link};

pub(super) fn check(module: &Module, values: &AllValues<'_>, warned: bool, found: &mut Found) {
    for link in &module.translated_links {
        if !link.to.contains('.') {
            found.extend(values.leads_nowhere(module, link));
            continue;
        }
        if let Err(wrong) = values.follow(module, link) {
            found.push(module.finding(Severity::Error, &link.span, wrong));
            continue;
        }
        if let Some(first) = differs(module, link).filter(|_| warned) {
            let what = format!("this says “{}”, and the prose that prevails “{first}”", link.text);
            let wrong = Wrong::new("languages-differ", what, "change the one that is wrong");
            found.push(module.finding(Severity::Warning, &link.span, wrong));
        }
    }
}

/// The words of the links to the same place, if none of them has the same digits.
fn differs<'m>(module: &'m Module, link: &Link) -> Option<&'m str> {
    let own = digits(&link.text)?;
    let mut same = module.links.iter().filter(|other| other.to == link.to).peekable();
    let first = same.peek()?.text.as_str();
    // What is written in words is compared by nobody.
    same.all(|other| digits(&other.text).is_some_and(|digits| digits != own)).then_some(first)
}

/// The digits of a text in order of size, since languages put the parts of a date in their own order
/// and group thousands in their own way; none, if it has none.
fn digits(text: &str) -> Option<Vec<char>> {
    let mut digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    digits.sort_unstable();
    (!digits.is_empty()).then_some(digits)
}
