use super::*;
use crate::quantise::within;

fn recipe() -> Recipe {
    let text = include_str!("../../../../examples/trainers/scikit-learn/recipe.json");
    serde_json::from_str(text).unwrap()
}

fn file(tensors: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, kind, shape, bytes)| {
        (*name, TensorView::new(*kind, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Inputs, and a file with a weight of each of them, a bias and metrics.
fn update(weight: f32, bias: f32, metrics: &[f32]) -> (usize, Vec<u8>) {
    let inputs = recipe().network().unwrap().inputs();
    let bytes = file(&[
        ("layer.0.weight", Dtype::F32, vec![inputs, 1], f32s(&vec![weight; inputs])),
        ("layer.0.bias", Dtype::F32, vec![1], f32s(&[bias])),
        ("metrics", Dtype::F32, vec![metrics.len()], f32s(metrics)),
    ]);
    (inputs, bytes)
}

#[test]
fn an_update_is_read_in_the_order_of_the_parameters() {
    let (inputs, bytes) = update(0.5, -2.0, &[0.25]);
    let read = read_update(&recipe(), &bytes).unwrap();
    assert_eq!(read.moved.len(), inputs + 1);
    assert_eq!((read.moved[0], read.moved[inputs]), (0.5, -2.0));
    assert_eq!(*read.metrics, [0.25]);
}

#[test]
fn anything_else_is_no_update() {
    let recipe = recipe();
    let told = |bytes: &[u8]| read_update(&recipe, bytes).unwrap_err().to_string();
    let (inputs, bytes) = update(f32::NAN, 0.0, &[0.0]);
    assert!(told(&bytes).contains("not finite"));
    let (_, bytes) = update(0.0, f32::INFINITY, &[0.0]);
    assert!(told(&bytes).contains("not finite"));
    let (_, bytes) = update(0.0, 0.0, &[f32::NAN]);
    assert!(told(&bytes).contains("not finite"));
    let (_, bytes) = update(0.0, 0.0, &[0.0, 0.0]);
    assert!(told(&bytes).contains("should be F32 of shape [1]"));
    assert!(told(b"not a file").contains("not safetensors"));
    assert!(told(&file(&[])).contains("no tensor `layer.0.weight`"));
    let weight = ("layer.0.weight", Dtype::F32, vec![inputs, 1], f32s(&vec![0.0; inputs]));
    let bias = ("layer.0.bias", Dtype::F32, vec![1], f32s(&[0.0]));
    let metrics = ("metrics", Dtype::F32, vec![1], f32s(&[0.0]));
    let extra = ("rows", Dtype::F32, vec![1], f32s(&[0.0]));
    let all = [weight.clone(), bias.clone(), metrics.clone(), extra];
    assert!(told(&file(&all)).contains("nobody asked for"));
    let double = ("layer.0.bias", Dtype::F64, vec![1], 0.0_f64.to_le_bytes().to_vec());
    assert!(told(&file(&[weight, double, metrics])).contains("F64"));
}

#[test]
fn whatever_it_says_is_no_longer_than_the_clip() {
    let recipe = recipe();
    let (bits, dimension) = (20, u32::try_from(recipe.dimension()).unwrap());
    let most = concordat_dp::Sensitivity::new(recipe.clip, bits, dimension).unwrap();
    for (weight, bias, metric) in
        [(0.0, 0.0, 0.75), (1e30, -1e30, 1e30), (f32::MAX, f32::MAX, -1e30), (1e-9, 3.0, 1.0)]
    {
        let (_, bytes) = update(weight, bias, &[metric]);
        let read = read_update(&recipe, &bytes).unwrap();
        let values = clipped(&recipe, Some(&read), bits).unwrap().into_values();
        assert_eq!(values.len(), recipe.dimension());
        assert!(within(&values, most.ring_units()), "{weight} {bias} {metric}");
        assert!(values.iter().any(|value| *value != 0));
    }
    assert!(clipped(&recipe, None, bits).unwrap().into_values().iter().all(|value| *value == 0));
}

#[test]
fn metrics_come_back_as_the_mean_within_their_bounds() {
    let recipe = recipe();
    let (bits, training) = (20, Training::begin(&recipe));
    let Method::Updates(updates) = recipe.method else { panic!("not updates") };
    let mut sum = vec![0_i64; recipe.dimension()];
    for nth in 0..updates.participants {
        // Half say 0.25, the others more than there can be.
        let (_, bytes) = update(0.01, 0.0, &[if nth % 2 == 0 { 0.25 } else { 7.0 }]);
        let read = read_update(&recipe, &bytes).unwrap();
        let values = clipped(&recipe, Some(&read), bits).unwrap().into_values();
        sum.iter_mut().zip(values.iter()).for_each(|(sum, value)| *sum += value);
    }
    let next = training.step(&recipe, &sum, bits).unwrap();
    let told = metrics(&recipe, &next);
    assert_eq!(told[0].0.name, "accuracy");
    assert!((told[0].1 - 0.625).abs() < 1e-4, "{}", told[0].1);
    let rate = recipe.optimiser.rate.to_f64();
    assert!((next.weights()[0] - 0.01 * rate).abs() < 1e-5, "{}", next.weights()[0]);
    // Metrics are of the last round, not of all of them.
    let after = next.step(&recipe, &vec![0; recipe.dimension()], bits).unwrap();
    assert!((metrics(&recipe, &after)[0].1 - 0.5).abs() < 1e-9);
}

#[test]
fn features_are_bounded_and_of_the_declared_width() {
    let file = file(&[("features", Dtype::F32, vec![3], f32s(&[0.5, -7.0, 1e9]))]);
    assert_eq!(*read_features(3, &file).unwrap(), [0.5, -1.0, 1.0]);
    assert!(read_features(4, &file).is_err());
}

#[test]
fn rows_are_given_as_the_recipe_makes_numbers_of_them() {
    let recipe = recipe();
    let mut header: Vec<String> = vec![recipe.person.clone(), recipe.target.column().to_owned()];
    header.extend(recipe.features.iter().map(|feature| feature.column().to_owned()));
    let row = |who: &str| {
        let mut row = vec![who.to_owned(), "1".to_owned()];
        row.extend(recipe.features.iter().map(|_| "1".to_owned()));
        row
    };
    let units = Units::read(&recipe, &header, &[row("a"), row("b")]).unwrap();
    let bytes = rows_bytes(&units);
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("features").unwrap().shape(), [2, units.inputs()]);
    assert_eq!(file.tensor("targets").unwrap().shape(), [2, 1]);
    assert_eq!(
        file.tensor("rows_of_each").unwrap().data(),
        [1_i64, 1].map(i64::to_le_bytes).concat()
    );
    assert!(Model::from_bytes(&model_bytes(&recipe, &Training::begin(&recipe))).is_ok());
}
