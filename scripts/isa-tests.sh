#!/usr/bin/env bash
# RV32IM, instruction by instruction, through `imo vm run` and through `imo vm check`, which
# executes each step in the contract's bytecode.
# Our own programs need nothing. With RISCV_TESTS=<checkout of riscv-tests> the official ones run as
# well; they need a RISC-V compiler (Debian: apt-get install gcc-riscv64-unknown-elf).
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --quiet --release -p imo --test machine isa

if [ -z "${RISCV_TESTS:-}" ]; then
  echo "the official tests were not run: RISCV_TESTS names no checkout of riscv-tests"
  exit 0
fi
compiler=${RISCV_CC:-riscv64-unknown-elf-gcc}
if ! command -v "$compiler" >/dev/null; then
  echo "$compiler is missing; apt-get install gcc-riscv64-unknown-elf" >&2
  exit 1
fi
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
passed=0 failed=0
for source in "$RISCV_TESTS"/isa/rv32u[im]/*.S; do
  name=$(basename "$(dirname "$source")")-$(basename "$source" .S)
  case $name in
    # Code does not change here, and a misaligned access is a fault (docs/spec/vm.md).
    rv32ui-fence_i | rv32ui-ma_data) continue ;;
  esac
  # The tests use gp for themselves, so nothing may be addressed relative to it.
  "$compiler" -march=rv32im -mabi=ilp32 -nostdlib -nostartfiles -static -Wl,--no-relax \
    -Iscripts/isa -I"$RISCV_TESTS/isa/macros/scalar" -o "$programs/$name" "$source"
  if target/release/imo vm run "$programs/$name" >/dev/null \
    && result=$(target/release/imo vm check "$programs/$name"); then
    echo "$name: $(sed -n 's/^contract *//p' <<< "$result")"
    passed=$((passed + 1))
  else
    echo "$name: failed" >&2
    failed=$((failed + 1))
  fi
done
echo "official tests: $passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
