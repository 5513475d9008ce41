//! Who answers for what, as a table.

use concordat_partnership::{Matrix, Part};
use concordat_terms::PartyId;

use super::super::look::see;
use super::table::Table;
use crate::args::Look;
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;

pub(in crate::commands) fn matrix(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let mut matrix = seen.state().matrix();
    if let Some(party) = &args.party {
        matrix.parties.retain(|own| own == party);
        matrix.lines.retain(|line| line.parts.contains_key(party));
        matrix.lines.iter_mut().for_each(|line| line.parts.retain(|own, _| own == party));
    }
    out.answer(&matrix, || responsible(&matrix))
}

const LEGEND: &str = "R owes it or may do it, A approves or decides it, C gives evidence for it,\n\
                      I is owed it";

fn responsible(matrix: &Matrix) -> String {
    let mut table = Table::of(matrix.parties.iter().map(PartyId::as_str));
    for own in &matrix.lines {
        let letters = matrix.parties.iter().map(|party| {
            let parts = own.parts.get(party).into_iter().flatten();
            parts.map(|part| Part::letter(*part)).collect::<String>()
        });
        let what = own.act.map_or(own.what.clone(), |act| act.to_string());
        let overdue = match own.overdue {
            0 => String::new(),
            many => format!(" ({many} overdue)"),
        };
        table.row(letters.collect(), &line(&format!("{what}{overdue}")));
    }
    format!("{}\n\n{LEGEND}", table.print())
}
