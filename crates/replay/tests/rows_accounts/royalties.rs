//! What the partnership makes, and who earns by it.

use concordat_partnership::act::UsageReport;
use concordat_partnership::{Act, Cause};

use crate::books::{a, keeping, pays, used, uses};
use crate::common::{Story, digest};

#[test]
fn row_041_a_royalty_on_reported_revenue_is_shared_out_to_the_last_cent() {
    let mut story = keeping("");
    // 8 % of 1,000.01 is 80.00 to the cent.
    story.admit("vendor", "trainer", uses("books/pool", "EUR 1000.01", "first half"));
    let owed = |story: &Story, party: &str| story.book("books/pool", &format!("owed {party}"));
    // 0.6 of it to four hospitals, 0.25 to the licensee itself, 0.15 to the lab.
    assert_eq!(["alder", "birch", "cypress", "dogwood"].map(|p| owed(&story, p)), ["12"; 4]);
    assert_eq!((owed(&story, "lab"), owed(&story, "vendor")), ("12".to_owned(), "-60".to_owned()));
    story.balances();

    // What cannot be parted evenly goes a cent each to who lost most: 0.05 as 0.03, 0.01, 0.01.
    story.admit("vendor", "trainer", uses("books/pool", "EUR 0.60", "second half"));
    assert_eq!(
        ["alder", "birch", "cypress", "dogwood", "lab", "vendor"].map(|p| owed(&story, p)),
        ["12.01", "12.01", "12.01", "12", "12.01", "-60.04"]
    );
    story.balances();
    story.denied("vendor", "trainer", uses("books/pool", "EUR 1", "first half"), "reference-used");
    story.denied("vendor", "trainer", uses("books/pool", "gpu-hour 1", "x"), "bad-amount");
    story.denied("vendor", "trainer", uses("books/pool", "EUR 0.001", "x"), "bad-amount");
}

#[test]
fn what_is_owed_is_paid_once_and_says_who_was_paid() {
    let mut story = keeping("");
    story.admit("vendor", "trainer", uses("books/pool", "EUR 1000.01", "first half"));
    let pay = |to, amount| pays("books/pool", Some("vendor"), Some(to), amount);
    // Who owes does not say alone that it paid.
    story.denied("vendor", "trainer", pay("alder", "EUR 12"), "party-silent");
    story.denied("alder", "data-holder", pay("alder", "EUR 12.01"), "owes-less");
    story.admit("alder", "data-holder", pay("alder", "EUR 12"));
    story.denied("alder", "data-holder", pay("alder", "EUR 12"), "reference-used");
    story.denied("alder", "data-holder", pay("alder", "EUR 0.01"), "owes-less");
    // Nobody pays itself, and who owes nothing pays nothing.
    let own = pays("books/pool", Some("lab"), Some("lab"), "EUR 1");
    story.denied("lab", "test-lab", own, "owes-less");
    let nothing = pays("books/pool", Some("birch"), Some("lab"), "EUR 1");
    story.denied("lab", "test-lab", nothing, "owes-less");
    assert_eq!(story.book("books/pool", "owed alder"), "0");
    assert_eq!(story.state().debts().len(), 5);
    story.balances();

    let statement = story.state().value_statement();
    let vendor = &statement.parties[&a("vendor")];
    assert_eq!(vendor.owed["EUR"].0, a("60"));
    assert_eq!(statement.parties[&a("alder")].earned["EUR"].0, a("12"));
}

#[test]
fn row_036_a_licence_to_somebody_outside_takes_the_vote_of_the_pool() {
    let mut story = keeping("");
    let income = |amount| pays("books/pool", None, Some("lab"), amount);
    story.denied("lab", "test-lab", income("EUR 100"), "needs-motion");
    story.decide("licence-out", income("EUR 100"));
    // The lab has the money, and owes the others their shares of it.
    assert_eq!(story.book("books/pool", "owed lab"), "-85");
    assert_eq!(story.book("books/pool", "owed vendor"), "25");
    assert_eq!(story.book("books/pool", "owed dogwood"), "15");
    story.balances();

    // Shares that do not sum to one never enter into force.
    let crooked = crate::books::books("").replace("test-lab = 0.15", "test-lab = 0.2");
    let found = crate::thresholds::findings(crate::common::texts().into_values().chain([crooked]));
    assert!(found.iter().any(|finding| finding.code == "shares-do-not-sum"), "{found:?}");
}

#[test]
fn row_037_public_use_is_free_and_other_use_is_licensed_and_priced() {
    let mut story = keeping("");
    // Alder and Birch are public: their use is on record, and nobody owes anything for it.
    story.admit("alder", "data-holder", uses("books/pool", "EUR 5000", "public use"));
    let last = story.state().postings().last().unwrap().1;
    assert!(last.posting.cause == Cause::Royalty && last.posting.lines.is_empty());
    assert!(story.state().debts().is_empty());
    // Cypress is private and has no licence; the Vendor has one and pays.
    story.denied("cypress", "data-holder", uses("books/pool", "EUR 5000", "x"), "not-licensed");
    story.admit("vendor", "trainer", uses("books/pool", "EUR 100", "x"));
    assert_eq!(story.book("books/pool", "owed vendor"), "-6");
}

#[test]
fn row_040_revenue_with_a_version_goes_to_the_owners_of_that_asset() {
    let mut story = keeping("");
    let version = |of: &str| {
        let version = Some(digest(of));
        Act::UsageReport(UsageReport { version, ..used("books/pool", "EUR 100", of) })
    };
    story.denied("vendor", "trainer", version("model"), "outside-ip");
    story.open_project();
    story.run("first");
    for hospital in crate::common::HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", crate::common::cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &crate::common::result("model"));
    assert!(story.step(entry).is_admitted());
    story.admit("vendor", "trainer", version("model"));
    assert_eq!(story.book("books/pool", "owed alder"), "1.2");
    story.balances();
}

#[test]
fn what_nobody_owns_earns_nothing() {
    let mut story = keeping(
        "id = \"ownerless\"\nip = \"private-retained\"\nlicensed_to = [\"trainer\"]\nroyalty = 0.1",
    );
    story.denied("vendor", "trainer", uses("books/ownerless", "EUR 100", "x"), "nobody-owns");
    let income = pays("books/ownerless", None, Some("vendor"), "EUR 100");
    story.denied("vendor", "trainer", income, "nobody-owns");
}
