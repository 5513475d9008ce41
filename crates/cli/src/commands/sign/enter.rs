//! `sign --enter` with a founding statement: the modules are signed with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use concordat_agreement::{Agreement, Level, Module};
use concordat_console::document::document;
use concordat_node::home::{Config, Home, Keys, NodeConfig};

use super::super::desk::failure;
use super::founding::own;
use super::modules::joined;
use super::whole;
use crate::args::Sign;
use crate::entering::Entering;
use crate::failure::Failure;
use crate::files;
use crate::founding::Founding;
use crate::out::Out;

/// Signs the modules, too, so that they enter into force when the log begins; and notes in the
/// folder of the party where the log will be.
pub(super) fn enter(
    args: &Sign,
    founding: &Founding,
    path: &Path,
    out: Out,
) -> Result<(), Failure> {
    let Some(dir) = args.agreement.as_ref().filter(|_| !args.sequencer) else {
        let what = "with `--enter` a founder signs the modules, too";
        let hint = "name the folder with your own texts of them: `--agreement FOLDER`";
        return Err(Failure::usage("usage", what, hint));
    };
    let read = whole(dir)?;
    if let Some(module) = read.iter().find(|module| module.level > Level::Simple) {
        let (id, level) = (&module.id, module.level);
        let what = format!("module `{id}` wants signatures at level `{level}`, made elsewhere");
        let hint = "leave `--enter` out; sign with `--all` and `--level` once the log has begun";
        return Err(Failure::usage("level-demanded", what, hint));
    }
    let page = page(&read)?;
    let mut entering = Entering::read(path, founding)?;
    let keys = Keys::load(&args.home).map_err(failure)?;
    let ledger = keys.ledger.public().to_string();
    let mine = founding.genesis.parties.iter().find(|(_, founder)| founder.key == ledger);
    let Some((party, _)) = mine else { return own(false, "party") };
    entering.sign(founding, party, &keys, &page)?;
    entering.write(path)?;
    if Config::read(&args.home).is_err_and(|problem| problem.code == "no-such-file") {
        let certificate = PathBuf::from("coordinator.pem");
        files::write_whole(&args.home.join(&certificate), entering.desk.certificate.as_bytes())?;
        let config = Config {
            party: party.clone(),
            log: founding.id(),
            coordinator: entering.desk.address.clone(),
            certificate,
            datasets: BTreeMap::new(),
            node: NodeConfig::default(),
            witnesses: BTreeMap::new(),
        };
        Home::create(&args.home, config).map_err(failure)?;
        out.say(&format!("note: `{party}` follows the log at {}", entering.desk.address));
    }
    Ok(())
}

/// The document that the founding modules make together.
pub(super) fn page(read: &[Module]) -> Result<String, Failure> {
    Ok(document(&joined(&Agreement::default(), read)?))
}
