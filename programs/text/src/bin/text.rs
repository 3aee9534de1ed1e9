//! The program `text`, as a binary of the virtual machine.
#![no_std]
#![no_main]

use imo_model::TextProgram;
use imo_text::layout::pools;

imo_guest::program!(imo_text::node, pools(TextProgram::TEXT), TextProgram::TEXT.input_depth);
