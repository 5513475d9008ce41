//! SCAFFOLD: local steps that control variates keep from drifting apart.
//!
//! Participants whose rows differ pull local steps towards minima of their own. Each keeps a
//! control variate c_i, what its gradient is expected to be, and all keep their mean c: a local
//! step takes gradient − c_i + c. (Karimireddy et al., "SCAFFOLD: stochastic controlled averaging
//! for federated learning", arXiv 1910.06378, algorithm 1 with option II.) A participant's c_i
//! says something of its rows: what is summed of it is a release like any other.

use concordat_terms::Decimal;

use crate::optimiser::NoStep;

/// Makes a gradient of a participant's mean loss the direction of its local step.
///
/// # Errors
/// [`NoStep::Length`]; the gradient is as it was.
pub fn correct(gradient: &mut [f64], own: &[f64], common: &[f64]) -> Result<(), NoStep> {
    same_length(gradient.len(), &[own.len(), common.len()])?;
    for ((slope, own), common) in gradient.iter_mut().zip(own).zip(common) {
        *slope += common - own;
    }
    Ok(())
}

/// A participant's next control variate, c_i − c + (x − y)/(steps·rate), after so many local steps
/// of that rate have led it from the round's model x to y.
///
/// # Errors
/// [`NoStep::Length`]; [`NoStep::OutOfRange`] for no step or a rate that is not above 0.
pub fn next_own(
    own: &[f64],
    common: &[f64],
    [start, end]: [&[f64]; 2],
    steps: u32,
    rate: Decimal,
) -> Result<Vec<f64>, NoStep> {
    same_length(own.len(), &[common.len(), start.len(), end.len()])?;
    let length = f64::from(steps) * rate.to_f64();
    if !(steps > 0 && rate.is_positive()) {
        return Err(NoStep::OutOfRange { field: "steps and rate", range: "above 0" });
    }
    let walked = start.iter().zip(end).map(|(start, end)| (start - end) / length);
    Ok(own
        .iter()
        .zip(common)
        .zip(walked)
        .map(|((own, common), mean)| own - common + mean)
        .collect())
}

fn same_length(weights: usize, others: &[usize]) -> Result<(), NoStep> {
    let other = others.iter().find(|other| **other != weights);
    other.map_or(Ok(()), |numbers| Err(NoStep::Length { weights, numbers: *numbers }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two participants with losses ½(w − a)² and 2(w + a)², one weight: the minimum of the mean
    /// loss is −3a/5. Local steps of an average drift to another point; corrected ones do not.
    #[test]
    fn corrected_local_steps_end_where_all_the_rows_would() {
        let rate: Decimal = "0.1".parse().unwrap();
        let slope = |who: usize, w: f64| if who == 0 { w - 1.0 } else { 4.0 * (w + 1.0) };
        let run = |corrected: bool| {
            let (mut x, mut own, mut common) = (0.0, [vec![0.0], vec![0.0]], vec![0.0]);
            for _ in 0..200 {
                let mut ends = [0.0; 2];
                let mut next = own.clone();
                for who in 0..2 {
                    let mut y = x;
                    for _ in 0..5 {
                        let mut gradient = [slope(who, y)];
                        if corrected {
                            correct(&mut gradient, &own[who], &common).unwrap();
                        }
                        y -= rate.to_f64() * gradient[0];
                    }
                    next[who] = next_own(&own[who], &common, [&[x], &[y]], 5, rate).unwrap();
                    ends[who] = y;
                }
                x = f64::midpoint(ends[0], ends[1]);
                common = vec![f64::midpoint(next[0][0], next[1][0])];
                own = next;
            }
            x
        };
        assert!((run(true) + 0.6).abs() < 1e-9, "{}", run(true));
        assert!((run(false) + 0.6).abs() > 0.1, "{}", run(false));
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut gradient = [1.0, 2.0];
        let fault = correct(&mut gradient, &[0.0], &[0.0; 2]).unwrap_err();
        assert_eq!(fault, NoStep::Length { weights: 2, numbers: 1 });
        assert_eq!(gradient, [1.0, 2.0]);
        let fault = next_own(&[0.0], &[0.0], [&[0.0], &[0.0]], 0, Decimal::ZERO).unwrap_err();
        assert_eq!(fault.to_string(), "`steps and rate` must be above 0");
        assert!(next_own(&[0.0], &[0.0], [&[0.0], &[]], 1, "1".parse().unwrap()).is_err());
    }
}
