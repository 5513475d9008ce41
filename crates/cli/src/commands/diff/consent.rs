//! Whose signature an amendment takes, in words and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use concordat_agreement::{Agreement, Delegation, Signatures, delegations, signatures};
use concordat_terms::{ModuleId, PartyId};
use serde::Serialize;

/// Who signs each module, and who may bring it in alone.
#[derive(Debug, Default, Serialize)]
pub(super) struct Consent {
    signatures: Signatures,
    /// The powers that leave the amendment of a module to somebody: who holds one brings it in with
    /// no signature but its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    delegated: BTreeMap<ModuleId, Vec<Delegation>>,
}

impl Consent {
    /// What it takes to bring `new` in; with `only`, what that party signs.
    pub(super) fn of(old: &Agreement, new: &Agreement, only: Option<&PartyId>) -> Self {
        let mut signatures = signatures(old, new);
        let changed = new.modules().values().filter(|module| signatures.contains_key(&module.id));
        // The rules leave nothing of a project to others.
        let frame = changed.filter(|module| module.project.is_none());
        let delegated = frame.map(|module| (module.id.clone(), delegations(old, module)));
        let delegated = delegated.filter(|(_, powers)| !powers.is_empty()).collect();
        if let Some(only) = only {
            signatures.values_mut().for_each(|parties| parties.retain(|party, _| party == only));
            signatures.retain(|_, parties| !parties.is_empty());
        }
        Self { signatures, delegated }
    }

    /// Whether no text differs.
    pub(super) fn is_empty(&self) -> bool {
        self.signatures.is_empty() && self.delegated.is_empty()
    }

    pub(super) fn in_words(&self) -> String {
        let mut text = String::new();
        for (module, powers) in &self.delegated {
            let _ =
                write!(text, "\nmodule `{module}` takes one signature, that of who brings it in:");
            for power in powers {
                let _ = write!(text, "\n  {} by `{}`", named(power), power.clause);
                if let Some(body) = &power.by_decision_of {
                    let _ = write!(text, ", once `{body}` has so decided");
                }
            }
        }
        for (module, parties) in &self.signatures {
            let who = if self.delegated.contains_key(module) {
                ", brought in by anybody else,"
            } else {
                ""
            };
            let _ = write!(text, "\nmodule `{module}`{who} takes the signature of");
            for (party, why) in parties {
                let why: Vec<String> = why.iter().map(ToString::to_string).collect();
                let _ = write!(text, "\n  {party}: {}", why.join("; "));
            }
        }
        text
    }
}

/// Who holds a power: any of these.
fn named(power: &Delegation) -> String {
    let names: Vec<&str> = power.holders.iter().map(PartyId::as_str).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nobody yet".to_owned(),
    }
}
