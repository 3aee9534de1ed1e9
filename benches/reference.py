"""A forward pass in binary64 over a model file.

The Python package `gguf` dequantises its weights. Nothing is rounded on the way.
"""

import gguf
import numpy


class Reference:
    """A model file of the architecture `llama`."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        tensors = {it.name: it for it in reader.tensors}
        self.weight = lambda name: gguf.dequantize(
            tensors[name].data, tensors[name].tensor_type
        ).astype(float)
        field = lambda name: reader.fields[f"llama.{name}"].contents()
        self.layers, self.eps = field("block_count"), field("attention.layer_norm_rms_epsilon")
        self.heads, self.kv_heads = field("attention.head_count"), field("attention.head_count_kv")
        self.base, self.turning = field("rope.freq_base"), field("rope.dimension_count")
        self.window = (
            field("attention.sliding_window")
            if "llama.attention.sliding_window" in reader.fields
            else None
        )
        self.embedding = self.weight("token_embd.weight")
        self.head = self.weight("output.weight") if "output.weight" in tensors else self.embedding

    def logits(self, tokens):
        x = self.embedding[tokens]
        for layer in range(self.layers):
            weight = lambda name: self.weight(f"blk.{layer}.{name}.weight")
            normed = self.norm(x, weight("attn_norm"))
            attended = self.attend(*(normed @ weight(f"attn_{it}").T for it in "qkv"))
            x = x + attended @ weight("attn_output").T
            normed = self.norm(x, weight("ffn_norm"))
            gate = normed @ weight("ffn_gate").T
            gated = gate / (1 + numpy.exp(-gate)) * (normed @ weight("ffn_up").T)
            x = x + gated @ weight("ffn_down").T
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
        scores += numpy.where(self.sees(len(v[0])), 0, -numpy.inf)
        out = numpy.exp(log_softmax(scores)) @ v
        return out.transpose(1, 0, 2).reshape(len(v[0]), -1)

    def sees(self, length):
        """Whether a position (row) attends to another (column).

        It attends to no later one, and to as many as the window has, itself included.
        """
        back = numpy.arange(length)[:, None] - numpy.arange(length)
        return (back >= 0) & (back < (self.window or length))

    def rotate(self, x):
        """Pairs of neighbours, by the position."""
        frequencies = self.base ** (-numpy.arange(0, self.turning, 2) / self.turning)
        turns = numpy.exp(1j * numpy.arange(x.shape[1])[:, None] * frequencies)
        turned = (x[..., 0::2] + 1j * x[..., 1::2]) * turns
        return numpy.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - numpy.log(numpy.exp(x).sum(axis=-1, keepdims=True))
