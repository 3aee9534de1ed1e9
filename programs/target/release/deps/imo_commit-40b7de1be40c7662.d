/work/wt/breadth/programs/target/release/deps/imo_commit-40b7de1be40c7662.d: /work/wt/breadth/crates/imo-commit/src/lib.rs /work/wt/breadth/crates/imo-commit/src/hash.rs /work/wt/breadth/crates/imo-commit/src/lanes.rs

/work/wt/breadth/programs/target/release/deps/libimo_commit-40b7de1be40c7662.rmeta: /work/wt/breadth/crates/imo-commit/src/lib.rs /work/wt/breadth/crates/imo-commit/src/hash.rs /work/wt/breadth/crates/imo-commit/src/lanes.rs

/work/wt/breadth/crates/imo-commit/src/lib.rs:
/work/wt/breadth/crates/imo-commit/src/hash.rs:
/work/wt/breadth/crates/imo-commit/src/lanes.rs:
