#!/usr/bin/env bash
# Builds the guest programs. With --check, builds them elsewhere and compares with what is
# committed. The ELF is consensus: its root is part of every program id. So compiler, flags and
# paths are pinned.
set -euo pipefail
cd "$(dirname "$0")"

target=riscv32im-unknown-none-elf
toolchain=$(sed -n 's/^channel = "\(.*\)"/\1/p' ../rust-toolchain.toml)
installed() {
  rustup target list --toolchain "$toolchain" --installed 2>/dev/null | grep -qx "$target"
}
if ! installed && ! rustup target add --toolchain "$toolchain" "$target" >/dev/null 2>&1; then
  echo "the target $target of Rust $toolchain could not be installed;" \
    "try: rustup target add $target" >&2
  # Without the compiler nothing can be compared; the committed hash is still checked.
  if [ "${1:-}" = --check ]; then
    entry='.*"file": "\(.*\)", "sha256": "\(.*\)".*'
    sha256sum --quiet --check <(sed -n "s/$entry/\2  \1/p" prestates.json)
  fi
  exit $([ "${1:-}" = --check ] && echo 0 || echo 1)
fi

root=$(cd .. && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
remap="--remap-path-prefix=$root=/imo --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
remap+=" --remap-path-prefix=$(rustc "+$toolchain" --print sysroot)=/rust"
remap+=" --remap-path-prefix=$build=/build"
compile() {
  RUSTFLAGS="$remap -Cforce-frame-pointers=no" \
    cargo "+$toolchain" build --quiet --locked --release \
    --target "$target" --target-dir "$build" --features guest --bins
}
programs=(text text-long)
compile
for name in "${programs[@]}"; do cp "$build/$target/release/$name" "$build/$name.elf"; done

# For each instruction, the function and the source line that it comes from. Of the frames that are
# inlined there, the innermost one in our sources counts, or else the innermost of all. The same
# build with line tables has the same instructions.
lines() {
  local field='[0-9a-f]*'
  local text=".* \.text *PROGBITS *\($field\) $field \($field\) .*"
  read -r base size < <(readelf -SW "$build/$1.elf" | sed -n "s/$text/\1 \2/p")
  for ((pc = 16#$base; pc < 16#$base + 16#$size; pc += 4)); do printf '0x%x\n' "$pc"; done |
    llvm-symbolizer --obj="$build/$target/release/$1" --functions=short --print-address |
    awk '
      /^0x/ { pc = substr($0, 3); own = other = ""; next }
      /^$/ {
        place = own ? own : other
        if (place && place !~ /:0 / && place != last) print pc, last = place
        next
      }
      {
        name = $0
        gsub(/ /, "", name)
        getline file
        sub(/:[0-9]+$/, "", file)
        sub(/^\/.*\/library\//, "", file)
        if (!own && sub(/^\/imo\//, "", file)) own = file " " name
        else if (!other) other = file " " name
      }'
}

again='run programs/build.sh'
fail() {
  echo "$1" >&2
  exit 1
}
hash() { sha256sum "$build/$1.elf" | cut -d' ' -f1; }
with_lines() {
  CARGO_PROFILE_RELEASE_STRIP=none CARGO_PROFILE_RELEASE_DEBUG=line-tables-only compile
}

if [ "${1:-}" = --check ]; then
  for name in "${programs[@]}"; do
    cmp "$build/$name.elf" "$name.elf" ||
      fail "programs/$name.elf is not what the sources build; $again"
    grep -q "\"$name.elf\", \"sha256\": \"$(hash "$name")\"" prestates.json ||
      fail "programs/prestates.json has another hash of $name.elf than $(hash "$name")"
  done
  if command -v llvm-symbolizer >/dev/null; then
    with_lines
    for name in "${programs[@]}"; do
      lines "$name" | cmp - "$name.lines" ||
        fail "programs/$name.lines is not what the sources give; $again"
    done
  fi
  for name in "${programs[@]}"; do
    echo "programs/$name.elf is what the sources build: $(hash "$name")"
  done
else
  with_lines
  entries=()
  for name in "${programs[@]}"; do
    cp "$build/$name.elf" "$name.elf"
    lines "$name" > "$name.lines"
    entry='{ "name": "%s", "version": 1, "file": "%s", "sha256": "%s" }'
    entries+=("$(printf "$entry" "$name" "$name.elf" "$(hash "$name")")")
    echo "wrote programs/$name.elf ($(stat -c %s "$name.elf") bytes): $(hash "$name")"
  done
  joined=$(printf ',\n    %s' "${entries[@]}")
  printf '{\n  "programs": [\n    %s\n  ]\n}\n' "${joined:6}" > prestates.json
fi
