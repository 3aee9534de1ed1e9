//! The Initial Model Offering on the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    imo::main()
}
