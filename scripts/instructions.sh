#!/usr/bin/env bash
# Counts the engine's instructions per token with callgrind and compares them with benches/instructions.json; --write writes it anew.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { apt-get update -qq && apt-get install -qq -y valgrind >&2; }
cargo build --quiet --release -p imo-engine --example work
exec python3 benches/instructions.py target/release/examples/work "$@"
