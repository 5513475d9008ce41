//! Licences of what is brought in and passed on, as SPDX expressions (SPDX specification 2.3,
//! annex D). The crate that reads them is pinned: another list of licences would be another rule.

use spdx::expression::Expression;
use spdx::{LicenseItem, LicenseReq};

/// Why a text is no licence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no SPDX expression: {why}")]
pub struct NotALicence {
    text: String,
    why: String,
}

/// Reads an expression.
///
/// # Errors
/// [`NotALicence`] if it is none, or names a licence that is in no list.
pub fn read(text: &str) -> Result<Expression, NotALicence> {
    Expression::parse(text).map_err(|why| NotALicence {
        text: text.chars().take(200).collect(),
        why: why.reason.to_string(),
    })
}

/// Whether a licence demands that what is made from the work is passed on under the same: not, if
/// the expression offers a choice that does not.
pub fn binds(text: &str) -> bool {
    read(text).is_ok_and(|licence| !licence.evaluate(|one| !shares_alike(one)))
}

/// Whether who passes a work on under `under` (all rights reserved, if that is none) keeps to a
/// licence of what it was made from.
pub fn kept(text: &str, under: Option<&str>) -> bool {
    let Ok(licence) = read(text) else { return true };
    let own = under.and_then(|text| read(text).ok());
    let offers = |wanted: &LicenseReq| {
        own.as_ref().is_some_and(|own| {
            own.requirements().any(|offered| same_family(&offered.req.license, &wanted.license))
        })
    };
    licence.evaluate(|one| !shares_alike(one) || offers(one))
}

/// Copyleft, and what the list of the crate leaves out that asks for the same of data and models.
fn shares_alike(licence: &LicenseReq) -> bool {
    let Some(id) = licence.license.id() else { return false };
    id.is_copyleft() || ["ODbL-1.0", "EPL-1.0", "EPL-2.0"].contains(&id.name)
}

/// Whether one licence is the other: the same, or the same where the wanted one lets a later version
/// take its place.
fn same_family(offered: &LicenseItem, wanted: &LicenseItem) -> bool {
    let (Some(offered), Some(wanted)) = (offered.id(), wanted.id()) else {
        return offered == wanted;
    };
    let later = wanted.name.ends_with("-or-later") && wanted.base() == offered.base();
    offered == wanted || (later && offered.version() >= wanted.version())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_that_binds_to_nothing_may_be_taken() {
        for free in ["MIT", "Apache-2.0 OR GPL-3.0-only", "LicenseRef-Own", "BSD-3-Clause AND MIT"]
        {
            assert!(!binds(free) && kept(free, None), "{free}");
        }
        for bound in ["GPL-3.0-or-later", "MIT AND AGPL-3.0-only", "CC-BY-SA-4.0", "ODbL-1.0"] {
            assert!(binds(bound) && !kept(bound, None) && !kept(bound, Some("MIT")), "{bound}");
            assert!(kept(bound, Some(bound)), "{bound}");
        }
        assert!(read("GPL 3").is_err() && read("").is_err());
    }

    #[test]
    fn a_later_version_stands_for_an_earlier_one_that_lets_it() {
        assert!(kept("GPL-2.0-or-later", Some("GPL-3.0-only")));
        assert!(!kept("GPL-2.0-only", Some("GPL-3.0-only")));
        assert!(!kept("GPL-3.0-or-later", Some("GPL-2.0-only")));
        assert!(!kept("GPL-2.0-or-later", Some("LGPL-3.0-only")));
    }
}
