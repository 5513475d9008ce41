//! What is measured, owed and paid, and what fills up.

use super::{ACCOUNTS, Amended, SIGNALS, Text};

pub(super) fn service(text: &mut Text) {
    text.module("service");
    for index in 0..SIGNALS {
        let opens =
            if index < 10 { format!("\nopens = \"look-into-{index}\"") } else { String::new() };
        let block = format!(
            "id = \"signal-{index}\"\nsignal = \"Share {index}\"\nunit = \"share\"\n\
             by = \"contributor\"\nwindow = \"PT1H\"\nabove = \"0.95\"{opens}"
        );
        text.clause(&format!("Contributors measure share {index}."), &block);
    }
    for index in 0..10 {
        let block = format!(
            "id = \"look-into-{index}\"\nduty = \"look into share {index}\"\nowner = \"operator\"\n\
             to = [\"contributor\"]\n\
             due = {{ after = \"signal: signal-{index}\", period = \"P5D\" }}\n\
             discharged_by = \"duty.discharge\"\ncure = \"P5D\""
        );
        text.clause(&format!("An operator looks into share {index} within days."), &block);
    }
    for index in 0..ACCOUNTS {
        let block = format!(
            "id = \"computing-{index}\"\naccount = \"Computing {index}\"\nunit = \"gpu-hour\"\n\
             holder = \"contributor\"\nceiling = \"1000000000\"\nalert_at = \"0.9\"\n\
             opening = \"1000\""
        );
        text.clause(&format!("Computing {index} is shared."), &block);
    }
    text.clause(
        "The trainers warrant that models are good.",
        "id = \"good\"\nwarranty = \"that models are good\"\nby = \"trainer\"\n\
         to = [\"contributor\"]\nmethod = \"pooled-holdout\"\nmetric = \"accuracy\"\n\
         at_least = \"0.5\"",
    );
    text.clause(
        "What comes later waits until somebody looked at its risks.",
        "id = \"risks-first\"\ncondition = \"somebody looked at the risks\"\n\
         kind = \"precedent\"\nmodules = [\"rest-0\"]\nmet_by = \"risk.open\"\nby = \"operator\"",
    );
}

pub(super) fn duties(text: &mut Text, amended: Amended) {
    text.module("duties");
    let later = usize::from(amended == Amended::All);
    for index in 0..15 {
        let days = 60 + index * 3 + later;
        let block = format!(
            "id = \"regular-{index}\"\nduty = \"report on matter {index}\"\nowner = \"holder\"\n\
             to = [\"trainer\"]\n\
             due = {{ after = \"in-force\", period = \"P{days}D\", every = \"P{days}D\" }}\n\
             discharged_by = \"duty.discharge\"\ncure = \"P5D\""
        );
        text.clause(&format!("Each holder reports on matter {index}."), &block);
    }
    for (id, owner, to, after, period, by) in [
        ("answer-audit", "contributor", "lab", "audit.request", "P20D", "audit.answer"),
        ("acknowledge", "contributor", "operator", "notice.serve", "P10D", "notice.acknowledge"),
        ("minutes", "chair", "holder", "meeting: governance/council", "P14D", "meeting.minute"),
        ("test", "lab", "trainer", "run.close", "P30D", "evidence.submit"),
        ("look-at-case", "operator", "contributor", "case.open", "P7D", "case.fact"),
        ("tell-what-was-used", "trainer", "holder", "release.promote", "P7D", "duty.discharge"),
    ] {
        let block = format!(
            "id = \"{id}\"\nduty = \"{id}\"\nowner = \"{owner}\"\nto = [\"{to}\"]\n\
             due = {{ after = \"{after}\", period = \"{period}\" }}\n\
             discharged_by = \"{by}\"\ncure = \"P5D\""
        );
        text.clause("What happened is followed by this.", &block);
    }
}

/// What fills up: definitions, tables, recognition, disclosure, and duties of a day.
pub(super) fn rest(text: &mut Text) {
    for index in 0.. {
        if text.left == 0 {
            return;
        }
        if index % 60 == 0 {
            text.module(&format!("rest-{}", index / 60));
        }
        let (month, day) = (index % 12 + 1, index % 28 + 1);
        let (prose, block) = match index % 5 {
            0 => (
                "A word means what it says.",
                format!("id = \"word-{index}\"\nterm = \"Word {index}\""),
            ),
            1 => (
                "Figures stand in a table.",
                format!(
                    "id = \"table-{index}\"\ntable = \"Figures {index}\"\n\
                     columns = [\"what\", \"much\"]\nrows = [[\"this\", {index}]]"
                ),
            ),
            2 => (
                "Results of good laboratories count.",
                format!(
                    "id = \"method-{index}\"\nrecognise = \"method-{index}\"\n\
                     lab = \"independent\"\nmax_age = \"P365D\""
                ),
            ),
            3 => (
                "What was done may be read.",
                format!(
                    "id = \"read-{index}\"\ndisclosure = \"acts\"\nreaders = [\"contributor\"]"
                ),
            ),
            _ => (
                "On that day the holders report.",
                format!(
                    "id = \"on-a-day-{index}\"\nduty = \"report on {index}\"\nowner = \"holder\"\n\
                     to = [\"lab\"]\ndue = {{ on = \"2028-{month:02}-{day:02}\" }}\n\
                     discharged_by = \"duty.discharge\""
                ),
            ),
        };
        text.clause(prose, &block);
    }
}
