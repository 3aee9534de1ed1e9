#!/usr/bin/env python3
"""Writes vectors/quants.json: blocks of every GGUF format, and their values.

The values are those that the Python package `gguf` gives.

    pip install gguf && scripts/quant-vectors.py
"""

import json
import pathlib

import gguf
import numpy as np

FORMATS = {
    # name: bytes of f16 scales in a block, as (offset, count)
    "Q4_0": (0, 1),
    "Q4_1": (0, 2),
    "Q5_0": (0, 1),
    "Q5_1": (0, 2),
    "Q8_0": (0, 1),
    "Q2_K": (80, 2),
    "Q3_K": (108, 1),
    "Q4_K": (0, 2),
    "Q5_K": (0, 2),
    "Q6_K": (208, 1),
    "IQ4_NL": (0, 1),
    "IQ4_XS": (0, 1),
}
COLUMNS = 256


def row(kind, random, fill, scale):
    """A row of blocks: random bytes, or one byte throughout.

    The scales are of about the given size.
    """
    values, size = gguf.GGML_QUANT_SIZES[kind]
    offset, count = FORMATS[kind.name]
    blocks = np.full((COLUMNS // values, size), fill or 0, np.uint8)
    if fill is None:
        blocks[:] = random.integers(0, 256, blocks.shape)
    for block in blocks:
        scales = (random.uniform(0.5, 1, count) * random.choice([-1, 1], count) * scale).astype(
            np.float16
        )
        block[offset : offset + 2 * count] = scales.view(np.uint8)
    return blocks.reshape(-1)


def main():
    random = np.random.default_rng(7)
    formats = []
    for name in FORMATS:
        kind = gguf.GGMLQuantizationType[name]
        # Ordinary scales, scales that are subnormal as f16, and every quant and scale at its end.
        rows = [
            row(kind, random, None, 0.02),
            row(kind, random, None, 1e-5),
            row(kind, random, 0xFF, 0.9),
        ]
        data = np.stack(rows)
        values = gguf.dequantize(data, kind).astype("<f4")
        formats.append(
            {
                "name": name,
                "code": int(kind),
                "rows": len(rows),
                "data": data.tobytes().hex(),
                "values": values.tobytes().hex(),
            }
        )
    floats = random.normal(0, 0.1, (2, COLUMNS)).astype("<f4")
    bf16 = gguf.quantize(floats, gguf.GGMLQuantizationType.BF16)
    for name, data, values in (
        ("F32", floats, floats),
        ("F16", floats.astype("<f2"), floats.astype("<f2").astype("<f4")),
        ("BF16", bf16, gguf.dequantize(bf16, gguf.GGMLQuantizationType.BF16).astype("<f4")),
    ):
        code = int(gguf.GGMLQuantizationType[name])
        formats.append(
            {
                "name": name,
                "code": code,
                "rows": 2,
                "data": data.tobytes().hex(),
                "values": values.tobytes().hex(),
            }
        )
    target = pathlib.Path(__file__).parent.parent / "vectors" / "quants.json"
    lines = ",\n".join("  " + json.dumps(it) for it in formats)
    target.write_text(f'{{\n"columns": {COLUMNS},\n"formats": [\n{lines}\n]\n}}\n')


main()
