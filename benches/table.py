"""Rows of docs/benchmarks.md and docs/benchmarks.json, and how they get there.

Both files are shared: each writer owns the part between its own two comments, and the rows whose
names begin with its own word.
"""

import json
import operator
import re
import sys
import textwrap
from pathlib import Path

TEXT, DATA = Path("docs/benchmarks.md"), Path("docs/benchmarks.json")
COMPARE = {"<": operator.lt, "≤": operator.le, "≥": operator.ge}


def row(name, ours, peer, ratio, goal=None, unit="tokens/s"):
    """One line; a goal is a comparison and what the ratio is compared with."""
    met = goal and COMPARE[goal[0]](ratio, goal[1])
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "ratio": ratio,
        "goal": goal and f"{goal[0]} {goal[1]}",
        "met": met,
        "unit": unit,
    }


def write(owner, text, rows):
    """Replaces an owner's part of the text and its rows."""
    begin, end = (f"<!-- {owner}: {place} -->" for place in ("begin", "end"))
    old = TEXT.read_text() if TEXT.exists() else "# Benchmarks\n"
    part = f"{begin}\n{wrapped(text.strip())}\n{end}\n"
    own = re.compile(f"{begin}.*{end}\n", re.DOTALL)
    TEXT.write_text(own.sub(lambda _: part, old) if own.search(old) else f"{old}\n{part}")
    others = json.loads(DATA.read_text()) if DATA.exists() else []
    others = [it for it in others if not it["name"].startswith(f"{owner}: ")]
    all_rows = others + [it | {"name": f"{owner}: {it['name']}"} for it in rows]
    all_rows.sort(key=lambda it: it["name"].split(":")[0])
    DATA.write_text(json.dumps(all_rows, indent=1, ensure_ascii=False) + "\n")


def wrapped(text):
    """The text with its prose in lines of at most 120 characters, as a tidy test asks."""
    parts = []
    for part in text.split("\n\n"):
        if not part.startswith(("|", "#")):
            # Each point of a list is a paragraph of its own.
            points = re.split(r"\n(?=- )", part)
            part = "\n".join(fill(it) for it in points)
        parts.append(part)
    return "\n\n".join(parts)


def fill(paragraph):
    indent = "  " if paragraph.startswith("- ") else ""
    return textwrap.fill(
        " ".join(paragraph.split()),
        width=120,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(rows):
    """As Markdown."""
    lines = [
        "| what: against | ours | other | unit | ratio | goal | met |",
        "|---|--:|--:|---|--:|--:|---|",
    ]
    for it in rows:
        met = {True: "yes", False: "**no**", None: ""}[it["met"]]
        numbers = f"{short(it['ours'])} | {short(it['peer'])} | {it['unit']} | {short(it['ratio'])}"
        lines.append(f"| {it['name']} | {numbers} | {it['goal'] or ''} | {met} |")
    return "\n".join(lines)


def short(number):
    return f"{number:.1e}" if 0 < abs(number) < 0.01 else f"{number:.4g}"


def progress(text):
    print(text, file=sys.stderr, flush=True)
