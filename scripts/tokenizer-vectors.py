#!/usr/bin/env python3
"""Writes vectors/tokenizers: small vocabularies as GGUF files, and the tokens of hostile texts.

    pip install gguf tokenizers sentencepiece llama-cpp-python
    scripts/tokenizer-vectors.py [NAME ...]

The tokens are llama.cpp's. They are compared with those of `tokenizers` and `sentencepiece` as
well, where these have the same rules. Those of "unigram" are of `tokenizers`, since llama.cpp has
no tokens for what its unigram does not know; "unigram" needs no llama-cpp-python.
"""

import io
import json
import pathlib
import random
import re
import sys

import gguf
import sentencepiece
import tokenizers

TARGET = pathlib.Path(__file__).parent.parent / "vectors" / "tokenizers"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PATTERNS = {
    "smollm": [r"\p{N}", GPT2],
    "gpt-2": [GPT2],
    "llama-bpe": [LLAMA3],
    "qwen2": [LLAMA3.replace("{1,3}", "")],
}
CONTROLS = ["<|begin|>", "<|end|>", "<|user|>"]
USERS = ["<tool>", "<tool>\n", "[[note]]"]
# Pieces of unigram that many ways to cut a text have in common, all of one score.
TIES = [("\u03c8", -2.0), ("\u03c8\u03c8", -4.0), ("\u03c8\u03c8\u03c8", -6.0)]
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6

PROSE = """It is a truth universally acknowledged, that a single man in possession of a good \
fortune, must be in want
of a wife. However little known the feelings or views of such a man may be on his first entering a \
neighbourhood, this
truth is so well fixed in the minds of the surrounding families, that he is considered the \
rightful property of some
one or other of their daughters. "My dear Mr. Bennet," said his lady to him one day, "have you \
heard that Netherfield
Park is let at last?" Mr. Bennet replied that he hadn't. "But it is," returned she; "for Mrs. Long \
has just been here,
and she told me all about it." In 1813 there were 1,234 of them; they'll say it's 99.5 % sure, \
we've 2024 reasons.
Это не так просто, как кажется. 今天天气很好，我们去公园吧。 こんにちは、世界。 Ελληνικά και عربي. Größe, façade, naïve.
fn main() { let x = [0; 32]; println!("{}", x.len()); }
"""


def texts():
    """Texts that were never in a corpus, and some that were."""
    source = random.Random(11)
    fixed = [
        "Hello, world!",
        " the  cat\tsat\n\non   the\r\n mat  ",
        "it's it'S IT'LL we'Ve 'tis ' s '' 's't'd'm'lle",
        "1 12 123 1234 12345 a1b22c333 ٣٤٥ ²³ ⅷ ½ 十二",
        "x" * 40 + " " * 40 + "\n" * 9 + "\t\t y",
        "<|begin|>system<|end|> <|user|>\n<s></s><unk><0x41>",
        "a<tool>b<tool>\nc [[note]][[note] <tool ><<tool>>",
        "▁ ▁▁under▁score _ ＿",
        "\u0000\u0001\u007f\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000|",
        "e\u0301 e\u0308\u0323 \u0301 \u200d\u200c\ufeff\u00ad",
        "👩‍👩‍👧‍👦🏳️‍🌈 🇩🇪 ☃︎ 🤷🏽‍♂️",
        "\ufffd\ufffe\uffff\U0001fffe\U0010ffff\ue000\U000f0000\U000e0041",
        "ﬁ ſ K Å İ ı ß ẞ Ω 'ſ",
        "日本語のテキスト。12時34分、東京にて",
        "עברית 123 العربية ١٢٣ हिन्दी १२३ ไทย",
        "\n",
        " ",
        "  \n  \n x",
        "\r\n\r\n\t\r \r",
        "!?#$%&/()=\\\n\n--- ...\r\n*** ",
        "http://example.org/a_b?c=d&e=%20f#g",
        "ABCdefGHI camelCaseWords SCREAMING_SNAKE kebab-case",
    ]
    # Some hundred characters of the first planes and some of the others, between letters.
    planes = [chr(code) for code in range(0x21, 0x30000, 701) if not 0xD800 <= code < 0xE000]
    planes += [chr(code) for code in range(0x30000, 0x110000, 0x8111)]
    fixed += ["a".join(planes[at : at + 40]) for at in range(0, len(planes), 40)]
    pieces = ["the", " ", "  ", "\n", "'s", "1", "23", "é", "漢", "!", ".", "\t", "▁"]
    pieces += ["<tool>", "\u0301", "a", "I", "\r\n"]
    fixed += ["".join(source.choices(pieces, k=30)) for _ in range(20)]
    return fixed


def metadata(name, model, tokens, kinds):
    writer = gguf.GGUFWriter(None, "llama")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    for key, value in (
        ("block_count", 1),
        ("context_length", 8),
        ("embedding_length", 32),
        ("feed_forward_length", 32),
        ("attention.head_count", 1),
    ):
        writer.add_uint32(f"llama.{key}", value)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    return writer


def finish(writer, name):
    writer.write_header_to_file(TARGET / f"{name}.gguf")
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama(name):
    """llama.cpp with a vocabulary that was written."""
    import llama_cpp

    own = llama_cpp.Llama(str(TARGET / f"{name}.gguf"), vocab_only=True, verbose=False)
    return lambda text, add_bos: own.tokenize(text.encode(), add_bos=add_bos, special=False)


def byte_level(name):
    """A byte-level BPE vocabulary, and `tokenizers` with its rules."""
    own = tokenizers.Tokenizer(tokenizers.models.BPE())
    split = [
        tokenizers.pre_tokenizers.Split(tokenizers.Regex(it), "isolated") for it in PATTERNS[name]
    ]
    level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    own.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([*split, level])
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=alphabet, show_progress=False
    )
    own.train_from_iterator([PROSE], trainer)
    model = json.loads(own.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [" ".join(it) for it in model["merges"]]
    # A token that no merge makes: LLaMA 3 takes it where it is a whole piece.
    tokens.append("Ġbelongs")
    kinds = [NORMAL] * len(tokens) + [USER_DEFINED] * len(USERS) + [CONTROL] * len(CONTROLS)
    tokens += USERS + CONTROLS
    writer = metadata(name, "gpt2", tokens, kinds)
    writer.add_tokenizer_pre(name)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(len(tokens) - 3)
    writer.add_eos_token_id(len(tokens) - 2)
    finish(writer, name)
    return llama(name), lambda text: own.encode(text).ids


def sentence_piece(name, model_type, more=()):
    """A SentencePiece vocabulary with some more pieces.

    With it `sentencepiece` without them, and the pieces with their scores.
    """
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(PROSE.splitlines() * 4),
        model_writer=model,
        model_type=model_type,
        vocab_size=520 if model_type == "bpe" else 430,
        byte_fallback=True,
        character_coverage=0.98,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    own = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    size = own.get_piece_size()
    tokens = [own.id_to_piece(at) for at in range(size)] + [piece for piece, _ in more]
    scores = [own.get_score(at) for at in range(size)] + [score for _, score in more]

    def kind(at):
        if own.is_byte(at):
            return BYTE
        if own.is_unknown(at):
            return UNKNOWN
        return CONTROL if own.is_control(at) else NORMAL

    kinds = [kind(at) for at in range(size)] + [NORMAL] * len(more)
    others = USERS + CONTROLS
    kinds += [USER_DEFINED] * len(USERS) + [CONTROL] * len(CONTROLS)
    writer = metadata(name, "llama" if model_type == "bpe" else "t5", tokens + others, kinds)
    writer.add_token_scores(scores + [0.0] * len(others))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    return writer, own, tokens, scores


def spm(name):
    """SentencePiece's BPE."""
    writer, own, _, _ = sentence_piece(name, "bpe")
    finish(writer, name)
    return llama(name), own.encode


def unigram(name):
    """SentencePiece's unigram: `tokenizers` and `sentencepiece`.

    The sums of the first are binary64, those of the second binary32.
    """
    writer, own, tokens, scores = sentence_piece(name, "unigram", TIES)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(False)
    finish(writer, name)
    first_byte = tokens.index("<0x00>")
    # No text has the names of the others: bytes come in where nothing is known.
    is_piece = [at >= first_byte + 256 for at in range(len(tokens))]
    scored = [
        (token if fine else f"\0{token}", score)
        for token, score, fine in zip(tokens, scores, is_piece)
    ]
    exact = tokenizers.Tokenizer(tokenizers.models.Unigram(scored, unk_id=0, byte_fallback=False))

    def between_users(text):
        ids = []
        text = ("\u2581" + text).replace(" ", "\u2581") if text else ""
        encoded = exact.encode(text)
        for token, (start, end) in zip(encoded.ids, encoded.offsets):
            ids += [token] if token else [first_byte + byte for byte in text[start:end].encode()]
        return ids

    longest_first = sorted(USERS, key=len, reverse=True)
    users = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

    def reference(text, add_bos):
        ids = [1] if add_bos else []
        for part in users.split(text):
            ids += [len(tokens) + USERS.index(part)] if part in USERS else between_users(part)
        return ids

    return reference, own.encode


def main():
    TARGET.mkdir(exist_ok=True)
    path = TARGET / "cases.json"
    cases = json.loads(path.read_text()) if path.exists() else {}
    makers = {name: byte_level for name in PATTERNS} | {"spm": spm, "unigram": unigram}
    for name in sys.argv[1:] or makers:
        reference, own = makers[name](name)
        cases[name] = []
        ties = ["\u03c8" * 4 + " " + "\u03c8" * 11] if name == "unigram" else []
        for text in [*texts(), "it belongs belongs", *ties]:
            cases[name].append([text, reference(text, True)])
            plain = reference(text, False)
            has_names = any(it in text for it in USERS + ["belongs", "\u03c8"])
            if not has_names and plain != own(text):
                print(f"{name}: the libraries differ on {text[:60]!r}: {plain} {own(text)}")
    lines = (
        json.dumps(name) + ": [\n" + ",\n".join(map(json.dumps, of)) + "\n]"
        for name, of in cases.items()
    )
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
