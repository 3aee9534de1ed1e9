//! The real model's tokenizer against llama.cpp's tokens.

use std::path::PathBuf;
use std::sync::LazyLock;

use imo_model::{ModelImage, Part};
use imo_pack::pack_bytes;

static IMAGE: LazyLock<ModelImage> = LazyLock::new(|| {
    let path = std::env::var_os("IMO_MODEL").map(PathBuf::from);
    let path = path
        .expect("IMO_MODEL names the demo model's GGUF file; `make test` fetches it and sets it");
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (image, changes) = pack_bytes(&file, |_, _| ()).expect("the demo model packs");
    assert_eq!(changes.rounding, 0.0, "nothing in it has to be rounded");
    ModelImage::from_bytes(image).expect("sound")
});

fn reference() -> serde_json::Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/smollm2.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the vectors are there"))
        .expect("JSON")
}

#[test]
fn tokens_are_those_of_llama_cpp() {
    let tokenizer = IMAGE.tokenizer();
    let reference = reference();
    let items = reference["items"].as_array().expect("items");
    assert!(items.len() >= 5);
    for item in items {
        let text = item["text"].as_str().expect("a text");
        let tokens = tokenizer.encode_with_controls(text).expect("UTF-8");
        let expected: Vec<u32> = serde_json::from_value(item["prompt_ids"].clone()).expect("ids");
        assert_eq!(tokens, expected, "{text:?}");
    }
}

#[test]
fn the_frozen_template_is_the_references() {
    let reference = reference();
    let items = reference["items"].as_array().expect("items");
    let text = items
        .iter()
        .filter_map(|item| item["text"].as_str())
        .find(|text| text.starts_with("<|im_start|>system"))
        .expect("a chat prompt");
    let message = text
        .split("user\n")
        .nth(1)
        .and_then(|it| it.split("<|im_end|>").next())
        .expect("a message");
    let tokenizer = IMAGE.tokenizer();
    assert_eq!(
        tokenizer.encode_parts(&[Part::of_user(message.as_bytes())]).expect("UTF-8"),
        tokenizer.encode_with_controls(text).expect("UTF-8")
    );
}
