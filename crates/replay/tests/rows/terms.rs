//! What the parties agree on before anything else, and how they agree on something else later.

use std::collections::BTreeSet;

use concordat_partnership::act::{ModuleEnter, ProjectCharter};
use concordat_partnership::{Act, Moment};

use crate::common::{EVERYBODY, Story, texts};

fn enter(modules: &BTreeSet<concordat_terms::Digest>) -> Act {
    Act::ModuleEnter(ModuleEnter { modules: modules.clone() })
}

#[test]
fn row_03_nothing_begins_without_an_objective() {
    let objective = "```clause\nid = \"better-risk-estimates\"\n";
    let mut aimless = texts();
    let governance = aimless.get_mut("governance").unwrap();
    let begins = governance.find(objective).unwrap();
    let ends = begins + governance[begins..].find("```\n").unwrap() + 4;
    governance.replace_range(begins..ends, "");
    let mut story = Story::founded_on([].into());
    let modules = story.put_as_one(aimless.into_values(), &EVERYBODY);
    story.refuse("alder", "signatory", enter(&modules), "modules-inconsistent", "");

    // And no project begins that serves none.
    let mut story = Story::in_force();
    let Act::ProjectCharter(charter) = Story::charter() else { panic!("a charter") };
    let objective = "governance/council".parse().unwrap();
    let other = Act::ProjectCharter(ProjectCharter { objective, ..charter });
    story.refuse("vendor", "trainer", other, "unknown-objective", "");
}

const DECIDES: &str = "
## Amendments

The Council decides on every amendment.

```clause
id = \"council-amends\"
gate = \"module.enter\"
motion = \"council\"
```
";

#[test]
fn row_22_terms_are_revised_by_signatures_and_a_vote_and_the_old_ones_stay_readable() {
    let mut texts = texts();
    texts.get_mut("governance").unwrap().push_str(DECIDES);
    let old = texts["data-use"].clone();
    let mut story = Story::begun(texts.into_values());
    let new = old.replace("version = \"1.0.0\"", "version = \"1.1.0\"")
        + "\nThe parties read this module again every year.\n";
    story.tick("2027-02-01T08:00:00Z");
    let module = story.put(&new, &["alder", "birch", "cypress", "dogwood", "vendor"]);
    let set: BTreeSet<_> = [module].into();
    // Five signatures are not six, and a vote stands in for none of them.
    story.refuse("vendor", "signatory", enter(&set), "unsigned-module", "");
    let verdict = story.try_decide("amend", enter(&set));
    assert_eq!(verdict.refusal().map(|refusal| refusal.code()), Some("unsigned-module"));
    // Nor do all signatures stand in for the vote.
    story.sign_module("lab", module);
    story.refuse("vendor", "signatory", enter(&set), "needs-motion", "governance/council-amends");
    story.admit("alder", "council-member", crate::common::execute("amend"));

    let governed = |day: &str| {
        let stood = story.state().stood(Moment::Time(day.parse().unwrap()));
        let module = &stood[&"data-use".parse().unwrap()];
        let text = story.state().proposals()[&module.digest].module.text().to_owned();
        (module.version.clone(), text)
    };
    assert_eq!(governed("2027-01-31T23:59:59Z"), ("1.0.0".to_owned(), old));
    assert_eq!(governed("2027-02-01T08:00:00Z"), ("1.1.0".to_owned(), new));
}
