//! Models that were made elsewhere: brought in, tested and released like those that runs give.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Story, digest, texts};
use concordat_partnership::Act;
use concordat_partnership::act::{AssetImport, EvidenceSubmit, Release};
use concordat_terms::Digest;

const CLAUSES: &str = r#"
```clause
id = "score"
asset = "Published Score"
kind = "model"
holder = "trainer"
label = "internal"
purposes = ["cardiac-risk"]
ground = "background"
```

```clause
id = "made-here"
asset = "Second Model"
kind = "model"
holder = "trainer"
label = "internal"
purposes = ["cardiac-risk"]
ground = "foreground"
```

```clause
id = "bring-in"
permit = "asset.import"
by = "trainer"
purposes = ["cardiac-risk"]
```

```clause
id = "propose-score"
permit = "release.propose"
by = "trainer"
on = "score"
purposes = ["cardiac-risk"]
```

```clause
id = "release-score"
permit = "release.promote"
by = "council-member"
on = "score"
purposes = ["cardiac-risk"]
```
"#;

/// The heart agreement, which also speaks of a model that the vendor has brought.
fn story() -> Story {
    let mut story = Story::ready();
    story.amend(&[format!("{}{CLAUSES}", texts()["data-use"])]);
    story
}

fn import(asset: &str, version: Digest) -> Act {
    let (asset, purpose) = (asset.parse().unwrap(), "cardiac-risk".parse().unwrap());
    Act::AssetImport(AssetImport { asset, version, purpose, licence: None, from: None })
}

fn evidence(subject: Digest) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject,
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: [("accuracy".parse().unwrap(), "0.79".parse().unwrap())].into(),
        cases: 254.try_into().unwrap(),
        report: digest("report"),
        record: None,
    })
}

#[test]
fn a_model_that_was_made_elsewhere_is_brought_in_tested_and_released() {
    let (mut story, model) = (story(), digest("weights of the score"));

    // Nobody tests what is not known: that would be a result about nothing that was agreed on.
    story.refuse("lab", "test-lab", evidence(model), "unknown-model", "");
    // The permit says who brings it in.
    story.refuse("lab", "test-lab", import("score", model), "not-permitted", "data-use/bring-in");
    story.admit("vendor", "trainer", import("score", model));
    let known = &story.state().models()[&model];
    assert_eq!((known.run.as_ref(), known.status.as_str()), (None, "brought in"));

    // From then on it goes the way of every model: proposed, tested, decided on, released.
    story.refuse("vendor", "trainer", import("score", model), "name-taken", "");
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));
    story.admit("lab", "test-lab", evidence(model));
    story.decide("release-it", Act::ReleasePromote(Release { model }));
    assert_eq!(story.state().models()[&model].status.as_str(), "released");
    let again = Act::ReleasePropose(Release { model });
    story.refuse("vendor", "trainer", again, "release-state", "");
}

#[test]
fn what_is_made_here_comes_from_a_run_and_is_not_brought_in() {
    let mut story = story();
    let weights = digest("weights");
    story.refuse("vendor", "trainer", import("made-here", weights), "unknown-asset", "");
    story.refuse("vendor", "trainer", import("heart-rows", weights), "unknown-asset", "");
    story.refuse("vendor", "trainer", import("nothing", weights), "unknown-asset", "");
}

#[test]
fn it_is_brought_in_for_a_purpose_of_its_clause_and_what_forbids_its_release_for_that_strikes() {
    let mut story = story();
    let clause = "\n```clause\nid = \"not-released\"\nforbid = \"release.propose\"\non = [\"score\"]\n\
                  purposes = [\"cardiac-risk\"]\n```\n";
    let text = format!("{}{CLAUSES}{clause}", texts()["data-use"]);
    let text = text.replace("version = \"1.0.0\"", "version = \"1.2.0\"");
    story.amend(&[text]);
    let model = digest("weights");
    let other = Act::AssetImport(AssetImport {
        asset: "score".parse().unwrap(),
        version: model,
        purpose: "insurance-pricing".parse().unwrap(),
        licence: None,
        from: None,
    });
    story.refuse("vendor", "trainer", other, "not-permitted", "data-use/bring-in");
    story.admit("vendor", "trainer", import("score", model));
    let propose = Act::ReleasePropose(Release { model });
    story.refuse("vendor", "trainer", propose, "forbidden", "data-use/not-released");
}
