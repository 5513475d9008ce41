//! Updates of a released model.

use concordat_agreement::UpdateClass;
use concordat_partnership::Act;
use concordat_partnership::act::{Release, UpdateDeclare};
use concordat_terms::Digest;

use crate::common::{Story, digest};
use crate::law::{import, ready};

const UPDATES: &str = r#"
```clause
id = "declare-update"
permit = "update.declare"
by = "trainer"
```

```clause
id = "fully-tested"
gate = "release.propose"
updates = ["major"]
evidence = [{ method = "red-team", by = "test-lab", max_age = "P90D" }]
```
"#;

fn update(from: Digest, to: &str, class: UpdateClass) -> Act {
    let (to, change) = (digest(to), digest("change"));
    Act::UpdateDeclare(UpdateDeclare { from, to, class, change })
}

fn propose(model: &str) -> Act {
    Act::ReleasePropose(Release { model: digest(model) })
}

fn released() -> (Story, Digest) {
    let mut story = ready("", "", UPDATES);
    let model = story.train();
    // The first version counts as major.
    story.refuse("vendor", "trainer", propose("model"), "needs-evidence", "data-use/fully-tested");
    let red_team = crate::law::evidence(model, "red-team".parse().unwrap(), "1");
    story.admit("lab", "test-lab", red_team);
    story.release(model);
    (story, model)
}

#[test]
fn row_29_a_silent_change_has_another_digest_and_is_refused() {
    let (mut story, model) = released();
    story.refuse("vendor", "trainer", update(model, "m", UpdateClass::Patch), "unknown-model", "");
    story.admit("vendor", "trainer", import("risk-model", "m", None));
    let other = update(digest("other"), "m", UpdateClass::Patch);
    story.refuse("vendor", "trainer", other, "not-the-released-version", "");
    story.admit("vendor", "trainer", update(model, "m", UpdateClass::Patch));
    let again = update(model, "m", UpdateClass::Patch);
    story.refuse("vendor", "trainer", again, "name-taken", "");
    let released = update(model, "model", UpdateClass::Patch);
    story.refuse("vendor", "trainer", released, "asset-phase", "");
    story.admit("vendor", "trainer", propose("m"));

    // Undeclared, with whatever evidence.
    story.admit("vendor", "trainer", import("risk-model", "n", None));
    let red_team = crate::law::evidence(digest("n"), "red-team".parse().unwrap(), "1");
    story.admit("lab", "test-lab", red_team);
    story.refuse("vendor", "trainer", propose("n"), "undeclared-update", "");
}

#[test]
fn row_91_how_much_is_tested_again_follows_the_class_of_the_update() {
    let (mut story, model) = released();
    for (name, class) in [("p", UpdateClass::Patch), ("q", UpdateClass::Minor)] {
        story.admit("vendor", "trainer", import("risk-model", name, None));
        story.admit("vendor", "trainer", update(model, name, class));
    }
    story.admit("vendor", "trainer", import("risk-model", "r", None));
    story.admit("vendor", "trainer", update(model, "r", UpdateClass::Major));
    story.refuse("vendor", "trainer", propose("r"), "needs-evidence", "data-use/fully-tested");

    // A patch is proposed without another red team; and once it is released, what was declared as
    // an update of the version before is declared anew.
    story.release(digest("p"));
    assert_eq!(story.state().released(&"risk-model".parse().unwrap()), Some(&digest("p")));
    story.refuse("vendor", "trainer", propose("q"), "not-the-released-version", "");
    story.admit("vendor", "trainer", update(digest("p"), "q", UpdateClass::Minor));
    story.admit("vendor", "trainer", propose("q"));
}
