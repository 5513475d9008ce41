//! A model as an ONNX graph, with what becomes of a row's cells inside it.
//!
//! Each column of the recipe is an input of shape `rows × 1`: numbers as DOUBLE, where NaN means
//! "missing"; lists that are not all numbers as STRING, where an empty text does. Scaling and
//! weights are computed in DOUBLE, so that the answers differ from ours only by what our own single
//! precision rounds. Where `concordat predict` would refuse a row, its answers are NaN.

mod columns;
mod graph;
mod proto;

use concordat_learn::adapt::Sharing;
use concordat_learn::{Model, Target};
use prost::Message as _;

use self::graph::{Builder, Kind};

/// Version of the standard operators: the first whose `Equal` compares texts.
const OPERATORS: i64 = 19;

/// ONNX's version of the file format.
const IR: i64 = 9;

/// The file, the same bytes for the same model.
pub fn onnx(model: &Model) -> Vec<u8> {
    let mut builder = Builder::default();
    let encoded: Vec<columns::Encoded> = model
        .recipe()
        .features
        .iter()
        .map(|feature| columns::encode(&mut builder, feature))
        .collect();
    let inputs: Vec<String> = encoded.iter().flat_map(|one| one.inputs.iter().cloned()).collect();
    let row = builder.concat(&inputs);
    // Inputs are rounded to single precision, as ours are.
    let single = builder.cast(&row, Kind::Float);
    let mut values = builder.cast(&single, Kind::Double);
    let widths = model.network().widths();
    let outputs = widths.iter().skip(1);
    let layers = model.layers().count();
    for (place, ((weights, biases), outputs)) in model.layers().zip(outputs).enumerate() {
        let inputs = weights.len() / outputs.max(&1);
        let weights =
            builder.floats(&format!("layer.{place}.weight"), &[inputs, *outputs], weights);
        let biases = builder.floats(&format!("layer.{place}.bias"), &[*outputs], biases);
        let [weights, biases] = [weights, biases].map(|name| builder.cast(&name, Kind::Double));
        values = builder.node("Gemm", &[&values, &weights, &biases]);
        if place + 1 < layers {
            values = builder.node("Relu", &[&values]);
        }
    }
    let target = &model.recipe().target;
    let (answers, name) = match target {
        Target::YesNo { .. } => (builder.node("Sigmoid", &[&values]), "probability"),
        Target::Class { .. } => (builder.softmax(&values), "probabilities"),
        Target::Number { min, max, .. } => {
            let span = max.to_f64() - min.to_f64();
            let [one, half, min] =
                [1.0, span / 2.0, min.to_f64()].map(|value| builder.double(value));
            let shifted = builder.node("Add", &[&values, &one]);
            let scaled = builder.node("Mul", &[&shifted, &half]);
            (builder.node("Add", &[&scaled, &min]), "prediction")
        }
    };
    let known = encoded.iter().map(|one| one.known.clone());
    let known = known.reduce(|all, one| builder.node("And", &[&all, &one]));
    let nothing = builder.double(f64::NAN);
    let answers = match known {
        Some(known) => builder.node("Where", &[&known, &answers, &nothing]),
        None => answers,
    };
    // A column may be called so too.
    let mut name = name.to_owned();
    while model.recipe().features.iter().any(|feature| feature.column() == name) {
        name.insert_str(0, "model_");
    }
    builder.output(&answers, &name, target.width());
    file(model, builder).encode_to_vec()
}

fn file(model: &Model, builder: Builder) -> proto::Model {
    let recipe = serde_json::to_string(model.recipe()).unwrap_or_default();
    let trained = model.trained().and_then(|trained| serde_json::to_string(trained).ok());
    let adapted = model.adapted().and_then(|adapted| serde_json::to_string(adapted).ok());
    let only_here = adapted.as_ref().map(|_| format!(" ({})", Sharing::WORDS));
    let entries = [("recipe", Some(recipe)), ("trained", trained), ("adapted", adapted)];
    let entry = |(name, value): (&str, Option<String>)| {
        Some(proto::Entry { key: format!("concordat.{name}"), value: value? })
    };
    let digest =
        proto::Entry { key: "concordat.model".to_owned(), value: model.digest().to_string() };
    let card = &model.recipe().card;
    proto::Model {
        ir_version: IR,
        producer_name: "concordat".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: format!(
            "{} About: {}{}",
            card.intended_use,
            card.population,
            only_here.unwrap_or_default()
        ),
        graph: Some(builder.graph()),
        opset_import: vec![proto::OperatorSet { domain: String::new(), version: OPERATORS }],
        metadata_props: entries.into_iter().filter_map(entry).chain([digest]).collect(),
    }
}
