//! Files that are cut short or damaged: always an error or a sound image, never a panic.

use imo_model::{Header, ModelImage, Part};
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf, with_value};

fn small() -> Vec<u8> {
    gguf(1, &TinyShape::smallest())
}

#[test]
fn every_prefix_of_a_file_is_refused() {
    let file = small();
    for end in (0..file.len()).step_by(61).chain(0..64) {
        assert!(
            pack_bytes(&file[..end], |_, _| ()).is_err(),
            "the first {end} of {} bytes",
            file.len()
        );
    }
}

#[test]
fn a_damaged_file_is_refused_or_packs_to_a_sound_image() {
    let file = small();
    let head = 9_000.min(file.len());
    arbtest::arbtest(|u| {
        let mut damaged = file.clone();
        for _ in 0..u.int_in_range(1..=3)? {
            let range = if u.ratio(3, 4)? { head } else { file.len() };
            let at = u.choose_index(range)?;
            damaged[at] = u.arbitrary()?;
        }
        if let Ok((image, _)) = pack_bytes(&damaged, |_, _| ()) {
            ModelImage::from_bytes(image).expect("what packs is sound");
        }
        Ok(())
    })
    .budget_ms(1_500);
}

#[test]
fn a_damaged_image_is_refused_or_sound() {
    let (image, _) = pack_bytes(&small(), |_, _| ()).expect("a good file");
    arbtest::arbtest(|u| {
        let mut damaged = image.clone();
        let at = u.choose_index(damaged.len())?;
        damaged[at] = u.arbitrary()?;
        if let Ok(image) = ModelImage::from_bytes(damaged) {
            let tokens = image
                .tokenizer()
                .encode_parts(&[Part::of_user(b"the end, and 42")])
                .expect("UTF-8");
            for token in tokens {
                image.tokenizer().decode(token);
            }
        }
        Ok(())
    })
    .budget_ms(1_000);
}

#[test]
fn no_field_of_a_header_is_too_large_to_be_refused() {
    let (image, _) = pack_bytes(&small(), |_, _| ()).expect("a good file");
    for (heads, head_dim) in [(512, 1 << 24), (4096, 1 << 24), (1 << 24, 1 << 24)] {
        let mut damaged = image.clone();
        damaged[28..32].copy_from_slice(&u32::to_le_bytes(heads));
        damaged[36..40].copy_from_slice(&u32::to_le_bytes(head_dim));
        // No length of the table of rotations is longer than the image.
        damaged[44..48].copy_from_slice(&1_u32.to_le_bytes());
        damaged[160..168].copy_from_slice(&(1_u64 << 40).to_le_bytes());
        Header::parse(&damaged).expect_err("a refusal");
    }
}

#[test]
fn refusals_name_what_is_wrong() {
    let refusal = |file: &[u8]| pack_bytes(file, |_, _| ()).expect_err("a refusal").to_string();
    assert_eq!(refusal(b"GGML1234"), "not a GGUF file");
    assert_eq!(refusal(b"GGUF\x02\0\0\0"), "GGUF version 2 is not supported, only 3");
    let big_endian = refusal(b"GGUF\0\0\0\x03");
    assert!(big_endian.starts_with("this GGUF file is big-endian"), "{big_endian}");
    let part = with_value(&small(), "split.count", 2, &3_u16.to_le_bytes());
    let part = with_value(&part, "split.no", 2, &1_u16.to_le_bytes());
    let words = "not supported: part 2 of 3 of a split file; merge the parts first";
    assert!(refusal(&part).starts_with(words), "{}", refusal(&part));
    let mut latin_1 = small();
    let key = b"tokenizer.chat_template";
    let at = latin_1.windows(key.len()).position(|it| it == key).expect("the template's key");
    latin_1[at + key.len() + 12] = 0xe8;
    let words = "the key \"tokenizer.chat_template\" is missing or is not a text in UTF-8";
    assert_eq!(refusal(&latin_1), words);
    let mut gemma = small();
    let key = b"general.architecture";
    let at = gemma.windows(key.len()).position(|it| it == key).expect("the architecture's key");
    // The value's type and length stand between.
    let at = at + key.len() + 12;
    assert_eq!(gemma[at..at + 5], *b"llama");
    gemma[at..at + 5].copy_from_slice(b"gemma");
    assert!(
        refusal(&gemma).contains("the architecture \"gemma\" (only \"llama\", \"qwen2\")"),
        "{}",
        refusal(&gemma)
    );

    for base in [f32::NAN, 0.0, -1.0] {
        let mut turning = small();
        let key = b"rope.freq_base";
        let at = turning.windows(key.len()).position(|it| it == key).expect("the base's key");
        let at = at + key.len() + 4;
        assert_eq!(turning[at..at + 4], 10_000.0_f32.to_le_bytes());
        turning[at..at + 4].copy_from_slice(&base.to_le_bytes());
        assert_eq!(refusal(&turning), "not supported: rotations by angles that are not finite");
    }
}

#[test]
fn values_that_do_not_matter_may_be_anything() {
    let text = |bytes: &[u8]| [&(bytes.len() as u64).to_le_bytes(), bytes].concat();
    let list = |kind: u32, count: u64, bytes: &[u8]| {
        [&kind.to_le_bytes()[..], &count.to_le_bytes(), bytes].concat()
    };
    let numbers = list(4, 2, &[7, 0, 0, 0, 8, 0, 0, 0]);
    let nested = list(9, 2, &[numbers, list(8, 1, &text(b"Ren\xe9e"))].concat());
    let (plain, _) = pack_bytes(&small(), |_, _| ()).expect("it packs");
    for (kind, value) in [
        (8, text(b"Ren\xe9e")),
        (9, list(8, 1, &text(b"\xff"))),
        (9, list(8, 0, b"")),
        (9, nested),
        (2, 1_u16.to_le_bytes().to_vec()),
    ] {
        let file = with_value(&small(), "general.extra", kind, &value);
        let (image, _) = pack_bytes(&file, |_, _| ()).expect("it packs");
        assert!(image == plain, "the image is the same");
    }
    let one_part = with_value(&small(), "split.count", 2, &1_u16.to_le_bytes());
    pack_bytes(&one_part, |_, _| ()).expect("it is the only part");
    // Lists in lists without an end are no file.
    let deep = (0..20).fold(Vec::new(), |inner, _| list(9, 1, &inner));
    let refusal = pack_bytes(&with_value(&small(), "general.extra", 9, &deep), |_, _| ());
    assert!(refusal.expect_err("too deep").to_string().contains("unknown type 9"));
}
