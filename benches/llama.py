"""llama.cpp over a model.

For each line of `prompt generated` on standard input it writes one JSON object to standard output.
"""

import json
import sys
import time

import llama_cpp
import numpy


def main(path, threads, flash_attention):
    model = load(path)
    for line in sys.stdin:
        prompt, generated = map(int, line.split())
        context = new_context(model, prompt + generated, int(threads), flash_attention == "on")
        print(json.dumps(measure(context, prompt, generated)), flush=True)
        llama_cpp.llama_free(context)


def load(path):
    llama_cpp.llama_log_set(quiet, None)
    llama_cpp.llama_backend_init()
    return llama_cpp.llama_model_load_from_file(
        path.encode(), llama_cpp.llama_model_default_params()
    )


def new_context(model, positions, threads, flash_attention):
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = max(512, positions)
    params.n_threads = params.n_threads_batch = threads
    params.flash_attn_type = int(flash_attention)
    return llama_cpp.llama_init_from_model(model, params)


def measure(context, prompt, generated):
    """Tokens per second of a prompt, and of what is generated after it."""
    decode(context, [0])
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    vocabulary = vocabulary_of(context)
    started = time.perf_counter()
    token = decode(context, [i * 7919 % vocabulary for i in range(prompt)])
    first = time.perf_counter()
    for _ in range(generated - 1):
        token = decode(context, [token])
    return {
        "prompt": prompt / (first - started),
        "decode": (generated - 1) / (time.perf_counter() - first),
    }


def decode(context, tokens):
    """Takes tokens and returns the likeliest next one."""
    array = (llama_cpp.llama_token * len(tokens))(*tokens)
    if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
        sys.exit("llama.cpp cannot decode")
    return int(logits(context).argmax())


def logits(context):
    """Those after the last token taken."""
    return numpy.ctypeslib.as_array(
        llama_cpp.llama_get_logits_ith(context, -1), (vocabulary_of(context),)
    )


def vocabulary_of(context):
    return llama_cpp.llama_vocab_n_tokens(
        llama_cpp.llama_model_get_vocab(llama_cpp.llama_get_model(context))
    )


@llama_cpp.llama_log_callback
def quiet(_level, _text, _data):
    """llama.cpp's own messages are not wanted here."""


if __name__ == "__main__":
    main(*sys.argv[1:])
