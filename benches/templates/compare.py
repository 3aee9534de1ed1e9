"""Compares our tokens of conversations with those of `transformers`, on real chat templates.

`make templates` calls it: `compare.py MODEL.gguf CACHE`. It writes its part of docs/benchmarks.md,
and fails if a conversation has other tokens than `transformers`', or any although its template
refuses it.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import jinja2
import transformers
import twin
from conversations import MOST_PARTS, conversations
from sources import AXOLOTL, OLLAMA_UTILS, templates
from table import progress, write

OURS = "target/release/examples/conversations"
COUNT = 200
# How packing says which conversations it takes.
TAKES = "the chat template takes "
# The day that some templates show where they are not told of today.
DAY = "26 Jul 2024"
VERDICTS = EQUAL, BOTH, ALONE, OTHER = (
    "equal",
    "refused by both",
    "refused by packing alone",
    "with other tokens",
)


def main(model, cache):
    progress(f"templates are of {OLLAMA_UTILS}, {AXOLOTL} and {Path(model).name}")
    vocabulary = twin.Vocabulary(model)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for template in templates(model, Path(cache)):
            result = Result(template, vocabulary, Path(folder) / "model.gguf")
            progress(result)
            results.append(result)
    write("templates", page(results), [])
    if any(it.is_wrong() for it in results):
        sys.exit("some conversations have other tokens than transformers'")


class Result:
    """What became of the conversations with a template."""

    def __init__(self, template, vocabulary, path):
        self.template, self.found = template, Counter()
        twin.write(path, vocabulary, template)
        asked = conversations(template.model, COUNT, template.tokens.all_controls())
        self.remarks, self.refusal, ours = our_tokens(path, asked)
        peer = twin.tokenizer(vocabulary, template)
        for conversation, mine in zip(asked, ours, strict=True):
            theirs = peer_tokens(peer, conversation)
            self.found[verdict(mine, theirs)] += 1
            if verdict(mine, theirs) == OTHER:
                progress(f"{template.model}: {difference(conversation, mine, theirs)}")

    def is_wrong(self):
        """Also if no conversation was compared, though the template packs."""
        return self.found[OTHER] > 0 or (self.refusal is None and self.found[EQUAL] == 0)

    def takes(self):
        """What packing says that the template takes, for people."""
        if self.refusal:
            return f"refused: {self.refusal}"
        said = [it.removeprefix(TAKES) for it in self.remarks if it.startswith(TAKES)]
        return "; ".join(said)

    def row(self):
        """As a row of Markdown."""
        counts = [str(self.found[verdict]) for verdict in VERDICTS]
        cells = [self.template.model, self.template.origin(), self.takes(), *counts]
        return "| " + " | ".join(it.replace("|", "\\|") for it in cells) + " |"

    def __str__(self):
        counts = ", ".join(f"{self.found[verdict]} {verdict}" for verdict in VERDICTS)
        return f"{self.template.model} ({self.template.origin()}): {counts}; {self.takes()}"


def verdict(ours, theirs):
    if ours == theirs:
        return BOTH if ours is None else EQUAL
    return ALONE if ours is None else OTHER


def our_tokens(path, asked):
    """What packing remarks, why it refuses if it does, and each conversation's tokens.

    Where there are none, there is `None`.
    """
    lines = "".join(json.dumps(it) + "\n" for it in asked)
    done = subprocess.run([OURS, path], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    head, *tokens = map(json.loads, done.stdout.splitlines())
    if "refused" in head:
        return [], head["refused"], [None] * len(asked)
    return head["remarks"], None, tokens


def peer_tokens(peer, conversation):
    """The tokens of `transformers`, or `None` if the template fails."""
    try:
        return peer.apply_chat_template(
            conversation, add_generation_prompt=True, return_dict=False, date_string=DAY
        )
    except (jinja2.TemplateError, TypeError):
        return None


def difference(conversation, ours, theirs):
    said = json.dumps(conversation, ensure_ascii=False)
    if theirs is None:
        return f"the template refuses {said}"
    same = [a == b for a, b in zip(ours, theirs, strict=False)]
    at = same.index(False) if False in same else len(same)
    return f"token {at} of {len(ours)} and {len(theirs)} is another in {said}"


def page(results):
    total = sum((it.found for it in results), Counter())
    return TEXT.format(
        commit=subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True).strip(),
        transformers=transformers.__version__,
        count=COUNT,
        parts=MOST_PARTS,
        day=DAY,
        templates=len(results),
        packed=sum(it.refusal is None for it in results),
        equal=f"{total[EQUAL]:,}",
        other=f"{total[OTHER]:,}" if total[OTHER] else "none",
        rows="\n".join(it.row() for it in results),
        ollama_utils=OLLAMA_UTILS,
        axolotl=AXOLOTL,
    )


TEXT = """
## Chat templates

`make templates` wrote this at {commit}. It packs small models with {templates} real chat
templates, {packed} of which pack. With each it compares our tokens of {count} random conversations
with those that `apply_chat_template` of transformers {transformers} gives: {equal} are equal, token
for token, and {other} are others. All models have SmolLM2's vocabulary, whose control tokens get
the names of those that the template's own model has.

The conversations have up to {parts} messages. Seven of ten have a system message or none, and then
turns of user and assistant; the others have roles in any order. Texts are of many scripts, with
code, white space, and what stands in other templates. None has the name of one of its model's
control tokens: with us no text yields such a token, with transformers any text does. Templates that
show a date are told of {day}, or refused where they ask for today's.

- *Refused by both*: the template itself refuses the conversation, in most cases because roles do
  not alternate.
- *By packing alone*: the template has such conversations, but does not write the same between the
  same roles in all of them, or it changes messages. So `imo` has no such conversations. Models
  that think (Qwen 3, QwQ, DeepSeek R1 and V3.1) are of this kind: their templates cut thoughts out
  of earlier answers.

| model | template | packed for | equal | refused by both | by packing alone | other |
|---|---|---|--:|--:|--:|--:|
{rows}

The templates are of {ollama_utils}, which lists those of well-known GGUF files, of {axolotl},
and of the demo's model file.
"""


if __name__ == "__main__":
    main(*sys.argv[1:])
