//! The program `text-long`, as a binary of the virtual machine.
#![no_std]
#![no_main]

use imo_model::TextProgram;
use imo_text::layout::pools;

imo_guest::program!(
    imo_text::node,
    pools(TextProgram::TEXT_LONG),
    TextProgram::TEXT_LONG.input_depth
);
