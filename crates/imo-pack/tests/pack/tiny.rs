//! What packing keeps.

use imo_model::{ModelImage, Part, Role, TextProgram};
use imo_pack::tiny::{KINDS, TinyShape, VOCAB, gguf};
use imo_pack::{pack, pack_bytes};

#[test]
fn every_format_and_shape_packs_and_validates() {
    for kind in KINDS {
        for (tied, kv_heads) in [(true, 2), (false, 4), (true, 1)] {
            let shape =
                TinyShape { kind, tied, kv_heads, dim: 256, ffn: 256, ..TinyShape::default() };
            let (bytes, changes) =
                pack_bytes(&gguf(7, &shape), |_, _| ()).expect("a supported file");
            assert!(changes.rounding < 1e-4, "kind {kind}: {}", changes.rounding);
            let image = ModelImage::from_bytes(bytes).expect("sound");
            assert_eq!(image.header().vocab, VOCAB);
        }
    }
}

#[test]
fn the_same_file_packs_to_the_same_image_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (folder.path().join("m.gguf"), folder.path().join("m.imo"));
    std::fs::write(&source, gguf(3, &TinyShape::default())).expect("written");
    let first = pack(&source, TextProgram::TEXT, &target, |_, _| ()).expect("packs");
    let image = ModelImage::open(&target).expect("opens");
    assert_eq!(image.root(), first.root);
    assert_eq!(image.tree().root(), first.root);
    let second = pack(&source, TextProgram::TEXT, &target, |_, _| ()).expect("packs again");
    assert_eq!((first.root, first.length), (second.root, second.length));
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("listed")
        .flatten()
        .map(|it| it.file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["m.gguf", "m.imo", "m.imo.json"]);

    std::fs::write(&source, b"GGUF, but not really").expect("written");
    let missing = folder.path().join("other.imo");
    assert!(pack(&source, TextProgram::TEXT, &missing, |_, _| ()).is_err());
    assert!(!missing.exists(), "nothing half-written");
}

/// Many processes may pack to one place: `imo run` packs a file on its first use.
#[test]
fn packing_to_one_place_at_once_gives_whole_images_with_their_own_roots() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("m.imo");
    let sources = [3, 4].map(|seed| {
        let source = folder.path().join(format!("{seed}.gguf"));
        std::fs::write(&source, gguf(seed, &TinyShape::default())).expect("written");
        source
    });
    let roots = sources.each_ref().map(|source| {
        let bytes = std::fs::read(source).expect("a file");
        let (image, _) = pack_bytes(&bytes, |_, _| ()).expect("packs");
        ModelImage::from_bytes(image).expect("sound").root()
    });
    std::thread::scope(|scope| {
        for (source, root) in sources.iter().zip(roots).cycle().take(6) {
            let target = &target;
            scope.spawn(move || {
                for _ in 0..10 {
                    assert_eq!(
                        pack(source, TextProgram::TEXT, target, |_, _| ()).expect("packs").root,
                        root
                    );
                    let image = ModelImage::open(target).expect("whole");
                    assert!(roots.contains(&image.root()));
                    assert_eq!(image.tree().root(), image.root(), "the root is the image's own");
                }
            });
        }
    });
    let names = std::fs::read_dir(folder.path()).expect("listed").flatten();
    assert_eq!(names.count(), 4, "two sources, the image and its record");
}

#[test]
fn control_tokens_come_from_the_template_alone() {
    let (bytes, _) = pack_bytes(&gguf(3, &TinyShape::default()), |_, _| ()).expect("packs");
    let image = ModelImage::from_bytes(bytes).expect("sound");
    let tokenizer = image.tokenizer();
    let raw = tokenizer.encode_raw_text("<|end|> the and".as_bytes()).expect("text");
    assert!(raw.iter().all(|token| !tokenizer.is_control(*token)));
    let text: Vec<u8> = raw.iter().flat_map(|token| tokenizer.decode(*token)).copied().collect();
    assert_eq!(text, b"<|end|> the and");
    let chat = tokenizer.encode_parts(&[Part::of_user(b"the")]).expect("text");
    assert_eq!(chat, [264, 257, 265, 266]);
    assert_eq!(
        tokenizer.encode_with_controls("<|start|>the<|stop|><|reply|>").expect("text"),
        chat
    );
}

#[test]
fn a_tiny_model_takes_messages_of_all_roles() {
    let (bytes, changes) = pack_bytes(&gguf(3, &TinyShape::default()), |_, _| ()).expect("packs");
    let words = "the chat template takes messages of system, user and assistant in any order";
    assert!(changes.remarks.iter().any(|it| it == words), "{:?}", changes.remarks);
    let image = ModelImage::from_bytes(bytes).expect("sound");
    let tokenizer = image.tokenizer();
    let conversation = [(Role::System, "an"), (Role::User, "the"), (Role::Assistant, "and")];
    let parts = conversation.map(|(role, text)| Part { role, text: text.as_bytes() });
    let text = "<|start|>in the end: an<|stop|><|start|>the<|stop|><|reply|>and<|stop|><|reply|>";
    assert_eq!(
        tokenizer.encode_parts(&parts).expect("tokens"),
        tokenizer.encode_with_controls(text).expect("tokens")
    );
}

#[test]
fn any_text_comes_back_from_its_tokens() {
    let (bytes, _) = pack_bytes(&gguf(3, &TinyShape::default()), |_, _| ()).expect("packs");
    let image = ModelImage::from_bytes(bytes).expect("sound");
    let tokenizer = image.tokenizer();
    arbtest::arbtest(|u| {
        let text: String = u.arbitrary()?;
        let tokens = tokenizer.encode_raw_text(text.as_bytes()).expect("a text");
        let back: Vec<u8> =
            tokens.iter().flat_map(|token| tokenizer.decode(*token)).copied().collect();
        assert_eq!(back, text.as_bytes());
        Ok(())
    });
    let long = "a".repeat(100_000);
    assert_eq!(tokenizer.encode_raw_text(long.as_bytes()).expect("a text").len(), 100_000);
}
