//! The virtual machine against the contract's bytecode, against a machine that is not ours, and against the manual.

mod asm;
mod commands;
mod court;
mod games;
mod gas;
mod guest;
mod isa;
mod large;
mod oracle;
mod programs;
mod random;
#[path = "../../../imo-vm/tests/steps/scene.rs"]
mod scene;
mod steps;
