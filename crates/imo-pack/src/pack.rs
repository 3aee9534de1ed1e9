//! From a model file to its one canonical image.

use std::fs::File;
use std::io::{BufWriter, Cursor, Seek, Write};
use std::path::Path;

use imo_commit::{Hash, dense_root, depth};
use imo_model::{
    Header, Layer, MappedFile, NewFile, NodeSteps, Record, STEPS_LOG2, Shapes, Stamp, Tensor,
    TextProgram,
};
use sha2::{Digest, Sha256};

use crate::architecture::Description;
use crate::convert;
use crate::error::PackError;
use crate::gguf::Gguf;
use crate::template::{self, Specials, Template, TemplatePiece};
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
    /// How the image differs from the file.
    pub changes: Changes,
}

/// How an image differs from its model file.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Largest error of a weight that had to be rounded, as a part of the largest weight of its
    /// block; 0 when none was.
    pub rounding: f64,
    /// What the maker of the model should know, in sentences without a full stop.
    pub remarks: Vec<String>,
}

/// Packs a model file for a program, and writes an image and its record. `progress` gets the number
/// of parts that are done, and of all parts. After an error nothing is left behind.
///
/// Both files appear when they are whole. So two processes may pack to the same place at once: one
/// image replaces the other.
pub fn pack(
    source: &Path,
    program: TextProgram,
    target: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<PackReport, PackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| PackError::Io { path, error }
    };
    let source_file = File::open(source).map_err(failed(source))?;
    let file = MappedFile::of(&source_file).map_err(failed(source))?;
    let mut image = NewFile::beside(target).map_err(failed(target))?;
    let changes = write_image((&file, program), image.file(), target, progress)?;
    let whole = MappedFile::of(image.file()).map_err(failed(target))?;
    let length = whole.len() as u64;
    let root = dense_root(&whole, depth(length));
    let source_sha256 = Sha256::digest(&file[..]).into();
    // Of the file itself: by the time the record is written, another may lie at its place.
    let stamp = Stamp::of(image.file()).map_err(failed(target))?;
    image.put().map_err(failed(target))?;
    let record = Record::new(stamp, root, Some(source_sha256));
    record.write(target).map_err(failed(target))?;
    Ok(PackReport { source_sha256, root, length, changes })
}

fn write_image(
    (source, program): (&[u8], TextProgram),
    file: &mut File,
    path: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<Changes, PackError> {
    let failed = |error| PackError::Io { path: path.to_owned(), error };
    let mut writer = BufWriter::new(&mut *file);
    let changes = pack_to(source, program, &mut writer, progress)?;
    writer.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(changes)
}

/// Packs a model file that is in memory for the program `text`; returns the image.
pub fn pack_bytes(
    source: &[u8],
    progress: impl FnMut(u64, u64),
) -> Result<(Vec<u8>, Changes), PackError> {
    let mut image = Cursor::new(Vec::new());
    let changes = pack_to(source, TextProgram::TEXT, &mut image, progress)?;
    Ok((image.into_inner(), changes))
}

/// Packs a model file for a program into `target`, with no more than one tensor in memory.
pub fn pack_to(
    source: &[u8],
    program: TextProgram,
    target: impl Write + Seek,
    mut progress: impl FnMut(u64, u64),
) -> Result<Changes, PackError> {
    let gguf = Gguf::parse(source)?;
    refuse_parts(&gguf)?;
    let mut model = Description::read(&gguf)?;
    let shapes = model.shapes;
    refuse_unknown_tensors(&gguf, shapes.layers)?;
    let vocabulary = Vocabulary::read(&gguf)?;
    if vocabulary.tokens.len() != shapes.vocab as usize {
        return Err(PackError::Unsupported {
            what: "a vocabulary of another size than the embedding".to_owned(),
        });
    }
    let template = frozen_template(&gguf, &vocabulary)?;
    let mut remarks = vocabulary.remarks.clone();
    remarks.extend(template_remarks(&template, &vocabulary, &shapes));
    let tokenizer = vocabulary.encode(&template.separators);
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
    let (shapes, cut) = within_steps(program, shapes, head, &layers)?;
    model.shapes = shapes;
    remarks.extend(cut);
    let output_norm = writer.vector(&convert::vector(&gguf, "output_norm.weight", shapes.dim)?)?;
    let rope = writer.rotations(&gguf, &model)?;
    let tokenizer = (writer.append(&tokenizer)?, tokenizer.len() as u64);
    let length = writer.length();
    let header = Header { program, length, shapes, embedding, head, output_norm, rope, tokenizer };
    let rounding = writer.finish(&header, &layers)?;
    progress(steps, steps);
    Ok(Changes { rounding, remarks })
}

/// Refuses a part of a split file, which lacks the other parts' tensors.
fn refuse_parts(gguf: &Gguf<'_>) -> Result<(), PackError> {
    let number = |key| gguf.value(key).and_then(|_| gguf.u32(key).ok());
    match number("split.count") {
        None | Some(0 | 1) => Ok(()),
        Some(count) => {
            let part = u64::from(number("split.no").unwrap_or(0)) + 1;
            let what = format!(
                "part {part} of {count} of a split file; merge the parts first, with llama.cpp's \
                 `llama-gguf-split --merge FIRST-PART WHOLE`"
            );
            Err(PackError::Unsupported { what })
        }
    }
}

/// The shapes with as many positions as the machine's steps allow, and a remark if they are fewer.
fn within_steps(
    program: TextProgram,
    shapes: Shapes,
    head: Tensor,
    layers: &[Layer],
) -> Result<(Shapes, Option<String>), PackError> {
    let all = shapes.context;
    match NodeSteps::of(program, shapes, head, layers).positions() {
        Some(context) if context == all => Ok((shapes, None)),
        Some(context) => {
            let remark = format!(
                "the context is cut from {all} positions to {context}: beyond them a node could \
                 take more than the 2^{STEPS_LOG2} steps that a dispute can be about"
            );
            Ok((Shapes { context, ..shapes }, Some(remark)))
        }
        None => {
            let what = format!(
                "a model so wide that a node takes more than the 2^{STEPS_LOG2} steps that a \
                 dispute can be about"
            );
            Err(PackError::Unsupported { what })
        }
    }
}

/// What a template takes, and what is surprising about it.
fn template_remarks(template: &Template, vocabulary: &Vocabulary, shapes: &Shapes) -> Vec<String> {
    let mut remarks = template.remarks.clone();
    if let Some(token) = template.turn_end.filter(|token| !shapes.ends.contains(*token)) {
        remarks.push(format!(
            "the chat template ends an answer with {:?}, but the file does not say that this token \
             ends one, so a model may go on after it; set \"tokenizer.ggml.eot_token_id\" to \
             {token} if it should stop",
            vocabulary.name(token)
        ));
    }
    for (name, typed) in &vocabulary.look_alikes {
        let writes = |piece: &TemplatePiece| match piece {
            TemplatePiece::Text(text) => text.contains(name),
            TemplatePiece::Control(_) => false,
        };
        if template.separators.pieces().any(writes) {
            let effect = match *typed {
                "normal" => "so it is written as text, in several tokens",
                _ => "so whoever asks can write it, too",
            };
            remarks.push(format!(
                "the chat template has {name:?}, which the file types as a {typed} token, {effect}"
            ));
        }
    }
    remarks
}

fn frozen_template(gguf: &Gguf<'_>, vocabulary: &Vocabulary) -> Result<Template, PackError> {
    let name_of = |token: u32| Some(vocabulary.name(token)).filter(|name| !name.is_empty());
    let controls: Vec<(u32, &str)> = (0..)
        .zip(&vocabulary.tokens)
        .filter(|(_, (_, control))| *control)
        .filter_map(|(token, _)| Some((token, name_of(token)?)))
        .collect();
    let mut template = match gguf.optional_text("tokenizer.chat_template")? {
        Some(source) => template::freeze(source, &specials(gguf, name_of), &controls)?,
        None => Template::message_alone(),
    };
    if let Some(begin) = vocabulary.begin {
        template.separators.begin_with(begin);
    }
    Ok(template)
}

/// The special tokens' names, by what templates call them. Like in llama.cpp, a template always
/// has the first two.
fn specials<'a>(gguf: &Gguf<'_>, name_of: impl Fn(u32) -> Option<&'a str>) -> Specials<'a> {
    let mut specials = Specials::from([("bos_token", ""), ("eos_token", "")]);
    for (name, key) in [
        ("bos_token", "bos"),
        ("eos_token", "eos"),
        ("unk_token", "unknown"),
        ("sep_token", "seperator"),
        ("pad_token", "padding"),
        ("cls_token", "cls"),
        ("mask_token", "mask"),
    ] {
        let token = gguf.u32(&format!("tokenizer.ggml.{key}_token_id")).ok();
        if let Some(text) = token.and_then(&name_of) {
            specials.insert(name, text);
        }
    }
    specials
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
