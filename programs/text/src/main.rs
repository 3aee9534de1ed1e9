//! The guest: the program as a binary of the virtual machine.
#![no_std]
#![no_main]

imo_guest::program!(imo_text::node, imo_text::layout::NEEDS, imo_text::layout::INPUT_DEPTH);
