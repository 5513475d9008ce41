//! What fits into what is left of a limit: for whoever plans a run, and for whoever was refused.

use concordat_terms::{Cost, Decimal};

use crate::error::ParameterError;
use crate::event::{Event, cost_at, cost_of, curve_of, limit};

/// What of an event would have fitted; see [`fit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// How many of the releases, as they are; all, where the event fits.
    pub count: u32,
    /// The smallest noise multiplier, on a grid of 0.01, with which all of them fit; none where
    /// even the largest allowed does not help.
    pub sigma: Option<Decimal>,
}

/// How much of `wished` an account `takes`: fewer releases, or noisier ones. What it takes it takes
/// less of, too.
///
/// # Errors
///
/// [`ParameterError::Sigma`], [`ParameterError::Rate`].
pub fn fit(wished: &Event, takes: impl Fn(&Cost) -> bool) -> Result<Fit, ParameterError> {
    let curve = curve_of(wished)?;
    let passes = |count| takes(&cost_at(&curve, count));
    // `fitting` passes (nothing more is spent by none), `failing` does not.
    let (mut fitting, mut failing) = (0, wished.count);
    if passes(failing) {
        fitting = failing;
    }
    while failing - fitting > 1 {
        let middle = fitting + (failing - fitting) / 2;
        if passes(middle) {
            fitting = middle;
        } else {
            failing = middle;
        }
    }
    Ok(Fit { count: fitting, sigma: least_noise(wished.q, wished.count, takes)? })
}

/// The smallest noise multiplier on a grid of 0.01, from 0.1 on, with which `count` releases at
/// rate `q` pass the filter of (`epsilon`, `delta`).
///
/// # Errors
///
/// [`ParameterError::OutOfReach`] where no multiplier up to 1000000 passes; otherwise as
/// [`crate::cost`] and [`limit`].
pub fn calibrate(
    q: Decimal,
    count: u32,
    delta: Decimal,
    epsilon: Decimal,
) -> Result<Decimal, ParameterError> {
    let limit = limit(epsilon, delta)?;
    let sigma = least_noise(q, count, |cost| cost.within(&limit))?;
    sigma.ok_or(ParameterError::OutOfReach { count, epsilon })
}

/// The smallest noise multiplier on a grid of 0.01, from 0.1 on, with which an account `takes`
/// `count` releases at rate `q`; none where it takes them at no multiplier up to 1000000. What it
/// takes it takes less of, too.
///
/// # Errors
///
/// [`ParameterError::Rate`].
pub fn least_noise(
    q: Decimal,
    count: u32,
    takes: impl Fn(&Cost) -> bool,
) -> Result<Option<Decimal>, ParameterError> {
    let passes = |hundredths: u64| -> Result<bool, ParameterError> {
        Ok(takes(&cost_of(&Event { sigma: hundredth(hundredths)?, q, count })?))
    };

    let mut failing = HUNDREDTHS_LEAST - 1;
    let mut passing = HUNDREDTHS_LEAST;
    while !passes(passing)? {
        if passing == HUNDREDTHS_MOST {
            return Ok(None);
        }
        failing = passing;
        passing = (passing * 2).min(HUNDREDTHS_MOST);
    }

    // `failing` fails (or is below the grid), `passing` passes, and a larger σ never costs more.
    while passing - failing > 1 {
        let middle = failing + (passing - failing) / 2;
        if passes(middle)? {
            passing = middle;
        } else {
            failing = middle;
        }
    }
    hundredth(passing).map(Some)
}

const HUNDREDTHS_LEAST: u64 = 10;
const HUNDREDTHS_MOST: u64 = 100_000_000;

fn hundredth(hundredths: u64) -> Result<Decimal, ParameterError> {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.parse().map_err(|_| ParameterError::Sigma(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::cost;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_refused_run_is_told_how_many_rounds_or_how_much_noise_would_fit() {
        let most = limit(decimal("1"), decimal("0.0001")).unwrap();
        let run = Event { sigma: decimal("12"), q: decimal("0.2"), count: 102 };
        let first = cost(&[run]).unwrap();
        assert_eq!(
            fit(&run, |more| first.plus(more).within(&most)).unwrap().count,
            102,
            "a second one fits"
        );

        let twice = first.plus(&first);
        let Fit { count, sigma } = fit(&run, |more| twice.plus(more).within(&most)).unwrap();
        let with = |sigma, count| cost(&[Event { sigma, count, ..run }]).unwrap();
        let fits = |cost: Cost| twice.plus(&cost).within(&most);
        assert!(count > 0 && fits(with(run.sigma, count)) && !fits(with(run.sigma, count + 1)));
        let sigma = sigma.unwrap();
        let less = decimal(&format!("{:.2}", sigma.to_f64() - 0.01));
        assert!(fits(with(sigma, 102)) && !fits(with(less, 102)), "{sigma}");
    }

    #[test]
    fn nothing_fits_where_nothing_is_left() {
        let most = limit(decimal("1"), decimal("0.0001")).unwrap();
        let run = Event { sigma: decimal("1"), q: decimal("1"), count: 1000 };
        let spent = cost(&[run]).unwrap();
        let takes = |more: &Cost| spent.plus(more).within(&most);
        assert_eq!(fit(&run, takes), Ok(Fit { count: 0, sigma: None }));
        // Of nothing, all fits.
        let none = Event { count: 0, ..run };
        assert_eq!(fit(&none, |more| more.within(&most)).unwrap().count, 0);
        assert!(fit(&Event { q: decimal("2"), ..run }, takes).is_err());
    }
}
