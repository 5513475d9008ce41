//! A graph, node by node.

use super::proto::{
    Attribute, Dimension, Extent, Graph, Node, Shape, Tensor, TensorType, Type, ValueInfo,
};

/// What a tensor holds (`TensorProto.DataType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Float = 1,
    Int64 = 7,
    String = 8,
    Double = 11,
}

/// Names what is added to it by what it is and a number.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
    inputs: Vec<ValueInfo>,
    outputs: Vec<ValueInfo>,
}

impl Builder {
    /// A column of the table: `rows × 1`.
    pub(super) fn input(&mut self, name: &str, kind: Kind) -> String {
        self.inputs.push(of_rows(name, kind, 1));
        name.to_owned()
    }

    /// Gives a value another name and makes it an output of `rows × width` doubles.
    pub(super) fn output(&mut self, value: &str, name: &str, width: usize) {
        let number = self.nodes.len();
        self.nodes.push(Node {
            input: vec![value.to_owned()],
            output: vec![name.to_owned()],
            name: format!("Identity/{number}"),
            op_type: "Identity".to_owned(),
            attribute: Vec::new(),
        });
        self.outputs.push(of_rows(name, Kind::Double, width));
    }

    /// An operator without attributes; the name of what comes out.
    pub(super) fn node(&mut self, operator: &str, inputs: &[&str]) -> String {
        self.with(operator, inputs, &[])
    }

    pub(super) fn cast(&mut self, value: &str, to: Kind) -> String {
        self.with("Cast", &[value], &[("to", to as i64)])
    }

    /// Columns side by side.
    pub(super) fn concat(&mut self, columns: &[String]) -> String {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        self.with("Concat", &columns, &[("axis", 1)])
    }

    pub(super) fn softmax(&mut self, value: &str) -> String {
        self.with("Softmax", &[value], &[("axis", 1)])
    }

    /// Each row's sum, `rows × 1`.
    pub(super) fn sum_of_rows(&mut self, value: &str) -> String {
        let axis = self.constant("axis", Kind::Int64, &[1], 1_i64.to_le_bytes().to_vec());
        self.with("ReduceSum", &[value, &axis], &[("keepdims", 1)])
    }

    /// The columns of a matrix from this one on.
    pub(super) fn columns_from(&mut self, value: &str, first: i64) -> String {
        let [from, to, axis] = [first, i64::MAX, 1]
            .map(|number| self.constant("slice", Kind::Int64, &[1], number.to_le_bytes().to_vec()));
        self.node("Slice", &[value, &from, &to, &axis])
    }

    /// One number, of the shape of nothing.
    pub(super) fn double(&mut self, value: f64) -> String {
        self.constant("number", Kind::Double, &[], value.to_le_bytes().to_vec())
    }

    /// A row of numbers.
    pub(super) fn doubles(&mut self, values: &[f64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant("numbers", Kind::Double, &[1, values.len()], bytes)
    }

    /// A row of texts.
    pub(super) fn texts(&mut self, values: &[String]) -> String {
        let name = format!("texts/{}", self.constants.len());
        self.constants.push(Tensor {
            dims: dims(&[1, values.len()]),
            data_type: Kind::String as i32,
            string_data: values.iter().map(|text| text.clone().into_bytes()).collect(),
            name: name.clone(),
            raw_data: Vec::new(),
        });
        name
    }

    /// Weights under a name of their own.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        self.constants.push(Tensor {
            dims: dims(shape),
            data_type: Kind::Float as i32,
            string_data: Vec::new(),
            name: name.to_owned(),
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        });
        name.to_owned()
    }

    pub(super) fn graph(self) -> Graph {
        Graph {
            node: self.nodes,
            name: "model".to_owned(),
            initializer: self.constants,
            input: self.inputs,
            output: self.outputs,
        }
    }

    fn constant(&mut self, what: &str, kind: Kind, shape: &[usize], bytes: Vec<u8>) -> String {
        let name = format!("{what}/{}", self.constants.len());
        self.constants.push(Tensor {
            dims: dims(shape),
            data_type: kind as i32,
            string_data: Vec::new(),
            name: name.clone(),
            raw_data: bytes,
        });
        name
    }

    fn with(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, i64)]) -> String {
        let name = format!("{operator}/{}", self.nodes.len());
        let attribute = |(name, value): &(&str, i64)| Attribute {
            name: (*name).to_owned(),
            i: *value,
            kind: Attribute::INT,
        };
        self.nodes.push(Node {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: operator.to_owned(),
            attribute: attributes.iter().map(attribute).collect(),
        });
        name
    }
}

fn of_rows(name: &str, kind: Kind, width: usize) -> ValueInfo {
    let dim = [Extent::Name("rows".to_owned()), Extent::Value(dims(&[width]).iter().sum())];
    let dim = dim.map(|extent| Dimension { extent: Some(extent) }).into();
    let tensor = TensorType { elem_type: kind as i32, shape: Some(Shape { dim }) };
    ValueInfo { name: name.to_owned(), kind: Some(Type { tensor: Some(tensor) }) }
}

fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|extent| i64::try_from(*extent).unwrap_or(i64::MAX)).collect()
}
