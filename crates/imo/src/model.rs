//! Packs models, shows packed ones, and opens both kinds of file.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use imo_chain::primitives::hex::encode_prefixed as hex;
use imo_commit::keccak256;
use imo_engine::Means;
use imo_kernels::Isa;
use imo_model::{ModelImage, TextProgram};
use imo_pack::{PackReport, pack};
use imo_player::Program;
use indicatif::HumanBytes;
use serde::Serialize;

use crate::asking::Takes;
use crate::exit::Exit;
use crate::terminal::Terminal;
use crate::threads;

/// What to do with a model.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Pack a GGUF file into an image, with which every machine computes the same
    Pack {
        /// GGUF file
        file: PathBuf,
        /// Where to write the image [default: the file's name, ending in .imo]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Pack for long conversations and documents: requests of up to 131,072 bytes instead of
        /// 16,384. This is another model, with another content id
        #[arg(long)]
        long: bool,
    },
    /// Show what is in a packed model
    Show {
        /// Packed image
        image: PathBuf,
    },
}

/// Carries out a command.
pub(crate) fn run(command: Command, terminal: Terminal) -> anyhow::Result<Exit> {
    match command {
        Command::Pack { file, output, long } => {
            let program = if long { TextProgram::TEXT_LONG } else { TextProgram::TEXT };
            pack_to(&file, program, output, terminal)
        }
        Command::Show { image } => show(&image, terminal),
    }
}

/// The model to run, and what to run it with.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelArgs {
    /// A packed image, or a GGUF file, which is packed on first use
    model: PathBuf,
    /// Folder for images packed on first use [default: the GGUF file's own]
    #[arg(long, env = "IMO_CACHE", value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// Threads to compute with; this changes only the speed [default: all]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Instructions to compute with; this changes only the speed [default: the widest that this
    /// machine has]
    #[arg(long, value_name = "NAME", value_parser = kernels())]
    kernels: Option<Isa>,
}

/// Parses the name of an instruction set, which this machine must have.
fn kernels() -> impl TypedValueParser<Value = Isa> {
    PossibleValuesParser::new(Isa::ALL.map(Isa::name)).try_map(|name| {
        let available: Vec<_> = Isa::available().collect();
        let names: Vec<_> = available.iter().map(|isa| isa.name()).collect();
        let found = available.into_iter().find(|isa| isa.name() == name);
        found.ok_or_else(|| format!("this machine has {} only", names.join(", ")))
    })
}

impl ModelArgs {
    /// Opens the model.
    pub(crate) fn open(&self, terminal: Terminal) -> anyhow::Result<ModelImage> {
        open(&self.model, self.cache.as_deref(), terminal)
    }

    /// The instructions and threads to compute with.
    pub(crate) fn means(&self) -> Means {
        let means = Means::detect(threads::count(self.threads));
        Means { isa: self.kernels.unwrap_or(means.isa), ..means }
    }
}

/// Opens a packed model. A GGUF file is first packed into `cache` (by default its own folder),
/// unless that was done before.
pub(crate) fn open(
    path: &Path,
    cache: Option<&Path>,
    terminal: Terminal,
) -> anyhow::Result<ModelImage> {
    let image = match FileKind::of(path)? {
        FileKind::Image => ModelImage::open(path)?,
        FileKind::Gguf => open_cached(path, cache, terminal)?,
    };
    // Refuse an image now if no program of ours can run it or if its trace would be too large.
    Program::of(&image).with_context(|| path.display().to_string())?;
    Ok(image)
}

/// What kind of file it is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    Gguf,
    Image,
}

impl FileKind {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let file = File::open(path).with_context(named)?;
        ensure!(file.metadata().with_context(named)?.is_file(), "{}: not a file", named());
        let mut head = Vec::new();
        file.take(8).read_to_end(&mut head).with_context(named)?;
        if head.starts_with(b"GGUF") {
            Ok(Self::Gguf)
        } else if head.starts_with(b"IMOMODEL") {
            Ok(Self::Image)
        } else {
            bail!("{}: neither a GGUF file nor a packed model", named())
        }
    }
}

fn open_cached(
    source: &Path,
    cache: Option<&Path>,
    terminal: Terminal,
) -> anyhow::Result<ModelImage> {
    let beside = || source.parent().unwrap_or(Path::new(""));
    let folder = cache.unwrap_or_else(beside);
    if cache.is_some() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let target = folder.join(cached_name(source)?);
    // The source is locked while it is packed: a second command waits for the image instead of
    // packing it again. If the file system has no locks, both pack; each image is whole and the
    // same.
    let packing = File::open(source).with_context(|| source.display().to_string())?;
    let _ = packing.lock();
    if let Ok(image) = ModelImage::open(&target) {
        return Ok(image);
    }
    pack_with_progress(source, TextProgram::TEXT, &target, terminal)?;
    Ok(ModelImage::open(&target)?)
}

/// A name that changes with the source's path, size and time of change, and with our version.
fn cached_name(source: &Path) -> anyhow::Result<String> {
    let named = || source.display().to_string();
    let metadata = fs::metadata(source).with_context(named)?;
    let modified = metadata.modified().with_context(named)?;
    let modified_ns = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let place = source.canonicalize().with_context(named)?;
    let mut fingerprint = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
    fingerprint.extend(metadata.len().to_be_bytes());
    fingerprint.extend(modified_ns.to_be_bytes());
    fingerprint.extend(place.as_os_str().as_encoded_bytes());
    let fingerprint = hex(&keccak256(&fingerprint)[..8]);
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    Ok(format!("{stem}-{}.imo", &fingerprint[2..]))
}

fn pack_with_progress(
    source: &Path,
    program: TextProgram,
    target: &Path,
    terminal: Terminal,
) -> anyhow::Result<PackReport> {
    let bar = terminal.bar("packing", 1);
    let report = pack(source, program, target, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
        if done == all {
            bar.set_message("hashing and writing");
        }
    });
    bar.finish_and_clear();
    let report = report.with_context(|| format!("{} cannot be packed", source.display()))?;
    for remark in &report.changes.remarks {
        terminal.note(format!("note: {remark}"));
    }
    Ok(report)
}

/// What packing gave.
#[derive(Debug, Serialize)]
struct Packed {
    /// A path; bytes of it that are no text are replaced.
    image: String,
    content_id: String,
    program: &'static str,
    /// Which conversations the chat template takes.
    conversations: String,
    image_root: String,
    source_sha256: String,
    source_bytes: u64,
    image_bytes: u64,
    /// Largest error of a weight, relative to the largest weight of its block; 0 if none was
    /// rounded.
    rounding: f64,
    /// What the maker of the model should know.
    remarks: Vec<String>,
    seconds: f64,
}

fn pack_to(
    file: &Path,
    program: TextProgram,
    output: Option<PathBuf>,
    terminal: Terminal,
) -> anyhow::Result<Exit> {
    if FileKind::of(file)? == FileKind::Image {
        bail!("{}: this file is packed already", file.display());
    }
    let target = output.unwrap_or_else(|| file.with_extension("imo"));
    if target.exists() && !matches!(FileKind::of(&target), Ok(FileKind::Image)) {
        bail!("{}: exists and is not a packed model; choose another name", target.display());
    }
    let started = Instant::now();
    let report = pack_with_progress(file, program, &target, terminal)?;
    let image = ModelImage::open(&target)?;
    ensure!(
        image.root() == report.root,
        "{}: another command has packed another model to the same place",
        target.display()
    );
    let packed = Packed {
        content_id: hex(Program::of(&image)?.content_id(&image)),
        program: image.header().program.name,
        conversations: Takes::of(&image.tokenizer()).to_string(),
        image: target.display().to_string(),
        image_root: hex(report.root),
        source_sha256: hex(report.source_sha256),
        source_bytes: fs::metadata(file).with_context(|| file.display().to_string())?.len(),
        image_bytes: report.length,
        rounding: report.changes.rounding,
        remarks: report.changes.remarks,
        seconds: started.elapsed().as_secs_f64(),
    };
    packed.print(terminal);
    terminal.object(&packed);
    Ok(Exit::Success)
}

impl Packed {
    fn print(&self, terminal: Terminal) {
        let (from, to) = (HumanBytes(self.source_bytes), HumanBytes(self.image_bytes));
        let rounding = if self.rounding > 0.0 {
            format!("by at most {:.1e} of the largest weight of a block", self.rounding)
        } else {
            "none; every weight is the file's".to_owned()
        };
        terminal.table(&[
            ("image", self.image.clone()),
            ("size", format!("{to}, from {from} in {:.1} s", self.seconds)),
            ("rounding", rounding),
            ("program", self.program.to_owned()),
            ("conversations", self.conversations.clone()),
            ("content id", self.content_id.clone()),
            ("image root", self.image_root.clone()),
            ("file's SHA-256", self.source_sha256.clone()),
        ]);
    }
}

/// What a packed model is.
#[derive(Debug, Serialize)]
struct Shown {
    /// A path; bytes of it that are no text are replaced.
    image: String,
    image_bytes: u64,
    content_id: String,
    image_root: String,
    program: &'static str,
    program_id: String,
    /// Most bytes of a request's input: its prompt or conversation, and its stop sequences.
    input_limit: u32,
    /// Which conversations the chat template takes.
    conversations: String,
    layers: u32,
    dim: u32,
    ffn: u32,
    heads: u32,
    kv_heads: u32,
    head_dim: u32,
    vocab: u32,
    context: u32,
    head_parts: u32,
    weights: u64,
    /// The formats of the matrices, each named once.
    formats: Vec<String>,
    tied: bool,
    /// Number of nodes of a trace, and bytes of a slot, both as powers of two.
    trace_nodes_log2: u8,
    trace_slot_log2: u8,
}

fn show(path: &Path, terminal: Terminal) -> anyhow::Result<Exit> {
    if FileKind::of(path)? == FileKind::Gguf {
        bail!("{0}: not packed yet; run `imo model pack {0}`", path.display());
    }
    let image = open(path, None, terminal)?;
    let shown = Shown::of(path, &image)?;
    shown.print(terminal);
    terminal.object(&shown);
    Ok(Exit::Success)
}

impl Shown {
    fn of(path: &Path, image: &ModelImage) -> anyhow::Result<Self> {
        let header = image.header();
        let program = Program::of(image)?;
        let tied = header.head == header.embedding;
        let layers = image.layers().iter().flat_map(|layer| {
            [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down]
        });
        let head = (!tied).then_some(header.head);
        let matrices: Vec<_> = layers.chain([header.embedding]).chain(head).collect();
        let mut formats: Vec<_> = matrices.iter().map(|it| format!("{:?}", it.format)).collect();
        formats.sort();
        formats.dedup();
        Ok(Self {
            image: path.display().to_string(),
            image_bytes: image.bytes().len() as u64,
            content_id: hex(program.content_id(image)),
            image_root: hex(image.root()),
            program: program.guest().name,
            program_id: hex(program.parameters().id()),
            input_limit: program.parameters().input_limit,
            conversations: Takes::of(&image.tokenizer()).to_string(),
            layers: header.layers,
            dim: header.dim,
            ffn: header.ffn,
            heads: header.heads,
            kv_heads: header.kv_heads,
            head_dim: header.head_dim,
            vocab: header.vocab,
            context: header.context,
            head_parts: header.head_parts,
            weights: matrices.iter().map(|it| u64::from(it.rows) * u64::from(it.columns)).sum(),
            formats,
            tied,
            trace_nodes_log2: program.parameters().nodes_log2,
            trace_slot_log2: program.parameters().slot_log2,
        })
    }

    fn print(&self, terminal: Terminal) {
        let Self { layers, dim, ffn, heads, kv_heads, head_dim, vocab, context, .. } = self;
        let tied = if self.tied { ", the head is the embedding" } else { "" };
        let (nodes, slot) = (1_u64 << self.trace_nodes_log2, 1_u64 << self.trace_slot_log2);
        terminal.table(&[
            ("image", self.image.clone()),
            ("size", HumanBytes(self.image_bytes).to_string()),
            ("weights", format!("{}, as {}", self.weights, self.formats.join(", "))),
            ("layers", format!("{layers} of width {dim}, feed-forward {ffn}")),
            ("heads", format!("{heads} for queries, {kv_heads} for keys, of width {head_dim}")),
            ("tokens", format!("{vocab}{tied}")),
            ("positions", context.to_string()),
            ("program", format!("{}, for up to {} bytes", self.program, self.input_limit)),
            ("conversations", self.conversations.clone()),
            ("trace", format!("{nodes} nodes with slots of {slot} bytes")),
            ("content id", self.content_id.clone()),
            ("image root", self.image_root.clone()),
            ("program id", self.program_id.clone()),
        ]);
    }
}
