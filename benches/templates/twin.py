"""One vocabulary, as a model file for us and as a tokenizer for `transformers`.

It is SmolLM2's, whose control tokens get the names of those that a template writes.
"""

import gguf
import numpy
import tokenizers
import transformers

NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
DIM = 32


class Vocabulary:
    """SmolLM2's tokens, their types and their merges."""

    def __init__(self, path):
        fields = gguf.GGUFReader(path).fields
        self.tokens, self.kinds, self.merges = (
            fields[f"tokenizer.ggml.{it}"].contents() for it in ("tokens", "token_type", "merges")
        )
        assert fields["tokenizer.ggml.pre"].contents() == "smollm"

    def renamed(self, tokens):
        """Names and types with a template's tokens in place of SmolLM2's control tokens."""
        names, kinds = list(self.tokens), list(self.kinds)
        places = [place for place, kind in enumerate(kinds) if kind == CONTROL]
        for index, place in enumerate(places):
            names[place] = f"<|unused-{index}|>"
        renamed = [(name, CONTROL) for name in tokens.all_controls()]
        renamed += [(name, USER_DEFINED) for name in tokens.users]
        for place, (name, kind) in zip(places, renamed, strict=False):
            names[place], kinds[place] = name, kind
        assert len(renamed) <= len(places) and len(set(names)) == len(names)
        return names, kinds


def write(path, vocabulary, template):
    """The smallest model with this vocabulary and template."""
    names, kinds = vocabulary.renamed(template.tokens)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(8192)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(DIM)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(names)
    writer.add_token_types(kinds)
    writer.add_token_merges(vocabulary.merges)
    writer.add_add_bos_token(False)
    if template.tokens.begin:
        writer.add_bos_token_id(names.index(template.tokens.begin))
    writer.add_eos_token_id(names.index(template.tokens.end))
    writer.add_chat_template(template.text)
    source = numpy.random.default_rng(7)

    def tensor(name, *shape):
        writer.add_tensor(name + ".weight", source.normal(0, 0.2, shape).astype(numpy.float16))

    tensor("token_embd", len(names), DIM)
    for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        tensor(f"blk.0.{part}", DIM, DIM)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(name + ".weight", numpy.ones(DIM, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tokenizer(vocabulary, template):
    """The same tokens and template for `transformers`."""
    names, kinds = vocabulary.renamed(template.tokens)
    merges = [tuple(merge.split(" ")) for merge in vocabulary.merges]
    ids = {name: token for token, name in enumerate(names)}
    own = tokenizers.Tokenizer(tokenizers.models.BPE(ids, merges))
    digits = tokenizers.pre_tokenizers.Digits(individual_digits=True)
    level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    own.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([digits, level])
    own.decoder = tokenizers.decoders.ByteLevel()
    for name, kind in zip(names, kinds, strict=True):
        if kind == CONTROL:
            own.add_special_tokens([tokenizers.AddedToken(name, normalized=False)])
        elif kind == USER_DEFINED:
            own.add_tokens([tokenizers.AddedToken(name, normalized=False)])
    result = transformers.PreTrainedTokenizerFast(
        tokenizer_object=own,
        bos_token=template.tokens.begin or None,
        eos_token=template.tokens.end,
        chat_template=template.text,
        clean_up_tokenization_spaces=False,
    )
    assert result.convert_tokens_to_ids(names[:20]) == list(range(20))
    assert len(result) == len(names)
    return result
