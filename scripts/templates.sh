#!/usr/bin/env bash
# Compares our tokens of conversations with those of transformers, on real chat templates, and
# writes its part of docs/benchmarks.md. The first time it installs transformers into .cache.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=.cache/templates
wanted=benches/templates/requirements.txt
if ! cmp --silent "$wanted" "$cache/venv/requirements.txt"; then
  echo "installing transformers into .cache (about 100 MB)" >&2
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$cache/venv"
fi
cargo build --quiet --release -p imo-pack --example conversations
export PYTHONPATH=benches TRANSFORMERS_VERBOSITY=error HF_HUB_OFFLINE=1
exec "$cache/venv/bin/python" benches/templates/compare.py "$@" "$cache"
