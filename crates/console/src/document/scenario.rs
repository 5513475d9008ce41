//! Agreed test cases, as worked examples.

use maud::{Markup, html};

use super::clause;

/// One line of a scenario: `2027-01-10  sponsor: project.end -> admitted  # why`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step<'a> {
    /// The day, or how long after the step before; empty: right after it.
    when: &'a str,
    /// Who does what; empty where time only passes.
    what: &'a str,
    /// The verdict that the signatories expect.
    answer: &'a str,
    /// What the text remarks.
    remark: &'a str,
}

/// A `scenario` block as a table; one that cannot be read so, as it is written.
pub(crate) fn shown(text: &str) -> Markup {
    html! {
        div.scenario {
            @match read(text) {
                Some(scenario) => {
                    (table(&scenario))
                    (clause::remarks_of(text, None))
                    (clause::as_written(text, None))
                }
                None => { pre { (text.trim_end()) } }
            }
        }
    }
}

/// So many steps are not torn apart.
const SHORT: usize = 12;

struct Scenario {
    name: String,
    after: Option<String>,
    steps: String,
}

fn table(scenario: &Scenario) -> Markup {
    let steps = steps(&scenario.steps);
    // Few steps stay on one sheet of paper.
    let short = (steps.len() <= SHORT).then_some("short");
    html! {
        table class=[short] {
            caption {
                "Worked example: " (scenario.name)
                @if let Some(after) = &scenario.after { " (goes on from: " (after) ")" }
            }
            thead {
                tr {
                    th scope="col" { "When" }
                    th scope="col" { "What happens" }
                    th scope="col" { "Answer" }
                }
            }
            tbody {
                @for step in &steps {
                    tr {
                        th scope="row" { (step.when) }
                        td { (step.what) }
                        td {
                            (step.answer)
                            @if !step.remark.is_empty() { " " em { "(" (step.remark) ")" } }
                        }
                    }
                }
            }
        }
    }
}

/// The fields of a block that has these and no others.
fn read(text: &str) -> Option<Scenario> {
    let mut table: toml::Table = text.parse().ok()?;
    let mut field = |name: &str| match table.remove(name) {
        Some(toml::Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(()),
        None => Ok(None),
    };
    let (name, steps) = (field("name").ok()??, field("steps").ok()??);
    let after = field("after").ok()?;
    table.is_empty().then_some(Scenario { name, after, steps })
}

/// The steps; a line that begins with an arrow goes on with the one before.
fn steps(text: &str) -> Vec<Step<'_>> {
    let mut found: Vec<Step<'_>> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let step = step(line);
        match found.last_mut() {
            Some(last)
                if line.starts_with("->") && last.answer.is_empty() && last.remark.is_empty() =>
            {
                (last.answer, last.remark) = (step.answer, step.remark);
            }
            _ => found.push(step),
        }
    }
    found
}

fn step(line: &str) -> Step<'_> {
    let words = |at: usize| at == 0 || line.get(..at).is_some_and(|s| s.ends_with([' ', '\t']));
    let remark = line.match_indices('#').find(|(at, _)| words(*at)).map(|(at, _)| at);
    let (said, remark) = line.split_at_checked(remark.unwrap_or(line.len())).unwrap_or((line, ""));
    let (left, answer) = said.split_once("->").unwrap_or((said, ""));
    let left = left.trim();
    let timed = left.starts_with(|c: char| c.is_ascii_digit() || c == '+');
    let (when, what) = match left.split_once(char::is_whitespace) {
        Some((when, what)) if timed => (when, what.trim()),
        None if timed => (left, ""),
        _ => ("", left),
    };
    let remark = remark.trim_start_matches('#').trim();
    Step { when, what, answer: answer.trim(), remark }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_a_table_and_anything_else_stays_as_it_is_written() {
        let steps = "2027-01-10  sponsor: project.end -> admitted\n\
                     +P14D  trainer: run.propose again -> refused by late\n";
        let block = format!("name = \"late\"\nafter = \"open\"\nsteps = \"\"\"\n{steps}\"\"\"\n");
        let good = shown(&block).into_string();
        let caption = "<caption>Worked example: late (goes on from: open)</caption>";
        assert!(good.contains(caption), "{good}");
        assert_eq!(good.matches("<tr>").count(), 3);
        assert!(good.contains("<td>sponsor: project.end</td><td>admitted</td>"), "{good}");
        for odd in ["name = 1", "nonsense", "name = \"a\"\nsteps = \"\"\nmore = 1"] {
            assert!(shown(odd).into_string().contains("<pre"), "{odd}");
        }
    }

    #[test]
    fn no_word_of_a_step_is_lost() {
        let text = "# first, they try\n2027-01-10T14:30  each owner: run.join\n   -> admitted # all\n\
                    reader: run.join r#1 -> refused\n+P2D\n";
        let step = |when, what, answer, remark| Step { when, what, answer, remark };
        assert_eq!(
            steps(text),
            [
                step("", "", "", "first, they try"),
                step("2027-01-10T14:30", "each owner: run.join", "admitted", "all"),
                step("", "reader: run.join r#1", "refused", ""),
                step("+P2D", "", "", ""),
            ]
        );
    }
}
