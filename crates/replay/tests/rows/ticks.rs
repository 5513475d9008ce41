//! Time acts at each thing's own moment, however the sequencer ticks.

use std::collections::BTreeMap;

use concordat_partnership::{DutyId, DutyStatus, Effect, Verdict};
use concordat_terms::Timestamp;
use proptest::prelude::*;

use crate::common::Story;
use crate::promises::{notice, owed, promising};

/// A report each week with a calendar, a chain that follows it, a review on a day, a cure period.
const CLAUSES: &[&str] = &[
    r#"
id = "weekly"
duty = "report"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P5D", every = "P7D", calendar = "BE" }
discharged_by = "duty.discharge"
else = "explain"
"#,
    r#"
id = "explain"
duty = "explain"
owner = "operator"
to = ["data-holder"]
due = { after = "late: weekly", period = "P3D", calendar = "CH" }
discharged_by = "duty.discharge"
"#,
    r#"
id = "escalate"
duty = "escalate"
owner = "data-holder"
to = ["council-member"]
due = { after = "late: explain" }
discharged_by = "duty.discharge"
"#,
    r#"
id = "review"
duty = "review"
owner = "test-lab"
to = ["data-holder"]
due = { on = "2027-02-28", every = "P1M" }
discharged_by = "duty.discharge"
"#,
    r#"
id = "once"
duty = "deliver"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "PT36H" }
discharged_by = "duty.discharge"
cure = "P10D"
"#,
    r#"
id = "compensate"
duty = "compensate"
owner = "trainer"
to = ["data-holder"]
due = { after = "breach: once", period = "P1M" }
discharged_by = "duty.discharge"
"#,
];

/// One thing is late and notified.
fn begun() -> Story {
    let mut story = promising(CLAUSES);
    story.tick("2027-01-03T08:00:00Z");
    story.admit("alder", "data-holder", notice(owed(&story, "promises/once", "vendor")));
    story
}

fn statuses(story: &Story) -> BTreeMap<DutyId, (DutyStatus, Option<Timestamp>)> {
    story.state().duties().map(|(id, duty)| (id.clone(), (duty.status, duty.due))).collect()
}

/// What happens when time passes these moments.
fn pass(story: &mut Story, moments: &[u64]) -> Vec<Effect> {
    let mut happened = Vec::new();
    for moment in moments {
        let time = Timestamp::from_seconds(*moment).unwrap();
        story.now = time;
        let act = concordat_partnership::act::Tick { time };
        let act = concordat_partnership::Act::Tick(act);
        let Verdict::Admitted { effects, .. } = story.act("sequencer", "sequencer", act) else {
            panic!("no tick at {time}");
        };
        assert!(story.state().next_deadline().is_none_or(|next| next > time));
        happened.extend(effects);
    }
    happened
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// One long jump is as good as many small ones: the same happens, in the same order, once each,
    /// and no duty vanishes on the way.
    #[test]
    fn deadlines_come_once_each_whatever_the_ticks(
        days in 1..200_u64,
        mut between in prop::collection::vec(1..200 * 86_400_u64, 0..20),
    ) {
        let begun = begun();
        let start = begun.now.seconds();
        let end = start + days * 86_400;
        let mut once = begun.clone();
        let at_once = pass(&mut once, &[end]);

        between.retain(|moment| *moment < days * 86_400);
        between.sort_unstable();
        between.dedup();
        let mut moments: Vec<u64> = between.into_iter().map(|moment| start + moment).collect();
        moments.push(end);
        let mut often = begun.clone();
        let step_by_step = pass(&mut often, &moments);

        prop_assert_eq!(&at_once, &step_by_step);
        prop_assert_eq!(statuses(&once), statuses(&often));
        let before = statuses(&begun);
        let after = statuses(&once);
        prop_assert!(before.keys().all(|id| after.contains_key(id)));
        // Whatever came and was not closed is still listed.
        let open = after.values().filter(|(status, _)| status.is_open()).count();
        prop_assert_eq!(once.state().open_duties().len(), open);
    }

    /// A sequencer that ticks at each deadline sees every one of them.
    #[test]
    fn ticking_at_each_deadline_misses_none(days in 1..100_u64) {
        let begun = begun();
        let end = begun.now.seconds() + days * 86_400;
        let mut once = begun.clone();
        let at_once = pass(&mut once, &[end]);
        let mut each = begun;
        let mut happened = Vec::new();
        while let Some(next) = each.state().next_deadline().filter(|next| next.seconds() < end) {
            happened.extend(pass(&mut each, &[next.seconds()]));
        }
        happened.extend(pass(&mut each, &[end]));
        prop_assert_eq!(at_once, happened);
    }
}
