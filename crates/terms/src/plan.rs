//! Bounds of plans that no clause sets: they are rules (`rules/1/fold.md`, rule 9).

/// The most rounds of a run; the least is 1.
pub const ROUNDS_MOST: u32 = 100_000;

/// How many rounds a run may have, in words.
pub const ROUNDS_RANGE: &str = "1 to 100000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_said_as_it_is_kept() {
        assert_eq!(ROUNDS_RANGE, format!("1 to {ROUNDS_MOST}"));
    }
}
