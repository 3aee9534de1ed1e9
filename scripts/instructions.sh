#!/usr/bin/env bash
# Counts the engine's instructions per token with callgrind and compares them with
# benches/instructions.json; --write writes the counts anew.
# Needs valgrind: where it is missing, root installs it; others are told that nothing was counted.
# The file's counts are of x86-64, so on other processors there is nothing to compare with.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname -m)" != x86_64 ]; then
  echo "instructions are counted on x86-64; this is $(uname -m)" >&2
  exit 0
fi
if ! command -v valgrind >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing valgrind with apt-get" >&2
  { apt-get update -qq && apt-get install -qq -y valgrind; } >&2 || true
fi
if ! command -v valgrind >/dev/null; then
  echo "no instructions were counted: valgrind is missing" >&2
  exit 0
fi
cargo build --quiet --release -p imo-engine --example work
exec python3 benches/instructions.py target/release/examples/work "$@"
