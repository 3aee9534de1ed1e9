# What CI runs and what people run are the same targets. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

MODEL := $(CURDIR)/.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf
NODE_MODULES := contracts/node_modules/.package-lock.json
# The wrappers in node_modules/.bin exit 0 even when a test fails: the native binaries are called.
SYSTEM := $(shell uname -s | tr A-Z a-z)
FOUNDRY = $(shell ls -d contracts/node_modules/@foundry-rs/$(1)-$(SYSTEM)-*/bin/$(1) 2>/dev/null \
  | head -n 1)
FORGE = $(CURDIR)/$(call FOUNDRY,forge)
export IMO_MODEL := $(MODEL)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: demo
demo: build $(MODEL) ## Pack, launch, ask, dispute, mint, claim, locally (ARGS=--json or --keep)
	@target/release/imo demo --model $(MODEL) $(ARGS)

.PHONY: build
build: contracts ## Build the contracts and the binary
	@cargo build --release --bin imo >&2

.PHONY: contracts
contracts: $(NODE_MODULES) ## Compile the contracts
	@cd contracts && $(FORGE) build --skip test >&2

.PHONY: test
test: test-contracts test-red test-rust guest instructions ## All tests

.PHONY: test-contracts
test-contracts: $(NODE_MODULES) ## Foundry tests, gas and bytecode-size snapshots
	cd contracts && FORGE_SNAPSHOT_CHECK=true $(FORGE) test
	cargo run --quiet --release -p xtask -- sizes --check

.PHONY: test-red
test-red: $(NODE_MODULES) ## Show that a red Foundry test fails the build
	scripts/red-test.sh $(FORGE)

.PHONY: test-rust
test-rust: contracts $(MODEL) ## Rust tests, the real model and the in-process EVM included
	@cd contracts && $(FORGE) build test/token/TokenHarness.sol >&2
	cargo test --workspace --release
	cargo test --release --locked --manifest-path programs/Cargo.toml

.PHONY: guest
guest: ## Rebuild the guest programs and compare with the committed ones
	programs/build.sh --check

.PHONY: isa
isa: build ## RV32IM programs in machine and contract (RISCV_TESTS=<checkout> adds official ones)
	scripts/isa-tests.sh

.PHONY: soak
soak: contracts $(MODEL) ## Machine, token, offering and all invariants on far more random input
	@cd contracts && $(FORGE) build test/token/TokenHarness.sol >&2
	IMO_SOAK=$${IMO_SOAK:-100} cargo test --release -p imo --test machine --test money
	cd contracts && FOUNDRY_INVARIANT_RUNS=$${FOUNDRY_INVARIANT_RUNS:-8192} \
	  $(FORGE) test --match-test invariant_

.PHONY: bench
bench: build $(MODEL) ## Compare the engine with llama.cpp and candle (ARGS=<rounds>; builds both)
	scripts/bench.sh $(MODEL) $(ARGS)

.PHONY: profile
profile: build $(MODEL) ## Where one thread's time goes, by function (needs perf)
	python3 benches/shares.py $(MODEL)

.PHONY: bench-demo
bench-demo: build $(MODEL) ## Time, memory and gas of the demo, into docs/benchmarks.md
	python3 benches/demo.py $(MODEL)

.PHONY: bench-games
bench-games: contracts $(MODEL) ## Print faults caught and their games' costs (docs/benchmarks.md)
	@IMO_SOAK=$${IMO_SOAK:-6} IMO_REPORT=$(CURDIR)/target/games \
	  cargo test --release -p imo --test machine games:: >&2
	@cat target/games/faults.md && echo && cat target/games/kinds.md

.PHONY: bench-gas
bench-gas: ## The table of gas per action, from the snapshots into docs/benchmarks.md
	cargo run --quiet --release -p xtask -- gas

.PHONY: templates
templates: $(MODEL) ## Compare conversations with transformers', on real chat templates
	scripts/templates.sh $(MODEL)

.PHONY: instructions
instructions: ## Compare the engine's instructions per token with the file's (ARGS=--write)
	scripts/instructions.sh $(ARGS)

.PHONY: aarch64
aarch64: $(MODEL) ## The engine's tests as a 64-bit ARM program under qemu (installs it)
	scripts/aarch64-tests.sh

.PHONY: slither
slither: $(NODE_MODULES) ## Analyse the contracts that hold money (installs Slither into .cache)
	@scripts/slither.sh $(FORGE)

.PHONY: mutants
mutants: $(NODE_MODULES) ## Whether a test notices small faults in contracts (ARGS="token 100")
	@scripts/mutants.py $(FORGE) $(ARGS)

.PHONY: lint
lint: contracts doc ## Formatting, clippy, tidy rules, docs
	cargo fmt --all --check
	cargo fmt --manifest-path programs/Cargo.toml --all --check
	cd contracts && $(FORGE) fmt --check
	cargo clippy --workspace --all-targets --release -- -D warnings
	scripts/lint-guest.sh
	cargo test --release -p xtask

.PHONY: doc
doc: contracts ## The Rust docs, into target/doc; a warning fails
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --lib \
	  --manifest-path programs/Cargo.toml --target-dir target

.PHONY: snapshots
snapshots: contracts ## Write the gas and size files anew
	cd contracts && $(FORGE) test
	cargo run --quiet --release -p xtask -- sizes
	UPDATE=1 cargo test --release -p imo --test machine -- gas::a_step

.PHONY: clean
clean: ## Remove what was built, keep what was fetched
	cargo clean
	rm -rf contracts/out contracts/cache

$(NODE_MODULES): contracts/package.json contracts/package-lock.json
	@cd contracts && npm ci --silent --no-audit --no-fund >&2
	@touch $@

$(MODEL):
	@scripts/fetch-model.sh >&2
