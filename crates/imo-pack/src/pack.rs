//! From a model file to its one canonical image.

use std::fs::{self, File};
use std::io::{BufWriter, Cursor, Seek, Write};
use std::path::Path;

use imo_commit::{Hash, dense_root, depth};
use imo_model::{Header, MappedFile, Record, Stamp};
use sha2::{Digest, Sha256};

use crate::architecture::Description;
use crate::convert;
use crate::error::PackError;
use crate::gguf::{Gguf, Value};
use crate::template::{self, TemplatePiece};
use crate::vocabulary::Vocabulary;
use crate::writer::{self, Writer};

/// What packing did.
#[derive(Clone, Debug)]
pub struct PackReport {
    /// SHA-256 of the model file.
    pub source_sha256: Hash,
    /// Root of the image.
    pub root: Hash,
    /// Bytes of the image.
    pub length: u64,
    /// Largest error of a weight that had to be rounded, as a part of the largest weight of its
    /// block; 0 when none was.
    pub rounding: f64,
}

/// Packs a model file, and writes an image and its record. `progress` gets the number of parts that
/// are done, and of all parts. After an error nothing is left behind.
pub fn pack(
    source: &Path,
    target: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<PackReport, PackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| PackError::Io { path, error }
    };
    let file = MappedFile::open(source).map_err(failed(source))?;
    let temporary = target.with_extension("partial");
    let packed = write_image(&file, &temporary, progress);
    let renamed = packed.and_then(|packed| {
        fs::rename(&temporary, target).map_err(failed(target))?;
        Ok(packed)
    });
    let (root, length, rounding) = renamed.inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })?;
    let source_sha256 = Sha256::digest(&file[..]).into();
    let stamp = Stamp::of(target, length).map_err(failed(target))?;
    let record = Record::new(stamp, root, Some(source_sha256));
    record.write(target).map_err(failed(target))?;
    Ok(PackReport { source_sha256, root, length, rounding })
}

/// Writes an image; returns its root, its length and the largest rounding error.
fn write_image(
    source: &[u8],
    path: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<(Hash, u64, f64), PackError> {
    let failed = |error| PackError::Io { path: path.to_owned(), error };
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    let rounding = pack_to(source, &mut file, progress)?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    let image = MappedFile::open(path).map_err(failed)?;
    let length = image.len() as u64;
    Ok((dense_root(&image, depth(length)), length, rounding))
}

/// Packs a model file that is in memory; returns the image and the largest rounding error.
pub fn pack_bytes(
    source: &[u8],
    progress: impl FnMut(u64, u64),
) -> Result<(Vec<u8>, f64), PackError> {
    let mut image = Cursor::new(Vec::new());
    let rounding = pack_to(source, &mut image, progress)?;
    Ok((image.into_inner(), rounding))
}

/// Packs a model file into `target`, with no more than one tensor in memory; returns the largest
/// rounding error.
pub fn pack_to(
    source: &[u8],
    target: impl Write + Seek,
    mut progress: impl FnMut(u64, u64),
) -> Result<f64, PackError> {
    let gguf = Gguf::parse(source)?;
    let model = Description::read(&gguf)?;
    let shapes = model.shapes;
    refuse_unknown_tensors(&gguf, shapes.layers)?;
    let vocabulary = Vocabulary::read(&gguf)?;
    if vocabulary.tokens.len() != shapes.vocab as usize {
        return Err(PackError::Unsupported {
            what: "a vocabulary of another size than the embedding".to_owned(),
        });
    }
    let tokenizer = vocabulary.encode(&frozen_template(&gguf, &vocabulary)?);
    let steps = u64::from(shapes.layers) + 3;
    let mut writer = Writer::new(target, shapes.layers)?;
    let embedding = writer.matrix(&gguf, "token_embd.weight", shapes.vocab, shapes.dim)?;
    let head = match gguf.tensor("output.weight") {
        Some(_) => writer.matrix(&gguf, "output.weight", shapes.vocab, shapes.dim)?,
        None => embedding,
    };
    progress(1, steps);
    let mut layers = Vec::new();
    for layer in 0..shapes.layers {
        layers.push(writer.layer(&gguf, layer, &model)?);
        progress(u64::from(layer) + 2, steps);
    }
    // Shapes are checked before the rotations, because these may be far larger than the file.
    shapes.check()?;
    let output_norm = writer.vector(&convert::vector(&gguf, "output_norm.weight", shapes.dim)?)?;
    let rope = writer.rotations(&gguf, &model)?;
    let tokenizer = (writer.append(&tokenizer)?, tokenizer.len() as u64);
    let length = writer.length();
    let header = Header { length, shapes, embedding, head, output_norm, rope, tokenizer };
    let rounding = writer.finish(&header, &layers)?;
    progress(steps, steps);
    Ok(rounding)
}

fn frozen_template(
    gguf: &Gguf<'_>,
    vocabulary: &Vocabulary,
) -> Result<template::Template, PackError> {
    let name_of = |token: u32| {
        vocabulary.tokens.get(token as usize).and_then(|(text, _)| std::str::from_utf8(text).ok())
    };
    let controls: Vec<(u32, &str)> = (0..)
        .zip(&vocabulary.tokens)
        .filter(|(_, (_, control))| *control)
        .filter_map(|(token, _)| Some((token, name_of(token)?)))
        .collect();
    let named = |key: &str| gguf.u32(key).ok().and_then(name_of).unwrap_or_default();
    let ends = (named("tokenizer.ggml.bos_token_id"), named("tokenizer.ggml.eos_token_id"));
    let source = match gguf.value("tokenizer.chat_template") {
        Some(Value::Text(source)) => Some(source),
        _ => None,
    };
    let mut template = template::freeze(source, ends, &controls)?;
    let begin = vocabulary.begin.map(TemplatePiece::Control);
    if begin.is_some() && template.pieces.first() != begin.as_ref() {
        template.pieces.splice(..0, begin);
    }
    Ok(template)
}

/// Refuses tensors that packing would not use: the image would be another model than the file's.
fn refuse_unknown_tensors(gguf: &Gguf<'_>, layers: u32) -> Result<(), PackError> {
    let parts = [
        "attn_norm.weight",
        "ffn_norm.weight",
        "attn_q.weight",
        "attn_k.weight",
        "attn_v.weight",
        "attn_q.bias",
        "attn_k.bias",
        "attn_v.bias",
        "attn_output.weight",
        "ffn_gate.weight",
        "ffn_up.weight",
        "ffn_down.weight",
    ];
    let whole = ["token_embd.weight", "output.weight", "output_norm.weight", writer::ROPE_FACTORS];
    let known = |name: &str| {
        let in_layer = || {
            let (number, part) = name.strip_prefix("blk.")?.split_once('.')?;
            (number.parse::<u32>().ok()? < layers && parts.contains(&part)).then_some(())
        };
        whole.contains(&name) || in_layer().is_some()
    };
    match gguf.tensor_names().find(|name| !known(name)) {
        Some(name) => Err(PackError::Unsupported { what: format!("the tensor {name:?}") }),
        None => Ok(()),
    }
}
