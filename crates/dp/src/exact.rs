//! Decimals as exact integers.

use concordat_terms::Decimal;

/// A non-negative decimal as (units, scale): units / 10^scale, scale at most 12.
pub(crate) fn parts(value: Decimal) -> Option<(u128, u32)> {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let units = format!("{whole}{fraction}").parse().ok()?;
    Some((units, u32::try_from(fraction.len()).ok()?))
}

/// A non-negative decimal in millionths, rounded up.
pub(crate) fn millionths_up(value: Decimal) -> Option<u128> {
    let (units, scale) = parts(value)?;
    Some((units * MILLION).div_ceil(10_u128.pow(scale)))
}

/// The decimal of so many millionths, if it has at most 18 digits.
pub(crate) fn from_millionths(millionths: u128) -> Option<Decimal> {
    format!("{}.{:06}", millionths / MILLION, millionths % MILLION).parse().ok()
}

/// A million.
pub(crate) const MILLION: u128 = 1_000_000;
