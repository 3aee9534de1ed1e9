#!/usr/bin/env bash
# Compares the engine with llama.cpp and writes the engine's part of docs/benchmarks.md. Builds llama.cpp for this processor with
# pip and installs it into .cache, which takes some ten minutes once.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=.cache/peers
if ! cmp --silent benches/requirements.txt "$peers/requirements.txt"; then
  echo "building llama.cpp into .cache, which takes some ten minutes" >&2
  rm -rf "$peers"
  python3 -m venv "$peers"
  # From source, so that it uses all that this processor has.
  nice "$peers/bin/pip" install --quiet --disable-pip-version-check --no-binary llama-cpp-python --requirement benches/requirements.txt
  cp benches/requirements.txt "$peers"
fi
exec "$peers/bin/python" benches/bench.py "$@"
