#!/usr/bin/env bash
# Clippy over the guest programs, with the lints of every other crate: libraries and tests as this
# computer runs them, then all that the virtual machine runs, where Rust's target for it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
target=riscv32im-unknown-none-elf
lint() { cargo clippy --release --locked --manifest-path programs/Cargo.toml "$@" -- -D warnings; }

lint --all-targets
if rustup target list --installed 2>/dev/null | grep -qx "$target" ||
  rustup target add "$target" >/dev/null 2>&1; then
  lint --target "$target" --features guest --lib --bins
else
  echo "not linted for $target, which could not be installed; try: rustup target add $target" >&2
fi
