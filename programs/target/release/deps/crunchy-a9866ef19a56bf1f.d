/work/wt/breadth/programs/target/release/deps/crunchy-a9866ef19a56bf1f.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/crunchy-0.2.4/src/lib.rs /work/wt/breadth/programs/target/release/build/crunchy-6a2349374a089918/out/lib.rs

/work/wt/breadth/programs/target/release/deps/libcrunchy-a9866ef19a56bf1f.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/crunchy-0.2.4/src/lib.rs /work/wt/breadth/programs/target/release/build/crunchy-6a2349374a089918/out/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/crunchy-0.2.4/src/lib.rs:
/work/wt/breadth/programs/target/release/build/crunchy-6a2349374a089918/out/lib.rs:

# env-dep:CRUNCHY_LIB_SUFFIX=/lib.rs
# env-dep:OUT_DIR=/work/wt/breadth/programs/target/release/build/crunchy-6a2349374a089918/out
