//! An agreement's scenarios, told the same facts as the log's own entries.

use concordat_agreement::Agreement;
use concordat_partnership::check::{self, Outside, Report, Texts};
use concordat_partnership::{Act, Facts, Proved, State};

use crate::budget::plan_noise;
use crate::facts::all_facts;

/// Runs every scenario of an agreement: a step has the verdict that the log would give its act.
pub fn scenarios(proved: &Proved) -> Report {
    check::scenarios(proved, outside())
}

/// Runs every scenario of a project's modules beside their frame: `narrowed` is both together, as
/// [`concordat_agreement::narrow`] makes it.
pub fn project_scenarios(frame: &Proved, narrowed: &Agreement) -> Report {
    check::project_scenarios(frame, narrowed, outside())
}

fn outside() -> Outside {
    Outside { facts: of_a_step, noise: |agreement, plan| plan_noise(agreement, plan, None).ok() }
}

/// What the fold is told of a step, as of an entry of the log. A scenario may propose the module in
/// which it stands, over and over: that no proposal holds all scenarios again is nothing to the
/// fold.
fn of_a_step(state: &State, texts: &Texts, act: &Act) -> Facts {
    let mut facts = all_facts(state, texts, act);
    if let Some(Ok(module)) = facts.module {
        facts.module = Some(Ok(Box::new(module.without_scenarios())));
    }
    facts
}

#[cfg(test)]
mod tests {
    use concordat_partnership::act::OneModule;
    use concordat_terms::Digest;

    use super::*;

    #[test]
    fn a_proposal_in_a_scenario_holds_no_scenarios() {
        let text = "# M\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
                    ```scenario\nname = \"x\"\nsteps = \"\"\"\n2027-01-01 a: run.open -> refused\n\"\"\"\n```\n";
        let module = Digest::of(text.as_bytes());
        let texts = Texts::default().insert(module, text.as_bytes().to_vec());
        let act = Act::ModulePropose(OneModule { module });
        let (log, step) = (all_facts, of_a_step);
        let kept = |facts: Facts| facts.module.unwrap().unwrap().scenarios.len();
        assert_eq!(kept(log(&State::default(), &texts, &act)), 1);
        assert_eq!(kept(step(&State::default(), &texts, &act)), 0);
    }
}
