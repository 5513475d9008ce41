//! Numbers as sources write them, exactly.

use concordat_terms::Decimal;

/// The most digits and places of a [`Decimal`].
const DIGITS_MOST: u32 = 18;
const PLACES_MOST: u32 = 12;

/// A number as a source writes it: a decimal; or one with a leading `+`, with leading zeros, without
/// digits on one side of its point, in exponent notation, or longer than a decimal may be. These are
/// rounded as [`of_float`] says.
pub(crate) fn number(text: &str) -> Option<Decimal> {
    if let Ok(decimal) = text.parse() {
        return Some(decimal);
    }
    // `inf`, `nan` and words are numbers to nobody but a float's parser.
    let plain =
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let float: f64 = text.parse().ok().filter(|_| plain)?;
    of_float(float)
}

/// A float as the decimal that was meant: rounded to 15 significant digits, to which every decimal
/// of so many digits comes back, and then to 12 places; both half to even.
pub(crate) fn of_float(float: f64) -> Option<Decimal> {
    if !float.is_finite() {
        return None;
    }
    let rounded: f64 = format!("{float:.14e}").parse().ok()?;
    let plain = rounded.to_string();
    plain.parse().ok().or_else(|| format!("{rounded:.12}").parse().ok())
}

/// `value × factor + offset`, computed exactly and rounded once, half to even, to `places`; nothing
/// where that is no decimal. A number that is already one and is not converted stays as it is.
pub(crate) fn converted(
    value: Decimal,
    factor: Decimal,
    offset: Decimal,
    places: Option<u32>,
) -> Option<Decimal> {
    let ((a, a_scale), (b, b_scale)) = (parts(value)?, parts(factor)?);
    let (product, scale) = (a.checked_mul(b)?, a_scale + b_scale);
    let (added, added_scale) = parts(offset)?;
    let both = scale.max(added_scale);
    let raised = |units: i128, from: u32| units.checked_mul(10_i128.checked_pow(both - from)?);
    let sum = raised(product, scale)?.checked_add(raised(added, added_scale)?)?;
    let most = places.unwrap_or(PLACES_MOST).min(PLACES_MOST);
    // Fewer places where the digits before the point need the room.
    (0..=most).rev().find_map(|places| decimal(rounded(sum, both, places)?, places.min(both)))
}

/// A decimal as units of its last place, and how many places it has.
fn parts(value: Decimal) -> Option<(i128, u32)> {
    let digits: String = value.to_string().chars().filter(|c| *c != '.').collect();
    Some((digits.parse().ok()?, value.places()))
}

/// Units at `scale` as units at `places`, half to even; as they are, where they have no more.
fn rounded(units: i128, scale: u32, places: u32) -> Option<i128> {
    let Some(drop) = scale.checked_sub(places).filter(|drop| *drop > 0) else { return Some(units) };
    let power = 10_i128.checked_pow(drop)?;
    let (whole, rest) = (units.div_euclid(power), units.rem_euclid(power));
    let up = match (rest * 2).cmp(&power) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => whole % 2 != 0,
    };
    Some(whole + i128::from(up))
}

fn decimal(units: i128, places: u32) -> Option<Decimal> {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", units.unsigned_abs(), width = places as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places as usize);
    let text = match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    };
    let fits = text.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MOST as usize;
    text.parse().ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_is_read_as_sources_write_it() {
        for (text, meant) in [
            ("12.50", "12.5"),
            ("+3", "3"),
            ("007", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1.2E-2", "0.012"),
            ("0.30000000000000004", "0.3"),
            ("3.141592653589793", "3.14159265359"),
            ("-0", "0"),
            ("100000000000000000", "100000000000000000"),
        ] {
            assert_eq!(number(text).map(|n| n.to_string()).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "-", "e", "inf", "NaN", "1,5", "12 mg", "0x10", "1e400", "1e30", "--1"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_float_was_meant_to_be_comes_back() {
        assert_eq!(of_float(0.1 + 0.2), Some(of("0.3")));
        assert_eq!(of_float(f64::from(36.6_f32)), Some(of("36.599998474121")));
        assert_eq!(of_float(f64::NAN), None);
        assert_eq!(of_float(1e-20), Some(Decimal::ZERO));
    }

    #[test]
    fn units_are_converted_exactly_and_rounded_once() {
        let at = |value, factor, offset, places| {
            converted(of(value), of(factor), of(offset), places).map(|n| n.to_string())
        };
        assert_eq!(at("5.2", "38.67", "0", None).as_deref(), Some("201.084"));
        assert_eq!(at("5.2", "38.67", "0", Some(0)).as_deref(), Some("201"));
        assert_eq!(
            at("98.6", "0.555555555556", "-17.777777777778", Some(1)).as_deref(),
            Some("37")
        );
        for (value, even) in
            [("0.5", "0"), ("1.5", "2"), ("-0.5", "0"), ("-1.5", "-2"), ("2.51", "3")]
        {
            assert_eq!(at(value, "1", "0", Some(0)).as_deref(), Some(even), "{value}");
        }
        // Room is made by places, and where there is none there is no decimal.
        assert_eq!(
            at("123456789012.345678", "0.999999999999", "0", None).as_deref(),
            Some("123456789012.222221")
        );
        assert_eq!(at("999999999999999999", "10", "0", None), None);
        assert_eq!(at("999999999999999999", "999999999999999999", "0", None), None);
    }

    proptest! {
        /// Whatever 15 digits a source writes as a float, the same decimal comes back.
        #[test]
        fn fifteen_digits_survive_a_float(units in -999_999_999_999_999_i64..=999_999_999_999_999, places in 0_u32..=12) {
            let text = decimal(i128::from(units), places).unwrap();
            prop_assert_eq!(of_float(text.to_f64()), Some(text));
        }

        /// No factor and no offset change nothing.
        #[test]
        fn the_unit_itself_changes_nothing(units in -999_999_999_999_999_999_i64..=999_999_999_999_999_999, places in 0_u32..=12) {
            let value = decimal(i128::from(units), places).unwrap();
            prop_assert_eq!(converted(value, of("1"), Decimal::ZERO, None), Some(value));
        }

        #[test]
        fn any_text_is_a_number_or_none(text in ".{0,40}") {
            let _ = number(&text);
        }
    }
}
