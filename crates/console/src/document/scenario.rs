//! Agreed test cases, as worked examples.

use maud::{Markup, html};

/// One line of a scenario: `2027-01-10  sponsor: project.end -> admitted`.
struct Step<'a> {
    when: &'a str,
    what: &'a str,
    answer: &'a str,
}

/// A `scenario` block as a table; one that cannot be read so, as it is written.
pub(super) fn shown(text: &str) -> Markup {
    let Some((name, steps)) = read(text) else {
        return html! { pre { (text.trim_end()) } };
    };
    let steps: Option<Vec<Step<'_>>> =
        steps.lines().filter(|l| !l.trim().is_empty()).map(step).collect();
    html! {
        div.scenario {
            @match steps {
                Some(steps) => { (table(&name, &steps)) }
                None => { pre { (text.trim_end()) } }
            }
        }
    }
}

fn table(name: &str, steps: &[Step<'_>]) -> Markup {
    html! {
        table {
            caption { "Worked example: " (name) }
            thead {
                tr {
                    th scope="col" { "When" }
                    th scope="col" { "What happens" }
                    th scope="col" { "Answer" }
                }
            }
            tbody {
                @for step in steps {
                    tr { th scope="row" { (step.when) } td { (step.what) } td { (step.answer) } }
                }
            }
        }
    }
}

/// The name and the steps of a block that has these two fields and no others.
fn read(text: &str) -> Option<(String, String)> {
    let table: toml::Table = text.parse().ok()?;
    let field = |name: &str| table.get(name)?.as_str().map(str::to_owned);
    (table.len() == 2).then(|| Some((field("name")?, field("steps")?)))?
}

fn step(line: &str) -> Option<Step<'_>> {
    let (left, answer) = line.rsplit_once("->")?;
    let (when, what) = left.trim().split_once(char::is_whitespace)?;
    Some(Step { when, what: what.trim(), answer: answer.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_a_table_and_anything_else_stays_as_it_is_written() {
        let steps = "2027-01-10  sponsor: project.end -> admitted\n\
                     2027-02-10  duty delete-copies by trainer -> late\n";
        let good =
            shown(&format!("name = \"late\"\nsteps = \"\"\"\n{steps}\"\"\"\n")).into_string();
        assert!(good.contains("<caption>Worked example: late</caption>"), "{good}");
        assert_eq!(good.matches("<tr>").count(), 3);
        assert!(good.contains("<td>sponsor: project.end</td><td>admitted</td>"), "{good}");
        for odd in [
            "name = 1",
            "nonsense",
            "name = \"a\"\nsteps = \"no arrow\"",
            "name = \"a\"\nsteps = \"\"\nmore = 1",
        ] {
            assert!(shown(odd).into_string().contains("<pre"), "{odd}");
        }
    }
}
