//! Writes the files that fuzzing begins with: `seeds CORPUS` makes CORPUS/gguf and CORPUS/image.

use std::fs;
use std::path::PathBuf;

use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};

fn main() -> std::io::Result<()> {
    let corpus = PathBuf::from(std::env::args().nth(1).expect("the corpus's folder"));
    let small = TinyShape::smallest();
    let wide = TinyShape { dim: 256, ffn: 256, heads: 8, ..small };
    let shapes = [
        small,
        TinyShape { kind: 0, architecture: "qwen2", ..small },
        TinyShape { kind: 8, window: 3, tied: false, ..small },
        TinyShape { kind: 7, rope_factors: true, ..small },
        TinyShape { kind: 12, ..wide },
        TinyShape { kind: 2, unigram: true, ..small },
    ];
    for name in ["gguf", "image"] {
        fs::create_dir_all(corpus.join(name))?;
    }
    for (index, shape) in shapes.iter().enumerate() {
        let file = gguf(index as u64, shape);
        let (image, _) = pack_bytes(&file, |_, _| ()).expect("a good file");
        fs::write(corpus.join("gguf").join(format!("seed-{index}")), file)?;
        fs::write(corpus.join("image").join(format!("seed-{index}")), image)?;
    }
    Ok(())
}
