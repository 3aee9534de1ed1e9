//! Links the guest where the virtual machine has its memories.

fn main() {
    println!("cargo::rerun-if-changed=../guest/memory.ld");
    if std::env::var("TARGET").is_ok_and(|target| target.starts_with("riscv32")) {
        let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-arg-bin=text=-T{folder}/../guest/memory.ld");
    }
}
