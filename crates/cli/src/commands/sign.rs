//! `concordat sign`: a founding statement, or modules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use concordat_agreement::effect::{Effect, effect};
use concordat_agreement::{Agreement, Level, Module, amend};
use concordat_console::document::document;
use concordat_node::follow::Follower;
use concordat_node::home::{Config, Home, Keys, NodeConfig};
use concordat_node::plain::Kind;
use concordat_partnership::act::{Attached, ModuleEnter, ModuleSign, OneModule};
use concordat_partnership::{Act, InForce, SIGNATORY, State};
use concordat_terms::{Diagnostic, Digest, ModuleId, PartyId, SeatId, Severity, Timestamp};
use concordat_tlog::SigningKey;
use serde::Serialize;

use super::act::{attach, submit, upload_bytes};
use super::desk::{answered, failure, open_latest};
use super::key;
use crate::args::Sign;
use crate::entering::Entering;
use crate::failure::Failure;
use crate::founding::Founding;
use crate::out::Out;
use crate::{files, keyfile};

pub(super) fn run(args: &Sign, out: Out) -> Result<(), Failure> {
    let (statements, modules): (Vec<&PathBuf>, Vec<&PathBuf>) =
        args.files.iter().partition(|file| file.extension().is_some_and(|e| e == "dsse"));
    match (statements.as_slice(), modules.is_empty() && args.all.is_none()) {
        ([statement], true) => founding(args, statement, out),
        ([], _) if !args.sequencer => sign_modules(args, &modules, out),
        _ => Err(Failure::usage(
            "usage",
            "one founding statement, or modules, can be signed at a time",
            "run `concordat sign --help`",
        )),
    }
}

#[derive(Debug, Serialize)]
struct Founded {
    log: Digest,
    missing: Vec<String>,
}

/// What a founding statement says, for who is to sign it.
#[derive(Debug, Serialize)]
struct Shown {
    log: Digest,
    parties: Vec<PartyId>,
    modules: Vec<Digest>,
    missing: Vec<String>,
}

impl Shown {
    fn of(founding: &Founding) -> Self {
        Self {
            log: founding.id(),
            parties: founding.genesis.parties.keys().cloned().collect(),
            modules: founding.genesis.modules.iter().copied().collect(),
            missing: founding.missing(),
        }
    }

    fn told(&self) -> String {
        let parties: Vec<&str> = self.parties.iter().map(PartyId::as_str).collect();
        let mut lines = vec![
            format!("would be signed: log {}", self.log),
            format!("founded by {} on these texts:", parties.join(", ")),
        ];
        lines.extend(self.modules.iter().map(|digest| format!("  {digest}")));
        lines.push(format!("still to be signed by {}", self.missing.join(", ")));
        lines.join("\n")
    }
}

fn founding(args: &Sign, path: &Path, out: Out) -> Result<(), Failure> {
    let mut founding = Founding::read(path)?;
    if let Some(dir) = &args.agreement {
        compare(&founding, dir)?;
    }
    if args.show {
        let shown = Shown::of(&founding);
        return out.answer(&shown, || shown.told());
    }
    let key = if args.sequencer {
        let key = keyfile::sequencer(&args.home)?;
        own(founding.genesis.sequencer == key.public().to_string(), "sequencer")?;
        key
    } else {
        party_key(args, &founding, out)?
    };
    founding.sign(&key)?;
    if args.enter {
        enter(args, &founding, path, out)?;
    }
    founding.write(path)?;
    let founded = Founded { log: founding.id(), missing: founding.missing() };
    out.answer(&founded, || match founded.missing.as_slice() {
        [] => format!("log {}: signed by all", founded.log),
        missing => format!("log {}: still to be signed by {}", founded.log, missing.join(", ")),
    })
}

/// Signs the modules, too, so that they enter into force when the log begins; and notes in the
/// folder of the party where the log will be.
fn enter(args: &Sign, founding: &Founding, path: &Path, out: Out) -> Result<(), Failure> {
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
    let page = document(&joined(&Agreement::default(), &read)?);
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
        };
        Home::create(&args.home, config).map_err(failure)?;
        out.say(&format!("note: `{party}` follows the log at {}", entering.desk.address));
    }
    Ok(())
}

/// A founder signs only a statement that names its own two keys under its own name, over modules
/// that it has seen.
fn party_key(args: &Sign, founding: &Founding, out: Out) -> Result<SigningKey, Failure> {
    let keys = Keys::load(&args.home).map_err(failure)?;
    let (ledger, witness) = (keys.ledger.public().to_string(), keys.witness.public().to_string());
    let mut founders = founding.genesis.parties.iter();
    let mine = founders.find(|(_, f)| f.key == ledger && f.witness == witness);
    own(mine.is_some(), "party")?;
    match (mine, key::named(&args.home)?) {
        (Some((given, _)), Some(name)) if *given != name => {
            return Err(Failure::refused(
                "keys-of-another-name",
                format!("the founding statement gives the keys of `{name}` to `{given}`"),
                "have the statement written anew, each party with its own keys",
            ));
        }
        (Some((given, _)), None) => out.say(&format!("note: signs as `{given}`")),
        _ => {}
    }
    if args.agreement.is_none() {
        out.say("note: no `--agreement` was given: the modules were not compared with your own");
    }
    Ok(keys.ledger)
}

fn own(named: bool, who: &str) -> Result<(), Failure> {
    if named {
        return Ok(());
    }
    Err(Failure::refused(
        "keys-not-named",
        format!("the founding statement does not name the keys of this {who}"),
        "have the statement written anew with `concordat key show --json`",
    ))
}

/// The statement founds the log on exactly the modules that the signer has before it.
fn compare(founding: &Founding, dir: &Path) -> Result<(), Failure> {
    let mut own = BTreeMap::new();
    for (path, bytes) in files::modules(dir)? {
        own.insert(Digest::of(&bytes), path);
    }
    let named = &founding.genesis.modules;
    if let Some((_, path)) = own.iter().find(|(digest, _)| !named.contains(*digest)) {
        let what = format!("the founding statement does not name `{}` as it is", path.display());
        return Err(Failure::refused("modules-differ", what, "compare your text with the others'"));
    }
    match named.iter().find(|digest| !own.contains_key(*digest)) {
        Some(other) => Err(Failure::refused(
            "modules-differ",
            format!("the founding statement names module `{}`, which is not yours", other.short()),
            "have the module sent to you, and read it",
        )),
        None => Ok(()),
    }
}

fn sign_modules(args: &Sign, named: &[&PathBuf], out: Out) -> Result<(), Failure> {
    let mut texts: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    if let Some(dir) = &args.all {
        texts.extend(files::modules(dir)?);
    }
    for path in named {
        texts.insert((*path).clone(), files::bytes(path, Kind::Module)?);
    }
    let mut read = Vec::new();
    for (path, bytes) in &texts {
        read.push(files::module(path, bytes).map_err(|found| files::unreadable(&found))?);
    }
    let (_, mut follower) = open_latest(&args.home)?;
    let (unchanged, read) = apart(follower.state(), read);
    let mut proposed = texts.values().map(|bytes| (Digest::of(bytes), bytes)).collect::<Vec<_>>();
    proposed.retain(|(digest, _)| read.iter().any(|module| module.digest == *digest));
    proposed.sort_by_key(|(digest, _)| *digest);
    if args.withdraw {
        return withdraw(&mut follower, proposed.iter().map(|(digest, _)| *digest), out);
    }
    let set = follower.state().set_of(proposed.iter().map(|(digest, _)| *digest));
    let rest = args.agreement.as_ref().map(|dir| whole(dir)).transpose()?.unwrap_or_default();
    let in_force = governing(follower.state(), &read);
    // The frame of a project's modules is the one in force.
    let project = read.iter().any(|module| module.project.is_some());
    let rest = rest.iter().filter(|module| module.project.is_some() == project);
    let would_be = joined(in_force, rest.chain(&read))?;
    let page = document(&would_be);
    let signing = Signing {
        modules: read.iter().map(|module| Line::of(module, follower.state())).collect(),
        unchanged: unchanged.iter().map(|module| Line::of(module, follower.state())).collect(),
        with: set.iter().filter(|d| read.iter().all(|m| m.digest != **d)).copied().collect(),
        document: Digest::of(page.as_bytes()),
        until: args.until,
        changes: effect(in_force, &would_be),
    };
    if let Some(file) = &args.document {
        files::write_whole(file, page.as_bytes())?;
    }
    if args.show || proposed.is_empty() {
        return out.answer(&signing, || signing.told());
    }
    out.say(&signing.told());
    let attached = attach(&follower, &args.attach)?;
    upload_bytes(&follower, page.as_bytes())?;
    let (document, until) = (signing.document, args.until);
    let mut hand = Hand { seat: signatory()?, attached, set, document, until, out };
    for (digest, bytes) in &proposed {
        hand.propose(&mut follower, *digest, bytes)?;
    }
    for (digest, _) in &proposed {
        hand.sign(&mut follower, *digest)?;
    }
    if args.enter {
        let modules = proposed.iter().map(|(digest, _)| *digest).collect();
        submit(&follower, &hand.seat, &Act::ModuleEnter(ModuleEnter { modules }), None, out)?;
    }
    Ok(())
}

/// Takes this party's signatures under modules back, where it has given any.
fn withdraw(
    follower: &mut Follower,
    modules: impl Iterator<Item = Digest>,
    out: Out,
) -> Result<(), Failure> {
    let party = follower.party().clone();
    let seat = signatory()?;
    for module in modules {
        let proposal = follower.state().proposals().get(&module);
        if proposal.is_none_or(|proposal| !proposal.signed.contains_key(&party)) {
            out.say(&format!("note: `{party}` has not signed {}", module.short()));
            continue;
        }
        submit(follower, &seat, &Act::ModuleWithdraw(OneModule { module }), None, out)?;
        follower.catch_up().map(drop).map_err(|fault| answered(&fault))?;
    }
    Ok(())
}

/// Modules that are in force as they are, and the others: what is in force is not signed again.
fn apart(state: &State, read: Vec<Module>) -> (Vec<Module>, Vec<Module>) {
    read.into_iter().partition(|module| {
        replaced(state, module).is_some_and(|in_force| in_force.digest == module.digest)
    })
}

/// What of a module is in force.
fn replaced<'a>(state: &'a State, module: &Module) -> Option<&'a InForce> {
    match &module.project {
        None => state.in_force().get(&module.id),
        Some(project) => state.project_agreements().get(project)?.in_force.get(&module.id),
    }
}

/// The modules of a folder.
fn whole(dir: &Path) -> Result<Vec<Module>, Failure> {
    let texts = files::modules(dir)?;
    let read = texts
        .iter()
        .map(|(path, bytes)| files::module(path, bytes).map_err(|found| files::unreadable(&found)));
    read.collect()
}

/// The agreement that modules amend: the frame, or what the acts of their project are judged under.
fn governing<'a>(state: &'a State, read: &[Module]) -> &'a Agreement {
    let project = read.iter().find_map(|module| module.project.as_ref());
    project.map_or(state.agreement(), |project| state.agreement_of(project))
}

/// The agreement as it would be with these modules, whoever else has yet to sign them.
fn joined<'m>(
    in_force: &Agreement,
    read: impl IntoIterator<Item = &'m Module>,
) -> Result<Agreement, Failure> {
    let joined = amend(in_force, read.into_iter().cloned());
    let (mut agreement, _) = joined.map_err(|found| {
        let errors: Vec<Diagnostic> =
            found.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        files::unreadable(&errors)
    })?;
    agreement.carry(in_force);
    Ok(agreement)
}

/// What is signed.
#[derive(Debug, Serialize)]
struct Signing {
    /// They enter together or not at all.
    modules: Vec<Line>,
    /// What else is to enter with them: the rest of what a log is founded on.
    with: Vec<Digest>,
    /// What is in force as it is, and not signed again.
    unchanged: Vec<Line>,
    /// The digest of the document that `concordat render` makes of the whole.
    document: Digest,
    /// From when on the signatures count no more.
    until: Option<Timestamp>,
    changes: Effect,
}

#[derive(Debug, Serialize)]
struct Line {
    id: ModuleId,
    version: String,
    digest: Digest,
    /// The least level of its signatures.
    level: Level,
    /// The version in force, if there is one and it is another text.
    replaces: Option<String>,
}

impl Line {
    fn of(module: &Module, state: &State) -> Self {
        let replaces = replaced(state, module).filter(|old| old.digest != module.digest);
        Self {
            id: module.id.clone(),
            version: module.version.to_string(),
            digest: module.digest,
            level: module.level,
            replaces: replaces.map(|old| old.version.clone()),
        }
    }
}

impl Signing {
    fn told(&self) -> String {
        let mut lines = Vec::new();
        for Line { id, version, digest, .. } in &self.unchanged {
            lines.push(format!("  {digest}  {id} {version}, unchanged, in force"));
        }
        if self.modules.is_empty() {
            lines.push("there is nothing to sign".to_owned());
            return lines.join("\n");
        }
        lines.push("signed are these exact texts:".to_owned());
        for Line { id, version, digest, level, replaces } in &self.modules {
            let replaces = replaces.as_ref().map(|old| format!(", which replaces {old}"));
            let replaces = replaces.unwrap_or_default();
            lines.push(format!("  {digest}  {id} {version}{replaces}, at level `{level}`"));
        }
        match (self.modules.as_slice(), self.with.as_slice()) {
            ([_], []) => lines.push("signed alone: it enters with no other".to_owned()),
            (_, []) => {
                lines.push("signed as one: they enter together or not at all".to_owned());
            }
            (_, others) => {
                lines.push("signed as one with the rest of what the log is founded on:".to_owned());
                lines.extend(others.iter().map(|digest| format!("  {digest}")));
            }
        }
        if let Some(until) = self.until {
            lines.push(format!("until {until}: from then on the signatures count no more"));
        }
        lines.push("and the document that they make together (`--document` writes it):".to_owned());
        lines.push(format!("  {}", self.document));
        if self.modules.iter().any(|module| module.replaces.is_some()) {
            let changed = self.changes.acts.len() + self.changes.clauses.len();
            lines.push(match changed {
                0 => "no act is answered otherwise; `concordat diff --text` tells the words"
                    .to_owned(),
                1 => "1 change of effect; `concordat diff` tells it".to_owned(),
                _ => format!("{changed} changes of effect; `concordat diff` tells them"),
            });
        }
        lines.join("\n")
    }
}

/// How a party signs modules.
struct Hand {
    seat: SeatId,
    attached: Option<Attached>,
    /// What is signed as one.
    set: BTreeSet<Digest>,
    document: Digest,
    until: Option<Timestamp>,
    out: Out,
}

impl Hand {
    /// Proposes a module that nobody has proposed.
    fn propose(
        &self,
        follower: &mut Follower,
        module: Digest,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        if follower.state().proposals().contains_key(&module) {
            return Ok(());
        }
        upload_bytes(follower, bytes)?;
        let act = Act::ModulePropose(OneModule { module });
        submit(follower, &self.seat, &act, None, self.out)?;
        follower.catch_up().map(drop).map_err(|fault| answered(&fault))
    }

    /// Signs one where this party has to.
    fn sign(&mut self, follower: &mut Follower, module: Digest) -> Result<(), Failure> {
        let party = follower.party().clone();
        let level = self.attached.as_ref().map_or(Level::Simple, |attached| attached.level);
        let signs = ModuleSign::of(module, &self.set, self.document);
        let signs = ModuleSign { until: self.until, ..signs };
        let state = follower.state();
        let before = state.proposals().get(&module).and_then(|p| state.signature(p, &party));
        if before.is_some_and(|before| before.says(&signs) && before.level >= level) {
            self.out.say(&format!("note: `{party}` has signed {} before", module.short()));
            return Ok(());
        }
        let act = Act::ModuleSign(signs);
        submit(follower, &self.seat, &act, self.attached.as_ref(), self.out)?;
        follower.catch_up().map(drop).map_err(|fault| answered(&fault))
    }
}

fn signatory() -> Result<SeatId, Failure> {
    SIGNATORY.parse().map_err(|e: concordat_terms::NotAnId| {
        Failure::fault("bad-seat", e.to_string(), "report this with the command that you ran")
    })
}
