"""Instructions per token, counted by callgrind, against benches/instructions.json: a slower kernel is seen without a clock.

    instructions.py WORK            fails when a count is more than 2 % above the one in the file
    instructions.py WORK --write    writes the file anew

WORK is the engine's example `work`. Valgrind knows AVX2 and no AVX-512, so AVX2's kernels are counted.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

SNAPSHOT = Path("benches/instructions.json")
KINDS = {"Q4_0": 2, "Q4_1": 3, "Q8_0": 8, "BF16": 30}
TOLERANCE = 1.02


def main(work, write=None):
    counts = {}
    for name, kind in KINDS.items():
        start = count(work, kind, 1, 1, 0)
        prompt = count(work, kind, 33, 1, 0)
        counts[f"{name}: a token of a prompt"] = (prompt - start) // 32
        counts[f"{name}: a token of an answer"] = (count(work, kind, 1, 17, 0) - start) // 16
    counts["commitment to a token of a prompt"] = (count(work, kind, 33, 1, 1) - prompt) // 32
    if write:
        SNAPSHOT.write_text(json.dumps(counts, indent=1) + "\n")
        return
    expected = json.loads(SNAPSHOT.read_text())
    worse = {name: new for name, new in counts.items() if new > expected.get(name, 0) * TOLERANCE}
    for name, new in counts.items():
        print(f"{name}: {new:,}, in the file {expected.get(name, 0):,}")
    if worse:
        sys.exit(f"more instructions than {SNAPSHOT} allows: {', '.join(worse)}")


def count(work, *numbers):
    """Instructions of a whole run."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", work, *map(str, numbers)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", said)[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
