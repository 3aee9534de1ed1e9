//! Tiny model files with random weights, for tests: every shape and format, from a seed.

use imo_commit::keccak256;

/// What a tiny model is like.
#[derive(Clone, Copy, Debug)]
pub struct TinyShape {
    /// Layers.
    pub layers: u32,
    /// Width; a multiple of 32.
    pub dim: u32,
    /// Feed-forward width; a multiple of 32.
    pub ffn: u32,
    /// Query heads.
    pub heads: u32,
    /// Key and value heads.
    pub kv_heads: u32,
    /// Width of a head; 0 for the width by the number of heads.
    pub head_dim: u32,
    /// Positions.
    pub context: u32,
    /// Whether the head is the embedding.
    pub tied: bool,
    /// Code of the weights' format in a model file, one of [`KINDS`]. `Q2_K` to `Q6_K` need widths
    /// that are multiples of 256.
    pub kind: u32,
    /// "llama", or "qwen2", which has biases.
    pub architecture: &'static str,
    /// Sliding window of "llama"; 0 for none.
    pub window: u32,
    /// Whether LLaMA 3's factors scale the rotations.
    pub rope_factors: bool,
    /// Whether texts are cut by SentencePiece's unigram instead of byte-level BPE.
    pub unigram: bool,
}

impl Default for TinyShape {
    fn default() -> Self {
        Self {
            layers: 2,
            dim: 64,
            ffn: 96,
            heads: 4,
            kv_heads: 2,
            head_dim: 0,
            context: 64,
            tied: true,
            kind: 3,
            architecture: "llama",
            window: 0,
            rope_factors: false,
            unigram: false,
        }
    }
}

impl TinyShape {
    /// The smallest file, for tests that damage it: little more than its vocabulary.
    pub fn smallest() -> Self {
        Self { layers: 1, dim: 32, ffn: 32, heads: 2, kv_heads: 1, context: 8, ..Self::default() }
    }

    const fn width_of_a_head(&self) -> u32 {
        if self.head_dim == 0 { self.dim / self.heads } else { self.head_dim }
    }
}

/// Codes of the formats: F32, F16, `Q4_0`, `Q4_1`, `Q5_0`, `Q5_1`, `Q8_0`, `Q2_K`, `Q3_K`, `Q4_K`,
/// `Q5_K`, `Q6_K` and BF16.
pub const KINDS: [u32; 13] = [0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 30];

/// Tokens of every tiny model: 256 bytes, 8 merges or pieces, 4 control tokens.
pub const VOCAB: u32 = 268;
/// The token that ends a tiny model's sequence.
pub const END: u32 = 267;

/// A model file of this shape, in which all weights come from the seed.
pub fn gguf(seed: u64, shape: &TinyShape) -> Vec<u8> {
    let mut random = Random { seed, counter: 0, left: Vec::new() };
    let tensors = tensors(shape);
    let mut head = Vec::new();
    head.extend(b"GGUF");
    head.extend(3_u32.to_le_bytes());
    head.extend((tensors.len() as u64).to_le_bytes());
    let (count, values) = metadata(shape);
    head.extend(count.to_le_bytes());
    head.extend(values);
    let mut data: Vec<u8> = Vec::new();
    for (name, rows, columns, kind) in &tensors {
        data.resize(data.len().next_multiple_of(32), 0);
        text(&mut head, name);
        let sizes: &[u32] = if *rows == 1 { &[*columns] } else { &[*columns, *rows] };
        head.extend(u32::try_from(sizes.len()).expect("one or two").to_le_bytes());
        for size in sizes {
            head.extend(u64::from(*size).to_le_bytes());
        }
        head.extend(kind.to_le_bytes());
        head.extend((data.len() as u64).to_le_bytes());
        if name == "rope_freqs.weight" {
            data.extend((1..=*columns).flat_map(|pair| (pair as f32 / 2.0).to_le_bytes()));
        } else {
            weights(&mut data, &mut random, (rows * columns) as usize, *kind);
        }
    }
    head.resize(head.len().next_multiple_of(32), 0);
    head.extend(data);
    head
}

/// A model file with one more value, of the type `kind` of GGUF.
pub fn with_value(file: &[u8], key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    let (head, rest) = file.split_at(24);
    let mut values = Vec::new();
    text(&mut values, key);
    values.extend(kind.to_le_bytes());
    values.extend(value);
    // Another value fills it up to whole 32 bytes, so that the tensors' data stay where they are.
    text(&mut values, &format!("padding.{key}"));
    values.extend(8_u32.to_le_bytes());
    let padding = (values.len() + 8).next_multiple_of(32) - (values.len() + 8);
    text(&mut values, &" ".repeat(padding));
    let count = u64::from_le_bytes(*head[16..].first_chunk().expect("a count")) + 2;
    [&head[..16], &count.to_le_bytes(), &values, rest].concat()
}

fn tensors(shape: &TinyShape) -> Vec<(String, u32, u32, u32)> {
    let TinyShape { dim, ffn, kind, .. } = *shape;
    let head_dim = shape.width_of_a_head();
    let query_dim = shape.heads * head_dim;
    let kv_dim = shape.kv_heads * head_dim;
    let mut tensors = vec![
        ("token_embd.weight".to_owned(), VOCAB, dim, kind),
        ("output_norm.weight".to_owned(), 1, dim, 0),
    ];
    if shape.rope_factors {
        tensors.push(("rope_freqs.weight".to_owned(), 1, head_dim / 2, 0));
    }
    if !shape.tied {
        tensors.push(("output.weight".to_owned(), VOCAB, dim, kind));
    }
    for layer in 0..shape.layers {
        let parts = [
            ("attn_norm", 1, dim, 0),
            ("ffn_norm", 1, dim, 0),
            ("attn_q", query_dim, dim, kind),
            ("attn_k", kv_dim, dim, kind),
            ("attn_v", kv_dim, dim, kind),
            ("attn_output", dim, query_dim, kind),
            ("ffn_gate", ffn, dim, kind),
            ("ffn_up", ffn, dim, kind),
            ("ffn_down", dim, ffn, kind),
        ];
        for (part, rows, columns, kind) in parts {
            tensors.push((format!("blk.{layer}.{part}.weight"), rows, columns, kind));
        }
        if shape.architecture == "qwen2" {
            for (part, columns) in [("attn_q", query_dim), ("attn_k", kv_dim), ("attn_v", kv_dim)] {
                tensors.push((format!("blk.{layer}.{part}.bias"), 1, columns, 0));
            }
        }
    }
    tensors
}

fn metadata(shape: &TinyShape) -> (u64, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut count = 0;
    let mut entry = |key: &str, kind: u32, value: &[u8]| {
        text(&mut bytes, key);
        bytes.extend(kind.to_le_bytes());
        bytes.extend(value);
        count += 1;
    };
    let own = [
        ("block_count", shape.layers),
        ("embedding_length", shape.dim),
        ("feed_forward_length", shape.ffn),
        ("attention.head_count", shape.heads),
        ("attention.head_count_kv", shape.kv_heads),
        ("attention.key_length", shape.width_of_a_head()),
        ("context_length", shape.context),
        ("attention.sliding_window", shape.window),
    ];
    for (key, number) in own {
        entry(&format!("{}.{key}", shape.architecture), 4, &number.to_le_bytes());
    }
    let floats = [("attention.layer_norm_rms_epsilon", 1e-5_f32), ("rope.freq_base", 10_000.0)];
    for (key, number) in floats {
        entry(&format!("{}.{key}", shape.architecture), 6, &number.to_le_bytes());
    }
    for (key, token) in [("bos", 264), ("eos", END)] {
        entry(&format!("tokenizer.ggml.{key}_token_id"), 4, &token.to_le_bytes());
    }
    let texts = [
        ("general.architecture", shape.architecture),
        ("tokenizer.ggml.model", if shape.unigram { "t5" } else { "gpt2" }),
        ("tokenizer.ggml.pre", "smollm"),
        ("tokenizer.chat_template", TEMPLATE),
    ];
    for (key, it) in texts {
        let mut value = Vec::new();
        text(&mut value, it);
        entry(key, 8, &value);
    }
    let (tokens, byte_kind) = if shape.unigram {
        let scores = (0..VOCAB).flat_map(|token| (-0.5 * (token % 9) as f32).to_le_bytes());
        entry("tokenizer.ggml.scores", 9, &list(6, VOCAB as usize, scores));
        entry("tokenizer.ggml.add_space_prefix", 7, &[1]);
        entry("tokenizer.ggml.add_eos_token", 7, &[0]);
        (unigram_tokens(), 6)
    } else {
        let (tokens, merges) = vocabulary();
        entry("tokenizer.ggml.merges", 9, &texts_list(&merges));
        (tokens, 1)
    };
    entry("tokenizer.ggml.tokens", 9, &texts_list(&tokens));
    let kind = |token: u32| match token {
        0..256 => byte_kind,
        256..264 => 1,
        _ => 3,
    };
    let kinds = (0..VOCAB).flat_map(|token| i32::to_le_bytes(kind(token)));
    entry("tokenizer.ggml.token_type", 9, &list(5, VOCAB as usize, kinds));
    (count, bytes)
}

/// Names of all tokens, and the merges.
fn vocabulary() -> (Vec<String>, Vec<String>) {
    let mut spare = (256..).filter_map(char::from_u32);
    let mut tokens: Vec<String> = (0..=255_u8)
        .map(|byte| match byte {
            b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => char::from(byte).to_string(),
            _ => spare.next().expect("a character").to_string(),
        })
        .collect();
    let pairs = ["t h", "th e", "i n", "Ġ the", "a n", "an d", "Ġ a", "e r"];
    tokens.extend(pairs.iter().map(|pair| pair.replace(' ', "")));
    tokens.extend(CONTROLS.map(str::to_owned));
    (tokens, pairs.map(str::to_owned).to_vec())
}

/// Names of all tokens of unigram.
fn unigram_tokens() -> Vec<String> {
    let mut tokens: Vec<String> = (0..=255_u8).map(|byte| format!("<0x{byte:02X}>")).collect();
    let pieces = ["▁", "▁the", "t", "he", "th", "an", "and", "▁a"];
    tokens.extend(pieces.into_iter().chain(CONTROLS).map(str::to_owned));
    tokens
}

/// Takes messages of all roles, in any order. Each role begins its own way.
const TEMPLATE: &str = "{% for m in messages %}\
    {% if m.role == 'assistant' %}<|reply|>{% else %}<|start|>{% endif %}\
    {% if m.role == 'system' %}in the end: {% endif %}\
    {{ m.content }}<|stop|>{% endfor %}<|reply|>";

/// The control tokens' names.
const CONTROLS: [&str; 4] = ["<|start|>", "<|stop|>", "<|reply|>", "<|end|>"];

fn texts_list(texts: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for it in texts {
        text(&mut bytes, it);
    }
    list(8, texts.len(), bytes)
}

/// A list of values of one type.
fn list(kind: u32, length: usize, values: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let head = [&kind.to_le_bytes()[..], &(length as u64).to_le_bytes()].concat();
    head.into_iter().chain(values).collect()
}

fn text(bytes: &mut Vec<u8>, it: &str) {
    bytes.extend((it.len() as u64).to_le_bytes());
    bytes.extend(it.as_bytes());
}

/// Weights of about ±0.2, so that values neither vanish nor explode.
fn weights(data: &mut Vec<u8>, random: &mut Random, count: usize, kind: u32) {
    // Values and bytes of a block; where its f16 scale stands and what is taken off that scale's
    // bits; where its minimum stands, if it has one, and what is added to the bits.
    let (values, bytes, (scale_at, less), minimum) = match kind {
        2 => (32, 18, (0, 0), None),
        3 => (32, 20, (0, 0), Some((2, 0x8b00))),
        6 => (32, 22, (0, 0x400), None),
        7 => (32, 24, (0, 0x400), Some((2, 0x8b00))),
        8 => (32, 34, (0, 0x800), None),
        10 => (256, 84, (80, 0xc00), Some((82, 0))),
        11 => (256, 110, (108, 0xc00), None),
        12 => (256, 144, (0, 0x1400), Some((2, 0))),
        13 => (256, 176, (0, 0x1800), Some((2, 0))),
        14 => (256, 210, (208, 0x2000), None),
        _ => return floats(data, random, count, kind),
    };
    let scale = |random: &mut Random| 0x2000 | u16::from(random.byte()) << 2;
    for _ in 0..count / values {
        let mut scales = vec![(scale_at, scale(random) - less)];
        scales.extend(minimum.map(|(at, more)| (at, scale(random) - less + more)));
        let start = data.len();
        let rest = bytes - 2 * scales.len();
        data.extend((0..rest).map(|_| random.byte()));
        for (at, half) in scales {
            data.splice(start + at..start + at, half.to_le_bytes());
        }
    }
}

fn floats(data: &mut Vec<u8>, random: &mut Random, count: usize, kind: u32) {
    for _ in 0..count {
        let value = (f32::from(random.byte()) - 127.5) / 640.0 + if kind == 0 { 0.01 } else { 0.0 };
        match kind {
            0 => data.extend(value.to_le_bytes()),
            1 => data.extend(
                (0x2c00 | u16::from(random.byte()) << 8 & 0x8000 | u16::from(random.byte()))
                    .to_le_bytes(),
            ),
            _ => data.extend(&value.to_le_bytes()[2..]),
        }
    }
}

/// Bytes from a hash in counter mode.
struct Random {
    seed: u64,
    counter: u64,
    left: Vec<u8>,
}

impl Random {
    fn byte(&mut self) -> u8 {
        if self.left.is_empty() {
            let block = [self.seed.to_be_bytes(), self.counter.to_be_bytes()].concat();
            self.left = keccak256(&block).to_vec();
            self.counter += 1;
        }
        self.left.pop().expect("a hash has bytes")
    }
}
