/work/wt/breadth/programs/target/release/deps/imo_model-93ea0b98c1548dc6.d: /work/wt/breadth/crates/imo-model/src/lib.rs /work/wt/breadth/crates/imo-model/src/image.rs /work/wt/breadth/crates/imo-model/src/ids.rs /work/wt/breadth/crates/imo-model/src/trace.rs /work/wt/breadth/crates/imo-model/src/tokenizer/mod.rs /work/wt/breadth/crates/imo-model/src/tokenizer/heap.rs /work/wt/breadth/crates/imo-model/src/tokenizer/merge.rs /work/wt/breadth/crates/imo-model/src/tokenizer/split.rs

/work/wt/breadth/programs/target/release/deps/libimo_model-93ea0b98c1548dc6.rmeta: /work/wt/breadth/crates/imo-model/src/lib.rs /work/wt/breadth/crates/imo-model/src/image.rs /work/wt/breadth/crates/imo-model/src/ids.rs /work/wt/breadth/crates/imo-model/src/trace.rs /work/wt/breadth/crates/imo-model/src/tokenizer/mod.rs /work/wt/breadth/crates/imo-model/src/tokenizer/heap.rs /work/wt/breadth/crates/imo-model/src/tokenizer/merge.rs /work/wt/breadth/crates/imo-model/src/tokenizer/split.rs

/work/wt/breadth/crates/imo-model/src/lib.rs:
/work/wt/breadth/crates/imo-model/src/image.rs:
/work/wt/breadth/crates/imo-model/src/ids.rs:
/work/wt/breadth/crates/imo-model/src/trace.rs:
/work/wt/breadth/crates/imo-model/src/tokenizer/mod.rs:
/work/wt/breadth/crates/imo-model/src/tokenizer/heap.rs:
/work/wt/breadth/crates/imo-model/src/tokenizer/merge.rs:
/work/wt/breadth/crates/imo-model/src/tokenizer/split.rs:
