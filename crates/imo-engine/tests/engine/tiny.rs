//! Tiny models of every shape and format: every slot is what the program's node gives.

use std::ops::ControlFlow;

use arbtest::arbitrary::{Result, Unstructured};
use imo_engine::{Answer, Deviations, Limits, Means, Session};
use imo_guest::{Memories, Origin, Request, Workspace};
use imo_kernels::Isa;
use imo_model::{ModelImage, Part, Role};
use imo_pack::pack_bytes;
use imo_pack::tiny::{KINDS, TinyShape, gguf};
use imo_tensor::Sampling;
use imo_text::layout::{Form, ONE, Stops, TextRequest, TraceShape, conversation, needs};
use imo_text::node;
use imo_trace::{Fault, Recording, Trace};

/// A model of some shape, in one of the formats that a file may have.
fn model(u: &mut Unstructured<'_>) -> Result<ModelImage> {
    let kind = *u.choose(&KINDS)?;
    let in_256s = (10..=14).contains(&kind);
    let (heads, kv_heads) = match in_256s {
        true => *u.choose(&[(8, 2), (8, 8)])?,
        false => *u.choose(&[(4, 2), (4, 4), (2, 1), (6, 2)])?,
    };
    let head_dim = if in_256s { 32 } else { *u.choose(&[16, 32])? };
    let shape = TinyShape {
        layers: u.int_in_range(1..=3)?,
        dim: heads * head_dim,
        ffn: if in_256s { 256 } else { 32 * u.int_in_range(1..=4)? },
        heads,
        kv_heads,
        head_dim: *u.choose(&[0, 0, 32])?,
        context: *u.choose(&[8, 40, 90])?,
        tied: u.arbitrary()?,
        kind,
        architecture: u.choose(&["llama", "llama", "qwen2"])?,
        window: 0,
        rope_factors: u.ratio(1, 4)?,
        unigram: u.ratio(1, 4)?,
    };
    let window = if shape.architecture == "llama" { *u.choose(&[0, 1, 3])? } else { 0 };
    let shape = TinyShape { window, ..shape };
    let (image, _) = pack_bytes(&gguf(u.arbitrary()?, &shape), |_, _| {}).expect("it packs");
    Ok(ModelImage::from_bytes(image).expect("what was packed is valid"))
}

const PROMPTS: [&[u8]; 7] =
    [b"abc", b"the end", b"", b"\xff", b" 42 and the rest ", &[b'x'; 60], b" \n "];

/// A prompt of any form. Few conversations are malformed, or such as no template has.
fn text(u: &mut Unstructured<'_>) -> Result<TextRequest<Vec<u8>>> {
    let form = *u.choose(&[Form::Message, Form::Raw, Form::Conversation])?;
    let prompt = if form == Form::Conversation && u.ratio(7, 8)? {
        let mut parts = vec![Part { role: *u.choose(&[Role::System, Role::User])?, text: b"and" }];
        for _ in 0..u.int_in_range(0..=5)? {
            let role = match parts.last().map(|part| part.role) {
                _ if u.ratio(1, 20)? => *u.choose(&Role::ALL)?,
                Some(Role::User) => Role::Assistant,
                _ => Role::User,
            };
            let text = if u.ratio(9, 10)? { *u.choose(&[PROMPTS[0], PROMPTS[1]])? } else { b" " };
            parts.push(Part { role, text });
        }
        conversation(parts)
    } else {
        u.choose(&PROMPTS)?.to_vec()
    };
    Ok(TextRequest {
        sampling: Sampling {
            temperature: *u.choose(&[0, 1 << 14, 1 << 20, u32::MAX])?,
            top_k: *u.choose(&[0, 1, 5])?,
            top_p: *u.choose(&[0, 0, 1, 1 << 14, 1 << 15, u16::MAX])?,
            min_p: *u.choose(&[0, 0, 1, 1 << 12, u16::MAX])?,
            repeat_penalty: *u.choose(&[0, 0, ONE, ONE * 5 / 4, 8 * ONE, u32::MAX, ONE - 1])?,
        },
        stops: Stops::default(),
        form,
        prompt,
    })
}

/// A request in which nothing is said yet.
fn unsaid(u: &mut Unstructured<'_>) -> Result<Request<Vec<u8>>> {
    Ok(Request {
        origin: Origin { claimant: u.arbitrary()?, ..Origin::default() },
        seed: u.arbitrary()?,
        ..Request::local("", *u.choose(&[0, 1, 4, 100])?)
    })
}

fn say(text: &TextRequest<Vec<u8>>, unsaid: &Request<Vec<u8>>) -> Request<Vec<u8>> {
    let parameters = text.parameters().encode();
    Request { parameters, input: text.input(), ..unsaid.clone() }
}

fn request(u: &mut Unstructured<'_>) -> Result<Request<Vec<u8>>> {
    Ok(say(&text(u)?, &unsaid(u)?))
}

/// The request with stop sequences: random parts of its answer without them.
fn with_stops(
    u: &mut Unstructured<'_>,
    image: &ModelImage,
    text: TextRequest<Vec<u8>>,
    unsaid: &Request<Vec<u8>>,
) -> Result<Request<Vec<u8>>> {
    let means = Means { isa: Isa::detect(), threads: 1, batch: 256 };
    let (Answer { bytes, .. }, _) = run(image, &say(&text, unsaid), means, None);
    let mut sequences = Vec::new();
    for _ in 0..u.int_in_range(0..=Stops::MOST)? {
        let start = u.int_in_range(0..=bytes.len())?;
        let rest = &bytes[start..];
        let length = u.int_in_range(0..=rest.len().min(Stops::LONGEST))?;
        sequences.push(&rest[..length]);
    }
    let stops = Stops::new(sequences).expect("few and short");
    Ok(say(&TextRequest { stops, ..text }, unsaid))
}

fn means(u: &mut Unstructured<'_>) -> Result<Means> {
    let all: Vec<_> = Isa::available().collect();
    let isa = *u.choose(&all)?;
    Ok(Means { isa, threads: u.int_in_range(1..=4)?, batch: *u.choose(&[1, 3, 20, 256])? })
}

/// Runs a request and commits to all of it.
pub(crate) fn run(
    image: &ModelImage,
    request: &Request<Vec<u8>>,
    means: Means,
    fault: Option<Fault>,
) -> (Answer, Trace) {
    let limits = Limits::of(image);
    let shape = limits.shape;
    let session = Session::new(image, limits, means).expect("the machine will do");
    let sink = Recording::new(shape.slot_log2);
    let deviations = Deviations { fault, ..Deviations::default() };
    let answer = session.run(request, &deviations, &sink, |_| ControlFlow::Continue(()));
    (answer, sink.into_trace(shape.nodes_log2))
}

/// The three memories of a claim.
struct Claim<'a> {
    image: &'a ModelImage,
    trace: &'a Trace,
    input: Vec<u8>,
    slot: Vec<u8>,
    shorts: Vec<i16>,
}

impl Memories for Claim<'_> {
    fn model(&mut self, offset: u64, length: usize) -> &[u8] {
        &self.image.bytes()[usize::try_from(offset).expect("a 64-bit machine")..][..length]
    }

    fn slot(&mut self, node: u32) -> &[u8] {
        self.slot = self.trace.slot(node);
        &self.slot
    }

    fn slot_shorts(&mut self, node: u32, at: usize, count: usize) -> &[i16] {
        let slot = self.trace.slot(node);
        let shorts = slot[at..][..2 * count].as_chunks().0.iter();
        self.shorts = shorts.map(|bytes| i16::from_le_bytes(*bytes)).collect();
        &self.shorts
    }

    fn input(&mut self) -> &[u8] {
        &self.input
    }
}

/// The nodes whose slot is not what the program gives on this very trace.
pub(crate) fn wrong_nodes(
    image: &ModelImage,
    request: &Request<Vec<u8>>,
    trace: &Trace,
) -> Vec<u32> {
    let slots = slots(image, request.encode(), trace);
    slots.filter(|(index, slot)| *slot != trace.slot(*index)).map(|(index, _)| index).collect()
}

/// Every node with the slot that the program gives over this input and trace.
pub(crate) fn slots<'a>(
    image: &'a ModelImage,
    input: Vec<u8>,
    trace: &'a Trace,
) -> impl Iterator<Item = (u32, Vec<u8>)> + 'a {
    let mut claim = Claim { image, trace, input, slot: Vec::new(), shorts: Vec::new() };
    let needs = needs(image.header());
    let (mut floats, mut shorts) = (vec![0.0; needs.floats], vec![0; needs.shorts]);
    let (mut sums, mut totals) = (vec![0; needs.sums], vec![0; needs.totals]);
    let (mut words, mut longs) = (vec![0; needs.words], vec![0; needs.longs]);
    let mut bytes = vec![0; needs.bytes];
    let mut out = vec![0; 1 << trace.tree().slot_log2()];
    (0..1 << trace.tree().nodes_log2()).map(move |index| {
        let workspace = Workspace {
            floats: &mut floats,
            shorts: &mut shorts,
            sums: &mut sums,
            totals: &mut totals,
            words: &mut words,
            longs: &mut longs,
            bytes: &mut bytes,
        };
        node(
            &mut claim,
            index,
            (trace.tree().nodes_log2(), trace.tree().slot_log2()),
            workspace,
            &mut out,
        );
        (index, out.clone())
    })
}

#[test]
fn every_slot_is_what_its_node_gives() {
    arbtest::arbtest(|u| {
        let (image, text, means, unsaid) = (model(u)?, text(u)?, means(u)?, unsaid(u)?);
        let request = with_stops(u, &image, text, &unsaid)?;
        let (answer, trace) = run(&image, &request, means, None);
        assert_eq!(wrong_nodes(&image, &request, &trace), [0; 0], "{means:?} {request:?}");
        let emitted = trace.slot(TraceShape::smallest(image.header()).emit());
        assert_eq!(emitted[32..64], imo_commit::keccak256(&answer.bytes));
        Ok(())
    })
    .budget_ms(5_000);
}

#[test]
fn nothing_about_the_means_changes_a_trace() {
    arbtest::arbtest(|u| {
        let (image, request) = (model(u)?, request(u)?);
        let (first, second) = (means(u)?, means(u)?);
        let (answer, trace) = run(&image, &request, first, None);
        let (other_answer, other_trace) = run(&image, &request, second, None);
        assert_eq!(answer, other_answer, "{first:?} {second:?}");
        assert_eq!(trace.tree().root(), other_trace.tree().root(), "{first:?} {second:?}");
        Ok(())
    })
    .budget_ms(3_000);
}

#[test]
fn a_fault_makes_its_node_wrong_and_no_other() {
    arbtest::arbtest(|u| {
        let image = model(u)?;
        // Three tokens: no flipped bit makes their number 0, which no prompt has.
        let text = TextRequest { form: Form::Raw, prompt: b"abc".to_vec(), ..text(u)? };
        let unsaid = Request { max_units: 4, ..unsaid(u)? };
        let request = with_stops(u, &image, text, &unsaid)?;
        let (_, honest) = run(&image, &request, means(u)?, None);
        let written: Vec<_> = honest.nodes().collect();
        let index = *u.choose(&written)?;
        let bits = 8 * u32::try_from(honest.slot_prefix(index).len()).expect("a slot");
        let emit = TraceShape::smallest(image.header()).emit();
        let (fault, wrong) = match u.int_in_range(0..=4)? {
            0 => (Fault::Output, emit),
            1 => (Fault::Length, emit),
            _ => (Fault::Node { index, bit: u.int_in_range(0..=bits - 1)? }, index),
        };
        let (_, trace) = run(&image, &request, means(u)?, Some(fault));
        assert_eq!(wrong_nodes(&image, &request, &trace), [wrong], "{fault:?}");
        Ok(())
    })
    .budget_ms(5_000);
}
