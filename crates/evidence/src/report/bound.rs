//! How bad it could be by chance: the exact bound of Clopper and Pearson (Biometrika 26, 1934).

/// More cases than this are as good as this many.
const CASES_MOST: u32 = 1_000_000;

/// A size by which numbers are scaled that would be too small otherwise.
const SCALE: f64 = 1e100;

/// The greatest share of fails under which so few of so many cases would still fail once in twenty
/// times: one-sided, 95 %.
pub fn upper_bound(fails: u32, cases: u32) -> f64 {
    let (fails, cases) = (fails.min(CASES_MOST), cases.min(CASES_MOST));
    if fails >= cases {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let share = f64::midpoint(low, high);
        if at_most(fails, cases, share) > 0.05 {
            low = share;
        } else {
            high = share;
        }
    }
    high
}

/// How likely at most so many of the cases fail, each with this probability.
fn at_most(fails: u32, cases: u32, share: f64) -> f64 {
    // Times the scale to the power of `tiny`, so that a small number does not become none.
    let (mut term, mut tiny) = power(1.0 - share, cases);
    let mut sum = term;
    for fail in 1..=fails {
        term *= f64::from(cases - fail + 1) / f64::from(fail) * share / (1.0 - share);
        sum += term;
        if sum > SCALE && tiny > 0 {
            (term, sum, tiny) = (term / SCALE, sum / SCALE, tiny - 1);
        }
    }
    match tiny {
        0 => sum,
        1 => sum / SCALE,
        _ => 0.0,
    }
}

/// A number below one to a power, and how often it was scaled up.
fn power(base: f64, exponent: u32) -> (f64, u32) {
    let (mut value, mut tiny) = (1.0, 0);
    for _ in 0..exponent {
        value *= base;
        if value < 1.0 / SCALE {
            (value, tiny) = (value * SCALE, tiny + 1);
        }
    }
    (value, tiny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fail_in_forty_cases_may_still_be_seven_in_a_hundred() {
        let close = |fails, cases, bound: f64| (upper_bound(fails, cases) - bound).abs() < 5e-5;
        // 1 - 0.05^(1/40); tables of the binomial distribution for the others.
        assert!(close(0, 40, 0.0722), "{}", upper_bound(0, 40));
        assert!(close(1, 20, 0.2161), "{}", upper_bound(1, 20));
        assert!(close(5, 10, 0.7776), "{}", upper_bound(5, 10));
        assert!(close(0, 3, 0.6316), "{}", upper_bound(0, 3));
        assert_eq!(
            (upper_bound(3, 3).to_bits(), upper_bound(0, 0).to_bits()),
            (1f64.to_bits(), 1f64.to_bits())
        );
    }

    #[test]
    fn many_cases_are_no_trouble() {
        let bound = upper_bound(50_000, 100_000);
        assert!((0.502..0.503).contains(&bound), "{bound}");
    }
}
