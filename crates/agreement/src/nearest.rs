//! "Did you mean": the nearest of a few known words.

/// The known word that `word` is most likely a misspelling of, if one is near enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let near = |candidate: &'a str| {
        let most = (candidate.len() / 3).max(1);
        // Lengths alone set most of many apart.
        let apart = length.abs_diff(candidate.chars().count());
        let distance = (apart <= most).then(|| distance(word, candidate))?;
        (distance <= most).then_some((distance, candidate))
    };
    let known = known.into_iter().take(KNOWN_MAX).filter_map(near);
    known.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// How many words are looked at: whoever defines more can look for a slip.
const KNOWN_MAX: usize = 1_000;

/// How many words a hint lists.
const NAMED_MAX: usize = 40;

/// A hint that names the nearest word, or all of them.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let mut all: Vec<String> =
                known.into_iter().take(NAMED_MAX + 1).map(|k| format!("`{k}`")).collect();
            if all.len() > NAMED_MAX {
                all.truncate(NAMED_MAX);
                all.push("…".to_owned());
            }
            if all.is_empty() {
                "there is none yet: write a clause for it, or remove this".to_owned()
            } else {
                format!("use one of {}", all.join(", "))
            }
        }
    }
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
/// Long words are cut, since only near misses matter.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_another_word_is_not() {
        let acts = ["run.propose", "run.open", "release.promote"];
        assert_eq!(nearest("run.propsoe", acts), Some("run.propose"));
        assert_eq!(nearest("run.opne", acts), Some("run.open"));
        assert_eq!(nearest("deploy", acts), None);
        assert_eq!(distance("", "abc"), 3);
    }
}
