#!/usr/bin/env bash
# Shows that a failing Foundry test is seen: runs a test that must fail through the same binary that
# `make test` uses, and fails itself when that run is green.
set -euo pipefail
forge=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/src" "$dir/test"
cat > "$dir/test/Red.t.sol" <<'SOL'
// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

contract RedTest {
    function test_isRed() external pure {
        assert(false);
    }
}
SOL
cp "$(dirname "$0")/../contracts/solc.sh" "$(dirname "$0")/../contracts/solc.js" "$dir/"
ln -s "$(realpath "$(dirname "$0")/../contracts/node_modules")" "$dir/node_modules"
printf '[profile.default]\nsolc = "./solc.sh"\n' > "$dir/foundry.toml"
# The test must have run and failed; a compiler or set-up error does not count.
if output=$(cd "$dir" && "$forge" test 2>&1); then
  echo "a red Foundry test left forge's exit code at 0" >&2
  exit 1
fi
grep -q 'FAIL.*test_isRed' <<< "$output" || { echo "$output" >&2; exit 1; }
echo "a red Foundry test is seen as red"
