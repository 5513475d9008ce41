//! A number that is written twice.

use super::number::is_count;

/// Words without what stands in brackets, and with it in place of the count before it: `sixty
/// days` and `60 days` for `sixty (60) days`. Both have to be read. `None` if the brackets do not
/// match.
pub(super) fn readings(words: &str) -> Option<Vec<String>> {
    if !words.contains(['(', ')']) {
        return Some(vec![words.to_owned()]);
    }
    let (mut without, mut instead) = (Vec::new(), Vec::new());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('(') {
        let (inside, after) = after.split_once(')')?;
        let before: Vec<&str> = before.split_whitespace().collect();
        let count = before.iter().rev().take_while(|word| is_count(word)).count();
        let kept = before.len() - count;
        if count == 0 && !after.trim().is_empty() {
            // In the middle, brackets hold a number again; elsewhere it is not known what.
            return None;
        }
        without.extend(before.iter().copied());
        if count > 0 {
            instead.extend(before.iter().take(kept).copied());
        } else {
            // At the end they may hold the whole value again.
            instead.clear();
        }
        instead.extend(inside.split_whitespace());
        rest = after;
    }
    if rest.contains(')') {
        return None;
    }
    without.extend(rest.split_whitespace());
    instead.extend(rest.split_whitespace());
    Some(vec![without.join(" "), instead.join(" ")])
}
