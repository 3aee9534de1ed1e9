#!/usr/bin/env python3
"""Writes vectors/architectures: a small model of each architecture, and its logits.

The models are GGUF files, the logits llama.cpp's. llama.cpp does not heed the sliding window of a
`llama` file: those logits are of benches/reference.py, which without the window must agree with
llama.cpp.

    pip install gguf numpy llama-cpp-python && scripts/architecture-vectors.py
"""

import json
import pathlib
import sys

import gguf
import llama_cpp
import numpy

ROOT = pathlib.Path(__file__).parent.parent
sys.path.append(str(ROOT / "benches"))
from reference import Reference

TARGET = ROOT / "vectors" / "architectures"
TEXTS = ["the end", " 42, and then the rest of it; " * 2]
LAYERS, DIM, FFN, HEADS, KV_HEADS, CONTEXT = 2, 32, 32, 2, 1, 256
# The second text is some three times as long.
WINDOW = 21
NORMAL, CONTROL = 1, 3


def alphabet():
    """GPT-2's characters for the bytes."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(spare)) for byte in range(256)]


def write(path, architecture, extra):
    source = numpy.random.default_rng(7)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    tokens = [*alphabet(), "Ġt", "<|end|>"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([NORMAL] * (len(tokens) - 1) + [CONTROL])
    writer.add_token_merges(["Ġ t"])
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)

    def matrix(name, rows, columns):
        values = source.normal(0, 2 / columns**0.5, (rows, columns))
        writer.add_tensor(name + ".weight", values.astype(numpy.float32))

    def vector(name, length, mean):
        writer.add_tensor(name, source.normal(mean, 0.3, length).astype(numpy.float32))

    matrix("token_embd", len(tokens), DIM)
    vector("output_norm.weight", DIM, 1)
    kv_dim = DIM // HEADS * KV_HEADS
    for layer in range(LAYERS):
        name = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            vector(name + norm + ".weight", DIM, 1)
        for part, rows, columns in (
            ("attn_q", DIM, DIM),
            ("attn_k", kv_dim, DIM),
            ("attn_v", kv_dim, DIM),
            ("attn_output", DIM, DIM),
            ("ffn_gate", FFN, DIM),
            ("ffn_up", FFN, DIM),
            ("ffn_down", DIM, FFN),
        ):
            matrix(name + part, rows, columns)
        if extra == "biases":
            for part, length in (("attn_q", DIM), ("attn_k", kv_dim), ("attn_v", kv_dim)):
                vector(f"{name}{part}.bias", length, 0)
    if extra == "factors":
        factors = numpy.linspace(1, 8, DIM // HEADS // 2, dtype=numpy.float32)
        writer.add_tensor("rope_freqs.weight", factors)
    if extra == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(2.0)
    if extra == "window":
        writer.add_sliding_window(WINDOW)
        writer.add_rope_dimension_count(DIM // HEADS)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def windowed(path, tokens, whole):
    """The logits after the last token.

    `whole` are llama.cpp's, for which every position attends to all before it.
    """
    reference = Reference(path)
    logits = reference.logits(tokens)[-1]
    reference.window = None
    assert abs(reference.logits(tokens)[-1] - whole).max() < 1e-3, (
        "without a window the reference is llama.cpp"
    )
    assert len(tokens) <= WINDOW or abs(logits - whole).max() > 1, "a window matters"
    return logits


def main():
    TARGET.mkdir(exist_ok=True)
    cases = []
    for name, architecture, extra in (
        ("llama-factors", "llama", "factors"),
        ("llama-linear", "llama", "linear"),
        ("llama-window", "llama", "window"),
        ("qwen2", "qwen2", "biases"),
    ):
        path = TARGET / f"{name}.gguf"
        write(path, architecture, extra)
        full = llama_cpp.GGML_TYPE_F32
        llama = llama_cpp.Llama(
            str(path), n_ctx=CONTEXT, logits_all=True, type_k=full, type_v=full, verbose=False
        )
        for text in TEXTS:
            tokens = llama.tokenize(text.encode(), add_bos=False, special=False)
            llama.reset()
            llama.eval(tokens)
            logits = numpy.array(llama.scores[len(tokens) - 1], dtype=float)
            if extra == "window":
                logits = windowed(path, tokens, logits)
            cases.append(
                {
                    "model": name,
                    "text": text,
                    "tokens": tokens,
                    "logits": [round(it, 5) for it in logits.tolist()],
                }
            )
    (TARGET / "cases.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")


main()
