//! The example that comes with the binary, for as many data holders as are measured and with a
//! trivial model. What is for people only goes: prose and scenarios tell of four hospitals.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::wrong;
use crate::args::BenchRounds;
use crate::failure::Failure;
use crate::pilot::example::Example;

/// The holders of the example, as its clauses name them.
const FIRST: [&str; 4] = ["alder", "birch", "cypress", "dogwood"];

/// One participant in so many may drop out of a round, and one at least.
const ONE_MAY_DROP_OF: u32 = 10;

/// So few rows of each holder are in a round that the sum over all holders does not wrap.
const UNITS_PER_ROUND: u32 = 128;

/// So many of the recipe's features are kept: age and sex.
const FEATURES: usize = 2;

/// The example, widened.
///
/// # Errors
/// The example is not the one that this was written for.
pub(super) fn widened(args: &BenchRounds) -> Result<Example, Failure> {
    let mut example = Example::read(None)?;
    let more: Vec<String> =
        (FIRST.len() as u32 + 1..=args.nodes).map(|place| format!("holder-{place}")).collect();
    let names: Vec<String> = example.names().map(str::to_owned).collect();
    for name in names.iter().filter(|name| name.ends_with(".md") && !name.contains('/')) {
        let mut module = clauses(&text(&example, name)?);
        match name.as_str() {
            "parties.md" => with_holders(&mut module, &more)?,
            "protocol.md" => with_threshold(&mut module, args.nodes)?,
            _ => {}
        }
        example.put(name.clone(), module.into_bytes());
    }
    for (place, holder) in more.iter().enumerate() {
        // Another's rows, about persons of its own.
        let of = FIRST.get(place % FIRST.len()).copied().unwrap_or_default();
        let rows = text(&example, &format!("data/{of}.csv"))?;
        let rows = rows.replace(&format!("{of}-"), &format!("{holder}-"));
        example.put(format!("data/{holder}.csv"), rows.into_bytes());
    }
    let recipe = recipe(&text(&example, "recipe.json")?, args.rounds)?;
    example.put("recipe.json".to_owned(), recipe.into_bytes());
    Ok(example)
}

fn text(example: &Example, name: &str) -> Result<String, Failure> {
    let bytes = example.need(name)?.to_vec();
    String::from_utf8(bytes).map_err(|_| wrong(format!("`{name}` is no text")))
}

/// The module and its clauses, without prose and scenarios.
fn clauses(module: &str) -> String {
    let mut kept = String::from("# Module\n");
    let mut inside = false;
    for line in module.lines() {
        if matches!(line, "```module" | "```clause") {
            inside = true;
            kept.push('\n');
        }
        if inside {
            writeln!(kept, "{line}").ok();
        }
        inside = inside && line != "```";
    }
    kept
}

/// More parties that hold data, on both sides in turn. Council and witnesses stay as they are.
fn with_holders(module: &mut String, more: &[String]) -> Result<(), Failure> {
    let quoted = |name: &str| format!("\"{name}\"");
    let first = FIRST.map(quoted).join(", ");
    let names = FIRST.iter().copied().chain(more.iter().map(String::as_str));
    let all = names.map(quoted).collect::<Vec<_>>().join(", ");
    *module = replaced(module, &format!("[{first}]"), &format!("[{all}]"))?;
    for (place, holder) in more.iter().enumerate() {
        let side = if place % 2 == 0 { "public" } else { "private" };
        writeln!(
            module,
            "\n```clause\nid = \"{holder}\"\nparty = \"{holder}\"\nside = \"{side}\"\n\
             jurisdictions = [\"US\"]\n```"
        )
        .ok();
    }
    Ok(())
}

fn with_threshold(module: &mut String, nodes: u32) -> Result<(), Failure> {
    let dropouts = (nodes / ONE_MAY_DROP_OF).max(1);
    let threshold = nodes - dropouts;
    for (was, is) in [
        ("threshold = 3", format!("threshold = {threshold}")),
        ("dropouts = 1", format!("dropouts = {dropouts}")),
        ("units_per_round = 1024", format!("units_per_round = {UNITS_PER_ROUND}")),
    ] {
        *module = replaced(module, was, &is)?;
    }
    Ok(())
}

fn replaced(text: &str, was: &str, is: &str) -> Result<String, Failure> {
    match text.matches(was).count() {
        1 => Ok(text.replace(was, is)),
        count => Err(wrong(format!("the example says `{was}` {count} times"))),
    }
}

fn recipe(text: &str, rounds: u32) -> Result<String, Failure> {
    let no_recipe = || wrong("the example's recipe has no features");
    let mut recipe: Value = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let fields = recipe.as_object_mut().ok_or_else(no_recipe)?;
    let features = fields.get_mut("features").and_then(Value::as_array_mut);
    features.ok_or_else(no_recipe)?.truncate(FEATURES);
    fields.insert("rounds".to_owned(), json!(rounds));
    fields.insert("average_last".to_owned(), json!(1));
    Ok(recipe.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    use crate::pilot::outset::Outset;

    #[test]
    fn the_agreement_is_one_that_is_checked_for_few_nodes_and_for_many() {
        for nodes in [4, 5, 10, 40] {
            let example = widened(&BenchRounds { nodes, rounds: 2, dir: None }).unwrap();
            let outset = Outset::of(&example, Path::new("")).unwrap();
            assert_eq!(outset.cast.holders.len(), nodes as usize);
            assert_eq!(outset.learned.dimension(), FEATURES + 1);
            assert_eq!(outset.cast.witnesses.len(), 5);
        }
    }
}
