"""Writes the engine's part of docs/benchmarks.md: `bench.py MODEL.gguf [ROUNDS]`."""

import platform
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import accuracy
import speed
from table import table, write


def main(model, rounds=16):
    fast = speed.rows(model, int(rounds))
    near, tokens = accuracy.rows(model, Path("benches/text.txt").read_bytes())
    text = TEMPLATE.format(
        commit=subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True).strip(),
        processor=processor(),
        model=Path(model).name,
        llama=version("llama-cpp-python"),
        candle=version_of_candle(),
        rounds=rounds,
        speed=table(fast),
        tokens=tokens,
        window=accuracy.WINDOW,
        accuracy=table(near),
    )
    write("engine", text, fast + near)
    print(table(fast + near))


TEMPLATE = """
## Engine

`make bench` wrote this at {commit}, on {processor}, with
{model}. It compared with llama.cpp, as in llama-cpp-python {llama},
and with candle {candle}, both built for this very processor.

### Speed

The engines run the same file with the same threads, in turn: {rounds} rounds of each, with 128
tokens read and 128 written greedily. A speed is the median of the rounds, a ratio the
median of the rounds' ratios. llama.cpp's speed is the better of flash attention on and off
in each round. candle's is the better of two: the file as it is, and its `Q4_1` weights
quantised anew as `Q4_0`, the only one of the two formats for which it has vector kernels.
Ours are without commitments where nothing else is said. Other work may share the computer:
ratios hold, speeds say little.

{speed}

- *Memory bandwidth*: tokens per second if decoding did nothing but read the weights, at the
  speed at which the same threads read the whole image in the same round.
- *Trace committed*: the ratio is the time that hashing and keeping every slot takes in
  addition.
- *Start*: from starting `imo run` to its end with one token read and one written, less the
  time of reading that token.

### Accuracy

Both engines are compared with the model's own logits: a forward pass in binary64 over the
same file's dequantised weights, with nothing quantised on the way (`benches/accuracy.py`).
The text is {tokens} tokens of `benches/text.txt`, in windows of {window}. llama.cpp's figure is the
nearer of flash attention on and off, with its default cache of 16-bit floats.

{accuracy}
"""


def version_of_candle():
    packages = tomllib.loads(Path("benches/candle/Cargo.lock").read_text())["package"]
    return next(it["version"] for it in packages if it["name"] == "candle-core")


def processor():
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{len(names)} cores of {names[0]}" if names else platform.machine()


if __name__ == "__main__":
    main(*sys.argv[1:])
