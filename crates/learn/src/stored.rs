//! Safetensors with one spelling: tensors, and a single metadata entry that says what they are.

use concordat_terms::jcs;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The metadata entry: canonical JSON.
const ENTRY: &str = "concordat";

/// Why bytes are not a model of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAModel {
    /// Not safetensors.
    #[error("not safetensors: {0}")]
    NotSafetensors(String),
    /// The metadata `concordat` is missing or has another shape.
    #[error("metadata `concordat`: {0}")]
    Metadata(String),
    /// A tensor is missing, or is not of finite numbers of the right type and shape.
    #[error("tensor `{0}` is missing, or is not of finite numbers of the right type and shape")]
    Tensor(String),
    /// The same content in other bytes than we write.
    #[error("not in the one spelling that models have")]
    Spelling,
}

/// A tensor to be written.
pub(crate) struct Tensor {
    name: String,
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    /// F32, of that shape.
    pub(crate) fn single(name: String, shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name, kind: Dtype::F32, shape, bytes }
    }

    /// F64, of one dimension.
    pub(crate) fn double(name: String, values: &[f64]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name, kind: Dtype::F64, shape: vec![values.len()], bytes }
    }
}

/// The bytes of a model. There is one entry: the crate keeps metadata in a hash map, so the order of
/// several would differ from run to run.
pub(crate) fn write<T: Serialize>(about: &T, tensors: &[Tensor]) -> Vec<u8> {
    let about = jcs::to_bytes(about).unwrap_or_default();
    let metadata = [(String::from(ENTRY), String::from_utf8_lossy(&about).into_owned())];
    let views = tensors.iter().filter_map(|Tensor { name, kind, shape, bytes }| {
        Some((name, TensorView::new(*kind, shape.clone(), bytes).ok()?))
    });
    // Numbers under distinct names and a short header are always written.
    safetensors::serialize(views, Some(metadata.into_iter().collect())).unwrap_or_default()
}

/// What [`write()`] wrote, to be asked for its tensors.
pub(crate) struct Stored<'a, T> {
    pub(crate) about: T,
    file: SafeTensors<'a>,
}

impl<'a, T: DeserializeOwned> Stored<'a, T> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, NotAModel> {
        let fault = |e: safetensors::SafeTensorError| NotAModel::NotSafetensors(e.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(fault)?;
        let entry = header.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let entry = entry.ok_or_else(|| NotAModel::Metadata(String::from("missing")))?;
        let about =
            jcs::from_bytes(entry.as_bytes()).map_err(|e| NotAModel::Metadata(e.to_string()))?;
        Ok(Self { about, file: SafeTensors::deserialize(bytes).map_err(fault)? })
    }

    /// Finite F32 of that shape.
    pub(crate) fn single(&self, name: String, shape: &[usize]) -> Result<Vec<f32>, NotAModel> {
        let read = || {
            let tensor = self.file.tensor(&name).ok()?;
            if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
                return None;
            }
            let (values, rest) = tensor.data().as_chunks::<4>();
            let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            (rest.is_empty() && values.iter().all(|value| value.is_finite())).then_some(values)
        };
        read().ok_or(NotAModel::Tensor(name))
    }

    /// So many finite F64, in one dimension.
    pub(crate) fn double(&self, name: String, length: usize) -> Result<Vec<f64>, NotAModel> {
        let read = || {
            let tensor = self.file.tensor(&name).ok()?;
            if tensor.dtype() != Dtype::F64 || tensor.shape() != [length] {
                return None;
            }
            let (values, rest) = tensor.data().as_chunks::<8>();
            let values: Vec<f64> = values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
            (rest.is_empty() && values.iter().all(|value| value.is_finite())).then_some(values)
        };
        read().ok_or(NotAModel::Tensor(name))
    }
}

/// `value`, if its bytes were the ones that we write.
pub(crate) fn only<T>(same: bool, value: T) -> Result<T, NotAModel> {
    if same { Ok(value) } else { Err(NotAModel::Spelling) }
}
