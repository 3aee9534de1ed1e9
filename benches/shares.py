"""Where one thread's time goes, by function: `shares.py MODEL.gguf`.

It runs perf over `target/release/imo run`, whose trace is committed. The shares of a prompt, or of
decoding after some positions, are the difference of two profiles, so that what goes before does not
count.
"""

import subprocess
import sys
import tempfile
from collections import Counter

from speed import IMO, pack

LEAST = 0.01


def main(model):
    image = pack(model)
    tell("128 tokens read", samples(image, 128, 1, 16), samples(image, 1, 1, 16))
    tell("256 tokens written after 100", samples(image, 100, 257, 2), samples(image, 100, 1, 2))
    tell("256 tokens written after 1,900", samples(image, 1900, 257, 1), samples(image, 1900, 1, 1))


def tell(what, whole, before):
    """Functions by their share of the samples that `whole` has more than `before`."""
    left = {name: count - before[name] for name, count in whole.items()}
    total = sum(left.values())
    print(f"{what}: {total} samples")
    for name, count in sorted(left.items(), key=lambda it: -it[1]):
        if count >= LEAST * total:
            print(f"{count / total:7.1%}  {name}")


def samples(image, prompt, generated, runs):
    ids = ",".join(str(i * 7919 % 49152) for i in range(prompt))
    command = [IMO, "run", image, *"--json --ignore-eos --threads 1".split()]
    command += ["--prompt-ids", ids, "--tokens", str(generated)]
    counts = Counter()
    with tempfile.NamedTemporaryFile() as data:
        for _ in range(runs):
            record = "perf record --quiet --event cpu-clock --freq 999 --output".split()
            record += [data.name, *command]
            subprocess.run(record, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            report = "perf report --stdio --no-children --fields sample,symbol".split()
            report += ["--field-separator", ";", "--input", data.name]
            lines = subprocess.check_output(report, text=True, stderr=subprocess.DEVNULL)
            for line in lines.splitlines():
                if line and not line.startswith("#"):
                    count, name = line.split(";", 1)
                    # The kernel's functions count as one.
                    in_kernel = "[k]" in name
                    name = "the operating system" if in_kernel else name.replace("[.]", "").strip()
                    counts[name] += int(count)
    return counts


if __name__ == "__main__":
    main(*sys.argv[1:])
