//! What leaves the partnership for everybody: findings and playbooks.

use concordat_agreement::Label;
use concordat_partnership::Act;
use concordat_partnership::act::{DatasetRegister, ModuleEnter, Step};

use crate::common::{digest, texts};
use crate::law::{a, derive, import, label, ready};

#[test]
fn row_79_what_is_published_is_a_version_of_its_own_that_the_body_let_go() {
    let mut story = ready("", "", "");
    story.admit("vendor", "trainer", import("weights", "w", None));
    let whole = derive("findings", "whole", &[digest("w")], Step::Transform, |_| {});
    story.admit("vendor", "trainer", whole);
    let struck = derive("findings", "struck", &[digest("whole")], Step::Transform, |_| {});
    story.admit("vendor", "trainer", struck);
    // Who made it does not publish it.
    let publish = label(digest("struck"), Label::Public);
    story.refuse("alder", "data-holder", publish.clone(), "write-down", "");
    story.decide("publish", publish);
    let of = |name: &str| story.state().version(&digest(name)).unwrap().clone();
    assert_eq!((of("struck").label, of("whole").label), (Label::Public, Label::Internal));
    // The one is known to be made from the other, and by whom it was let go.
    assert!(of("struck").parents.contains(&digest("whole")));
    assert_eq!(of("struck").lowered_by, Some(a("council")));
}

const PLAYBOOK: &str = r#"
```clause
id = "playbook"
asset = "Playbook of the Council"
kind = "report"
holder = "council-member"
label = "internal"
purposes = ["cardiac-risk"]
```

```clause
id = "draft"
permit = "asset.declare-background"
by = "council-member"
on = "playbook"
```

```clause
id = "revise"
permit = "asset.derive"
by = "council-member"
on = "playbook"
```
"#;

#[test]
fn row_85_a_task_force_keeps_its_playbook_and_votes_on_each_version() {
    let mut story = ready("", "", PLAYBOOK);
    let draft = crate::law::declare("playbook", "1.0.0");
    story.admit("alder", "council-member", draft);
    let revised = derive("playbook", "1.1.0", &[digest("1.0.0")], Step::Transform, |_| {});
    story.admit("alder", "council-member", revised);
    let adopt = label(digest("1.1.0"), Label::Public);
    story.refuse("alder", "council-member", adopt.clone(), "write-down", "");
    story.decide("adopt", adopt);

    let entry = story.state().catalogue().into_iter().find(|own| own.asset == a("playbook"));
    let versions = entry.unwrap().versions;
    let stands: Vec<_> = versions.iter().map(|own| (own.version, own.label)).collect();
    assert_eq!(stands, [(digest("1.0.0"), Label::Internal), (digest("1.1.0"), Label::Public)]);
    let decided = story.state().decisions();
    assert!(decided.iter().any(|own| own.motion == a("adopt") && own.executed.is_some()));
}

#[test]
fn row_85_an_agreement_is_made_from_the_version_that_was_voted_on_or_does_not_enter() {
    let mut story = ready("", "", PLAYBOOK);
    story.admit("alder", "council-member", crate::law::declare("playbook", "1.0.0"));
    let version = digest("1.0.0");
    let made = |pack: concordat_terms::Digest| {
        let governance = texts()["governance"].clone();
        let own = "escalates_to = \"council\"\n```\n\n## The Council";
        assert!(governance.contains(own));
        let pack = format!(
            "escalates_to = \"council\"\npack = {{ id = \"ours\", version = \"1.0.0\", template = \
             \"counting\", owner = \"the Council\", digest = \"{pack}\" }}\nplaybook = {{ asset = \
             \"playbook\", version = \"{version}\" }}\n```\n\n## The Council"
        );
        governance.replace(own, &pack)
    };
    let enter = |module| Act::ModuleEnter(ModuleEnter { modules: [module].into() });

    // A text that was made from other templates does not fit its own instrument.
    let other = story.sign_amendment(&made(digest("of somebody else")));
    story.refuse("alder", "signatory", enter(other), "modules-inconsistent", "");
    // One that was made from these has to wait for the vote.
    let own = story.sign_amendment(&made(version));
    let clause = "governance/instrument";
    story.refuse("alder", "signatory", enter(own), "playbook-not-voted", clause);
    story.decide("adopt", label(version, Label::Public));
    story.admit("alder", "signatory", enter(own));
}

#[test]
fn rows_are_listed_for_what_their_clause_allows() {
    let mut story = ready("", "", "");
    let Act::DatasetRegister(rows) = story.dataset("alder", "prices") else { panic!("rows") };
    let prices = Act::DatasetRegister(DatasetRegister { asset: a("price-rows"), ..rows });
    let clause = "data-use/price-rows";
    story.refuse("alder", "data-holder", prices, "purpose-not-allowed", clause);
}
