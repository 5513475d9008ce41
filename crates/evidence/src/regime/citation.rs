//! Which rows of a pack a citation of the law names.

use super::Pack;
use crate::name::RowId;

impl Pack {
    /// The rows and terms that a citation names: by their own names (`GV-1.1`), or as a lawyer cites
    /// them (`GDPR Art. 33(1)`), where the pack says how it is cited. Who cites an article cites its
    /// paragraphs; who cites a paragraph cites a part of its article.
    pub fn cited(&self, law: &str) -> Vec<&RowId> {
        let own = self.cited_as.as_deref().and_then(|name| law.strip_prefix(name));
        let named: Vec<String> = own.map(articles).unwrap_or_default();
        let fits = |id: &RowId, source: &str| {
            let theirs = || articles(source);
            id.as_str() == law
                || !named.is_empty()
                    && theirs().iter().any(|own| named.iter().any(|other| meet(own, other)))
        };
        let rows = self.rows.iter().filter(|row| fits(&row.id, &row.source)).map(|row| &row.id);
        let terms = self.terms.iter().filter(|term| fits(&term.id, &term.source));
        rows.chain(terms.map(|term| &term.id)).collect()
    }
}

/// Whether one article is the other, or a part of it.
fn meet(one: &str, other: &str) -> bool {
    let within = |part: &str, whole: &str| {
        part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
    };
    within(one, other) || within(other, one)
}

/// The articles that a text names: `Art. 12 and 19`, `Art. 16 to 22`, `Art. 73(2)`. Annexes and
/// recitals are none.
fn articles(text: &str) -> Vec<String> {
    /// No act has more articles in one range.
    const RANGE_MOST: u32 = 500;
    let Some((_, listed)) = text.split_once("Art. ") else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    let mut range = false;
    for word in listed.split([' ', ',']).filter(|word| !word.is_empty()) {
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            match word {
                "and" => {}
                "to" => range = true,
                _ => break,
            }
            continue;
        }
        let first: Option<u32> = found.last().and_then(|last| last.parse().ok());
        if let (true, Some(first), Ok(last)) = (range, first, word.parse::<u32>()) {
            let last = last.min(first.saturating_add(RANGE_MOST));
            found.extend((first + 1..=last).map(|number| number.to_string()));
        } else {
            found.push(word.to_owned());
        }
        range = false;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_read_as_lawyers_list_them() {
        let all = |text: &str| articles(text).join(" ");
        assert_eq!(all("Regulation (EU) 2024/1689, Art. 12 and 19"), "12 19");
        assert_eq!(all("Regulation (EU) 2024/1689, Art. 11 and 18, Annex IV"), "11 18");
        assert_eq!(all("Regulation (EU) 2016/679, Art. 44 to 49"), "44 45 46 47 48 49");
        assert_eq!(all("Art. 28(3)(h)"), "28(3)(h)");
        assert_eq!(all("Rule 7"), "");
        assert!(meet("33", "33(1)") && meet("10(2)(f)", "10") && !meet("1", "10"));
    }
}
