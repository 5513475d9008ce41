//! Two bodies of the same members: what is done in one is not done in the other.

use concordat_partnership::Act;
use concordat_partnership::act::{MotionPropose, NamedModule, Vote};

use crate::chamber::{MEMBER, Other, motion, recuse, veto, withdraw};
use crate::common::{Story, vote};

/// Another body of the same members, which suspends modules.
const TASK_FORCE: &str = "
```clause
id = \"suspend\"
permit = \"module.suspend\"
by = \"council-member\"
```

```clause
id = \"task-force\"
body = \"Task Force\"
members = \"council-member\"
votes_per_side = 2
quorum_per_side = 1
majority = \"each-side\"
open_for = \"P7D\"
```

```clause
id = \"suspend-by-motion\"
gate = \"module.suspend\"
motion = \"task-force\"
```
";

fn before_the_task_force(name: &str) -> MotionPropose {
    let stop = Act::ModuleSuspend(NamedModule { module: "data-use".parse().unwrap() });
    MotionPropose::of(name.parse().unwrap(), "task-force".parse().unwrap(), stop)
}

#[test]
fn what_one_body_decides_does_not_end_what_another_has_before_it() {
    let mut story = Other { clauses: TASK_FORCE, ..Other::default() }.chartered();
    story.put_motion("one");
    let elsewhere = |alternatives: &[&str]| {
        let alternatives = alternatives.iter().map(|motion| motion.parse().unwrap()).collect();
        Act::MotionPropose(MotionPropose { alternatives, ..before_the_task_force("elsewhere") })
    };
    story.refuse("alder", MEMBER, elsewhere(&["one"]), "unknown-motion", "");
    story.admit("alder", MEMBER, elsewhere(&[]));
}

type Put = fn(&str) -> MotionPropose;

#[test]
fn what_is_owed_to_one_body_is_not_done_by_the_same_step_in_another() {
    let steps = ["propose", "vote", "recuse", "veto", "withdraw"];
    let owed = steps.map(|step| {
        format!(
            "\n```clause\nid = \"{step}-there\"\nduty = \"take part\"\n\
             owner = \"council-member\"\nto = \"trainer\"\nof = \"task-force\"\n\
             due = {{ after = \"in-force\", period = \"P30D\" }}\n\
             discharged_by = \"motion.{step}\"\n```\n"
        )
    });
    let clauses = format!("{TASK_FORCE}{}", owed.concat());
    let council = "veto = [{ by = \"council-member\" }]";
    let clauses = clauses.replace("\"P7D\"\n", &format!("\"P7D\"\n{council}\n"));
    let mut story = Other { clauses: &clauses, council, ..Other::default() }.chartered();
    let open = |story: &Story| story.state().open_duties().len();
    assert_eq!(open(&story), 5 * steps.len(), "five members owe each");

    // The same six steps, before the Council and before the Task Force.
    let before_council = |name: &str| motion(name);
    let bodies: [(Put, usize); 2] = [(before_council, 0), (before_the_task_force, 1)];
    for (body, counts) in bodies {
        let [one, two] = [format!("one-{counts}"), format!("two-{counts}")];
        let mut left = open(&story);
        let acts = [
            ("alder", Act::MotionPropose(body(&one))),
            ("birch", vote(&one, Vote::For)),
            ("cypress", recuse(&one)),
            ("dogwood", veto(&one)),
            ("birch", Act::MotionPropose(body(&two))),
            ("birch", withdraw(&two)),
        ];
        for (party, act) in acts {
            story.admit(party, MEMBER, act);
            left -= counts;
            assert_eq!(open(&story), left, "{party}");
        }
    }
}
