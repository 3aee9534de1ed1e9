/work/wt/breadth/programs/target/release/deps/imo_text-3ccbe8b9b9e4c87d.d: /work/wt/breadth/clippy.toml text/src/lib.rs text/src/emit.rs text/src/head.rs text/src/layer.rs text/src/memories.rs text/src/node.rs text/src/request.rs text/src/status.rs text/src/tokens.rs text/src/workspace.rs Cargo.toml

/work/wt/breadth/programs/target/release/deps/libimo_text-3ccbe8b9b9e4c87d.rmeta: /work/wt/breadth/clippy.toml text/src/lib.rs text/src/emit.rs text/src/head.rs text/src/layer.rs text/src/memories.rs text/src/node.rs text/src/request.rs text/src/status.rs text/src/tokens.rs text/src/workspace.rs Cargo.toml

/work/wt/breadth/clippy.toml:
text/src/lib.rs:
text/src/emit.rs:
text/src/head.rs:
text/src/layer.rs:
text/src/memories.rs:
text/src/node.rs:
text/src/request.rs:
text/src/status.rs:
text/src/tokens.rs:
text/src/workspace.rs:
Cargo.toml:

# env-dep:CLIPPY_ARGS=
# env-dep:CLIPPY_CONF_DIR
