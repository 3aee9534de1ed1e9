#!/usr/bin/env bash
# The tests of the engine, its kernels and what hashes its traces, as a 64-bit ARM program under
# qemu, which has every instruction that a kernel uses. The demo model's shortest request must lead
# to the trace root that x86-64 gives. Longer requests, and tests that compare logits, take too long
# under an emulator and are left out.
# Installs the cross linker, the emulator and the Rust target where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
target=aarch64-unknown-linux-gnu
if ! command -v qemu-aarch64 >/dev/null || ! command -v aarch64-linux-gnu-gcc >/dev/null; then
  echo "installing qemu-user and a cross linker with apt-get" >&2
  packages=(qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
  apt-get update -qq && apt-get install -qq -y "${packages[@]}" >&2
fi
rustup target list --installed | grep -qx "$target" || rustup target add "$target"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
export IMO_WIDEST_ISA=neon-dot
cargo test --release --target "$target" -p imo-engine -p imo-kernels -p imo-trace -p imo-commit -- \
  --skip unquantised --skip long_traces "$@"
