//! Whose a version is.

use concordat_agreement::Ground;
use concordat_partnership::act::{Handed, Step};
use concordat_terms::{Decimal, Digest};

use crate::common::{Story, digest};
use crate::law::{a, declare, derive, hand, import, ready, rows};

const POOL: &str = r#"
```clause
id = "pool"
ip = "joint-pool"
on = "weights"
shares = { data-holder = "0.7", trainer = "0.3" }
declare_background = "P30D"
```
"#;

fn ground(story: &Story, name: &str) -> Option<Ground> {
    story.state().version(&digest(name)).unwrap().ground
}

fn shares(story: &Story, name: &str) -> Vec<String> {
    let owners = story.state().owners_of(&digest(name)).unwrap();
    let sum = owners.iter().try_fold(Decimal::ZERO, |sum, (_, share)| sum.plus(share));
    assert_eq!(sum, Decimal::whole(1));
    owners.iter().map(|(party, share)| format!("{party} {share}")).collect()
}

#[test]
fn row_39_what_nobody_declares_in_time_counts_as_made_here() {
    let mut story = ready("", "", POOL);
    story.admit("vendor", "trainer", import("weights", "kept", None));
    story.admit("vendor", "trainer", import("weights", "forgotten", None));
    assert_eq!(ground(&story, "kept"), None);
    assert_eq!(shares(&story, "kept"), ["vendor 1"]);
    story.refuse("alder", "data-holder", declare("weights", "kept"), "not-the-holder", "");
    story.admit("vendor", "trainer", declare("weights", "kept"));
    story.refuse("vendor", "trainer", declare("weights", "kept"), "already-declared", "");
    // Something that was not brought in is declared as well.
    story.admit("vendor", "trainer", declare("weights", "on-the-shelf"));

    // The day comes by itself, once.
    let due = story.state().next_deadline().unwrap();
    assert_eq!(due, a("2027-01-31T08:00:00Z"));
    story.tick("2027-01-31T07:59:59Z");
    assert_eq!(ground(&story, "forgotten"), None);
    story.tick("2027-01-31T08:00:00Z");
    assert_eq!(ground(&story, "forgotten"), Some(Ground::Foreground));
    assert_eq!(ground(&story, "kept"), Some(Ground::Background));
    assert_eq!(
        shares(&story, "forgotten"),
        ["alder 0.175", "birch 0.175", "cypress 0.175", "dogwood 0.175", "vendor 0.3"]
    );
    story.refuse("vendor", "trainer", declare("weights", "forgotten"), "declared-late", "");
    // What is brought in later has as long from then.
    story.admit("vendor", "trainer", import("weights", "late", None));
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(ground(&story, "late"), None);
    story.admit("vendor", "trainer", declare("weights", "late"));
}

#[test]
fn row_39_what_was_made_here_is_nobodys_background() {
    let mut story = ready("", "", POOL);
    let model = story.train();
    assert_eq!(story.state().version(&model).unwrap().ground, Some(Ground::Foreground));
    story.refuse("vendor", "trainer", declare("risk-model", "model"), "made-here", "");
    assert_eq!(story.state().version(&rows("alder")).unwrap().ground, Some(Ground::Background));
}

#[test]
fn row_40_shares_follow_what_a_version_was_made_from() {
    let mut story = ready("", "", "");
    let model = story.train();
    // Each hospital owns what comes from its own rows; the model comes from all four.
    assert_eq!(
        shares(&story, "model"),
        ["alder 0.25", "birch 0.25", "cypress 0.25", "dogwood 0.25"]
    );
    // Merged with what the vendor brought, as the act says, or in equal parts.
    story.admit("vendor", "trainer", import("weights", "w", None));
    let both = [model, digest("w")];
    let merge = |name: &str, parts: &[(Digest, &str)]| {
        derive("risk-model", name, &both, Step::Combine, |act| {
            act.contributions = parts.iter().map(|(from, part)| (*from, a(part))).collect();
        })
    };
    let uneven = [(model, "0.5"), (digest("w"), "0.4")];
    let act = merge("m", &uneven);
    story.refuse("vendor", "trainer", act, "contributions-do-not-sum", "");
    let act = merge("m", &uneven[..1]);
    story.refuse("vendor", "trainer", act, "contributions-do-not-sum", "");
    story.admit("vendor", "trainer", merge("m", &[(model, "0.4"), (digest("w"), "0.6")]));
    assert_eq!(shares(&story, "m").last().unwrap(), "vendor 0.6");
    story.admit("vendor", "trainer", merge("n", &[]));
    assert_eq!(shares(&story, "n")[0], "alder 0.125");
    // What three make together has no part too many.
    let thirds = [digest("m"), digest("n"), digest("w")];
    story.admit("vendor", "trainer", derive("weights", "o", &thirds, Step::Combine, |_| {}));
    assert_eq!(shares(&story, "o")[0], "alder 0.075");
}

#[test]
fn row_40_who_gives_a_share_up_hands_it_to_another() {
    let mut story = ready("", "", "");
    let model = story.train();
    let share = |part: &str| hand(model, "vendor", Handed::Share(a(part)), None, None);
    for part in ["0.26", "0", "-0.1"] {
        story.refuse("alder", "data-holder", share(part), "share-too-small", "");
    }
    story.admit("alder", "data-holder", share("0.25"));
    assert_eq!(
        shares(&story, "model"),
        ["birch 0.25", "cypress 0.25", "dogwood 0.25", "vendor 0.25"]
    );
    story.refuse("alder", "data-holder", share("0.1"), "share-too-small", "");
}

#[test]
fn row_40_the_owner_that_a_clause_names_owns_it_whoever_made_it() {
    let mut story = ready("", "owner = \"test-lab\"", "");
    story.train();
    assert_eq!(shares(&story, "model"), ["lab 1"]);
}
