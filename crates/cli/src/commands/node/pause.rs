//! `concordat node pause`: a node takes part in no run from here on, by nobody's leave.

use concordat_node::egress::Ledger;
use concordat_node::home::Home;
use serde::Serialize;

use super::super::desk::failure;
use crate::args::Pause;
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::width::wrapped;

#[derive(Debug, Serialize)]
struct Told {
    paused: bool,
    /// Whether it was not so before.
    changed: bool,
}

pub(super) fn run(args: &Pause, out: Out) -> Result<(), Failure> {
    let home = Home::load(&args.home).map_err(failure)?;
    let paused = !args.resume;
    let changed = Ledger::of(&home).pause(paused).map_err(failure)?;
    out.answer(&Told { paused, changed }, || {
        let party = home.party();
        let already = if changed { "" } else { " already" };
        let said = if paused {
            format!(
                "paused{already}: nothing of a run leaves `{party}` from here on; it goes on \
                 following the log, and takes part again after `node pause --resume`"
            )
        } else {
            format!(
                "resumed{already}: `{party}` takes part in runs again, but in none that it had \
                 joined before"
            )
        };
        wrapped(&line(&said), 8)
    })
}
