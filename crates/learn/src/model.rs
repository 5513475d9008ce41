//! Models as everybody stores them: safetensors with one spelling, named by its digest.

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use concordat_terms::{Digest, jcs};

use crate::logistic::probability;
use crate::recipe::Recipe;
use crate::table::Units;

/// A trained logistic regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    recipe: Digest,
    parameters: Vec<String>,
    weights: Vec<f64>,
}

/// Why bytes are not a model of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAModel {
    /// Not safetensors.
    #[error("not safetensors: {0}")]
    NotSafetensors(String),
    /// The metadata `concordat` is missing or has another shape.
    #[error("metadata `concordat`: {0}")]
    Metadata(String),
    /// A tensor is missing or is not a vector of finite F64 of the right length.
    #[error("tensor `{0}` is missing or is not a vector of finite F64 of the right length")]
    Tensor(&'static str),
    /// The same content in other bytes than we write.
    #[error("not in the one spelling that models have")]
    Spelling,
}

impl Model {
    /// A model from weights, one for each parameter of the recipe.
    pub(crate) fn new(recipe: &Recipe, weights: Vec<f64>) -> Self {
        Self { recipe: recipe.digest(), parameters: recipe.parameter_names(), weights }
    }

    /// Digest of the recipe it was trained under.
    pub fn recipe(&self) -> Digest {
        self.recipe
    }

    /// Names of the parameters, the bias last.
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// One weight for each parameter.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The probability of a yes for each row, in the order of [`Units::labels`]; the same bits
    /// on every machine.
    pub fn predict(&self, units: &Units) -> Vec<f64> {
        units.features().map(|row| probability(&self.weights, row)).collect()
    }

    /// The model as safetensors: tensor `weights`, F64, one dimension, and one metadata entry
    /// `concordat`, canonical JSON with the parameters' names and the recipe's digest. Equal
    /// models have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let about = About { parameters: self.parameters.clone(), recipe: self.recipe };
        write(&about, &[("weights", &self.weights)])
    }

    /// Reads what [`Model::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`NotAModel`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAModel> {
        let (About { parameters, recipe }, [weights]) = read(bytes, ["weights"])?;
        if parameters.len() != weights.len() {
            return Err(NotAModel::Tensor("weights"));
        }
        let model = Self { recipe, parameters, weights };
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
    parameters: Vec<String>,
    recipe: Digest,
}

/// Safetensors with a single metadata entry: the crate keeps metadata in a hash map, so the
/// order of several would differ from run to run.
pub(crate) fn write<T: Serialize>(about: &T, tensors: &[(&str, &Vec<f64>)]) -> Vec<u8> {
    let about = jcs::to_bytes(about).unwrap_or_default();
    let metadata = [(String::from(ENTRY), String::from_utf8_lossy(&about).into_owned())];
    let bytes: Vec<(&str, usize, Vec<u8>)> = tensors
        .iter()
        .map(|(name, values)| {
            (*name, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect())
        })
        .collect();
    let views = bytes.iter().filter_map(|(name, length, data)| {
        Some((*name, TensorView::new(Dtype::F64, vec![*length], data).ok()?))
    });
    // Vectors of F64 with distinct names and a short header are always written.
    safetensors::serialize(views, Some(metadata.into_iter().collect())).unwrap_or_default()
}

pub(crate) fn read<T: DeserializeOwned, const N: usize>(
    bytes: &[u8],
    names: [&'static str; N],
) -> Result<(T, [Vec<f64>; N]), NotAModel> {
    let fault = |e: safetensors::SafeTensorError| NotAModel::NotSafetensors(e.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(fault)?;
    let entry = header.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
    let entry = entry.ok_or_else(|| NotAModel::Metadata(String::from("missing")))?;
    let about =
        jcs::from_bytes(entry.as_bytes()).map_err(|e| NotAModel::Metadata(e.to_string()))?;
    let file = SafeTensors::deserialize(bytes).map_err(fault)?;
    let mut vectors = names.map(|_| Vec::new());
    for (name, vector) in names.into_iter().zip(&mut vectors) {
        *vector = vector_of(&file, name).ok_or(NotAModel::Tensor(name))?;
    }
    let length = vectors.first().map_or(0, Vec::len);
    match names.iter().zip(&vectors).find(|(_, vector)| vector.len() != length) {
        Some((name, _)) => Err(NotAModel::Tensor(name)),
        None => Ok((about, vectors)),
    }
}

/// `value`, if its bytes were the ones that we write.
pub(crate) fn only<T>(same: bool, value: T) -> Result<T, NotAModel> {
    if same { Ok(value) } else { Err(NotAModel::Spelling) }
}

const ENTRY: &str = "concordat";

fn vector_of(file: &SafeTensors<'_>, name: &str) -> Option<Vec<f64>> {
    let tensor = file.tensor(name).ok()?;
    if tensor.dtype() != Dtype::F64 || tensor.shape().len() != 1 {
        return None;
    }
    let (values, rest) = tensor.data().as_chunks::<8>();
    let values: Vec<f64> = values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    (rest.is_empty() && values.iter().all(|value| value.is_finite())).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        let text = include_str!("../../../examples/heart/recipe.json");
        let recipe: Recipe = serde_json::from_str(text).unwrap();
        let weights = (0..14).map(|n| f64::from(n) / 8.0).collect();
        Model::new(&recipe, weights)
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
        assert!(Model::from_bytes(&bytes[..bytes.len() - 8]).is_err());
    }

    #[test]
    fn any_reader_of_safetensors_finds_the_weights() {
        let bytes = model().to_bytes();
        let length = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        assert_eq!(header["weights"]["dtype"], "F64");
        assert_eq!(header["weights"]["shape"], serde_json::json!([14]));
        let about = header["__metadata__"]["concordat"].as_str().unwrap();
        assert!(about.starts_with(r#"{"parameters":["age","sex","#), "{about}");
    }

    #[test]
    fn a_model_with_a_weight_that_is_no_number_is_none() {
        let mut model = model();
        model.weights[3] = f64::NAN;
        assert_eq!(Model::from_bytes(&model.to_bytes()), Err(NotAModel::Tensor("weights")));
        model.weights.truncate(3);
        assert_eq!(Model::from_bytes(&model.to_bytes()), Err(NotAModel::Tensor("weights")));
    }
}
