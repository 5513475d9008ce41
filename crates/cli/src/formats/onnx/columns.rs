//! From a column's cells to the inputs of a model, as nodes.

use concordat_learn::{Feature, First, Missing, Range};

use super::graph::{Builder, Kind};

/// What a column became.
pub(super) struct Encoded {
    /// Matrices of doubles, side by side the feature's inputs.
    pub(super) inputs: Vec<String>,
    /// `rows × 1` truths: whether the model has inputs for the row's cell.
    pub(super) known: String,
}

pub(super) fn encode(builder: &mut Builder, feature: &Feature) -> Encoded {
    let column = feature.column();
    match feature {
        Feature::OneHot { levels, first, missing, .. } => {
            let codes = missing.iter().flat_map(|missing| &missing.codes);
            let numbers: Option<Vec<f64>> = levels.iter().map(|level| number(level)).collect();
            match numbers.filter(|_| codes.clone().all(|code| number(code).is_some())) {
                Some(numbers) => {
                    let (cell, absent) = cell(builder, column, missing.as_ref());
                    let levels = builder.doubles(&numbers);
                    one_hot(builder, &cell, &levels, *first, absent)
                }
                None => {
                    let (cell, absent) = text(builder, column, missing.as_ref());
                    let levels = builder.texts(levels);
                    one_hot(builder, &cell, &levels, *first, absent)
                }
            }
        }
        Feature::Scale { min, max, to, missing, .. } => {
            let (cell, absent) = cell(builder, column, missing.as_ref());
            let [low, high] = [min, max].map(|bound| builder.double(bound.to_f64()));
            let span = builder.double(max.to_f64() - min.to_f64());
            let clipped = builder.node("Clip", &[&cell, &low, &high]);
            let moved = builder.node("Sub", &[&clipped, &low]);
            let share = builder.node("Div", &[&moved, &span]);
            let scaled = match to {
                Range::Unit => share,
                Range::BothSides => {
                    let [two, one] = [2.0, 1.0].map(|value| builder.double(value));
                    let doubled = builder.node("Mul", &[&share, &two]);
                    builder.node("Sub", &[&doubled, &one])
                }
            };
            // Whatever a runtime makes of these two, it is no number to scale.
            let [nan, infinite] = ["IsNaN", "IsInf"].map(|kind| builder.node(kind, &[&cell]));
            let either = builder.node("Or", &[&nan, &infinite]);
            let known = builder.node("Not", &[&either]);
            with_indicator(vec![scaled], known, absent)
        }
        Feature::Flag { missing, .. } => {
            let (cell, absent) = cell(builder, column, missing.as_ref());
            let [no, yes] = [0.0, 1.0].map(|value| {
                let value = builder.double(value);
                builder.node("Equal", &[&cell, &value])
            });
            let known = builder.node("Or", &[&no, &yes]);
            with_indicator(vec![builder.cast(&yes, Kind::Double)], known, absent)
        }
    }
}

fn one_hot(
    builder: &mut Builder,
    cell: &str,
    levels: &str,
    first: First,
    absent: Option<String>,
) -> Encoded {
    let same = builder.node("Equal", &[cell, levels]);
    let all = builder.cast(&same, Kind::Double);
    let sum = builder.sum_of_rows(&all);
    let half = builder.double(0.5);
    let known = builder.node("Greater", &[&sum, &half]);
    let own = match first {
        First::Kept => all,
        First::Dropped => builder.columns_from(&all, 1),
    };
    with_indicator(vec![own], known, absent)
}

fn with_indicator(mut inputs: Vec<String>, known: String, absent: Option<String>) -> Encoded {
    inputs.extend(absent);
    Encoded { inputs, known }
}

/// A column of numbers with the declared value where there is none; and the indicator, if there is
/// one.
fn cell(
    builder: &mut Builder,
    column: &str,
    missing: Option<&Missing>,
) -> (String, Option<String>) {
    let cell = builder.input(column, Kind::Double);
    let Some(Missing { codes, value, indicator }) = missing else { return (cell, None) };
    let mut absent = builder.node("IsNaN", &[&cell]);
    for code in codes.iter().filter_map(|code| number(code)) {
        let code = builder.double(code);
        let is_code = builder.node("Equal", &[&cell, &code]);
        absent = builder.node("Or", &[&absent, &is_code]);
    }
    let value = builder.double(number(value).unwrap_or(f64::NAN));
    let cell = builder.node("Where", &[&absent, &value, &cell]);
    (cell, indicator.then(|| builder.cast(&absent, Kind::Double)))
}

/// The same of a column of texts, which match as they are written.
fn text(
    builder: &mut Builder,
    column: &str,
    missing: Option<&Missing>,
) -> (String, Option<String>) {
    let cell = builder.input(column, Kind::String);
    let Some(Missing { codes, value, indicator }) = missing else { return (cell, None) };
    let mut codes = codes.clone();
    codes.push(String::new());
    let codes = builder.texts(&codes);
    let same = builder.node("Equal", &[&cell, &codes]);
    let same = builder.cast(&same, Kind::Double);
    let sum = builder.sum_of_rows(&same);
    let half = builder.double(0.5);
    let absent = builder.node("Greater", &[&sum, &half]);
    let value = builder.texts(std::slice::from_ref(value));
    let cell = builder.node("Where", &[&absent, &value, &cell]);
    (cell, indicator.then(|| builder.cast(&absent, Kind::Double)))
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}
