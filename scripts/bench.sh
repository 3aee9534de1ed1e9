#!/usr/bin/env bash
# Compares the engine with llama.cpp and candle and writes the engine's part of docs/benchmarks.md.
# The first time it builds both for this processor into .cache, llama.cpp with pip, which takes some
# ten minutes each.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=.cache/peers
if ! cmp --silent benches/requirements.txt "$peers/requirements.txt"; then
  echo "building llama.cpp into .cache, which takes some ten minutes" >&2
  rm -rf "$peers"
  python3 -m venv "$peers"
  # From source, so that it uses all that this processor has.
  nice "$peers/bin/pip" install --quiet --disable-pip-version-check \
    --no-binary llama-cpp-python --requirement benches/requirements.txt
  cp benches/requirements.txt "$peers"
fi
if [ ! -x .cache/candle/release/candle-speed ]; then
  echo "building candle into .cache, which takes some minutes" >&2
fi
RUSTFLAGS="-C target-cpu=native" nice cargo build --quiet --release --locked \
  --manifest-path benches/candle/Cargo.toml --target-dir .cache/candle
exec "$peers/bin/python" benches/bench.py "$@"
