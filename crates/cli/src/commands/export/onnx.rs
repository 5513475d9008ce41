//! `concordat export onnx`: a model for runtimes of others.

use concordat_terms::Digest;
use serde::Serialize;

use super::super::predict;
use crate::args::ExportOnnx;
use crate::failure::Failure;
use crate::files;
use crate::formats::onnx::onnx;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Written {
    file: String,
    model: Digest,
    bytes: usize,
}

pub(super) fn run(args: &ExportOnnx, out: Out) -> Result<(), Failure> {
    let model = predict::read(&args.model)?;
    let bytes = onnx(&model);
    match model.adapted() {
        Some(_) => files::write_private(&args.out, &bytes)?,
        None => files::write_whole(&args.out, &bytes)?,
    }
    let file = args.out.display().to_string();
    let written = Written { file, model: model.digest(), bytes: bytes.len() };
    out.answer(&written, || format!("{}: model {}", written.file, written.model))
}
