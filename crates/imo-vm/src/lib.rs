//! A RISC-V program to states, steps and witnesses.
