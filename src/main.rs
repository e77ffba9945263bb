//! The program `khotin`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    khotin::cli::main()
}
