//! The agreement's text, with what each clause enforces and how it stands.

use concordat_agreement::{AssetKind, Cited, Clause, Module, Privacy, Terms, back_translation};
use concordat_partnership::{ModelStatus, ProjectAgreement, ProjectStatus, RunStatus};
use concordat_terms::{AssetId, ClauseRef, PartyId, ProjectId, PurposeId};

use crate::from_state::{Cites, Source};
use crate::prose;
use crate::view;

impl Source<'_> {
    /// The agreement in force.
    pub fn agreement(&self) -> view::Agreement {
        let agreement = self.state.agreement();
        let texts = agreement.modules().values().filter_map(|module| {
            let blocks = self.blocks(module);
            Some(view::Text { module: self.module(&module.id)?, blocks })
        });
        let projects = self.state.project_agreements().iter();
        view::Agreement {
            frame: self.frame(),
            modules: texts.collect(),
            projects: projects.map(|(id, own)| self.project_text(id, own)).collect(),
        }
    }

    fn blocks(&self, module: &Module) -> Vec<view::Block> {
        prose::blocks(module, &mut |clause| {
            let cited = ClauseRef::new(&module.id, &clause.id);
            let counted = self.tally.cites(&cited);
            self.clause(cited, clause, counted)
        })
    }

    /// What a project agreed under its frame.
    fn project_text(&self, id: &ProjectId, own: &ProjectAgreement) -> view::ProjectText {
        let status = self.state.projects().get(id).map(|project| project.status.as_str());
        let modules = own.agreement.modules().values();
        let modules = modules.filter(|module| module.project.is_some());
        let narrows = modules.clone().flat_map(|module| {
            module.clauses.values().filter_map(|clause| {
                let cited = ClauseRef::new(&module.id, &clause.id);
                Some(self.words(&narrows(&cited, &clause.terms)?))
            })
        });
        view::ProjectText {
            id: id.to_string(),
            status: status.unwrap_or_default().to_owned(),
            narrows: narrows.collect(),
            modules: modules
                .clone()
                .filter_map(|module| {
                    let in_force = own.in_force.get(&module.id)?;
                    let head = self.module_of(&module.id, in_force, Some(module.title.clone()));
                    Some(view::Text { module: head, blocks: self.blocks(module) })
                })
                .collect(),
        }
    }

    fn clause(&self, cited: ClauseRef, clause: &Clause, cites: Cites) -> view::Clause {
        let mut status = self.standing(&cited, clause);
        match cites.admitted {
            0 if matches!(clause.terms, Terms::Permit(_)) => {
                status.push("No act has relied on it yet.".to_owned());
            }
            0 => {}
            n => status.push(format!("{} relied on it.", counted(n, "admitted act"))),
        }
        match cites.refused {
            0 if matches!(clause.terms, Terms::Forbid(_) | Terms::Gate(_)) => {
                status.push("It has refused nothing yet.".to_owned());
            }
            0 => {}
            n => status.push(format!("It refused {}.", counted(n, "act"))),
        }
        if cites.admitted + cites.refused > 0 {
            status.push(format!("Last at entry {}.", cites.last));
        }
        view::Clause {
            clause: cited,
            kind: clause.terms.kind(),
            says: self.words(&back_translation(clause)),
            status,
            as_text: clause.as_text().map(|why| plain(&why.to_string())),
        }
    }

    /// How the thing that a clause defines stands.
    fn standing(&self, cited: &ClauseRef, clause: &Clause) -> Vec<String> {
        let name = clause.id.as_str();
        match &clause.terms {
            Terms::Party(_) => {
                let Ok(party) = name.parse::<PartyId>() else { return Vec::new() };
                let seats = self.state.agreement().seats_of(&party).len() as u64;
                let refused = self.state.refusals_of(&party);
                vec![format!("Fills {}; {} refused.", counted(seats, "seat"), acts(refused))]
            }
            Terms::Asset(asset) => name
                .parse()
                .map(|id| vec![self.asset_standing(&id, asset.kind)])
                .unwrap_or_default(),
            Terms::Purpose(_) => name.parse().map(|id| vec![self.uses(&id)]).unwrap_or_default(),
            Terms::Objective(_) => vec![self.serving(cited)],
            Terms::Body(_) => {
                let of_body = |m: &&concordat_partnership::Motion| m.proposed.body.as_str() == name;
                let motions: Vec<_> = self.state.motions().values().filter(of_body).collect();
                let executed = motions.iter().filter(|m| m.executed.is_some()).count();
                vec![format!(
                    "{} before it so far, {executed} of them carried out.",
                    counted(motions.len() as u64, "motion")
                )]
            }
            Terms::Privacy(privacy) => self.spending(cited, privacy),
            Terms::Aggregation(_) => {
                let over =
                    |run: &&concordat_partnership::Run| matches!(run.status, RunStatus::Closed(_));
                let closed = self.state.runs().values().filter(over).count() as u64;
                vec![format!("{} closed under it.", counted(closed, "run"))]
            }
            _ => Vec::new(),
        }
    }

    fn asset_standing(&self, id: &AssetId, kind: AssetKind) -> String {
        match kind {
            AssetKind::Dataset => {
                let of_asset = self.state.datasets().iter().filter(|((asset, ..), _)| asset == id);
                let (withdrawn, usable): (Vec<_>, Vec<_>) =
                    of_asset.map(|(_, d)| d).partition(|d| d.withdrawn.is_some());
                let rows: u64 = usable.iter().map(|d| u64::from(d.registered.rows_band)).sum();
                format!(
                    "{} in use with at least {rows} rows in all; {} withdrawn.",
                    counted(usable.len() as u64, "version"),
                    withdrawn.len()
                )
            }
            AssetKind::Model => {
                let versions = self.state.models().values().filter(|model| model.asset == *id);
                let versions: Vec<ModelStatus> = versions.map(|model| model.status).collect();
                let released = versions.iter().filter(|is| **is == ModelStatus::Released);
                format!(
                    "{} known, {} released.",
                    counted(versions.len() as u64, "version"),
                    released.count()
                )
            }
            AssetKind::Code | AssetKind::Report => {
                let versions = self.state.versions_of(id).count();
                format!("{} in the catalogue.", counted(versions as u64, "version"))
            }
        }
    }

    fn uses(&self, purpose: &PurposeId) -> String {
        let runs = self.state.runs().values().filter(|r| r.proposed.plan.purpose == *purpose);
        format!("{} proposed for it.", counted(runs.count() as u64, "run"))
    }

    fn serving(&self, objective: &ClauseRef) -> String {
        let serving = self.state.projects().values().filter(|p| p.charter.objective == *objective);
        let open = serving.clone().filter(|p| p.status == ProjectStatus::Open).count();
        format!("{} for it, {open} open.", counted(serving.count() as u64, "project"))
    }

    fn spending(&self, clause: &ClauseRef, privacy: &Privacy) -> Vec<String> {
        let cited = Cited { clause: clause.clone(), terms: privacy };
        let line = |budget: view::Budget| match budget.spent {
            Some(spent) => format!("{}: ε {spent} of {}.", budget.holder.title, budget.limit),
            None => format!("{}: charged, of {}.", budget.holder.title, budget.limit),
        };
        self.budgets(&cited).into_iter().map(line).collect()
    }
}

/// What a clause of a project leaves of what its frame permits.
fn narrows(cited: &ClauseRef, terms: &Terms) -> Option<String> {
    Some(match terms {
        Terms::Permit(rule) => {
            format!("Of what the frame permits of `{}`, only what `{cited}` permits too.", rule.act)
        }
        Terms::Forbid(rule) => format!("No `{}` that `{cited}` forbids.", rule.act),
        Terms::Gate(gate) => format!("No `{}` before what `{cited}` asks for.", gate.gate),
        _ => return None,
    })
}

/// Words whose names are kinds and acts, and lead nowhere.
fn plain(text: &str) -> view::Words {
    let pieces = text.split('`').enumerate().map(|(at, piece)| match at % 2 {
        0 => view::Piece::Text(piece.to_owned()),
        _ => view::Piece::Code(piece.to_owned()),
    });
    view::Words(pieces.collect())
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn acts(refused: u64) -> String {
    match refused {
        0 => "none of its acts was".to_owned(),
        1 => "1 of its acts was".to_owned(),
        n => format!("{n} of its acts were"),
    }
}
