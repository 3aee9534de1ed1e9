//! What a model file says of its architecture (`docs/guide/adding-an-architecture.md`).
//!
//! An architecture is a name and the few ways in which it differs from LLaMA. A file that no known
//! architecture describes is refused, and the refusal names what is not known.

use imo_model::Shapes;

use crate::error::PackError;
use crate::gguf::{Gguf, Value};
use crate::vocabulary::ends;

/// Head parts. In a model of SmolLM2's size each is about as much work as one layer.
const HEAD_PARTS: u32 = 8;
/// The most values of the table of rotations, so that a small file never makes a large image.
const ROPE_VALUES: u32 = 1 << 25;

/// An architecture that packs.
#[derive(Clone, Copy, Debug)]
struct Architecture {
    /// The name in the file; also the prefix of the architecture's keys.
    name: &'static str,
    /// Which two dimensions of a head rotate together.
    pairs: Pairs,
    /// Whether a position attends only to as many positions as the file's window says.
    windowed: bool,
}

/// Which dimensions of a head of width d rotate together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pairs {
    /// 2i and 2i + 1, which is how images have them.
    Neighbours,
    /// i and i + d/2. Packing reorders the rows of queries and keys; the product of a query and a
    /// key does not depend on their order.
    Halves,
}

const ARCHITECTURES: [Architecture; 2] = [
    // LLaMA 1 to 3, Mistral, SmolLM and their kin.
    Architecture { name: "llama", pairs: Pairs::Neighbours, windowed: true },
    Architecture { name: "qwen2", pairs: Pairs::Halves, windowed: false },
];

/// The settings that are read here, and those that do not change a model.
const SETTINGS: [&str; 18] = [
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.layer_norm_rms_epsilon",
    "attention.sliding_window",
    "attention.value_length",
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scaling.factor",
    "rope.scaling.finetuned",
    "rope.scaling.original_context_length",
    "rope.scaling.type",
    "tensor_data_layout",
    "vocab_size",
];

/// What a model file says of its architecture.
pub(crate) struct Description {
    pub(crate) shapes: Shapes,
    pub(crate) pairs: Pairs,
    rope_base: f32,
    /// Positions are divided by this.
    rope_factor: f32,
}

impl Description {
    pub(crate) fn read(gguf: &Gguf<'_>) -> Result<Self, PackError> {
        let name = gguf.text("general.architecture")?;
        let Some(architecture) = ARCHITECTURES.into_iter().find(|it| it.name == name) else {
            let known = ARCHITECTURES.map(|it| format!("{:?}", it.name)).join(", ");
            return unsupported(format!("the architecture {name:?} (only {known})"));
        };
        let keys = Keys { gguf, name };
        keys.refuse_unknown()?;
        let dim = keys.bounded("embedding_length", "dimensions", 1 << 20)?;
        let heads = keys.bounded("attention.head_count", "heads", 1 << 12)?;
        let head_dim = match keys.optional("attention.key_length")? {
            Some(width) => width,
            None if dim.is_multiple_of(heads) => dim / heads,
            None => return unsupported(format!("{heads} heads in a width of {dim}")),
        };
        for part in ["attention.value_length", "rope.dimension_count"] {
            if keys.optional(part)?.is_some_and(|width| width != head_dim) {
                return unsupported(format!("{:?} other than a head's {head_dim}", keys.key(part)));
            }
        }
        let kv_heads = keys.optional("attention.head_count_kv")?.unwrap_or(heads);
        let context = keys.bounded("context_length", "positions", 1 << 17)?;
        let rows = gguf.tensor("token_embd.weight").map_or(0, |tensor| tensor.rows);
        let window = keys.optional("attention.sliding_window")?.unwrap_or(0);
        if window > 0 && !architecture.windowed {
            return unsupported(format!("the setting {:?}", keys.key("attention.sliding_window")));
        }
        bounded("values in the table of rotations", context.saturating_mul(head_dim), ROPE_VALUES)?;
        let head_dim = bounded("dimensions of a head", head_dim, 1024)?;
        let vocab = bounded("tokens", u32::try_from(rows).unwrap_or(0), 1 << 24)?;
        #[expect(clippy::cast_possible_truncation, reason = "rounded once, to nearest even")]
        let attention_scale = (1.0 / f64::from(head_dim).sqrt()) as f32;
        Ok(Self {
            shapes: Shapes {
                layers: keys.bounded("block_count", "layers", 1 << 12)?,
                dim,
                ffn: keys.bounded("feed_forward_length", "feed-forward dimensions", 1 << 22)?,
                heads,
                kv_heads: bounded("key heads", kv_heads, heads)?,
                head_dim,
                vocab,
                context,
                head_parts: HEAD_PARTS.min(vocab.div_ceil(8)),
                eps: gguf.f32(&keys.key("attention.layer_norm_rms_epsilon"))?,
                attention_scale,
                ends: ends(gguf)?,
                // A window as long as the context hides no position.
                window: if window < context { window } else { 0 },
            },
            pairs: architecture.pairs,
            rope_base: match gguf.value(&keys.key("rope.freq_base")) {
                None => 10_000.0,
                Some(_) => gguf.f32(&keys.key("rope.freq_base"))?,
            },
            rope_factor: keys.rope_factor()?,
        })
    }

    /// The angle that each pair of a head turns by from one position to the next: base^(−2i / d),
    /// divided by the file's factors.
    pub(crate) fn frequencies(&self, factors: Option<&[f32]>) -> Vec<f64> {
        let frequency = |pair: u32| {
            let exponent = -f64::from(2 * pair) / f64::from(self.shapes.head_dim);
            libm::pow(f64::from(self.rope_base), exponent) / f64::from(self.rope_factor)
        };
        let plain = (0..self.shapes.head_dim / 2).map(frequency);
        match factors {
            None => plain.collect(),
            Some(factors) => plain.zip(factors).map(|(it, by)| it / f64::from(*by)).collect(),
        }
    }
}

/// The keys of one architecture.
struct Keys<'a> {
    gguf: &'a Gguf<'a>,
    name: &'a str,
}

impl Keys<'_> {
    fn key(&self, part: &str) -> String {
        format!("{}.{part}", self.name)
    }

    /// Refuses settings that nothing here reads: without them the image would be another model
    /// than the file's. A setting of 0 changes nothing.
    fn refuse_unknown(&self) -> Result<(), PackError> {
        let parts =
            self.gguf.keys().filter_map(|key| key.strip_prefix(self.name)?.strip_prefix('.'));
        let unknown = parts.filter(|part| !SETTINGS.contains(part));
        for key in unknown.map(|part| self.key(part)) {
            if self.gguf.value(&key) != Some(Value::Unsigned(0)) {
                return unsupported(format!("the setting {key:?}"));
            }
        }
        Ok(())
    }

    fn optional(&self, part: &str) -> Result<Option<u32>, PackError> {
        let key = self.key(part);
        Ok(match self.gguf.value(&key) {
            None => None,
            Some(_) => Some(self.gguf.u32(&key)?),
        })
    }

    fn bounded(&self, part: &str, what: &str, limit: u32) -> Result<u32, PackError> {
        bounded(what, self.gguf.u32(&self.key(part))?, limit)
    }

    /// The divisor of linear scaling. LLaMA 3's scaling is a tensor of factors and has no setting.
    fn rope_factor(&self) -> Result<f32, PackError> {
        let key = self.key("rope.scaling.factor");
        let factor = match self.gguf.value(&key) {
            None => 1.0,
            Some(_) => self.gguf.f32(&key)?,
        };
        let kind = self.key("rope.scaling.type");
        match self.gguf.value(&kind) {
            None if factor == 1.0 => Ok(1.0),
            Some(Value::Text("none")) => Ok(1.0),
            None | Some(Value::Text("linear")) if factor.is_finite() && factor > 0.0 => Ok(factor),
            None | Some(Value::Text("linear")) => unsupported(format!("{key:?} of {factor}")),
            Some(Value::Text(other)) => unsupported(format!("{kind:?} of {other:?}")),
            Some(_) => unsupported(format!("the setting {kind:?}")),
        }
    }
}

fn bounded(what: &str, value: u32, limit: u32) -> Result<u32, PackError> {
    match value {
        0 => unsupported(format!("no {what}")),
        value if value > limit => unsupported(format!("{value} {what}")),
        value => Ok(value),
    }
}

fn unsupported<T>(what: String) -> Result<T, PackError> {
    Err(PackError::Unsupported { what })
}
