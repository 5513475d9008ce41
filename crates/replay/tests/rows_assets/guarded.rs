//! Labels, places, ways and borders.

use concordat_agreement::{Label, Profile};
use concordat_partnership::Act;
use concordat_partnership::act::{Handed, PlaceAttest, Step};

use crate::common::{HOSPITALS, Story, digest};
use crate::law::{a, agreed, derive, evidence, hand, import, label, ready, rows};

#[test]
fn row_57_a_label_flows_with_what_is_made_and_no_place_is_too_low_for_it() {
    let mut story = agreed("guard = { class = 3 }", "", "");
    story.place("alder", "data-holder", "ward", 2, "CH");
    let clause = "data-use/heart-rows";
    let listed = story.dataset("alder", "first");
    story.refuse("alder", "data-holder", listed, "place-too-open", clause);
    for hospital in HOSPITALS {
        story.place(hospital, "data-holder", "vault", 3, "CH");
    }
    let vault = |act: Act| match act {
        Act::DatasetRegister(mut act) => {
            act.place = a("vault");
            Act::DatasetRegister(act)
        }
        other => other,
    };
    let listed = vault(story.dataset("alder", "first"));
    story.admit("alder", "data-holder", listed);

    // Findings are internal; made from restricted rows they are restricted, and in a vault.
    let make = |place: Option<&str>| {
        derive("findings", "f", &[rows("alder")], Step::Transform, |act| act.place = place.map(a))
    };
    story.refuse("alder", "data-holder", make(None), "place-too-open", clause);
    story.refuse("alder", "data-holder", make(Some("ward")), "place-too-open", clause);
    story.refuse("alder", "data-holder", make(Some("attic")), "unknown-place", "");
    story.admit("alder", "data-holder", make(Some("vault")));
    let f = digest("f");
    assert_eq!(story.state().version(&f).unwrap().label, Label::Restricted);

    // No write-down, but by decision of the council; then its own clause alone guards it.
    story.refuse("alder", "data-holder", label(f, Label::Internal), "write-down", "");
    let copy = hand(f, "birch", Handed::Copy, None, None);
    story.refuse("alder", "data-holder", copy.clone(), "place-too-open", clause);
    story.decide("lower", label(f, Label::Internal));
    let version = story.state().version(&f).unwrap();
    assert_eq!((version.label, version.guarded_by.len()), (Label::Internal, 1));
    assert_eq!(version.lowered_by, Some(a("council")));
    story.admit("alder", "data-holder", copy);
}

#[test]
fn row_57_a_label_that_rises_rises_in_all_that_was_made() {
    let mut story = ready("", "", "");
    let chain =
        [("weights", "w", None), ("findings", "f", Some("w")), ("findings", "g", Some("f"))];
    story.admit("vendor", "trainer", import("weights", "w", None));
    for (asset, name, from) in chain.into_iter().skip(1) {
        let act = derive(asset, name, &[digest(from.unwrap())], Step::Transform, |_| {});
        story.admit("vendor", "trainer", act);
    }
    let of = |story: &Story, name: &str| story.state().version(&digest(name)).unwrap().label;
    assert_eq!(of(&story, "g"), Label::Internal);
    story.admit("alder", "data-holder", label(digest("w"), Label::Restricted));
    assert_eq!((of(&story, "f"), of(&story, "g")), (Label::Restricted, Label::Restricted));
}

#[test]
fn row_66_an_interface_with_access_control_stands_in_up_to_a_sensitivity() {
    let mut story = agreed("", "guard = { interim = true }", "");
    story.place("alder", "data-holder", "ward", 0, "CH");
    let listed = story.dataset("alder", "first");
    story.refuse("alder", "data-holder", listed, "interim-place", "data-use/heart-rows");
    // The model may be there, and what is public; internal findings may not.
    story.place("vendor", "trainer", "api", 0, "US");
    story.admit("vendor", "trainer", import("risk-model", "m", None));
    let make = |asset: &str, name: &str, from: &str| {
        derive(asset, name, &[digest(from)], Step::Transform, |act| act.place = Some(a("api")))
    };
    story.admit("vendor", "trainer", make("risk-model", "n", "m"));
    let act = make("findings", "f", "m");
    story.refuse("vendor", "trainer", act, "interim-place", "data-use/findings");
}

#[test]
fn a_place_is_appraised_as_often_as_an_asset_asks() {
    let mut story = agreed("guard = { attested = \"P30D\" }", "", "");
    story.place("alder", "data-holder", "ward", 3, "CH");
    let clause = "data-use/heart-rows";
    let listed = story.dataset("alder", "first");
    story.refuse("alder", "data-holder", listed, "appraisal-too-old", clause);
    let attest = |place: &str| {
        Act::PlaceAttest(PlaceAttest { place: a(place), appraisal: digest("appraisal") })
    };
    story.refuse("alder", "data-holder", attest("attic"), "unknown-place", "");
    story.admit("alder", "data-holder", attest("ward"));
    assert!(story.state().appraisal(&a("alder"), &a("ward")).is_some());
    let listed = story.dataset("alder", "first");
    story.admit("alder", "data-holder", listed);
    // It is asked again when something is made from the rows.
    story.tick("2027-02-15T08:00:00Z");
    let make = derive("findings", "f", &[rows("alder")], Step::Transform, |act| {
        act.place = Some(a("ward"));
    });
    story.refuse("alder", "data-holder", make, "appraisal-too-old", clause);
}

#[test]
fn a_place_whose_name_a_follower_has_too_is_registered_and_appraised_anew() {
    for (old, new) in [("alder", "birch"), ("birch", "alder")] {
        let mut story = agreed("guard = { class = 3, attested = \"P30D\" }", "", "");
        let attest =
            || Act::PlaceAttest(PlaceAttest { place: a("ward"), appraisal: digest("appraisal") });
        for hospital in ["alder", "birch"] {
            story.place(hospital, "data-holder", "ward", 3, "CH");
            story.admit(hospital, "data-holder", attest());
            story.admit(hospital, "data-holder", story.dataset(hospital, "first"));
        }
        story.place(old, "data-holder", "attic", 3, "CH");
        story.followed(old, new);
        let here =
            |story: &Story, place: &str| story.state().places().contains_key(&(a(new), a(place)));
        assert!(!here(&story, "ward") && here(&story, "attic"));
        assert_eq!(story.state().appraisal(&a(new), &a("ward")), None);
        let make = |of: &str| {
            derive("findings", "f", &[rows(of)], Step::Transform, |act| act.place = Some(a("ward")))
        };
        for of in [old, new] {
            story.refuse(new, "data-holder", make(of), "unknown-place", "");
        }
        story.place(new, "data-holder", "ward", 3, "CH");
        story.refuse(new, "data-holder", make(old), "appraisal-too-old", "data-use/heart-rows");
        story.admit(new, "data-holder", attest());
        story.admit(new, "data-holder", make(old));
    }
}

#[test]
fn row_43_the_vendors_weights_never_leave_the_vendor() {
    let stays = "```clause\nid = \"own-weights\"\nasset = \"Own Weights\"\nkind = \"model\"\n\
                 holder = \"trainer\"\nlabel = \"internal\"\npurposes = [\"cardiac-risk\"]\n\
                 guard = { stays = true }\n```\n";
    let mut story = ready("", "", stays);
    story.admit("vendor", "trainer", import("own-weights", "w", None));
    let clause = "data-use/own-weights";
    let act = hand(digest("w"), "alder", Handed::Copy, None, None);
    story.refuse("vendor", "trainer", act, "asset-stays", clause);
    // Nor does what is made from them.
    story.admit(
        "vendor",
        "trainer",
        derive("weights", "v", &[digest("w")], Step::Transform, |_| {}),
    );
    let act = hand(digest("v"), "alder", Handed::Copy, None, None);
    story.refuse("vendor", "trainer", act, "asset-stays", clause);
}

#[test]
fn row_54_rows_leave_for_nobody_and_figures_about_enough_of_them_do() {
    let mut story = ready("guard = { least_persons = 50 }", "", "");
    let act = hand(rows("alder"), "birch", Handed::Copy, None, None);
    story.refuse("alder", "data-holder", act, "rows-stay", "");
    let clause = "data-use/heart-rows";
    let figures =
        |persons| derive("findings", "f", &[rows("alder")], Step::Aggregate { persons }, |_| {});
    story.refuse("alder", "data-holder", figures(49), "too-few-persons", clause);
    let other = derive("findings", "f", &[rows("alder")], Step::Transform, |_| {});
    story.refuse("alder", "data-holder", other, "too-few-persons", clause);
    story.admit("alder", "data-holder", figures(50));
    story.admit("alder", "data-holder", hand(digest("f"), "birch", Handed::Copy, None, None));
    // Figures made from figures are about as many.
    let more = derive("findings", "g", &[digest("f")], Step::Transform, |_| {});
    story.admit("alder", "data-holder", more);
}

#[test]
fn row_56_what_is_handed_over_is_protected_as_agreed() {
    let mut story = ready("", "guard = { profile = \"tls-1.3\" }", "");
    story.admit("vendor", "trainer", import("risk-model", "m", None));
    let by = |profile| hand(digest("m"), "alder", Handed::Copy, None, profile);
    let clause = "data-use/risk-model";
    story.refuse("vendor", "trainer", by(None), "profile-too-weak", clause);
    story.refuse("vendor", "trainer", by(Some(Profile::Tls12)), "profile-too-weak", clause);
    story.admit("vendor", "trainer", by(Some(Profile::Sealed)));
    let nobody = hand(digest("m"), "nobody", Handed::Copy, None, Some(Profile::Tls13));
    story.refuse("vendor", "trainer", nobody, "unknown-party", "");
}

#[test]
fn row_44_a_listed_asset_crosses_no_border_without_a_licence() {
    let listed = "export = \"Common Control List (example), entry 4-D-1\"";
    let mut story = ready("", listed, "");
    let clause = "data-use/risk-model";
    story.admit("vendor", "trainer", import("risk-model", "m", None));
    let m = digest("m");
    let abroad = hand(m, "cypress", Handed::Copy, Some("ward"), None);
    story.refuse("vendor", "trainer", abroad.clone(), "export-controlled", clause);
    // Nor does what is made from it, wherever it is listed itself.
    story.admit("vendor", "trainer", derive("findings", "f", &[m], Step::Transform, |_| {}));
    let made = hand(digest("f"), "cypress", Handed::Copy, Some("ward"), None);
    story.refuse("vendor", "trainer", made, "export-controlled", clause);

    // With an agreed way to show a licence, and the licence shown.
    let need =
        "export_licence = { method = \"export-licence\", by = \"test-lab\", max_age = \"P1Y\" }";
    let mut story = ready("", &format!("{listed}\n{need}"), "");
    story.admit("vendor", "trainer", import("risk-model", "m", None));
    story.refuse("vendor", "trainer", abroad.clone(), "needs-evidence", clause);
    story.admit("lab", "test-lab", evidence(m, a("export-licence"), "1"));
    story.admit("vendor", "trainer", abroad);
}

#[test]
fn row_44_rows_that_are_listed_are_not_kept_abroad() {
    let mut story = agreed("export = \"List (example), entry 6\"", "", "");
    story.place("alder", "data-holder", "ward", 3, "CH");
    let listed = story.dataset("alder", "first");
    story.refuse("alder", "data-holder", listed, "export-controlled", "data-use/heart-rows");
    story.place("cypress", "data-holder", "ward", 3, "CH");
    let listed = story.dataset("cypress", "first");
    story.admit("cypress", "data-holder", listed);
}

#[test]
fn row_44_a_run_does_not_carry_what_is_listed_over_a_border() {
    // The hospitals are at home in three countries: each has its rows at home, and sums of them
    // would go to the others.
    let need =
        "export_licence = { method = \"export-licence\", by = \"test-lab\", max_age = \"P1Y\" }";
    let rows = format!("export = \"List (example), entry 6\"\n{need}");
    let mut story = agreed(&rows, "", "");
    for (hospital, home) in HOSPITALS.into_iter().zip(["US", "HU", "CH", "US"]) {
        story.place(hospital, "data-holder", "ward", 3, home);
        let listed = story.dataset(hospital, "first");
        story.admit(hospital, "data-holder", listed);
    }
    story.open_project();
    let run = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", run, "needs-evidence", "data-use/heart-rows");
}

#[test]
fn row_44_a_model_that_is_listed_comes_from_abroad_with_a_licence() {
    let listed = "export = \"Common Control List (example), entry 4-D-1\"";
    let from = |country: &str| match import("risk-model", "m", None) {
        Act::AssetImport(mut act) => {
            act.from = Some(a(country));
            Act::AssetImport(act)
        }
        other => other,
    };
    let mut story = ready("", listed, "");
    let clause = "data-use/risk-model";
    story.refuse("vendor", "trainer", from("JP"), "export-controlled", clause);
    let need =
        "export_licence = { method = \"export-licence\", by = \"test-lab\", max_age = \"P1Y\" }";
    let mut story = ready("", &format!("{listed}\n{need}"), "");
    story.refuse("vendor", "trainer", from("JP"), "needs-evidence", clause);
    // What was here already crosses nothing.
    story.admit("vendor", "trainer", import("risk-model", "m", None));
}
