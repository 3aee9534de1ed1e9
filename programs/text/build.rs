//! Links the guests where the virtual machine has their memories.

use imo_model::TextProgram;

fn main() {
    println!("cargo::rerun-if-changed=../guest/memory.ld");
    if std::env::var("TARGET").is_ok_and(|target| target.starts_with("riscv32")) {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        for TextProgram { name, memory_depth, .. } in TextProgram::ALL {
            let bytes = 128_u64 << memory_depth;
            println!("cargo::rustc-link-arg-bin={name}=-T{folder}/../guest/memory.ld");
            println!("cargo::rustc-link-arg-bin={name}=--defsym=MEMORY_BYTES={bytes}");
        }
    }
}
