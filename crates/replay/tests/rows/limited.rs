//! Rights over duties that are given for those on one asset, and for no others.

use concordat_partnership::act::{Ground, Ruling};
use concordat_partnership::{Act, DutyId, Refusal};

use crate::common::{HOSPITALS, Story};
use crate::promises::{
    allowing, dispute, done, extend, notice, owed, promising_but, resume, ruled, toll, waive,
};

/// What everybody may do about duties on the rows.
const ABOUT_ROWS: &[&str] = &[
    "duty.discharge",
    "duty.toll",
    "duty.resume",
    "duty.extend",
    "duty.waive",
    "duty.dispute",
    "notice.serve",
];

const RULING: &str = "id = \"rule\"\npermit = \"determination.enter\"\nby = \"test-lab\"";

/// The Vendor owes one thing about the rows and one about the model.
fn story() -> Story {
    let promise = |id: &str, asset: &str| {
        format!(
            "id = \"{id}\"\nduty = \"keep a register\"\nowner = \"trainer\"\n\
             to = [\"data-holder\"]\non = [\"{asset}\"]\n\
             due = {{ after = \"in-force\", period = \"P30D\" }}\n\
             discharged_by = \"duty.discharge\"\n"
        )
    };
    let clauses = [promise("of-rows", "heart-rows"), promise("of-model", "risk-model")];
    promising_but(&[&clauses[0], &clauses[1]], |texts| {
        let everybody = "\"council-member\"]\n";
        let rights = allowing(ABOUT_ROWS, &[RULING]);
        let rights = rights.replace(everybody, &format!("{everybody}on = [\"heart-rows\"]\n"));
        texts.insert("rights", rights);
    })
}

/// These sign the act about each of the two duties: it is permitted of the rows alone.
fn of_rows_alone(story: &Story, signers: &[(&str, &str)], act: fn(DutyId) -> Act) {
    for (clause, code) in [("promises/of-rows", None), ("promises/of-model", Some("not-permitted"))]
    {
        let mut story = story.clone();
        let act = act(owed(&story, clause, "vendor"));
        let entry = story.sign(signers, &act);
        let verdict = story.step(entry);
        assert_eq!(verdict.refusal().map(Refusal::code), code, "{} {clause}", act.name());
    }
}

#[test]
fn who_may_act_about_duties_on_one_asset_may_not_about_those_on_another() {
    let mut story = story();
    let owner = [("vendor", "trainer")];
    let owed_to = HOSPITALS.map(|hospital| (hospital, "data-holder"));
    of_rows_alone(&story, &owner, done);
    of_rows_alone(&story, &owner, |id| toll(id, Ground::ForceMajeure));
    of_rows_alone(&story, &owner, dispute);
    of_rows_alone(&story, &owed_to, |id| extend(id, "P10D"));
    of_rows_alone(&story, &owed_to, waive);

    let mut stayed = story.clone();
    for clause in ["promises/of-rows", "promises/of-model"] {
        let id = owed(&stayed, clause, "vendor");
        stayed.admit("lab", "test-lab", ruled(&id, Ruling::Stayed));
    }
    of_rows_alone(&stayed, &owner, resume);
    story.tick("2027-02-01T08:00:00Z");
    of_rows_alone(&story, &owed_to[..1], notice);
}
