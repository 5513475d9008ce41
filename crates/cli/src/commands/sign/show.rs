//! What would be signed, or is: for who is about to.

use concordat_agreement::effect::Effect;
use concordat_agreement::{Level, Module};
use concordat_partnership::{InForce, State};
use concordat_terms::{Digest, ModuleId, PartyId, Timestamp};
use serde::Serialize;

use crate::founding::Founding;

/// What a founding statement says, for who is to sign it.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    log: Digest,
    parties: Vec<PartyId>,
    modules: Vec<Digest>,
    /// With `--enter`: the digest of the document that `concordat render` makes of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Digest>,
    missing: Vec<String>,
}

impl Shown {
    pub(super) fn of(founding: &Founding, document: Option<Digest>) -> Self {
        Self {
            log: founding.id(),
            parties: founding.genesis.parties.keys().cloned().collect(),
            modules: founding.genesis.modules.iter().copied().collect(),
            document,
            missing: founding.missing(),
        }
    }

    pub(super) fn told(&self) -> String {
        let parties: Vec<&str> = self.parties.iter().map(PartyId::as_str).collect();
        let mut lines = vec![
            format!("would be signed: log {}", self.log),
            format!("founded by {} on texts with these SHA-256:", parties.join(", ")),
        ];
        lines.extend(self.modules.iter().map(|digest| format!("  {digest}")));
        if let Some(document) = self.document {
            lines.push(THE_DOCUMENT.to_owned());
            lines.push(format!("  {document}"));
        }
        lines.push(format!("still to be signed by {}", self.missing.join(", ")));
        lines.join("\n")
    }
}

/// What is signed.
#[derive(Debug, Serialize)]
pub(super) struct Signing {
    /// They enter together or not at all.
    pub(super) modules: Vec<Line>,
    /// What else is to enter with them: the rest of what a log is founded on.
    pub(super) with: Vec<Digest>,
    /// What is in force as it is, and not signed again.
    pub(super) unchanged: Vec<Line>,
    /// The digest of the document that `concordat render` makes of the whole.
    pub(super) document: Digest,
    /// From when on the signatures count no more.
    pub(super) until: Option<Timestamp>,
    pub(super) changes: Effect,
}

#[derive(Debug, Serialize)]
pub(super) struct Line {
    id: ModuleId,
    version: String,
    digest: Digest,
    /// The least level of its signatures.
    level: Level,
    /// The version in force, if there is one and it is another text.
    replaces: Option<String>,
}

impl Line {
    pub(super) fn of(module: &Module, state: &State) -> Self {
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

/// Said before the digest of the page.
const THE_DOCUMENT: &str =
    "and that of the document which they make together (`--document` writes it):";

/// What goes before the digests, where they are only shown and where they are signed.
pub(super) const SHOWN: &str = "would be signed";
pub(super) const SIGNING: &str = "signing";

impl Signing {
    /// What is signed is digests: nobody is told that it is anything else.
    pub(super) fn told(&self, what: &str) -> String {
        let mut lines = Vec::new();
        for Line { id, version, digest, .. } in &self.unchanged {
            lines.push(format!("  {digest}  {id} {version}, unchanged, in force"));
        }
        if self.modules.is_empty() {
            lines.push("there is nothing to sign".to_owned());
            return lines.join("\n");
        }
        lines.push(format!("{what}: the SHA-256 of each text, byte for byte"));
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
        lines.push(THE_DOCUMENT.to_owned());
        lines.push(format!("  {}", self.document));
        if self.modules.iter().any(|module| module.replaces.is_some()) {
            let changed = self.changes.acts.len() + self.changes.clauses.len();
            lines.push(match changed {
                0 => "every act is allowed or refused as before; `concordat diff --text` tells the words"
                    .to_owned(),
                1 => "1 change of effect; `concordat diff` tells it".to_owned(),
                _ => format!("{changed} changes of effect; `concordat diff` tells them"),
            });
        }
        lines.join("\n")
    }
}

/// What of a module is in force.
pub(super) fn replaced<'a>(state: &'a State, module: &Module) -> Option<&'a InForce> {
    match &module.project {
        None => state.in_force().get(&module.id),
        Some(project) => state.project_agreements().get(project)?.in_force.get(&module.id),
    }
}
