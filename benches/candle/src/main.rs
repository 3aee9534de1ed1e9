//! candle over a model: for each line of `prompt generated` on standard input it writes one JSON
//! object to standard output.
//!
//! `candle-speed MODEL.gguf file|Q4_0`, with as many threads as `RAYON_NUM_THREADS` says. With
//! `Q4_0` the file's `Q4_1` weights are quantised anew, since candle has vector kernels for `Q4_0`
//! and none for `Q4_1`.

use std::io::Cursor;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{D, Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, format] = arguments.as_slice() else {
        bail!("usage: candle-speed MODEL.gguf file|Q4_0");
    };
    let mut file = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    match format.as_str() {
        "file" => {}
        "Q4_0" => file = quantised_anew(file)?,
        _ => bail!("no format {format}"),
    }
    let mut model = load(file)?;
    for line in std::io::stdin().lines() {
        let line = line?;
        let (prompt, generated) = line.split_once(' ').context("expected `prompt generated`")?;
        println!("{}", measure(&mut model, prompt.parse()?, generated.parse()?)?);
    }
    Ok(())
}

fn load(file: Vec<u8>) -> Result<ModelWeights> {
    let mut file = Cursor::new(file);
    let content = gguf_file::Content::read(&mut file)?;
    Ok(ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?)
}

/// The same file, with `Q4_0` where it has `Q4_1`.
fn quantised_anew(file: Vec<u8>) -> Result<Vec<u8>> {
    let mut file = Cursor::new(file);
    let content = gguf_file::Content::read(&mut file)?;
    let mut tensors = Vec::new();
    for name in content.tensor_infos.keys() {
        let mut tensor = content.tensor(&mut file, name, &Device::Cpu)?;
        if tensor.dtype() == GgmlDType::Q4_1 {
            tensor = QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q4_0)?;
        }
        tensors.push((name.as_str(), tensor));
    }
    let metadata: Vec<_> =
        content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let mut out = Cursor::new(Vec::new());
    gguf_file::write(&mut out, &metadata, &tensors)?;
    Ok(out.into_inner())
}

/// Tokens per second of a prompt, and of what is generated after it.
fn measure(model: &mut ModelWeights, prompt: usize, generated: usize) -> Result<serde_json::Value> {
    let vocabulary = logits(model, &[0], 0)?.dim(D::Minus1)?;
    let tokens: Vec<_> = (0..prompt).map(|i| (i * 7919 % vocabulary) as u32).collect();
    let started = Instant::now();
    // Position 0 empties the cache.
    let mut token = likeliest(&logits(model, &tokens, 0)?)?;
    let first = Instant::now();
    for position in prompt..prompt + generated - 1 {
        token = likeliest(&logits(model, &[token], position)?)?;
    }
    Ok(serde_json::json!({
        "prompt": prompt as f64 / (first - started).as_secs_f64(),
        "decode": (generated - 1) as f64 / first.elapsed().as_secs_f64(),
    }))
}

/// Those after the last of these tokens, the first of which is at this position.
fn logits(model: &mut ModelWeights, tokens: &[u32], position: usize) -> Result<Tensor> {
    Ok(model.forward(&Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?, position)?.squeeze(0)?)
}

fn likeliest(logits: &Tensor) -> Result<u32> {
    Ok(logits.argmax(D::Minus1)?.to_scalar()?)
}
