"""The engine's speed against llama.cpp's and candle's, and against what its memory allows.

They are rows of docs/benchmarks.md. Ours and theirs run in turn, many short rounds of each, so that
whatever else the computer does meets both alike. A ratio is the median of the rounds' ratios, a
speed the median of the rounds' speeds.
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
CANDLE = ".cache/candle/release/candle-speed"
MEBIBYTE = 1 << 20


def rows(model, rounds):
    image = pack(model)
    shape = json.loads(subprocess.check_output([IMO, "model", "show", image, "--json"]))
    result = []
    for threads in (1, 2):
        result += speeds(model, image, threads, rounds)
    few = max(3, rounds // 4)
    return (
        result
        + contexts(model, image, few)
        + [start(image, rounds), *memories(image, shape), *machine(image, few)]
    )


def speeds(model, image, threads, rounds):
    """Prompt and decoding with 128 tokens each."""
    peers = {"llama.cpp": llama(model, threads), "candle": candle(model, threads)}
    ours, theirs = in_turn(image, threads, (128, 128), rounds, peers)
    bound = [it["read_bytes_per_s"] / it["bytes_per_token"] for it in ours]
    half = ("≥", 0.5) if threads == 1 else None
    on = f"{threads} thread" + "s" * (threads > 1)
    prompt, decode = (
        [it["uncommitted"][f"{what}_tokens_per_s"] for it in ours] for what in ("prompt", "decode")
    )
    prompt_committed, decode_committed = (
        [it["committed"][f"{what}_tokens_per_s"] for it in ours] for what in ("prompt", "decode")
    )
    return [
        compared(f"prompt, {on}: llama.cpp", prompt, theirs["llama.cpp"]["prompt"], ("≥", 1.5)),
        compared(f"prompt, {on}: candle", prompt, theirs["candle"]["prompt"]),
        compared(f"decode, {on}: llama.cpp", decode, theirs["llama.cpp"]["decode"], ("≥", 1.5)),
        compared(f"decode, {on}: candle", decode, theirs["candle"]["decode"]),
        compared(f"decode, {on}: memory bandwidth", decode, bound, half),
        added(f"trace committed, prompt, {on}: without", prompt_committed, prompt, ("≤", 0.10)),
        added(f"trace committed, decode, {on}: without", decode_committed, decode, ("≤", 0.05)),
    ]


def contexts(model, image, rounds):
    """Decoding far into the context."""
    peers = {"llama.cpp": llama(model, 1)}
    near, _ = in_turn(image, 1, (100, 32), rounds, peers)
    far, theirs = in_turn(image, 1, (2000, 32), rounds, peers)
    near, far = ([it["uncommitted"]["decode_tokens_per_s"] for it in runs] for runs in (near, far))
    return [
        compared("decode at 2,000 positions, 1 thread: at 100", far, near, ("≥", 0.6)),
        compared(
            "decode at 2,000 positions, 1 thread: llama.cpp",
            far,
            theirs["llama.cpp"]["decode"],
            ("≥", 1.5),
        ),
    ]


def compared(name, ours, peer, goal=None):
    return row(name, median(ours), median(peer), median(a / b for a, b in zip(ours, peer)), goal)


def added(name, ours, peer, goal):
    """As `compared`; the ratio is the time that ours takes in addition."""
    return row(
        name, median(ours), median(peer), median(b / a - 1 for a, b in zip(ours, peer)), goal
    )


def llama(model, threads):
    """llama.cpp with and without flash attention."""
    return [
        [sys.executable, "benches/llama.py", model, str(threads), flash] for flash in ("on", "off")
    ]


def candle(model, threads):
    """candle with the file's own weights and with those for which it has vector kernels."""
    return [
        ["env", f"RAYON_NUM_THREADS={threads}", CANDLE, model, weights]
        for weights in ("file", "Q4_0")
    ]


def in_turn(image, threads, tokens, rounds, peers):
    """What `imo bench` says in each round, and each peer's speeds, the better of its commands'."""
    prompt, generated = map(str, tokens)
    command = [IMO, "bench", image, "--engine", "--json", "--rounds", "1"]
    command += ["--threads", str(threads)]
    running = {
        name: [
            subprocess.Popen(it, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for it in commands
        ]
        for name, commands in peers.items()
    }

    def ask(peer):
        peer.stdin.write(f"{prompt} {generated}\n")
        peer.stdin.flush()
        return json.loads(peer.stdout.readline())

    def ask_all():
        return {name: [ask(peer) for peer in same] for name, same in running.items()}

    ours, theirs = [], {name: {"prompt": [], "decode": []} for name in peers}
    for index in range(rounds):
        progress(f"{threads} threads, {prompt} + {generated} tokens: round {index + 1} of {rounds}")
        first = ask_all() if index % 2 else None
        tokens_read = ["--prompt", prompt, "--tokens", generated]
        ours.append(json.loads(subprocess.check_output([*command, *tokens_read])))
        for name, said in (first or ask_all()).items():
            for what, values in theirs[name].items():
                values.append(max(it[what] for it in said))
    for same in running.values():
        for peer in same:
            peer.communicate()
    return ours, theirs


def start(image, rounds):
    """From starting the program to its end, less the time of a one-token prompt.

    That is more than the time to its first token.
    """
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        command = [IMO, "run", image, "--json", "--prompt-ids", "1", "--tokens", "1"]
        said = json.loads(subprocess.check_output(command))
        times.append(time.perf_counter() - started - said["timings"]["prompt_s"])
    ms = median(times) * 1e3
    return row("start to first token without the prompt's time", ms, 50, ms / 50, ("≤", 1), "ms")


def memories(image, shape):
    """Committed runs of 256 and of 2,000 positions."""
    return [
        memory("peak memory: image, KV cache and 64 MiB", image, shape, (128, 128)),
        memory(
            "peak memory at 2,000 positions: image, KV cache and 64 MiB", image, shape, (1872, 128)
        ),
    ]


def memory(name, image, shape, tokens):
    prompt, generated = tokens
    ids = ",".join(str(i * 7919 % shape["vocab"]) for i in range(prompt))
    command = [IMO, "run", image, *"--json --ignore-eos --threads 2".split()]
    command += ["--prompt-ids", ids, "--tokens", str(generated)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit("imo run failed")
    cache = (
        2 * (prompt + generated) * shape["layers"] * shape["kv_heads"] * (shape["head_dim"] + 1) * 2
    )
    bound = (shape["image_bytes"] + cache) / MEBIBYTE + 64
    peak = usage.ru_maxrss / 1024
    return row(name, peak, bound, peak / bound, ("≤", 1), "MiB")


def machine(image, rounds):
    """The virtual machine on a layer's node."""
    progress("virtual machine")
    command = [IMO, "bench", image, "--json", "--prompt", "1", "--tokens", "2"]
    command += ["--rounds", str(rounds)]
    said = json.loads(subprocess.check_output(command))["machine"]
    ours, plain = (said[name] / 1e6 for name in ("steps_per_s", "plain_steps_per_s"))
    return [
        row("virtual machine: 250 million steps/s", ours, 250, ours / 250, ("≥", 1), "M steps/s"),
        row("virtual machine: a plain loop", ours, plain, ours / plain, None, "M steps/s"),
    ]


def pack(model):
    """The packed image, beside the model."""
    image = str(Path(model).with_suffix(".imo"))
    subprocess.check_call(
        [IMO, "model", "pack", model, "--output", image], stdout=subprocess.DEVNULL
    )
    return image
