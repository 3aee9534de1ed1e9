"""Random conversations: usual ones and others, with texts that were never in a corpus."""

import random

ROLES = ["system", "user", "assistant"]
SPACES = [" ", "  ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085"]
SPACES += ["\x1c", "\x1f", "\x0b", "\u200b", "\ufeff"]
WORDS = r"""
the of to and It was never said that a model is asked who said what
system user assistant System: User: ASSISTANT: model tool content None true
1 23 2024 3.14 1,000,000 ٣٤ ²³ ½ !? ... --- '' " ' ` \ \n / | < > [ ] { } ( ) # & ;
don't it'S I'LL we've Größe façade naïve Übung Это так 今天天气很好 こんにちは עברית हिन्दी ไทย
👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 🤷🏽‍♂️ 🙂 é ﬁ ſ İ ẞ Ω
<think> </think> <tool_call> </tool_response> <<SYS>> <</SYS>> [INST] [/INST] <s> </s>
<|im_start|> <|im_end|> <|user|> <|end|> <|eot_id|> <bos> <start_of_turn> [|user|]
{{ }} {% %} {# #} {{messages}} {%-if /no_think /think <b>bold</b> &amp; http://a.b/c?d=e#f
""".split()
PIECES = [
    *WORDS,
    *["e\u0301", "\u0301", "\u200d"],
    '{"name": "call", "arguments": {"a": [1, null]}}',
    'fn main() {\n    println!("{}", 1 + 2);\n}\n',
    "```python\ndef f(x):\n\treturn x**2\n```",
    "<tool_response>\n{}\n</tool_response>",
    "- one\n- two\n\n1. three\n",
    "<think>\nLet me see.\n</think>\n\nYes.",
    "SELECT * FROM t WHERE a = 'b';",
]
# Scripts of which a text has some letters.
BLOCKS = [(0x21, 0x7E), (0xA1, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x4E00, 0x9FA5)]
BLOCKS += [(0x1F600, 0x1F64F), (0xAC00, 0xD7A3)]
MOST_PARTS = 9
LONG_TEXT = 12_000


def conversations(seed, count, controls):
    """As many conversations, none of which has the name of a control token in its texts."""
    source = random.Random(seed)
    return [
        [
            {"role": role, "content": text(source, controls)}
            for role in (turns(source) if source.random() < 0.7 else any_roles(source))
        ]
        for _ in range(count)
    ]


def turns(source):
    """The roles of a conversation as most are: a system message or none, and then turns."""
    count = source.randint(1, MOST_PARTS - 1)
    if source.random() < 0.8:
        # The user said the last of it.
        count -= 1 - count % 2
    roles = [ROLES[1 + index % 2] for index in range(max(count, 1))]
    return ["system", *roles] if source.random() < 0.5 else roles


def any_roles(source):
    return source.choices(ROLES, k=source.randint(1, MOST_PARTS))


def text(source, controls):
    """A text that shows something."""
    while True:
        drawn = "".join(pieces(source))
        for _ in range(2):
            drawn = drawn if source.random() < 0.7 else drawn + source.choice(SPACES)
            drawn = drawn if source.random() < 0.7 else source.choice(SPACES) + drawn
        if drawn.strip() and not any(name in drawn for name in controls):
            return drawn


def pieces(source):
    most = source.choice([1, 2, 5, 12, 40])
    length = LONG_TEXT if source.random() < 0.02 else 0
    count = source.randint(1, most)
    while count > 0 or length > 0:
        piece = source.choice(PIECES) if source.random() < 0.85 else letters(source)
        space = source.choice(SPACES) if source.random() < 0.15 else source.choice(["", " ", " "])
        yield piece + space
        count, length = count - 1, length - len(piece)


def letters(source):
    low, high = source.choice(BLOCKS)
    return "".join(chr(source.randint(low, high)) for _ in range(source.randint(1, 6)))
