//! Requests as the contracts hash them, from what a contract's author writes to the input memory,
//! in a file that Rust and Solidity both read. `UPDATE=1` writes it anew.

use arbtest::arbitrary::{Result, Unstructured};
use imo_commit::{dense_root, keccak256};
use imo_guest::{Origin, Request};
use imo_model::TextProgram;
use imo_tensor::Sampling;
use imo_text::layout::{Form, ONE, Stops, TextRequest};
use serde_json::json;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/input.json");
const COUNT: u64 = 24;

struct Case {
    text: TextRequest<Vec<u8>>,
    request: Request<Vec<u8>>,
}

fn case(u: &mut Unstructured<'_>) -> Result<Case> {
    let mut stops = [const { Vec::new() }; Stops::MOST];
    for stop in &mut stops {
        let length = *u.choose(&[0, 0, 1, 5, 31, 32])?;
        *stop = u.bytes(length)?.to_vec();
        // A contract pads a stop with zeros, so a stop must not end in one.
        if let Some(byte) = stop.last_mut() {
            *byte |= 1;
        }
    }
    let length = u.int_in_range(1..=300)?;
    let text = TextRequest {
        sampling: Sampling {
            temperature: u.arbitrary()?,
            top_k: u.arbitrary()?,
            top_p: u.arbitrary()?,
            min_p: u.arbitrary()?,
            repeat_penalty: *u.choose(&[0, ONE, ONE + 9, u32::MAX])?,
        },
        stops: Stops::new(stops.iter().map(Vec::as_slice)).expect("few and short"),
        form: *u.choose(&[Form::Message, Form::Raw, Form::Conversation])?,
        prompt: u.bytes(length)?.to_vec(),
    };
    let chain_id: u32 = u.arbitrary()?;
    let origin = Origin {
        chain_id: chain_id.into(),
        host: u.arbitrary()?,
        id: u.arbitrary()?,
        model_id: u.arbitrary()?,
        claimant: u.arbitrary()?,
    };
    let request = Request { origin, seed: u.arbitrary()?, ..text.local(u.arbitrary()?) };
    Ok(Case { text, request })
}

/// A number or an address as a word.
fn left(bytes: &[u8]) -> [u8; 32] {
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(bytes);
    word
}

/// A `TextParameters`, ABI-encoded.
fn parameters(it: &TextRequest<Vec<u8>>) -> Vec<u8> {
    let mut words = vec![
        left(&it.sampling.temperature.to_be_bytes()),
        left(&it.sampling.top_k.to_be_bytes()),
        left(&it.sampling.top_p.to_be_bytes()),
        left(&it.sampling.min_p.to_be_bytes()),
        left(&it.sampling.repeat_penalty.to_be_bytes()),
    ];
    let mut stops = it.stops.iter();
    for length in it.stops.lengths() {
        let mut word = [0; 32];
        if length != 0 {
            word[..length.into()].copy_from_slice(stops.next().expect("as many as lengths"));
        }
        words.push(word);
    }
    words.push(left(&[it.form as u8]));
    words.concat()
}

/// A `Request`, ABI-encoded.
fn asked(it: &Request<Vec<u8>>) -> Vec<u8> {
    [
        left(&it.origin.host),
        it.origin.id,
        it.origin.model_id,
        left(&it.seed.to_be_bytes()),
        left(&it.max_units.to_be_bytes()),
        it.parameters,
        keccak256(&it.input),
    ]
    .concat()
}

fn digest(it: &Request<Vec<u8>>) -> [u8; 32] {
    let mut tag = [0; 32];
    tag[..14].copy_from_slice(b"imo.request.v3");
    keccak256(&[&tag[..], &left(&it.origin.chain_id.to_be_bytes()), &asked(it)].concat())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[test]
fn requests_are_hashed_as_the_contracts_do() {
    let cases: Vec<_> = (0..COUNT)
        .map(|seed| {
            let bytes: Vec<u8> =
                (0..40_u64).flat_map(|i| keccak256(&(1000 * seed + i).to_be_bytes())).collect();
            case(&mut Unstructured::new(&bytes)).expect("enough bytes")
        })
        .collect();
    let column = |of: &dyn Fn(&Case) -> Vec<u8>| -> Vec<String> {
        cases.iter().map(|case| hex(&of(case))).collect()
    };
    let fresh = json!({
        "chainId": cases.iter().map(|it| it.request.origin.chain_id).collect::<Vec<_>>(),
        "claimant": column(&|it| it.request.origin.claimant.to_vec()),
        "text": column(&|it| parameters(&it.text)),
        "prompt": column(&|it| it.text.prompt.clone()),
        "input": column(&|it| it.request.input.clone()),
        "request": column(&|it| asked(&it.request)),
        "digest": column(&|it| digest(&it.request).to_vec()),
        "root": column(&|it| {
            dense_root(&it.request.encode(), TextProgram::TEXT.input_depth).to_vec()
        }),
    });
    let fresh = serde_json::to_string_pretty(&fresh).expect("strings") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(FILE, &fresh).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(FILE).expect("input.json is there; UPDATE=1 writes it");
    assert!(kept == fresh, "vectors/input.json is not what Rust gives; UPDATE=1 writes it anew");
}
