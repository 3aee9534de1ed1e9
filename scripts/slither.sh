#!/usr/bin/env bash
# Runs Slither over the contracts that hold money. Fails when it finds what
# docs/security/static-analysis.md does not answer, or when an answer there has no finding any more.
# Installs Slither into .cache.
set -euo pipefail
forge=$1
cd "$(dirname "$0")/.."
version=0.11.6
cache=$PWD/.cache/slither
answers=$PWD/docs/security/static-analysis.md

if [ ! -x "$cache/$version/bin/slither" ]; then
  echo "installing slither-analyzer $version into .cache" >&2
  python3 -m venv "$cache/$version"
  "$cache/$version/bin/pip" install --quiet --disable-pip-version-check "slither-analyzer==$version"
fi

cd contracts
rm -rf "$cache/out" "$cache/findings.json"
export FOUNDRY_OUT=$cache/out FOUNDRY_CACHE_PATH=$cache/build-cache
sources=(src/{nft,token,revenue,offering,factory,oracle,dispute,examples})
if ! "$forge" build --force --build-info "${sources[@]}" > "$cache/build.log" 2>&1; then
  cat "$cache/build.log" >&2
  exit 1
fi
# Its exit code says that there are findings, which is not what is asked.
PATH=$(dirname "$forge"):$PATH "$cache/$version/bin/slither" . \
  --foundry-out-directory "$cache/out" --ignore-compile --filter-paths 'node_modules|test/' \
  --exclude-informational --exclude-optimization \
  --json "$cache/findings.json" > "$cache/slither.log" 2>&1 || true
[ -s "$cache/findings.json" ] || { cat "$cache/slither.log" >&2; exit 1; }

python3 - "$cache/findings.json" "$answers" <<'PY'
import json, re, sys

findings, answers = sys.argv[1:]
report = json.load(open(findings))
if not report["success"]:
    sys.exit(report["error"])


def place(finding):
    """Contract and function, or variable, that a finding begins with."""
    first = finding["elements"][0]
    while first["type"] not in ("function", "contract"):
        first = first["type_specific_fields"]["parent"]
    parents = [first["name"]]
    while "type_specific_fields" in first and "parent" in first["type_specific_fields"]:
        first = first["type_specific_fields"]["parent"]
        if first["type"] == "contract":
            parents.append(first["name"])
    return ".".join(reversed(parents))


found = {(finding["check"], place(finding)) for finding in report["results"].get("detectors", [])}
answered = set()
for line in open(answers):
    row = re.match(r"\| `([a-z-]+)` \| (.+?) \|", line)
    if row and row[2] == "everywhere":
        answered |= {it for it in found if it[0] == row[1]} or {(row[1], row[2])}
    elif row:
        answered |= {(row[1], where) for where in re.findall(r"`([^`]+)`", row[2])}
new = sorted(found - answered)
stale = sorted(answered - found)
for check, where in new:
    print(f"not answered: {check} in {where}")
for check, where in stale:
    print(f"answered, but not found: {check} in {where}")
print(f"{len(found)} findings, {len(new)} without an answer")
sys.exit(bool(new or stale))
PY
