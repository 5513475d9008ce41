//! Procurement: thresholds with a date, and what is over them.

use concordat_agreement::assemble;
use concordat_partnership::Act;
use concordat_partnership::act::ModuleEnter;
use concordat_terms::{Diagnostic, Severity};

use crate::books::{books, keeping, open, pays, settle};
use crate::common::{EVERYBODY, texts};

pub(crate) const ORDER: &str = r#"
id = "thresholds"
table = "Thresholds of the procurement"
columns = ["from", "what", "EUR"]
rows = [
  ["2027-01-01", "payment", "300"],
  ["2027-01-01", "total", "700"],
  ["2027-03-01", "total", "750"],
  ["2027-01-01", "modification", "100"],
]
---
id = "order"
account = "What is paid for the order"
unit = "EUR"
holder = "trainer"
ceiling = 500
limits = "thresholds"
"#;

#[test]
fn row_119_what_is_over_a_threshold_of_the_procurement_is_refused() {
    let mut story = keeping(ORDER);
    story.admit("alder", "council-member", open("books/order"));
    let pay = |amount, to| pays("books/order", None, Some(to), amount);
    let verdict = story.act("vendor", "trainer", pay("EUR 300.01", "lab"));
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "over-threshold");
    assert!(refusal.to_string().contains("payment") && refusal.to_string().contains("EUR 300`"));
    story.admit("vendor", "trainer", pay("EUR 300", "lab"));
    story.admit("vendor", "trainer", pay("EUR 200", "lab"));

    // The total goes on when the account is closed and opened again.
    story.admit("alder", "council-member", settle("books/order"));
    story.admit("alder", "council-member", open("books/order"));
    story.denied("vendor", "trainer", pay("EUR 200.01", "lab"), "over-threshold");
    story.admit("vendor", "trainer", pay("EUR 200", "alder"));
    story.denied("vendor", "trainer", pay("EUR 50", "lab"), "over-threshold");
    // From March on the next row counts.
    story.tick("2027-03-01T00:00:00Z");
    story.admit("vendor", "trainer", pay("EUR 50", "lab"));
    story.denied("vendor", "trainer", pay("EUR 0.01", "lab"), "over-threshold");
    story.balances();
}

#[test]
fn row_119_a_modification_beyond_the_threshold_takes_a_new_procurement() {
    let mut story = keeping(ORDER);
    story.admit("alder", "council-member", open("books/order"));
    let raised = |ceiling: &str, version: &str| {
        books(ORDER)
            .replace("version = \"1.0.0\"", &format!("version = \"{version}\""))
            .replace("ceiling = 500", &format!("ceiling = {ceiling}"))
    };
    let mut enter = |text: String| {
        let modules = story.put_as_one([text], &EVERYBODY);
        let verdict = story.act("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules }));
        verdict.refusal().map(|refusal| refusal.code())
    };
    assert_eq!(enter(raised("600.01", "1.1.0")), Some("over-threshold"));
    assert_eq!(enter(raised("560", "1.2.0")), None);
    // Small steps are counted from the first ceiling, not from the last.
    assert_eq!(enter(raised("601", "1.3.0")), Some("over-threshold"));
    assert_eq!(enter(raised("600", "1.4.0")), None);
    // Down is no modification of this kind.
    assert_eq!(enter(raised("300", "1.5.0")), None);
}

#[test]
fn row_119_the_vehicle_is_on_record_and_must_carry_what_is_agreed() {
    let updates = "id = \"updates\"\nduty = \"bring the model up to date\"\nowner = \"trainer\"\n\
                   to = [\"data-holder\"]\non = [\"risk-model\"]\n\
                   due = { after = \"in-force\", every = \"P3M\" }\ndischarged_by = \"duty.discharge\"";
    let texts = texts().into_values().chain([books(updates)]);
    let found = findings(texts.map(|text| text.replace("joint-development", "fixed-deliverable")));
    let told: Vec<_> = found.iter().filter(|finding| finding.code.contains("vehicle")).collect();
    assert!(!told.is_empty(), "{found:?}");
    assert!(told.iter().all(|finding| finding.severity != Severity::Note));
}

/// What `check` says about these texts.
pub(crate) fn findings(texts: impl Iterator<Item = String>) -> Vec<Diagnostic> {
    let modules =
        texts.map(|text| concordat_agreement::read("module.md", text.as_bytes()).unwrap());
    match assemble(modules.collect::<Vec<_>>()) {
        Ok((_, found)) | Err(found) => found,
    }
}
