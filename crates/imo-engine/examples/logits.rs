//! Prints all logits after each token: `logits MODEL.gguf < TOKENS > LOGITS`.
//!
//! Each line of input is a text of its own: its tokens in decimal. The output is binary32,
//! little-endian, as (token, logit).

use std::io::{self, BufWriter, Write};
use std::{env, fs};

use imo_engine::{Limits, Means, Session};
use imo_model::ModelImage;
use imo_pack::pack_bytes;

fn main() -> io::Result<()> {
    let path = env::args().nth(1).expect("the path of a GGUF file");
    let (image, _) = pack_bytes(&fs::read(path)?, |_, _| {}).expect("the model packs");
    let image = ModelImage::from_bytes(image).expect("what was packed is valid");
    let limits = Limits::of(&image);
    let threads = std::thread::available_parallelism()?.get();
    let session =
        Session::new(&image, limits, Means::detect(threads)).expect("the machine will do");
    let mut output = BufWriter::new(io::stdout());
    for line in io::stdin().lines() {
        let line = line?;
        let tokens: Vec<_> =
            line.split_whitespace().map(|it| it.parse().expect("a token")).collect();
        let mut bytes = Vec::new();
        session.logits(&tokens, |logits| {
            bytes.extend(logits.iter().flat_map(|logit| logit.to_le_bytes()));
        });
        output.write_all(&bytes)?;
    }
    output.flush()
}
