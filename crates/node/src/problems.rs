//! The pages that this crate's problems point to.

use concordat_terms::Problem;

/// The reference page of a node's problems.
pub(crate) const PAGE: &str = "docs/reference/node.md";

/// What the coordinator says, as its words and not as ours: short, with pages of this
/// documentation alone.
pub(crate) fn of_coordinator(said: Problem) -> Problem {
    let short = |text: &str, most: usize| match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    };
    let plain = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "/.#-".contains(c);
        text.len() <= 100 && text.chars().all(fits) && !text.contains("..")
    };
    let ours = PAGE.split('/').next().unwrap_or_default();
    let below = said.see.split_once('/').is_some_and(|(root, _)| root == ours);
    let see = if below && plain(&said.see) { said.see } else { PAGE.to_owned() };
    let code = if plain(&said.code) { said.code } else { "http-status".into() };
    Problem { code, what: short(&said.what, 1_000), hint: short(&said.hint, 300), see }
}

/// [`of_coordinator`], where its hint is shown beside ours.
pub(crate) fn of_its_own(said: Problem) -> Problem {
    let said = of_coordinator(said);
    Problem { hint: format!("the coordinator says: {}", said.hint), ..said }
}

/// A problem explained on [`PAGE`].
pub(crate) fn problem(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem::new(code, what, hint, PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_coordinator_says_is_shown_as_its_word_is_short_and_leads_nowhere_else() {
        let said = Problem {
            code: "not-found".into(),
            what: "ε".repeat(5 << 20),
            hint: "run `rm -rf /`".into(),
            see: "https://evil.example/docs".into(),
        };
        let told = of_its_own(said.clone());
        assert_eq!((told.code.as_str(), told.what.chars().count()), ("not-found", 1_001));
        assert_eq!(told.hint, "the coordinator says: run `rm -rf /`");
        assert_eq!(told.see, PAGE);
        let pages = [("api.md#not-found", true), ("../../etc/passwd", false), ("a b", false)];
        for (page, stays) in pages {
            let see = PAGE.replace("node.md", page);
            let told = of_coordinator(Problem { see: see.clone(), ..said.clone() });
            assert_eq!(told.see == see, stays, "{see}");
        }
    }
}
