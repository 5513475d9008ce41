//! Models as everybody stores them: safetensors with one spelling, named by its digest.

use concordat_terms::{Decimal, Digest, RunId};
use serde::{Deserialize, Serialize};

use crate::adapt::Adapted;
use crate::charged::Charged;
use crate::network::{Misfit, Network};
use crate::recipe::Recipe;
use crate::stored::{NotAModel, Stored, Tensor, only, write};
use crate::table::Units;

/// A trained model with all that is needed to ask it: its recipe says how rows become its inputs,
/// and its card what its answers are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    recipe: Recipe,
    network: Network,
    trained: Option<Trained>,
    charged: Option<Charged>,
    adapted: Option<Adapted>,
    weights: Vec<f32>,
}

/// How a model came to be in a partnership: public, the same for every participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// The run that gave it.
    pub run: RunId,
    /// SHA-256 of the run's plan, as canonical JSON.
    pub plan: Digest,
    /// The code that computed beside the rows.
    pub code: Digest,
    /// How many holders the plan names.
    pub participants: u32,
    /// What the run spends of each holder's account, all its rounds and retries together, against
    /// the worst coalition that is allowed for; rounded up.
    pub epsilon: Decimal,
    /// δ of that ε.
    pub delta: Decimal,
}

impl Model {
    /// A model from weights, one for each parameter of the recipe, in the order of
    /// [`Network`]'s.
    pub(crate) fn new(
        recipe: Recipe,
        trained: Option<Trained>,
        weights: Vec<f32>,
    ) -> Result<Self, NotAModel> {
        let network = recipe.network().map_err(|e| NotAModel::Metadata(e.to_string()))?;
        let fits = weights.len() == network.parameters() && weights.iter().all(|w| w.is_finite());
        if !fits {
            return Err(NotAModel::Tensor(name(0, "weight")));
        }
        Ok(Self { recipe, network, trained, charged: None, adapted: None, weights })
    }

    /// The same model with other weights, which only its holder has a right to.
    pub(crate) fn fitted(&self, weights: Vec<f32>, adapted: Adapted) -> Result<Self, NotAModel> {
        let (recipe, trained) = (self.recipe.clone(), self.trained.clone());
        let (charged, adapted) = (self.charged.clone(), Some(adapted));
        Ok(Self { charged, adapted, ..Self::new(recipe, trained, weights)? })
    }

    /// With what its run told of itself.
    pub(crate) fn charged_by(self, charged: Option<Charged>) -> Self {
        Self { charged, ..self }
    }

    /// The recipe it was trained under.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Its shape.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Which run gave it, if one did.
    pub fn trained(&self) -> Option<&Trained> {
        self.trained.as_ref()
    }

    /// What its run told of the batches of the rounds that it averages, and of the other optimisers that
    /// were tried, where the recipe says so.
    pub fn charged(&self) -> Option<&Charged> {
        self.charged.as_ref()
    }

    /// What it was fitted to its holder's rows from, if it was: it is then nobody else's.
    pub fn adapted(&self) -> Option<&Adapted> {
        self.adapted.as_ref()
    }

    /// One weight for each parameter, in the order of [`Network`]'s.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Its layers in order: the weights, input by input, and the biases, as many as outputs.
    pub fn layers(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        let widths = self.network.widths();
        let mut rest = self.weights.as_slice();
        widths.iter().zip(widths.iter().skip(1)).map_while(move |(inputs, outputs)| {
            let (weights, later) = rest.split_at_checked(inputs * outputs)?;
            let (biases, later) = later.split_at_checked(*outputs)?;
            rest = later;
            Some((weights, biases))
        })
    }

    /// What it says of rows, [`Recipe::network`]'s inputs each: as many numbers a row as the target
    /// has, in the target's own unit; the same bits on every machine.
    ///
    /// # Errors
    /// [`Misfit::Features`].
    pub fn ask(&self, inputs: &[f32]) -> Result<Vec<f64>, Misfit> {
        let predicted = self.network.predict(&self.weights, inputs)?;
        Ok(predicted.into_iter().map(|value| self.recipe.target.restored(value)).collect())
    }

    /// The first number it says of each row, in the order of [`Units::labels`] and as these are: of
    /// a yes or no, the probability of a yes. Nothing of rows of another recipe.
    pub fn predict(&self, units: &Units) -> Vec<f64> {
        let predicted = match units.inputs() == self.network.inputs() {
            true => self.network.predict(&self.weights, units.all_features()).unwrap_or_default(),
            false => Vec::new(),
        };
        let rows = predicted.chunks_exact(self.network.outputs().max(1));
        rows.filter_map(|row| row.first().copied().map(f64::from)).collect()
    }

    /// The model as safetensors, F32: for each layer a tensor `layer.0.weight` of shape inputs by
    /// outputs and a tensor `layer.0.bias`; and one metadata entry `concordat`, canonical JSON with
    /// the recipe (and in it the card), how the model was trained, and what it was adapted from. Equal models have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let about = About {
            recipe: self.recipe.clone(),
            trained: self.trained.clone(),
            charged: self.charged.clone(),
            adapted: self.adapted.clone(),
        };
        let shapes = self.network.widths();
        let shapes = shapes.iter().zip(shapes.iter().skip(1));
        let layers = self.layers().zip(shapes).enumerate();
        let tensors: Vec<Tensor> = layers
            .flat_map(|(layer, ((weights, biases), (inputs, outputs)))| {
                [
                    Tensor::single(name(layer, "weight"), vec![*inputs, *outputs], weights),
                    Tensor::single(name(layer, "bias"), vec![*outputs], biases),
                ]
            })
            .collect();
        write(&about, &tensors)
    }

    /// Reads what [`Model::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`NotAModel`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAModel> {
        let stored: Stored<'_, About> = Stored::read(bytes)?;
        let about = &stored.about;
        about.recipe.check().map_err(|e| NotAModel::Metadata(e.to_string()))?;
        let network = about.recipe.network().map_err(|e| NotAModel::Metadata(e.to_string()))?;
        let mut weights = Vec::new();
        let widths = network.widths().iter().zip(network.widths().iter().skip(1));
        for (layer, (inputs, outputs)) in widths.enumerate() {
            weights.extend(stored.single(name(layer, "weight"), &[*inputs, *outputs])?);
            weights.extend(stored.single(name(layer, "bias"), &[*outputs])?);
        }
        let About { recipe, trained, charged, adapted } = stored.about;
        let model = Self { charged, adapted, ..Self::new(recipe, trained, weights)? };
        only(model.to_bytes() == bytes, model)
    }

    /// SHA-256 of [`Model::to_bytes`]: the model's name in the log.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    recipe: Recipe,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trained: Option<Trained>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charged: Option<Charged>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    adapted: Option<Adapted>,
}

fn name(layer: usize, part: &str) -> String {
    format!("layer.{layer}.{part}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Activation, Hidden};

    /// Thirteen inputs, two hidden numbers, one output.
    fn model() -> Model {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: Recipe = serde_json::from_str(text).unwrap();
        let (activation, seed) = (Activation::Relu, "seed".to_owned());
        recipe.hidden = Some(Hidden { widths: vec![2], activation, seed });
        let weights = (0..31).map(|n| (n as f32 - 15.0) / 8.0).collect();
        let trained = Trained {
            run: "first".parse().unwrap(),
            plan: Digest::of(b"plan"),
            code: Digest::of(b"code"),
            participants: 4,
            epsilon: "0.9994".parse().unwrap(),
            delta: "0.0001".parse().unwrap(),
        };
        Model::new(recipe, Some(trained), weights).unwrap()
    }

    #[test]
    fn a_model_travels_as_bytes_and_only_as_those_bytes() {
        let model = model();
        let bytes = model.to_bytes();
        assert_eq!(Model::from_bytes(&bytes), Ok(model.clone()));
        for _ in 0..20 {
            assert_eq!(model.to_bytes(), bytes, "the spelling does not vary");
        }
        for place in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[place] ^= 1;
            assert_ne!(Model::from_bytes(&bad), Ok(model.clone()), "byte {place}");
        }
        assert!(Model::from_bytes(b"").is_err());
        assert!(Model::from_bytes(&bytes[..bytes.len() - 4]).is_err());
    }

    #[test]
    fn any_reader_of_safetensors_finds_the_layers_and_the_card() {
        let bytes = model().to_bytes();
        let length = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        for (name, shape) in [
            ("layer.0.weight", &[13, 2][..]),
            ("layer.0.bias", &[2]),
            ("layer.1.weight", &[2, 1]),
            ("layer.1.bias", &[1]),
        ] {
            assert_eq!(header[name]["dtype"], "F32");
            assert_eq!(header[name]["shape"], serde_json::json!(shape));
        }
        let about = header["__metadata__"]["concordat"].as_str().unwrap();
        let about: serde_json::Value = serde_json::from_str(about).unwrap();
        assert_eq!(about["recipe"]["features"][0]["column"], "age");
        assert!(about["recipe"]["card"]["population"].is_string());
        assert_eq!(about["trained"]["epsilon"], "0.9994");
    }

    #[test]
    fn the_layers_are_those_that_the_network_computes_with() {
        let model = model();
        let row: Vec<f32> = (0..13).map(|n| n as f32 / 13.0).collect();
        let mut values = row.clone();
        let layers: Vec<_> = model.layers().collect();
        for (place, (weights, biases)) in layers.iter().enumerate() {
            let mut next = biases.to_vec();
            for (value, weights) in values.iter().zip(weights.chunks(biases.len())) {
                next.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
            }
            if place + 1 < layers.len() {
                next.iter_mut().for_each(|value| *value = value.max(0.0));
            }
            values = next;
        }
        let by_hand = 1.0 / (1.0 + (-f64::from(values[0])).exp());
        assert!((model.ask(&row).unwrap()[0] - by_hand).abs() < 1e-6);
        assert!(model.ask(&row[1..]).is_err());
    }

    #[test]
    fn a_model_with_a_weight_that_is_no_number_is_none() {
        let Model { recipe, mut weights, .. } = model();
        weights[3] = f32::NAN;
        let tensor = NotAModel::Tensor("layer.0.weight".to_owned());
        assert_eq!(Model::new(recipe.clone(), None, weights.clone()), Err(tensor.clone()));
        weights.truncate(3);
        assert_eq!(Model::new(recipe, None, weights), Err(tensor));
    }
}
