"""Runs the demo once and writes what it cost into its part of docs/benchmarks.md.

`make bench-demo` calls it.
"""

import json
import resource
import subprocess
import sys

from table import write

# Gas per action: its name in the demo's report, and its goal in docs/benchmarks.md if it has one.
GOALS = {"one_step": 75_000}
GAME_GOALS = {"transactions": 12, "gas": 800_000, "seconds": 15}


def run(*command):
    """The one object that a command prints."""
    done = subprocess.run(
        ["target/release/imo", *command, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return json.loads(done.stdout)


def line(name, value, goal=None):
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    met = "" if goal is None else "yes" if value <= goal else "**no**"
    return f"| {name} | {shown} | {'' if goal is None else f'≤ {goal:,}'} | {met} |"


def main(model):
    story = run("demo", "--model", model)
    mebibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    engine = run("bench", model, "--rounds", "3")
    game, withheld, machine = story["dispute"], story["withheld"], engine["machine"]
    rows = [
        line("time of `make demo` after the build, seconds", story["seconds"]),
        line("largest process, MiB (nodes and Anvil are processes of their own)", mebibytes),
        line("decode, tokens/s: with commitments", engine["committed"]["decode_tokens_per_s"]),
        line("decode, tokens/s: without", engine["uncommitted"]["decode_tokens_per_s"]),
        line("prompt, tokens/s: with commitments", engine["committed"]["prompt_tokens_per_s"]),
        line("prompt, tokens/s: without", engine["uncommitted"]["prompt_tokens_per_s"]),
        line("virtual machine, million steps/s", machine["steps_per_s"] / 1e6),
        line("steps of a layer's node", machine["layer_steps"]),
        line(
            "dispute over a layer's node: transactions",
            game["transactions"],
            GAME_GOALS["transactions"],
        ),
        line("dispute: gas", game["gas"], GAME_GOALS["gas"]),
        line(
            "dispute: seconds from challenge to conviction", game["seconds"], GAME_GOALS["seconds"]
        ),
        line("dispute over a withheld trace: transactions", withheld["transactions"]),
        line("dispute over a withheld trace: gas of both sides", withheld["gas"]),
        line("dispute over a withheld trace: the claimant's part", withheld["claimant_gas"]),
    ]
    rows += [line(f"gas: {name}", gas, GOALS.get(name)) for name, gas in story["gas"].items()]
    text = "\n".join(
        [
            "## The demo",
            "",
            "`make bench-demo` wrote this: one telling of the story, with the real model, on this",
            "computer. Gas is of whole transactions, of the dearest where there were several. A",
            "request's and a finalization's gas includes the consumer contract's own part. Other",
            "work may have shared the computer, so speeds say little.",
            "",
            "| what | value | goal | met |",
            "|---|--:|--:|---|",
            *rows,
        ]
    )
    write("demo", text, [])


main(sys.argv[1])
