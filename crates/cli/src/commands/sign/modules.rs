//! Modules that are to enter into force: signed as one, and brought in by the last to sign.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use concordat_agreement::effect::effect;
use concordat_agreement::{Agreement, Level, Module, amend, is_newer, scenario_findings};
use concordat_console::document::document;
use concordat_node::follow::Follower;
use concordat_node::plain::Kind;
use concordat_partnership::act::{Attached, ModuleEnter, ModuleSign, OneModule};
use concordat_partnership::{Act, Refusal, SIGNATORY, State};
use concordat_terms::{Diagnostic, Digest, SeatId, Severity, Timestamp};

use super::super::act::{attach, submit, upload_bytes};
use super::super::desk::{answered, open_latest};
use super::show::{Line, SHOWN, SIGNING, Signing, replaced};
use super::whole;
use crate::args::Sign;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

/// Signs what of these is not in force as it is, or shows it.
pub(super) fn sign(args: &Sign, named: &[&PathBuf], out: Out) -> Result<(), Failure> {
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
        kept(&unchanged, proposed.is_empty(), out)?;
        return withdraw(&mut follower, proposed.iter().map(|(digest, _)| *digest), out);
    }
    let set = follower.state().set_of(proposed.iter().map(|(digest, _)| *digest));
    let rest = args.agreement.as_ref().map(|dir| whole(dir)).transpose()?.unwrap_or_default();
    let in_force = governing(follower.state(), &read);
    // The frame of a project's modules is the one in force.
    let project = read.iter().any(|module| module.project.is_some());
    let rest = rest.iter().filter(|module| set.contains(&module.digest));
    let rest = rest.filter(|module| module.project.is_some() == project);
    let would_be = joined(in_force, rest.chain(&read))?;
    if !read.is_empty() {
        higher(follower.state(), &read)?;
        as_written(follower.state(), &would_be, project)?;
    }
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
        return out.answer(&signing, || signing.told(SHOWN));
    }
    // What came of it the receipts tell.
    out.say(&signing.told(SIGNING));
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

/// Says of what is in force that its signatures stay; refuses where there is nothing else.
fn kept(unchanged: &[Module], all: bool, out: Out) -> Result<(), Failure> {
    for (at, module) in unchanged.iter().enumerate() {
        let refusal = Refusal::AlreadyEntered { module: module.id.clone() };
        if all && at + 1 == unchanged.len() {
            return Err(Failure::Refused(refusal.problem()));
        }
        out.say(&format!("note: {refusal}"));
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

/// Refuses a text that could never enter over the one in force.
fn higher(state: &State, read: &[Module]) -> Result<(), Failure> {
    let mut replaced = read.iter().filter_map(|module| {
        let old = governing(state, read).modules().get(&module.id)?;
        (!is_newer(module, old)).then_some((module, old))
    });
    if let Some((module, old)) = replaced.next() {
        let (id, new, old) = (&module.id, &module.version, &old.version);
        let what =
            format!("version {new} of module `{id}` is not newer than {old}, which is in force");
        return Err(Failure::usage("version-kept", what, format!("raise `version` above {old}")));
    }
    Ok(())
}

/// Signatories agree on test cases too: what does not do what its own scenarios say is not signed.
fn as_written(state: &State, would_be: &Agreement, project: bool) -> Result<(), Failure> {
    let frame = if project { state.agreement() } else { would_be };
    let frame = files::proved_of(frame.clone())?;
    files::as_written(&scenario_findings(would_be))?;
    let report = match project {
        true => concordat_replay::project_scenarios(&frame, would_be),
        false => concordat_replay::scenarios(&frame),
    };
    files::as_written(&report.findings)
}

/// The agreement that modules amend: the frame, or what the acts of their project are judged under.
fn governing<'a>(state: &'a State, read: &[Module]) -> &'a Agreement {
    let project = read.iter().find_map(|module| module.project.as_ref());
    project.map_or(state.agreement(), |project| state.agreement_of(project))
}

/// The agreement as it would be with these modules, whoever else has yet to sign them.
pub(super) fn joined<'m>(
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
