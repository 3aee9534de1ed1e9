"""The engine's speed against llama.cpp's, and against what its memory allows: rows of docs/benchmarks.md.

Ours and theirs run in turn, many short rounds of each, so that whatever else the computer does meets both alike. A ratio is the
median of the rounds' ratios, a speed the median of the rounds' speeds.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from table import progress, row

IMO = "target/release/imo"
MEBIBYTE = 1 << 20


def rows(model, rounds):
    image = pack(model)
    shape = json.loads(subprocess.check_output([IMO, "model", "show", image, "--json"]))
    result = []
    for threads in (1, 2):
        result += speeds(model, image, threads, rounds)
    few = max(3, rounds // 4)
    return result + contexts(model, image, few) + [start(image, rounds), *memories(image, shape), *machine(image, few)]


def speeds(model, image, threads, rounds):
    """Prompt and decoding with 128 tokens each."""
    ours, theirs = in_turn(model, image, threads, (128, 128), rounds)
    bound = [it["read_bytes_per_s"] / it["bytes_per_token"] for it in ours]
    half = ("≥", 0.5) if threads == 1 else None
    on = f"{threads} thread" + "s" * (threads > 1)
    prompt, decode = ([it["uncommitted"][f"{what}_tokens_per_s"] for it in ours] for what in ("prompt", "decode"))
    prompt_committed, decode_committed = (
        [it["committed"][f"{what}_tokens_per_s"] for it in ours] for what in ("prompt", "decode")
    )
    return [
        compared(f"prompt, {on}: llama.cpp", prompt, theirs["prompt"], ("≥", 1.5)),
        compared(f"decode, {on}: llama.cpp", decode, theirs["decode"], ("≥", 1.5)),
        compared(f"decode, {on}: memory bandwidth", decode, bound, half),
        added(f"trace committed, prompt, {on}: without", prompt_committed, prompt, ("≤", 0.10)),
        added(f"trace committed, decode, {on}: without", decode_committed, decode, ("≤", 0.05)),
    ]


def contexts(model, image, rounds):
    """Decoding far into the context."""
    near, _ = in_turn(model, image, 1, (100, 32), rounds)
    far, theirs = in_turn(model, image, 1, (2000, 32), rounds)
    near, far = ([it["uncommitted"]["decode_tokens_per_s"] for it in runs] for runs in (near, far))
    return [
        compared("decode at 2,000 positions, 1 thread: at 100", far, near, ("≥", 0.6)),
        compared("decode at 2,000 positions, 1 thread: llama.cpp", far, theirs["decode"], ("≥", 1.5)),
    ]


def compared(name, ours, peer, goal):
    return row(name, median(ours), median(peer), median(a / b for a, b in zip(ours, peer)), goal)


def added(name, ours, peer, goal):
    """As `compared`; the ratio is the time that ours takes in addition."""
    return row(name, median(ours), median(peer), median(b / a - 1 for a, b in zip(ours, peer)), goal)


def in_turn(model, image, threads, tokens, rounds):
    """What `imo bench` says in each round, and llama.cpp's speeds, the better of flash attention on and off."""
    prompt, generated = map(str, tokens)
    command = [IMO, "bench", image, "--engine", "--json", "--rounds", "1", "--threads", str(threads)]
    peers = [
        subprocess.Popen(
            [sys.executable, "benches/llama.py", model, str(threads), flash],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for flash in ("on", "off")
    ]

    def ask(peer):
        peer.stdin.write(f"{prompt} {generated}\n")
        peer.stdin.flush()
        return json.loads(peer.stdout.readline())

    ours, theirs = [], {"prompt": [], "decode": []}
    for index in range(rounds):
        progress(f"{threads} threads, {prompt} + {generated} tokens: round {index + 1} of {rounds}")
        first = [ask(peer) for peer in peers] if index % 2 else []
        ours.append(json.loads(subprocess.check_output([*command, "--prompt", prompt, "--tokens", generated])))
        both = first or [ask(peer) for peer in peers]
        for what, values in theirs.items():
            values.append(max(it[what] for it in both))
    for peer in peers:
        peer.communicate()
    return ours, theirs


def start(image, rounds):
    """From starting the program to its end, less the time of a one-token prompt: more than to its first token."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        said = json.loads(subprocess.check_output([IMO, "run", image, "--json", "--prompt-ids", "1", "--tokens", "1"]))
        times.append(time.perf_counter() - started - said["timings"]["prompt_s"])
    ms = median(times) * 1e3
    return row("start to first token without the prompt's time", ms, 50, ms / 50, ("≤", 1), "ms")


def memories(image, shape):
    """Committed runs of 256 and of 2,000 positions."""
    return [
        memory("peak memory: image, KV cache and 64 MiB", image, shape, (128, 128)),
        memory("peak memory at 2,000 positions: image, KV cache and 64 MiB", image, shape, (1872, 128)),
    ]


def memory(name, image, shape, tokens):
    prompt, generated = tokens
    ids = ",".join(str(i * 7919 % shape["vocab"]) for i in range(prompt))
    child = subprocess.Popen(
        [IMO, "run", image, "--json", "--ignore-eos", "--threads", "2", "--prompt-ids", ids, "--tokens", str(generated)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit("imo run failed")
    cache = 2 * (prompt + generated) * shape["layers"] * shape["kv_heads"] * (shape["head_dim"] + 1) * 2
    bound = (shape["image_bytes"] + cache) / MEBIBYTE + 64
    peak = usage.ru_maxrss / 1024
    return row(name, peak, bound, peak / bound, ("≤", 1), "MiB")


def machine(image, rounds):
    """The virtual machine on a layer's node."""
    progress("virtual machine")
    command = [IMO, "bench", image, "--json", "--prompt", "1", "--tokens", "2", "--rounds", str(rounds)]
    said = json.loads(subprocess.check_output(command))["machine"]
    ours, plain = (said[name] / 1e6 for name in ("steps_per_s", "plain_steps_per_s"))
    return [
        row("virtual machine: 250 million steps/s", ours, 250, ours / 250, ("≥", 1), "M steps/s"),
        row("virtual machine: a plain loop", ours, plain, ours / plain, None, "M steps/s"),
    ]


def pack(model):
    """The packed image, beside the model."""
    image = str(Path(model).with_suffix(".imo"))
    subprocess.check_call([IMO, "model", "pack", model, "--output", image], stdout=subprocess.DEVNULL)
    return image
