//! The virtual machine compared with the contract's bytecode, with another simulator, and with the
//! manual.

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
