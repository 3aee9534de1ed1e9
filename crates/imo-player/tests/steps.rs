//! What a node can cost is known before anybody claims it: the bounds that packing and opening rely
//! on, against runs of the guest.

use imo_commit::Hash;
use imo_model::{ModelImage, NodeSteps, STEPS_LOG2};
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_player::{PlayerError, Program, Request};
use imo_text::layout::{LayerSlot, TraceShape, slots};
use imo_vm::{Stopped, TraceBytes};

/// A trace in which every slot but the first is the same: an earlier position of any layer.
struct EveryPosition {
    first: Vec<u8>,
    layer: Vec<u8>,
}

impl EveryPosition {
    /// A prompt of `count` tokens. Keys are so small that every position gets about the same
    /// weight: attention skips none, which is the most work.
    fn new(image: &ModelImage, shape: &TraceShape, count: u32) -> Self {
        let slot = 1 << shape.slot_log2;
        let mut first = vec![0; slot];
        slots::put_word(&mut first, slots::tokens::COUNT, count);
        slots::put_word(&mut first, slots::tokens::END, image.header().context);
        let layout = LayerSlot::new(image.header());
        let mut layer = vec![0; slot];
        let (residual, kv) = layer.split_at_mut(layout.kv_at());
        for (index, value) in (0_u16..).zip(residual.as_chunks_mut().0) {
            *value = (f32::from(index % 97) / 40.0 - 1.0).to_le_bytes();
        }
        let exponents = 2 * layout.kv_dim();
        for (index, value) in (0_i16..).zip(&mut kv.as_chunks_mut().0[..exponents]) {
            *value = index.wrapping_mul(2_731).to_le_bytes();
        }
        for exponent in &mut kv.as_chunks_mut().0[exponents..layout.kv_length()] {
            *exponent = i16::to_le_bytes(-30);
        }
        Self { first, layer }
    }
}

impl TraceBytes for EveryPosition {
    fn slot(&self, node: u64) -> &[u8] {
        if node == 0 { &self.first } else { &self.layer }
    }

    fn subtree(&self, _levels: u8, _index: u64) -> Hash {
        Hash::default()
    }
}

fn open(file: &[u8]) -> ModelImage {
    let (bytes, _) = pack_bytes(file, |_, _| ()).expect("a supported file");
    ModelImage::from_bytes(bytes).expect("sound")
}

/// Compares the bound of each (node, prompt tokens) with a run, and returns the worst of the
/// bounds, in percent of the steps.
fn compare(image: &ModelImage, positions: &[u32]) -> u64 {
    let program = Program::of(image).expect("the text program");
    let shape = TraceShape::smallest(image.header());
    let (tree, input) = (image.tree(), Request::<Vec<u8>>::local("the end", 3).encode());
    let steps = |node: u32, count: u32| {
        let trace = EveryPosition::new(image, &shape, count);
        let run = program.run((image, &tree), &input, &trace, node);
        assert_eq!(run.stopped(), Stopped::Halted { code: 0 }, "node {node}");
        run.steps()
    };
    let bounds = NodeSteps::new(image.header(), image.layers());
    let (count, layers) = (image.header().context, image.header().layers);
    let last = layers - 1;
    let mut worst = 0;
    for (name, bound, taken) in positions
        .iter()
        .flat_map(|position| [0, last].map(|layer| (*position, layer)))
        .map(|(position, layer)| {
            let bound = bounds.layer(&image.layers()[layer as usize], position);
            ("layer", bound, steps(shape.layer(position, layer), count))
        })
        .chain([("head", bounds.head_part(), steps(shape.head(1, 0), 2))])
    {
        assert!(taken <= bound, "{name}: {taken} steps, more than {bound}");
        if name == "layer" {
            worst = worst.max(100 * bound / taken);
        }
    }
    assert!(steps(shape.sampler(1), 2) <= bounds.rest());
    assert!(steps(shape.emit(), 2) <= bounds.rest());
    worst
}

#[test]
fn no_node_takes_more_steps_than_its_bound() {
    let base = TinyShape { context: 600, tied: false, ..TinyShape::default() };
    for kind in [1, 2, 3, 8, 12, 14] {
        let shape = TinyShape { kind, dim: 256, ffn: 512, ..base };
        let percent = compare(&open(&gguf(1, &shape)), &[0, 1, 599]);
        assert!(percent <= 180, "format {kind}: {percent} % of the steps");
    }
    for (dim, heads, kv_heads, head_dim) in
        [(64, 16, 1, 2), (64, 1, 1, 64), (32, 64, 64, 32), (32, 2, 1, 256), (128, 4, 4, 0)]
    {
        let shape = TinyShape { dim, heads, kv_heads, head_dim, ..base };
        compare(&open(&gguf(2, &shape)), &[0, 40, 599]);
    }
    let windowed = TinyShape { window: 7, ..base };
    compare(&open(&gguf(3, &windowed)), &[0, 6, 7, 599]);
    let biased = TinyShape { architecture: "qwen2", ..base };
    compare(&open(&gguf(4, &biased)), &[0, 599]);
}

#[test]
fn no_node_of_the_real_model_takes_more_steps_than_its_bound() {
    let path = std::env::var_os("IMO_MODEL").expect("IMO_MODEL names the demo model's GGUF file");
    let image = open(&std::fs::read(path).expect("the demo model"));
    let percent = compare(&image, &[39, 2_047]);
    assert!(percent <= 140, "{percent} % of the steps");
}

/// With many heads, and many positions, a node may cost more than a run may take.
fn endless() -> TinyShape {
    let layers = 1;
    let (heads, kv_heads, head_dim, context) = (4096, 1, 2, 1 << 17);
    TinyShape {
        layers,
        dim: 32,
        ffn: 32,
        heads,
        kv_heads,
        head_dim,
        context,
        ..TinyShape::default()
    }
}

#[test]
fn a_context_that_costs_too_much_is_cut_and_said() {
    let shape = endless();
    let (bytes, changes) = pack_bytes(&gguf(1, &shape), |_, _| ()).expect("it packs");
    let image = ModelImage::from_bytes(bytes).expect("sound");
    let context = image.header().context;
    assert!(context < shape.context, "{context}");
    let remark = changes.remarks.iter().find(|it| it.contains("the context is cut"));
    let words = format!("from 131072 positions to {context}");
    assert!(remark.is_some_and(|it| it.contains(&words)), "{:?}", changes.remarks);
    assert_eq!(image.header().rope.length, 2 * context);
    let bounds = NodeSteps::new(image.header(), image.layers());
    assert!(bounds.most() <= 1 << STEPS_LOG2);
    Program::of(&image).expect("it can be served");
    let (_, changes) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("it packs");
    assert!(!changes.remarks.iter().any(|it| it.contains("context")), "{:?}", changes.remarks);
}

#[test]
fn an_image_that_costs_too_much_is_not_opened() {
    // Packed with a window, which bounds what a node costs, and then changed to have none.
    let shape = TinyShape { window: 4096, ..endless() };
    let (mut bytes, _) = pack_bytes(&gguf(1, &shape), |_, _| ()).expect("it packs");
    Program::of(&ModelImage::from_bytes(bytes.clone()).expect("sound")).expect("it is cheap");
    bytes[144..152].fill(0);
    let image = ModelImage::from_bytes(bytes).expect("still sound");
    let refusal = Program::of(&image).expect_err("it costs too much");
    assert!(matches!(refusal, PlayerError::TooManySteps { .. }), "{refusal}");
    assert!(refusal.to_string().contains("with fewer positions"), "{refusal}");
}
