//! The page for signatures: who signs what, under which digests, and how that is verified.
//!
//! Who signs is what the fold asks for: until the founding modules are in force every founder
//! signs each of them, and a project's modules take every party's signature when they are new;
//! from then on a module's own signers and whom an amendment concerns.

use std::collections::BTreeMap;

use concordat_agreement::{Cited, Level, Module, Party};
use concordat_terms::{ModuleId, PartyId};
use maud::{Markup, html};

use super::annex::sorted;
use super::article;
use super::front::{counted, of_side, seats};
use super::index::{Index, row};

pub(super) fn signatures(index: &Index<'_>) -> Markup {
    html! {
        p {
            "By signing, a party agrees to the exact texts of the modules that stand in its block. "
            "The texts are known by these digests:"
        }
        (digests(index))
        (document())
        (who())
        @for cited in sorted(index.agreement) { (block(index, &cited)) }
        (verification())
    }
}

fn digests(index: &Index<'_>) -> Markup {
    html! {
        table.digests {
            caption { "SHA-256 digests" }
            thead {
                tr {
                    th scope="col" { "Module" }
                    th scope="col" { "Version" }
                    th scope="col" { "Digest" }
                }
            }
            tbody {
                // In the order of the names, as the last line is computed.
                @for (id, module) in index.agreement.modules() {
                    tr {
                        th scope="row" { code { (id) } }
                        td { (module.version) }
                        td { code.digest { (module.digest) } }
                    }
                }
                tr.whole {
                    th scope="row" { "All of them" }
                    td { (counted(index.agreement.modules().len(), "module")) }
                    td { code.digest { (index.agreement.digest()) } }
                }
            }
        }
    }
}

/// Room for the digest that cannot stand in the document.
fn document() -> Markup {
    html! {
        div.own {
            p {
                "The digest of this document itself, computed by whoever signs and entered by hand, "
                "eight digits a box:"
            }
            p.boxes aria-hidden="true" { @for _ in 0..8 { span.box {} } }
        }
    }
}

fn block(index: &Index<'_>, cited: &Cited<'_, Party>) -> Markup {
    let Some(party) = cited.id::<PartyId>() else { return html! {} };
    let signed = signed(index);
    let mut by_level: BTreeMap<Level, Vec<&ModuleId>> = BTreeMap::new();
    for module in &signed {
        by_level.entry(module.level).or_default().push(&module.id);
    }
    let amends: Vec<&ModuleId> = signed
        .iter()
        .filter(|module| index.agreement.signer_parties(module).contains(&party))
        .map(|module| &module.id)
        .collect();
    html! {
        section.signs aria-label=(format!("Signature of {}", cited.terms.party)) {
            h3 { "For " (cited.terms.party) }
            p.quiet {
                (of_side(cited.terms.side)) " party " code { (party) }
                (seats(index, cited))
            }
            p {
                "Signs now "
                @for (at, (level, modules)) in by_level.iter().enumerate() {
                    @if at > 0 { "; " }
                    (listed(modules, signed.len())) ", signature " (article::level(*level))
                }
                "."
            }
            p {
                "Signs later, as their signer, amendments of "
                @if amends.is_empty() { "no module" } @else { (listed(&amends, signed.len())) }
                "; and every amendment that concerns it."
            }
            dl.lines {
                @for line in ["Name", "Function", "Place", "Date", "Signature"] {
                    div.(line.to_lowercase()) { dt { (line) } dd {} }
                }
            }
        }
    }
}

/// The modules that are signed now: all of them, or a project's where its frame is in force.
fn signed<'i>(index: &'i Index<'_>) -> Vec<&'i Module> {
    let all = || index.agreement.modules().values();
    let project = all().any(|module| module.project.is_some());
    all().filter(|module| module.project.is_some() == project).collect()
}

fn listed(modules: &[&ModuleId], all: usize) -> Markup {
    html! {
        @if modules.len() == all { "all " (counted(all, "module")) }
        @else { (row(modules.iter().map(|id| html! { code { (id) } }))) }
    }
}

/// Who signs, now and from then on.
fn who() -> Markup {
    html! {
        section.who aria-labelledby="annex.h.who" {
            h3 id="annex.h.who" { "Who signs" }
            p {
                "Now: every party signs every module, whoever its signers are; nothing begins "
                "before all have. Later: an amendment of a module takes its signers, as the text "
                "names them before and after, and every party that it concerns. A change of words, "
                "and a module that is new, concern all parties; a change of a clause's fields "
                "concerns those of whom the clause speaks. Only a power over "
                code { "module.enter" } " leaves the clauses that it lists to its holder alone. "
                code { "concordat diff OLD NEW" } " names who signs, and why."
            }
        }
    }
}

fn verification() -> Markup {
    html! {
        section.verify aria-labelledby="annex.h.verify" {
            h3 id="annex.h.verify" { "How to verify" }
            ol {
                li {
                    "A module's digest is the SHA-256 of the exact bytes of its file: "
                    code { "sha256sum FILE.md" } " prints it."
                }
                li {
                    "The digest of all is the SHA-256 over the modules' digests in the order of "
                    "their names, each as 32 bytes behind its length, which is 32 as an unsigned "
                    "number of 8 bytes, the highest first."
                }
                li {
                    code { "concordat render FOLDER --digest" }
                    " prints the digest of this document. From the same texts the same version ("
                    (env!("CARGO_PKG_VERSION"))
                    ") makes the same bytes, on every machine."
                }
                li {
                    "Every page but the first shows the beginning of the digest of all at its foot."
                }
            }
        }
    }
}
