//! Licences of what is brought in, and what is passed on.

use concordat_partnership::Act;
use concordat_partnership::act::{Handed, Release, Step};

use crate::common::digest;
use crate::law::{derive, hand, import, ready};

#[test]
fn row_42_what_is_made_from_copyleft_is_passed_on_under_it_or_not_at_all() {
    let mut story = ready("", "licence = \"Apache-2.0\"", "");
    story.refuse("vendor", "trainer", import("weights", "w", Some("GPL 3")), "bad-licence", "");
    story.admit("vendor", "trainer", import("weights", "w", Some("GPL-3.0-only")));
    let tuned = derive("risk-model", "m", &[digest("w")], Step::Transform, |_| {});
    story.admit("vendor", "trainer", tuned);
    let m = digest("m");
    let copy = hand(m, "alder", Handed::Copy, None, None);
    story.refuse("vendor", "trainer", copy, "copyleft", "");

    // Under the same licence it goes out, and so does what leaves a choice.
    let free = |name: &str, from: &str, licence: Option<&str>| {
        derive("risk-model", name, &[digest(from)], Step::Transform, |act| {
            act.licence = licence.map(str::to_owned);
        })
    };
    story.refuse("vendor", "trainer", free("n", "w", Some("GPL 3")), "bad-licence", "");
    story.admit("vendor", "trainer", free("n", "w", Some("GPL-3.0-only")));
    story.admit("vendor", "trainer", hand(digest("n"), "alder", Handed::Copy, None, None));
    story.admit("vendor", "trainer", import("weights", "v", Some("MIT OR AGPL-3.0-only")));
    story.admit("vendor", "trainer", free("o", "v", None));
    story.admit("vendor", "trainer", hand(digest("o"), "alder", Handed::Copy, None, None));
}

#[test]
fn row_42_a_release_keeps_to_the_licences_too() {
    let mut story = ready("", "licence = \"Apache-2.0\"", "");
    story.admit("vendor", "trainer", import("risk-model", "m", Some("CC-BY-SA-4.0")));
    let m = digest("m");
    story.release(m);
    // The same weights under the clause's licence would have stripped what they came with.
    let stripped = derive("weights", "w", &[m], Step::Transform, |act| {
        act.licence = Some("MIT".to_owned());
    });
    story.admit("vendor", "trainer", stripped);
    let copy = hand(digest("w"), "alder", Handed::Copy, None, None);
    story.refuse("vendor", "trainer", copy, "copyleft", "");
    let licences = &story.state().version(&digest("w")).unwrap().bound_by;
    assert!(licences.contains("CC-BY-SA-4.0"));
    let again = Act::ReleasePropose(Release { model: m });
    story.refuse("vendor", "trainer", again, "release-state", "");
}
