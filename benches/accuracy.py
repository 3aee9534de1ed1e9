"""How far the engine's and llama.cpp's logits are from the model's own: rows of docs/benchmarks.md.

The model's own are those of a forward pass in binary64 over the file's weights, dequantised by the Python package `gguf`;
activations, keys, values and probabilities are not quantised. All three see the same tokens, in windows of one length.
"""

import subprocess

import gguf
import llama_cpp
import numpy

import llama
from table import progress, row

WINDOW = 256
LOGITS = ["cargo", "run", "--quiet", "--release", "-p", "imo-engine", "--example", "logits"]


def rows(model, text):
    peer = llama.load(model)
    tokens = tokens_of(peer, text)
    windows = [tokens[start : start + WINDOW] for start in range(0, len(tokens) - WINDOW + 1, WINDOW)]
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
        nearer(f"distance to the perplexity {perplexity:.4f}: llama.cpp", lambda it: abs(it.perplexity() - perplexity)),
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


class Reference:
    """A LLaMA forward pass in binary64."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        tensors = {it.name: it for it in reader.tensors}
        self.weight = lambda name: gguf.dequantize(tensors[name].data, tensors[name].tensor_type).astype(float)
        field = lambda name: reader.fields[f"llama.{name}"].contents()
        self.layers, self.eps = field("block_count"), field("attention.layer_norm_rms_epsilon")
        self.heads, self.kv_heads = field("attention.head_count"), field("attention.head_count_kv")
        self.base, self.turning = field("rope.freq_base"), field("rope.dimension_count")
        self.embedding = self.weight("token_embd.weight")
        self.head = self.weight("output.weight") if "output.weight" in tensors else self.embedding

    def logits(self, tokens):
        x = self.embedding[tokens]
        for layer in range(self.layers):
            weight = lambda name: self.weight(f"blk.{layer}.{name}.weight")
            normed = self.norm(x, weight("attn_norm"))
            x = x + self.attend(*(normed @ weight(f"attn_{it}").T for it in "qkv")) @ weight("attn_output").T
            normed = self.norm(x, weight("ffn_norm"))
            gate = normed @ weight("ffn_gate").T
            x = x + (gate / (1 + numpy.exp(-gate)) * (normed @ weight("ffn_up").T)) @ weight("ffn_down").T
        return self.norm(x, self.weight("output_norm.weight")) @ self.head.T

    def norm(self, x, weight):
        return x / numpy.sqrt((x * x).mean(axis=1, keepdims=True) + self.eps) * weight

    def attend(self, q, k, v):
        heads = lambda x, count: x.reshape(len(x), count, -1).transpose(1, 0, 2)
        together = self.heads // self.kv_heads
        q = self.rotate(heads(q, self.heads))
        k = self.rotate(heads(k, self.kv_heads)).repeat(together, axis=0)
        v = heads(v, self.kv_heads).repeat(together, axis=0)
        scores = q @ k.transpose(0, 2, 1) / numpy.sqrt(q.shape[-1])
        scores += numpy.triu(numpy.full(scores.shape[1:], -numpy.inf), 1)
        out = numpy.exp(log_softmax(scores)) @ v
        return out.transpose(1, 0, 2).reshape(len(v[0]), -1)

    def rotate(self, x):
        """Pairs of neighbours, by the position."""
        frequencies = self.base ** (-numpy.arange(0, self.turning, 2) / self.turning)
        turns = numpy.exp(1j * numpy.arange(x.shape[1])[:, None] * frequencies)
        turned = (x[..., 0::2] + 1j * x[..., 1::2]) * turns
        return numpy.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)


def logits_of_ours(model, windows):
    lines = "\n".join(" ".join(map(str, window)) for window in windows)
    output = subprocess.run([*LOGITS, model], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
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
        result.append(numpy.ctypeslib.as_array(logits, (WINDOW, llama.vocabulary_of(context))).copy())
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
    return result


def tokens_of(model, text):
    tokens = (llama_cpp.llama_token * len(text))()
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    count = llama_cpp.llama_tokenize(vocabulary, text, len(text), tokens, len(tokens), False, False)
    return list(tokens[:count])


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - numpy.log(numpy.exp(x).sum(axis=-1, keepdims=True))
