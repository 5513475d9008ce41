//! Service credits from measured values, and caps.

use concordat_partnership::act::SignalBatch;
use concordat_partnership::{AccountEvent, Act, Effect, Verdict};

use crate::books::{a, keeping, pays};
use crate::common::{Story, digest};

const SERVICE: &str = r#"
id = "uptime"
signal = "the share of the month in which the service answered"
by = "operator"
unit = "fraction"
window = "P1D"
below = 0.995
---
id = "credits"
table = "Service credits"
columns = ["below", "credit, in percent of the fee"]
rows = [["0.995", 5], ["0.99", 15], ["0.95", "EUR 400"]]
---
id = "outages"
liability = "outages"
order = ["operator"]
cap = "EUR 700"
uncapped = ["intent"]
amounts = "credits"
base = "EUR 1000"
---
id = "answers"
warranty = "the service answers"
by = "operator"
to = ["data-holder"]
measured_by = "uptime"
remedy = "outages"
"#;

fn measured(from: &str, values: &[&str]) -> Act {
    Act::SignalBatch(SignalBatch {
        signal: a("books/uptime"),
        from: a(from),
        values: values.iter().map(|value| a(value)).collect(),
        digest: digest("meter"),
    })
}

fn told(verdict: &Verdict) -> Vec<AccountEvent> {
    let Verdict::Admitted { effects, .. } = verdict else { panic!("{verdict:?}") };
    let of = |effect: &Effect| match effect {
        Effect::Account(_, event) => Some(event.clone()),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

#[test]
fn row_105_an_outage_is_credited_by_the_table_of_the_clause() {
    let mut story = keeping(SERVICE);
    story.tick("2027-01-10T00:00:00Z");
    let owed = |story: &Story, party: &str| story.book("books/outages", &format!("owed {party}"));
    let verdict =
        story.act("vendor", "operator", measured("2027-01-02T00:00:00Z", &["0.995", "1"]));
    assert_eq!(told(&verdict), []);
    // 5 % of the fee for one day, 15 % for the next: of the rows that a value is below, the strictest.
    let days = measured("2027-01-04T00:00:00Z", &["0.994", "0.96"]);
    let verdict = story.act("vendor", "operator", days);
    assert_eq!(told(&verdict), [AccountEvent::Credited]);
    assert_eq!((owed(&story, "vendor"), owed(&story, "alder")), ("-200".into(), "50".into()));
    story.balances();
    // It is paid like everything that is owed.
    let paid = pays("books/outages", Some("vendor"), Some("alder"), "EUR 50");
    story.admit("alder", "data-holder", paid);
    assert_eq!(owed(&story, "vendor"), "-150");
}

#[test]
fn row_105_what_must_stay_below_is_credited_from_above() {
    let delays = SERVICE.replace("below = 0.995", "above = 2").replace(
        "[[\"0.995\", 5], [\"0.99\", 15], [\"0.95\", \"EUR 400\"]]",
        "[[\"2\", 5], [\"4\", 15]]",
    );
    let mut story = keeping(&delays);
    story.tick("2027-01-10T00:00:00Z");
    let owed = |story: &Story| story.book("books/outages", "owed vendor");
    // At the threshold nothing; above the first row 5 %, at the second still 5 %, above it 15 %.
    let values = [("2", "0"), ("3", "-50"), ("4", "-100"), ("5", "-250")];
    for (day, (value, sum)) in (2..).zip(values) {
        let from = format!("2027-01-{day:02}T00:00:00Z");
        story.admit("vendor", "operator", measured(&from, &[value]));
        assert_eq!(owed(&story), sum, "after {value}");
    }
    story.balances();
}

#[test]
fn row_105_a_value_that_the_signal_lets_pass_is_not_credited_whatever_the_table_has() {
    let mut story = keeping(&SERVICE.replace("below = 0.995", "below = 0.99"));
    story.tick("2027-01-10T00:00:00Z");
    // Both are below the table's first row, and one is below what the signal says.
    let values = [("0.99", "0"), ("0.989", "-150")];
    for (day, (value, sum)) in (2..).zip(values) {
        let from = format!("2027-01-{day:02}T00:00:00Z");
        story.admit("vendor", "operator", measured(&from, &[value]));
        assert_eq!(story.book("books/outages", "owed vendor"), sum, "after {value}");
    }
}

#[test]
fn row_103_what_is_over_the_cap_is_cut_and_the_carve_outs_are_shown() {
    let mut story = keeping(SERVICE);
    story.tick("2027-01-10T00:00:00Z");
    story.act("vendor", "operator", measured("2027-01-02T00:00:00Z", &["0.9"]));
    let cap = |story: &Story| {
        let budget = story.state().budget();
        let cap = budget.caps.iter().find(|cap| cap.under == a("books/outages")).unwrap();
        assert_eq!(cap.uncapped, ["intent"]);
        (cap.used.to_string(), cap.left.unwrap().to_string())
    };
    assert_eq!(cap(&story), ("400".into(), "300".into()));
    // EUR 400 more would be over EUR 700: of these 300 are owed.
    let verdict = story.act("vendor", "operator", measured("2027-01-03T00:00:00Z", &["0.9"]));
    assert_eq!(told(&verdict), [AccountEvent::Cut, AccountEvent::Credited]);
    assert_eq!(cap(&story), ("700".into(), "0".into()));
    assert_eq!(story.book("books/outages", "owed vendor"), "-700");
    // After that nothing, and it is said.
    let verdict = story.act("vendor", "operator", measured("2027-01-04T00:00:00Z", &["0.9"]));
    assert_eq!(told(&verdict), [AccountEvent::Cut]);
    assert_eq!(story.book("books/outages", "owed vendor"), "-700");
    story.balances();
    // A payment takes nothing off the cap: it is what is owed in total.
    story.admit(
        "alder",
        "data-holder",
        pays("books/outages", Some("vendor"), Some("alder"), "EUR 175"),
    );
    assert_eq!(cap(&story), ("700".into(), "0".into()));
}
