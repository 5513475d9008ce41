//! What is put to a body about accounts: it votes on what is there, and on nothing else.

use concordat_partnership::act::{AccountTransfer, MotionPropose};
use concordat_partnership::{Act, Holder};

use crate::books::{a, allocation, holder, keeping, open, settle};
use crate::common::Story;

const PUT: &str = r#"
id = "elsewhere"
account = "Computing elsewhere"
unit = "gpu-hour"
holder = "data-holder"
ceiling = 100
---
id = "move-account"
permit = "account.transfer"
by = "council-member"
"#;

fn moved() -> AccountTransfer {
    AccountTransfer {
        account: a("books/computing"),
        from: holder("alder"),
        to: holder("birch"),
        amount: a("gpu-hour 10"),
        into: Some(a("books/elsewhere")),
    }
}

fn put(story: &mut Story, decision: Act) -> Option<&'static str> {
    let name = format!("motion-{}", story.state().index());
    let motion = MotionPropose::of(a(&name), a("council"), decision);
    let verdict = story.act("alder", "council-member", Act::MotionPropose(motion));
    verdict.refusal().map(|refusal| refusal.code())
}

#[test]
fn a_body_is_asked_about_accounts_and_projects_that_are_there() {
    let mut story = keeping(PUT);
    let nowhere = || a("books/nothing");
    let of_project = |party: &str| Holder { project: Some(a("risk")), ..holder(party) };
    let transfer = Act::AccountTransfer;
    let allocate = Act::AccountAllocate;
    for (decision, code) in [
        (transfer(moved()), None),
        (transfer(AccountTransfer { account: nowhere(), ..moved() }), Some("unknown-account")),
        (transfer(AccountTransfer { into: Some(nowhere()), ..moved() }), Some("unknown-account")),
        (transfer(AccountTransfer { to: of_project("birch"), ..moved() }), Some("unknown-project")),
        (allocate(allocation(of_project("birch"), "gpu-hour 10")), Some("unknown-project")),
        (open("books/nothing"), Some("unknown-account")),
        (settle("books/nothing"), Some("unknown-account")),
        (settle("books/computing"), None),
    ] {
        assert_eq!(put(&mut story, decision.clone()), code, "{decision:?}");
    }
}
