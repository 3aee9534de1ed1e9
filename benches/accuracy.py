"""How far the engine's and llama.cpp's logits are from the model's own: rows of docs/benchmarks.md.

The model's own logits are those of a forward pass in binary64 over the file's weights, which the
Python package `gguf` dequantises; activations, keys, values and probabilities are not quantised.
All three see the same tokens, in windows of one length.
"""

import subprocess

import llama_cpp
import numpy

import llama
from reference import Reference, log_softmax
from table import progress, row

WINDOW = 256
LOGITS = ["cargo", "run", "--quiet", "--release", "-p", "imo-engine", "--example", "logits"]


def rows(model, text):
    peer = llama.load(model)
    tokens = tokens_of(peer, text)
    windows = [
        tokens[start : start + WINDOW] for start in range(0, len(tokens) - WINDOW + 1, WINDOW)
    ]
    progress("accuracy: ours")
    ours = logits_of_ours(model, windows)
    progress("accuracy: llama.cpp")
    theirs = {flash: logits_of_llama(peer, windows, flash) for flash in (False, True)}
    reference = Reference(model)
    distances = {"reference": Distance(), "ours": Distance(), False: Distance(), True: Distance()}
    for index, window in enumerate(windows):
        progress(f"accuracy: reference, window {index + 1} of {len(windows)}")
        ideal = reference.logits(window)
        distances["reference"].add(ideal, ideal, window)
        distances["ours"].add(ours[index], ideal, window)
        for flash in theirs:
            distances[flash].add(theirs[flash][index], ideal, window)
    perplexity = distances["reference"].perplexity()

    def nearer(name, measure):
        """Smaller is nearer; of llama.cpp's two results the nearer counts."""
        own, peer = measure(distances["ours"]), min(measure(distances[flash]) for flash in theirs)
        return row(name, own, peer, own / peer, ("<", 1), "")

    return [
        nearer("KL divergence: llama.cpp", Distance.divergence),
        nearer("positions with another likeliest token: llama.cpp", Distance.disagreement),
        nearer(
            f"distance to the perplexity {perplexity:.4f}: llama.cpp",
            lambda it: abs(it.perplexity() - perplexity),
        ),
        nearer("largest error of a logit: llama.cpp", lambda it: it.largest),
    ], len(windows) * WINDOW


class Distance:
    """Sums over positions of what tells two distributions apart."""

    def __init__(self):
        self.positions = self.other_top = 0
        self.kl = self.loss = self.largest = 0.0

    def add(self, logits, ideal, window):
        """The logits after each token of a window; the last has no next token to guess."""
        logits, ideal = numpy.asarray(logits, float), numpy.asarray(ideal, float)
        p, q = log_softmax(ideal), log_softmax(logits)
        self.positions += len(window) - 1
        self.kl += (numpy.exp(p) * (p - q)).sum(axis=1)[:-1].sum()
        self.loss -= q[numpy.arange(len(window) - 1), window[1:]].sum()
        self.other_top += int((logits.argmax(axis=1) != ideal.argmax(axis=1))[:-1].sum())
        self.largest = max(self.largest, float(abs(logits - ideal).max()))

    def divergence(self):
        return float(self.kl / self.positions)

    def disagreement(self):
        return self.other_top / self.positions

    def perplexity(self):
        return float(numpy.exp(self.loss / self.positions))


def logits_of_ours(model, windows):
    lines = "\n".join(" ".join(map(str, window)) for window in windows)
    output = subprocess.run(
        [*LOGITS, model], input=lines.encode(), stdout=subprocess.PIPE, check=True
    ).stdout
    return numpy.frombuffer(output, "<f4").reshape(len(windows), WINDOW, -1)


def logits_of_llama(model, windows, flash):
    """Each window at once, as a prompt."""
    result = []
    for window in windows:
        context = llama.new_context(model, WINDOW, 2, flash)
        batch = llama_cpp.llama_batch_init(WINDOW, 0, 1)
        batch.n_tokens = WINDOW
        for index, token in enumerate(window):
            batch.token[index], batch.pos[index], batch.logits[index] = token, index, 1
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, 0
        if llama_cpp.llama_decode(context, batch) != 0:
            raise SystemExit("llama.cpp cannot decode")
        logits = llama_cpp.llama_get_logits(context)
        result.append(
            numpy.ctypeslib.as_array(logits, (WINDOW, llama.vocabulary_of(context))).copy()
        )
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
    return result


def tokens_of(model, text):
    tokens = (llama_cpp.llama_token * len(text))()
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    count = llama_cpp.llama_tokenize(vocabulary, text, len(text), tokens, len(tokens), False, False)
    return list(tokens[:count])
