//! "Did you mean": the nearest of a few known words.

/// The most known words that are compared with one word, and the most that are listed.
const COMPARED_MOST: usize = 500;
const LISTED_MOST: usize = 60;

/// The known word that `word` is most likely a misspelling of, if one is near enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().take(CUT).count();
    let of_its_length = known.into_iter().filter(|candidate| {
        candidate.chars().take(CUT).count().abs_diff(length) <= slips(candidate)
    });
    let near = of_its_length.take(COMPARED_MOST).filter_map(|candidate| {
        let distance = distance(word, candidate);
        (distance <= slips(candidate)).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// How many slips a word may have and still be told.
fn slips(candidate: &str) -> usize {
    (candidate.len() / 3).max(1)
}

/// A hint that names the nearest word, or all of them.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(word, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let mut known = known.into_iter();
    let listed: Vec<String> = known.by_ref().take(LISTED_MOST).map(|k| format!("`{k}`")).collect();
    match (listed.is_empty(), known.count()) {
        (true, _) => "there is none yet: write a clause for it, or remove this".to_owned(),
        (false, 0) => format!("use one of {}", listed.join(", ")),
        (false, more) => format!("use one of {}, or of {more} others", listed.join(", ")),
    }
}

/// Long words are cut to so many characters, since only near misses matter.
const CUT: usize = 64;

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(CUT).collect();
    let b: Vec<char> = b.chars().take(CUT).collect();
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
