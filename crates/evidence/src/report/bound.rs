//! How bad it could be by chance: the exact bound of Clopper and Pearson (Biometrika 26, 1934).

/// More cases than this are counted as this many, with as great a share of fails or a little greater.
const CASES_MOST: u32 = 1_000_000;

/// The greatest share of fails under which so few of so many cases would still fail once in twenty
/// times: one-sided, 95 %.
pub fn upper_bound(fails: u32, cases: u32) -> f64 {
    let (fails, cases) = scaled(fails, cases);
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

/// Both counts by the same factor, fails rounded up: fewer cases tell less, so the bound only grows.
fn scaled(fails: u32, cases: u32) -> (u32, u32) {
    if cases <= CASES_MOST {
        return (fails, cases);
    }
    let fails = (u64::from(fails) * u64::from(CASES_MOST)).div_ceil(u64::from(cases));
    (u32::try_from(fails).unwrap_or(CASES_MOST), CASES_MOST)
}

/// How likely at most so many of the cases fail, each with this probability: a regularised
/// incomplete beta function (NIST Handbook of Mathematical Functions, 8.17.5).
fn at_most(fails: u32, cases: u32, share: f64) -> f64 {
    beta(f64::from(cases - fails), f64::from(fails) + 1.0, 1.0 - share)
}

/// The regularised incomplete beta function `I_x(a, b)`, for `a` and `b` of at least 1.
fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges where `x` is below the mean; beyond, the function is mirrored.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(b, a, 1.0 - x);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln();
    front.exp() * fraction(a, b, x) / a
}

/// The most steps of the fraction: a few times the root of the most cases.
const STEPS_MOST: u32 = 20_000;

/// The continued fraction of that function (8.17.22 there), by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let held = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / held(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..=STEPS_MOST {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for term in [even, odd] {
            d = 1.0 / held(1.0 + term * d);
            c = held(1.0 + term / c);
            value *= c * d;
        }
        if (value - before).abs() < 1e-14 * value.abs() {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function for `x` of at least 1: Stirling's series (5.11.1 there), from
/// where it is exact enough.
fn ln_gamma(x: f64) -> f64 {
    const FROM: f64 = 10.0;
    let (mut x, mut below) = (x, 0.0);
    while x < FROM {
        below += x.ln();
        x += 1.0;
    }
    let (one, two) = (1.0 / x, 1.0 / (x * x));
    let series = one * (1.0 / 12.0 - two * (1.0 / 360.0 - two * (1.0 / 1_260.0 - two / 1_680.0)));
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - below
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

    /// Term by term, as the binomial distribution is defined.
    #[test]
    fn what_the_function_says_is_what_the_sum_says() {
        for (fails, cases) in [(0_u32, 1_u32), (1, 2), (3, 17), (40, 90), (39, 40)] {
            for share in [0.01, 0.2, 0.5, 0.77, 0.99] {
                let mut term = (0..cases).fold(1.0, |product, _| product * (1.0 - share));
                let mut sum = term;
                for fail in 1..=fails {
                    term *= f64::from(cases - fail + 1) / f64::from(fail) * share / (1.0 - share);
                    sum += term;
                }
                let ours = at_most(fails, cases, share);
                assert!((ours - sum).abs() < 1e-9, "{fails} of {cases} at {share}: {ours} {sum}");
            }
        }
    }

    #[test]
    fn many_cases_are_no_trouble() {
        let bound = upper_bound(50_000, 100_000);
        assert!((0.502..0.503).contains(&bound), "{bound}");
    }

    /// Half of four thousand million cases is not all of a million.
    #[test]
    fn more_cases_than_are_counted_keep_their_share() {
        let bound = upper_bound(2_000_000_000, 4_000_000_000);
        assert!((0.500..0.502).contains(&bound), "{bound}");
        assert!(upper_bound(1_500_000, 1_000_000_000) < 0.002);
        assert!(upper_bound(0, u32::MAX) > 0.0);
        assert_eq!(upper_bound(u32::MAX, u32::MAX).to_bits(), 1f64.to_bits());
    }
}
