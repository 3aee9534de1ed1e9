//! A model file to one canonical image.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use imo_commit::{Hash, dense_root, depth};
use sha2::{Digest, Sha256};

use crate::convert;
use crate::gguf::{Gguf, GgufError, Value};
use crate::image::{HEADER_BYTES, Header, ImageError, LAYER_BYTES, Layer, Tensor, Vector};
use crate::map::map_file;
use crate::packed::Record;
use crate::template;
use crate::vocabulary::Vocabulary;

/// Head parts of SmolLM2's size: about one layer's work each.
const HEAD_PARTS: u32 = 8;

/// Why a file cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The file is not a readable GGUF file.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// It has something that is not supported.
    #[error("not supported: {what}")]
    Unsupported {
        /// What.
        what: String,
    },
    /// A tensor in a format that is not supported.
    #[error("the tensor {name:?} is stored as {format}, which is not supported")]
    TensorFormat {
        /// The tensor.
        name: String,
        /// Its format.
        format: String,
    },
    /// A tensor that the architecture has and the file has not.
    #[error("the tensor {name:?} is missing")]
    MissingTensor {
        /// The tensor.
        name: String,
    },
    /// A tensor that cannot be used.
    #[error("the tensor {name:?} cannot be packed: {what}")]
    Tensor {
        /// The tensor.
        name: String,
        /// Why.
        what: String,
    },
    /// A vocabulary that cannot be used.
    #[error("the vocabulary under {key:?} should have {expected}")]
    Vocabulary {
        /// The key.
        key: String,
        /// What is expected of it.
        expected: &'static str,
    },
    /// A chat template that cannot be frozen.
    #[error("the chat template cannot be frozen: {what}")]
    Template {
        /// Why.
        what: String,
    },
    /// Shapes that no image can have.
    #[error(transparent)]
    Shape(#[from] ImageError),
    /// A file that cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What packing did.
#[derive(Clone, Debug)]
pub struct PackReport {
    /// SHA-256 of the model file.
    pub source_sha256: Hash,
    /// Root of the image.
    pub root: Hash,
    /// Bytes of the image.
    pub length: u64,
    /// Largest error of a weight that had to be rounded, as a part of the largest weight of its block; 0 when none was.
    pub rounding: f64,
}

/// Packs a model file. `progress` is told parts done of all parts. On any error nothing is left behind.
pub fn pack(
    source: &Path,
    target: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<PackReport, PackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| PackError::Io { path, error }
    };
    let map = map_file(source).map_err(failed(source))?;
    let (image, rounding) = pack_bytes(&map, progress)?;
    let report = PackReport {
        source_sha256: Sha256::digest(&map[..]).into(),
        root: dense_root(&image, depth(image.len() as u64)),
        length: image.len() as u64,
        rounding,
    };
    let temporary = target.with_extension("partial");
    let written = write_whole(&temporary, &image).and_then(|()| fs::rename(&temporary, target));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(PackError::Io { path: target.to_owned(), error });
    }
    Record::of(&report, target).and_then(|record| record.write(target)).map_err(failed(target))?;
    Ok(report)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Packs a model file that is in memory; returns the image and the largest rounding error.
pub fn pack_bytes(
    source: &[u8],
    mut progress: impl FnMut(u64, u64),
) -> Result<(Vec<u8>, f64), PackError> {
    let gguf = Gguf::parse(source)?;
    let shapes = Shapes::read(&gguf)?;
    let vocabulary = Vocabulary::read(&gguf)?;
    if vocabulary.tokens.len() != shapes.vocab as usize {
        return Err(PackError::Unsupported {
            what: "a vocabulary of another size than the embedding".to_owned(),
        });
    }
    let tokenizer = vocabulary.encode(&frozen_template(&gguf, &vocabulary)?);
    let steps = u64::from(shapes.layers) + 3;
    let mut writer = Writer::new(shapes.layers);
    let embedding = writer.matrix(&gguf, "token_embd.weight", shapes.vocab, shapes.dim)?;
    let head = match gguf.tensor("output.weight") {
        Some(_) => writer.matrix(&gguf, "output.weight", shapes.vocab, shapes.dim)?,
        None => embedding,
    };
    progress(1, steps);
    let mut layers = Vec::new();
    for layer in 0..shapes.layers {
        layers.push(writer.layer(&gguf, layer, &shapes)?);
        progress(u64::from(layer) + 2, steps);
    }
    let output_norm = writer.vector(convert::vector(&gguf, "output_norm.weight", shapes.dim)?);
    let rope = writer.vector(rope_table(&shapes));
    let place = writer.append(&tokenizer);
    let header = Header {
        length: writer.image.len() as u64,
        embedding,
        head,
        output_norm,
        rope,
        tokenizer: (place, tokenizer.len() as u64),
        ..shapes.header(embedding, output_norm)
    };
    refuse_unknown_tensors(&gguf, shapes.layers)?;
    let rounding = writer.rounding;
    let image = writer.finish(&header, &layers)?;
    progress(steps, steps);
    Ok((image, rounding))
}

/// Shapes as the file's metadata has them.
struct Shapes {
    layers: u32,
    dim: u32,
    ffn: u32,
    heads: u32,
    kv_heads: u32,
    head_dim: u32,
    vocab: u32,
    context: u32,
    eps: f32,
    rope_base: f32,
    end_of_sequence: u32,
}

impl Shapes {
    fn read(gguf: &Gguf<'_>) -> Result<Self, PackError> {
        let unsupported = |what: String| Err(PackError::Unsupported { what });
        let architecture = gguf.text("general.architecture")?;
        if architecture != "llama" {
            return unsupported(format!("the architecture {architecture:?} (only \"llama\")"));
        }
        for key in [
            "llama.rope.scaling.type",
            "llama.rope.scaling.factor",
            "llama.expert_count",
            "llama.attention.sliding_window",
        ] {
            match gguf.value(key) {
                None | Some(Value::Unsigned(0)) => {}
                Some(Value::Text(text)) if text == "none" => {}
                Some(_) => return unsupported(format!("the setting {key:?}")),
            }
        }
        let (dim, heads) =
            (gguf.u32("llama.embedding_length")?, gguf.u32("llama.attention.head_count")?);
        let head_dim = match gguf.value("llama.attention.key_length") {
            Some(_) => gguf.u32("llama.attention.key_length")?,
            None if heads > 0 && dim.is_multiple_of(heads) => dim / heads,
            None => return unsupported(format!("{heads} heads in a width of {dim}")),
        };
        let rotated = match gguf.value("llama.rope.dimension_count") {
            Some(_) => gguf.u32("llama.rope.dimension_count")?,
            None => head_dim,
        };
        if rotated != head_dim {
            return unsupported(format!(
                "a rotation of {rotated} of a head's {head_dim} dimensions"
            ));
        }
        let rows = gguf.tensor("token_embd.weight").map_or(0, |tensor| tensor.rows);
        let vocab = u32::try_from(rows).unwrap_or(0);
        let bounded = |name: &str, value: u32, limit: u32| match value {
            0 => Err(PackError::Unsupported { what: format!("no {name}") }),
            value if value > limit => {
                Err(PackError::Unsupported { what: format!("{value} {name}") })
            }
            value => Ok(value),
        };
        Ok(Self {
            layers: bounded("layers", gguf.u32("llama.block_count")?, 1 << 12)?,
            dim: bounded("dimensions", dim, 1 << 20)?,
            ffn: bounded(
                "feed-forward dimensions",
                gguf.u32("llama.feed_forward_length")?,
                1 << 22,
            )?,
            heads: bounded("heads", heads, 1 << 12)?,
            kv_heads: bounded(
                "key heads",
                gguf.u32("llama.attention.head_count_kv").unwrap_or(heads),
                heads,
            )?,
            head_dim: bounded("dimensions of a head", head_dim, 1024)?,
            vocab: bounded("tokens", vocab, 1 << 24)?,
            context: bounded("positions", gguf.u32("llama.context_length")?, 1 << 17)?,
            eps: gguf.f32("llama.attention.layer_norm_rms_epsilon")?,
            rope_base: gguf.f32("llama.rope.freq_base").unwrap_or(10_000.0),
            end_of_sequence: gguf.u32("tokenizer.ggml.eos_token_id")?,
        })
    }

    fn header(&self, embedding: Tensor, output_norm: Vector) -> Header {
        #[expect(clippy::cast_possible_truncation, reason = "rounded once, to nearest even")]
        let attention_scale = (1.0 / f64::from(self.head_dim).sqrt()) as f32;
        Header {
            length: 0,
            layers: self.layers,
            dim: self.dim,
            ffn: self.ffn,
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
            vocab: self.vocab,
            context: self.context,
            head_parts: HEAD_PARTS.min(self.vocab.div_ceil(8)),
            eps: self.eps,
            attention_scale,
            end_of_sequence: self.end_of_sequence,
            embedding,
            head: embedding,
            output_norm,
            rope: output_norm,
            tokenizer: (0, 0),
        }
    }
}

/// (cos, sin) of position · base^(−2i / d), each computed in binary64 by a portable library and rounded once.
fn rope_table(shapes: &Shapes) -> Vec<u8> {
    let pairs = shapes.head_dim / 2;
    let frequencies: Vec<f64> = (0..pairs)
        .map(|pair| {
            libm::pow(
                f64::from(shapes.rope_base),
                -f64::from(2 * pair) / f64::from(shapes.head_dim),
            )
        })
        .collect();
    let mut table = Vec::with_capacity(shapes.context as usize * pairs as usize * 8);
    for position in 0..shapes.context {
        for frequency in &frequencies {
            let angle = f64::from(position) * frequency;
            for value in [libm::cos(angle), libm::sin(angle)] {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "rounded once, to nearest even"
                )]
                let rounded = value as f32;
                table.extend(rounded.to_le_bytes());
            }
        }
    }
    table
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
        Some(Value::Text(source)) => Some(source.as_str()),
        _ => None,
    };
    template::freeze(source, ends, &controls)
}

/// A tensor that is not used would be a model that is not the file's.
fn refuse_unknown_tensors(gguf: &Gguf<'_>, layers: u32) -> Result<(), PackError> {
    let parts = [
        "attn_norm",
        "ffn_norm",
        "attn_q",
        "attn_k",
        "attn_v",
        "attn_output",
        "ffn_gate",
        "ffn_up",
        "ffn_down",
    ];
    let known = |name: &str| {
        let in_layer = || {
            let (number, part) = name.strip_prefix("blk.")?.split_once('.')?;
            let part = part.strip_suffix(".weight")?;
            (number.parse::<u32>().ok()? < layers && parts.contains(&part)).then_some(())
        };
        ["token_embd.weight", "output.weight", "output_norm.weight"].contains(&name)
            || in_layer().is_some()
    };
    match gguf.tensor_names().find(|name| !known(name)) {
        Some(name) => Err(PackError::Unsupported { what: format!("the tensor {name:?}") }),
        None => Ok(()),
    }
}

/// The image as it grows; everything begins on a 128-byte boundary.
struct Writer {
    image: Vec<u8>,
    rounding: f64,
}

impl Writer {
    fn new(layers: u32) -> Self {
        Self { image: vec![0; HEADER_BYTES + layers as usize * LAYER_BYTES], rounding: 0.0 }
    }

    fn append(&mut self, bytes: &[u8]) -> u64 {
        let start = self.image.len().next_multiple_of(128);
        self.image.resize(start, 0);
        self.image.extend_from_slice(bytes);
        start as u64
    }

    fn vector(&mut self, bytes: Vec<u8>) -> Vector {
        let length = u32::try_from(bytes.len() / 4).expect("shapes were bounded");
        Vector { offset: self.append(&bytes), length }
    }

    fn matrix(
        &mut self,
        gguf: &Gguf<'_>,
        name: &str,
        rows: u32,
        columns: u32,
    ) -> Result<Tensor, PackError> {
        let packed = convert::matrix(gguf, name, rows, columns)?;
        if packed.rounding > self.rounding {
            self.rounding = packed.rounding;
        }
        Ok(Tensor { offset: self.append(&packed.bytes), format: packed.format, rows, columns })
    }

    fn layer(&mut self, gguf: &Gguf<'_>, layer: u32, shapes: &Shapes) -> Result<Layer, PackError> {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        let (dim, ffn) = (shapes.dim, shapes.ffn);
        let (query_dim, kv_dim) =
            (shapes.heads * shapes.head_dim, shapes.kv_heads * shapes.head_dim);
        Ok(Layer {
            attention_norm: self.vector(convert::vector(gguf, &name("attn_norm"), dim)?),
            ffn_norm: self.vector(convert::vector(gguf, &name("ffn_norm"), dim)?),
            query: self.matrix(gguf, &name("attn_q"), query_dim, dim)?,
            key: self.matrix(gguf, &name("attn_k"), kv_dim, dim)?,
            value: self.matrix(gguf, &name("attn_v"), kv_dim, dim)?,
            output: self.matrix(gguf, &name("attn_output"), dim, query_dim)?,
            gate: self.matrix(gguf, &name("ffn_gate"), ffn, dim)?,
            up: self.matrix(gguf, &name("ffn_up"), ffn, dim)?,
            down: self.matrix(gguf, &name("ffn_down"), dim, ffn)?,
        })
    }

    fn finish(mut self, header: &Header, layers: &[Layer]) -> Result<Vec<u8>, PackError> {
        self.image[..HEADER_BYTES].copy_from_slice(&header.encode());
        for (index, layer) in layers.iter().enumerate() {
            let start = HEADER_BYTES + index * LAYER_BYTES;
            self.image[start..start + LAYER_BYTES].copy_from_slice(&layer.encode());
        }
        // What does not parse again is a shape that no reader takes.
        let parsed = Header::parse(&self.image)?;
        for index in 0..layers.len() {
            parsed.layer(&self.image[HEADER_BYTES + index * LAYER_BYTES..])?;
        }
        Ok(self.image)
    }
}
