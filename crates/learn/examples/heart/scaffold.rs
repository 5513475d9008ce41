//! SCAFFOLD: local steps that control variates keep from drifting apart.
//!
//! Participants whose rows differ pull local steps towards minima of their own. Each keeps a
//! control variate c_i, what its gradient is expected to be, and all keep their mean c: a local
//! step takes gradient − c_i + c. (Karimireddy et al., "SCAFFOLD: stochastic controlled averaging
//! for federated learning", arXiv 1910.06378, algorithm 1 with option II.) A participant's c_i
//! says something of its rows: what is summed of it is a release like any other.

use concordat_terms::Decimal;

use concordat_learn::optimiser::NoStep;

/// Makes a gradient of a participant's mean loss the direction of its local step.
///
/// # Errors
/// [`NoStep::Length`]; the gradient is as it was.
pub(crate) fn correct(gradient: &mut [f64], own: &[f64], common: &[f64]) -> Result<(), NoStep> {
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
pub(crate) fn next_own(
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
