"""Instructions per token, counted by callgrind, against benches/instructions.json.

A slower kernel is seen without a clock.

    instructions.py WORK            fails when a count exceeds the file's by more than its tolerance
    instructions.py WORK --write    writes the file's counts anew

WORK is the engine's example `work`. Two things keep differences between computers out: AVX2's
kernels are asked for by name, since Valgrind knows no AVX-512, and a count is the difference of two
runs, so that starting up does not matter. The C library remains: it copies memory in other ways on
other processors and in other versions. The tolerance is for that.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SNAPSHOT = Path("benches/instructions.json")
KINDS = {"Q4_0": 2, "Q4_1": 3, "Q8_0": 8, "BF16": 30}
KERNELS = "avx2"


def main(work, write=None):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = count_all(lambda *numbers: pool.submit(count, work, *numbers))
    snapshot = json.loads(SNAPSHOT.read_text())
    if write:
        SNAPSHOT.write_text(json.dumps(snapshot | {"counts": counts}, indent=1) + "\n")
        return
    expected, tolerated = snapshot["counts"], 1 + snapshot["tolerance_percent"] / 100
    for name, new in counts.items():
        old = expected.get(name, 0)
        print(
            f"{name}: {new:,}, in the file {old:,} ({new / old - 1:+.2%})"
            if old
            else f"{name}: {new:,}, not in the file"
        )
    if worse := [name for name, new in counts.items() if new > expected.get(name, 0) * tolerated]:
        sys.exit(
            f"more instructions than {SNAPSHOT} allows: {', '.join(worse)}. "
            "If that is intended: make instructions ARGS=--write"
        )


def count_all(begin):
    """Every count, from the runs that `begin` begins."""
    runs = {
        name: (begin(kind, 1, 1, 0), begin(kind, 33, 1, 0), begin(kind, 1, 17, 0))
        for name, kind in KINDS.items()
    }
    committed = begin(KINDS["BF16"], 33, 1, 1)
    counts = {}
    for name, (start, prompt, answer) in runs.items():
        counts[f"{name}: a token of a prompt"] = (prompt.result() - start.result()) // 32
        counts[f"{name}: a token of an answer"] = (answer.result() - start.result()) // 16
    counts["commitment to a token of a prompt"] = (
        committed.result() - runs["BF16"][1].result()
    ) // 32
    return counts


def count(work, *numbers):
    """Instructions of a whole run."""
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        work,
        KERNELS,
        *map(str, numbers),
    ]
    run = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not found:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
    return int(found[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
