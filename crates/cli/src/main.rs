//! The `concordat` binary.

fn main() -> std::process::ExitCode {
    concordat_cli::main(std::env::args_os())
}
