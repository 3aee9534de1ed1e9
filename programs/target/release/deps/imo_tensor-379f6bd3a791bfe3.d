/work/wt/breadth/programs/target/release/deps/imo_tensor-379f6bd3a791bfe3.d: /work/wt/breadth/crates/imo-tensor/src/lib.rs /work/wt/breadth/crates/imo-tensor/src/float.rs /work/wt/breadth/crates/imo-tensor/src/block.rs /work/wt/breadth/crates/imo-tensor/src/linear.rs /work/wt/breadth/crates/imo-tensor/src/exp.rs /work/wt/breadth/crates/imo-tensor/src/norm.rs /work/wt/breadth/crates/imo-tensor/src/rope.rs /work/wt/breadth/crates/imo-tensor/src/attention.rs /work/wt/breadth/crates/imo-tensor/src/elementwise.rs /work/wt/breadth/crates/imo-tensor/src/sample.rs

/work/wt/breadth/programs/target/release/deps/libimo_tensor-379f6bd3a791bfe3.rmeta: /work/wt/breadth/crates/imo-tensor/src/lib.rs /work/wt/breadth/crates/imo-tensor/src/float.rs /work/wt/breadth/crates/imo-tensor/src/block.rs /work/wt/breadth/crates/imo-tensor/src/linear.rs /work/wt/breadth/crates/imo-tensor/src/exp.rs /work/wt/breadth/crates/imo-tensor/src/norm.rs /work/wt/breadth/crates/imo-tensor/src/rope.rs /work/wt/breadth/crates/imo-tensor/src/attention.rs /work/wt/breadth/crates/imo-tensor/src/elementwise.rs /work/wt/breadth/crates/imo-tensor/src/sample.rs

/work/wt/breadth/crates/imo-tensor/src/lib.rs:
/work/wt/breadth/crates/imo-tensor/src/float.rs:
/work/wt/breadth/crates/imo-tensor/src/block.rs:
/work/wt/breadth/crates/imo-tensor/src/linear.rs:
/work/wt/breadth/crates/imo-tensor/src/exp.rs:
/work/wt/breadth/crates/imo-tensor/src/norm.rs:
/work/wt/breadth/crates/imo-tensor/src/rope.rs:
/work/wt/breadth/crates/imo-tensor/src/attention.rs:
/work/wt/breadth/crates/imo-tensor/src/elementwise.rs:
/work/wt/breadth/crates/imo-tensor/src/sample.rs:
