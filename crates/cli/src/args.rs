//! The command line.

mod agreement;
mod data;
mod key;
mod model;
mod party;
mod person;
mod playbook;
mod predict;
mod query;
mod run;
mod service;

use std::ffi::OsString;
use std::io::Write as _;
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

pub(crate) use self::agreement::{
    Bench, BenchAgreement, BenchDp, BenchLaw, BenchLearn, BenchLog, BenchRounds, BenchSecagg,
    Check, Diff, Found, New, Render, Sign, Weigh,
};
pub(crate) use self::data::{Data, DataCheck, DataForget, DataSign};
pub(crate) use self::key::{
    Key, KeyArgs, KeyCommit, KeyCompromise, KeyFor, KeyRecover, KeyRegister, KeyRevoke, KeyRotate,
};
pub(crate) use self::model::{Adapt, Model as ModelCommand};
pub(crate) use self::party::{
    Act, Attach, Attest, Bisect, BudgetArgs, CatalogFormat, Digits, DutiesArgs, Evidence, Export,
    ExportBundle, ExportCatalog, ExportCourse, ExportLineage, ExportModel, Exported, HistoryArgs,
    Import, ListArgs, ListPlace, ListResults, LogArgs, Look, PartArgs, Place, SearchArgs,
    SeriesArgs, Test, TraceArgs, Verify,
};
pub(crate) use self::person::{Erase, ErasedFor, Person, PersonCommit, PersonOpen};
pub(crate) use self::playbook::{
    Pack, PackCheck, PackDraft, PackMake, PackOutdated, PackSign, Trust,
};
pub(crate) use self::predict::{ExportOnnx, Predict};
pub(crate) use self::query::{PlanQuery, Query, ShowQuery};
pub(crate) use self::run::{CompareRuns, Propose, Run, ShowRun, Watch};
pub(crate) use self::service::{
    Backup, Doctor, Egress, Node, NodeCommand, Pause, Pilot, Register, Rehearse, Restore, Serve,
    Trainers, Witness, WitnessCommand, WitnessNew,
};
use crate::failure::{Failure, lowercase};
use crate::out::written;

/// An agreement you can run.
///
/// Data goes to stdout, talk to stderr. Exit status: 0 done, 1 refused or not verified, 2 bad
/// usage or input, 3 a fault of the machine or the network.
#[derive(Debug, Parser)]
#[command(name = "concordat", version, long_version = version(), disable_help_subcommand = true)]
#[command(term_width = crate::width::COLUMNS)]
#[command(after_help = "Examples:\n  concordat check examples/heart\n  concordat verify archive/")]
pub(crate) struct Cli {
    /// Answers in JSON: one document, or a line for each item of a stream.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Services stop when their standard input ends: for whoever starts them as children.
    #[arg(long, global = true, hide = true)]
    pub(crate) until_input_ends: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The release, and the code that its node runs beside rows.
fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let (release, code) = (env!("CARGO_PKG_VERSION"), concordat_node::code::CODE_HEX);
        format!("{release}\ncode {code}")
    });
    &TEXT
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a whole partnership on this machine, on published data, and shows how it went.
    #[command(after_help = "Examples:\n  concordat pilot\n  \
        concordat pilot --headless --dir /tmp/pilot\n  concordat pilot --bench")]
    Pilot(Pilot),
    /// Tests models, files results and reports of others, and shows whose tests count.
    #[command(subcommand)]
    #[command(after_help = "Examples:\n  \
        concordat evidence test 3f1c… --rows held-out.csv \\\n    \
        --method pooled-holdout-accuracy --seat test-lab --home homes/lab\n  \
        concordat evidence list --home homes/vendor")]
    Evidence(Evidence),
    /// Makes an agreement from a template: asks, recommends one, and writes its modules.
    #[command(after_help = "Examples:\n  concordat new agreement\n  \
        concordat new --list\n  \
        concordat new --sample --template joint-pool > answers.toml\n  \
        concordat new agreement --answers answers.toml\n  \
        concordat new agreement --answers answers.toml --pack playbook --signer 7b4e…\n\n\
        Packs of templates: docs/reference/packs.md")]
    New(New),
    /// Makes, signs and checks packs of templates, and keeps agreements up with them.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  concordat pack check playbook --signer 7b4e…\n\n\
        How a playbook is kept: docs/how-to/keep-a-playbook.md")]
    Pack(Pack),
    /// Checks the modules of an agreement, each alone and all together, and runs its scenarios.
    #[command(after_help = "Examples:\n  concordat check examples/heart --verbose\n  \
        concordat check my-agreement --strict --watch\n  \
        concordat check my-agreement --since signed\n  \
        concordat check my-agreement --coverage eu-ai-act --coverage nist-ai-rmf\n  \
        concordat check my-project --frame my-agreement\n\n\
        How clauses and scenarios are written: docs/reference/clauses.md,\n\
        docs/reference/scenarios.md, docs/how-to/write-an-agreement.md")]
    Check(Check),
    /// Tells what another text of the agreement would change, and for whom.
    #[command(after_help = "Examples:\n  concordat diff examples/heart amended --for birch\n  \
        concordat diff --frame examples/heart project amended-project")]
    Diff(Diff),
    /// Writes the agreement as one page to print and sign, the same bytes wherever it is made.
    #[command(after_help = "Examples:\n  concordat render examples/heart --out heart.html\n  \
        concordat render examples/heart --digest\n  \
        concordat render my-agreement --language fr --out pour-lire.html")]
    Render(Render),
    /// Measures this machine, beside what the machine itself needs for the same bytes.
    #[command(subcommand)]
    #[command(after_help = "Examples:\n  concordat bench agreement\n  \
        concordat bench law --acts 2000 --measure 500 --state 0\n  concordat bench log")]
    Bench(Bench),
    /// Creates, shows, rotates and ends keys.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  concordat key new --home homes/alder --party alder")]
    Key(Key),
    /// Writes the founding statement of a log, for every founder to sign.
    #[command(override_usage = "concordat found [OPTIONS] --agreement <FOLDER> \\\n    \
        --origin <ORIGIN> --coordinator <FOLDER> --keys <FOLDER> --out <FILE>")]
    #[command(after_help = "Examples:\n  concordat found --agreement agreement \\\n    \
        --origin heart.example/log --coordinator coordinator --keys keys \\\n    \
        --out founding.dsse\n  concordat found --agreement examples/heart \\\n    \
        --origin heart.example/log --sequencer 7b4e… \\\n    \
        --party alder=alder.json --party birch=birch.json --out genesis.dsse")]
    Found(Found),
    /// Signs a founding statement, or modules of the agreement.
    #[command(after_help = "Examples:\n  \
        concordat sign --home homes/alder --agreement examples/heart genesis.dsse\n  \
        concordat sign --home alder --agreement agreement --enter founding.dsse\n  \
        concordat sign --home coordinator --sequencer genesis.dsse\n  \
        concordat sign --home homes/alder --all examples/heart --enter\n  \
        concordat sign --home homes/alder --all amended --until 2027-03-01T00:00:00Z\n  \
        concordat sign --home homes/alder --all amended --withdraw")]
    Sign(Sign),
    /// Does something under the agreement: signs an act and has it logged.
    #[command(after_help = "Examples:\n  \
        concordat act place.register place=ward class=2 jurisdiction=US \\\n    \
        --seat data-holder --home homes/alder\n  \
        concordat act motion.vote '{\"motion\":\"open-it\",\"vote\":\"for\"}' \\\n    \
        --seat council-member --home homes/alder")]
    Act(Act),
    /// Says everything that stands in an act's way, and who can supply it.
    #[command(after_help = "Example:\n  \
        concordat why project.open project=cardiac --seat council-member --home homes/alder")]
    Why(Act),
    /// Shows what waits for a party now, and where the partnership stands.
    #[command(after_help = "Examples:\n  concordat status --home homes/alder\n  \
        concordat status --home homes/alder --as birch --json\n  \
        concordat status --archive archive")]
    Status(Look),
    /// Lists what is owed: the tracker of actions, what is due first at the top.
    #[command(after_help = "Examples:\n  concordat duties --home homes/alder\n  \
        concordat duties --all --as vendor --archive archive")]
    Duties(DutiesArgs),
    /// Lists the decisions: question, votes, dissent, and what became of it.
    #[command(after_help = "Example:\n  concordat decisions --home homes/alder")]
    Decisions(ListArgs),
    /// Shows the catalogue: assets, their versions, who holds them, what for.
    #[command(after_help = "Examples:\n  concordat catalog --home homes/alder\n  \
        concordat catalog --as lab --archive archive")]
    Catalog(ListArgs),
    /// Traces a version to all that it was made from, and to every act about that.
    #[command(after_help = "Examples:\n  concordat trace 3f1c… --archive archive\n  \
        concordat trace 3f1c… --as lab --home homes/alder --json\n\n\
        How to read it: docs/how-to/trace-a-model.md")]
    Trace(TraceArgs),
    /// Lists cases and drills with their clocks.
    #[command(after_help = "Example:\n  concordat cases --home homes/alder --as alder")]
    Cases(ListArgs),
    /// Lists the risks that are watched, the highest first.
    #[command(after_help = "Example:\n  concordat risks --home homes/alder")]
    Risks(ListArgs),
    /// Shows places, how old their appraisals are and what is asked, and open findings.
    #[command(after_help = "Examples:\n  concordat places --home homes/alder\n  \
        concordat places --as birch --archive archive --json")]
    Places(Look),
    /// Counts what was refused to whom, by day and seat, and what the coordinator turned away.
    #[command(after_help = "Examples:\n  concordat refusals --home homes/alder\n  \
        concordat refusals --as vendor --archive archive --json")]
    Refusals(Look),
    /// Counts over time what the record itself says of data, models, breaches and trust.
    #[command(after_help = "Examples:\n  concordat series --archive archive\n  \
        concordat series --window P7D --svg series.svg --home homes/alder\n\n\
        quality: dataset versions in use that may be worked with. reliability: tests on\n\
        models that met what gates and warranties ask. breaches: duties breached,\n\
        warranties broken, incidents. trust: duties that were done in time.\n\
        refused: acts that were refused.")]
    Series(SeriesArgs),
    /// Shows accounts, debts, caps and privacy budgets.
    #[command(after_help = "Examples:\n  concordat budget --home homes/alder --as vendor\n  \
        concordat budget --archive archive --svg budget.svg\n\n\
        Of each holder's privacy account: what is spent, kept for monitoring and left, as ε\n\
        at the account's δ; by purpose and year; what each adversary has learned; run by\n\
        run, how it went down; and what would still fit of a run like the last.")]
    Budget(BudgetArgs),
    /// Shows who answers for what: each duty and act by party.
    #[command(after_help = "Example:\n  concordat matrix --home homes/alder\n\n\
        R: owes it or may do it. A: approves or decides it. C: gives evidence.\n\
        I: is owed it.")]
    Matrix(Look),
    /// Shows what each party brings, uses, gets and owes.
    #[command(after_help = "Example:\n  concordat value --home homes/alder")]
    Value(Look),
    /// Finds words in clauses, acts and minutes.
    #[command(after_help = "Examples:\n  concordat search royalty vendor --home homes/alder\n  \
        concordat search retention --archive archive --json")]
    Search(SearchArgs),
    /// Tells which texts have governed, and since when; or which did at some moment.
    #[command(after_help = "Examples:\n  concordat history --home homes/alder\n  \
        concordat history --at 2027-03-01 --home homes/alder\n  \
        concordat history --at 41 --module data-use --text --home homes/alder")]
    History(HistoryArgs),
    /// Shows the log with the verdicts that are folded here.
    #[command(after_help = "Examples:\n  concordat log --home homes/alder --since 20\n  \
        concordat log --archive archive --as vendor --since 2027-03-01 --limit 10")]
    Log(LogArgs),
    /// Runs the coordinator, or one of the three aggregators, until it is interrupted.
    #[command(after_help = "Examples:\n  \
        concordat serve --home coordinator --founding founding.dsse\n  \
        concordat serve --home coordinator --json\n  \
        concordat serve --aggregator --home homes/lab\n\n\
        How to run an aggregator: docs/how-to/run-an-aggregator.md")]
    Serve(Serve),
    /// Copies a coordinator's log and blobs while it goes on working.
    #[command(after_help = "Example:\n  \
        concordat backup --home coordinator --to backups/2027-03-01\n\n\
        What a backup leaves out, and how to go back: docs/how-to/back-up-the-log.md")]
    Backup(Backup),
    /// Puts a backup back, into a folder or a database that has nothing.
    #[command(after_help = "Example:\n  \
        concordat restore backups/2027-03-01 --home coordinator\n\n\
        What is to be done before it signs again: docs/how-to/back-up-the-log.md")]
    Restore(Restore),
    /// Keeps what is about persons apart from the log: gives commitments to it, and opens them.
    #[command(subcommand)]
    #[command(after_help = "Examples:\n  \
        concordat person commit m-17 name --value name.txt --home homes/alder\n  \
        concordat person open 3f1c… --home homes/alder\n\n\
        How: docs/how-to/keep-persons-out-of-the-log.md")]
    Person(Person),
    /// Destroys the key of a person and all that it opens, here and wherever the log is followed.
    #[command(override_usage = "concordat erase [OPTIONS] --ground <GROUND> \\\n    \
        --home <FOLDER> <MEMBER>")]
    #[command(after_help = "Example:\n  \
        concordat erase m-17 --ground consent-withdrawn --seat data-holder \\\n    \
        --home homes/alder\n\n\
        How: docs/how-to/keep-persons-out-of-the-log.md")]
    Erase(Erase),
    /// Runs the node of a party, until it is interrupted; or lists its data.
    #[command(after_help = "Examples:\n  concordat node --home homes/alder\n  \
        concordat node register heart-rows --place ward --purpose cardiac-risk \\\n    \
        --seat data-holder --home homes/alder")]
    Node(Node),
    /// Looks at a holder's rows before anybody else depends on them, and signs how they are mapped.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  \
        concordat data check --mapping mapping.toml --agreement agreement\n\n\
        How: docs/how-to/map-your-tables.md")]
    Data(Data),
    /// Watches logs, until it is interrupted: cosigns the checkpoints of those that only grow.
    #[command(after_help = "Examples:\n  \
        concordat witness new --home witness --name witness.example/w1 \\\n    \
        --founding founding.dsse\n  \
        concordat witness --home witness")]
    Witness(Witness),
    /// Proposes and watches runs.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  \
        concordat run propose examples/heart/plan.toml --seat trainer --home homes/vendor")]
    Run(Run),
    /// Plans questions to all holders' rows together, and shows their answers.
    #[command(subcommand)]
    #[command(after_help = "Examples:\n  \
        concordat query plan examples/heart/query.toml --home homes/vendor\n  \
        concordat query show ages --home homes/vendor\n\n\
        How: docs/how-to/query-across-sites.md")]
    Query(Query),
    /// Asks a model about rows, offline: the model's file says which columns it takes.
    #[command(after_help = "Examples:\n  \
        concordat predict model.safetensors --in rows.csv > answers.csv\n  \
        concordat predict model.safetensors --in rows.csv --id patient --json\n\n\
        How to use a model: docs/how-to/use-a-model.md")]
    Predict(Predict),
    /// Fits a model to rows of one's own; what comes of it stays here.
    #[command(subcommand)]
    #[command(after_help = "Example:\n  \
        concordat model adapt model.safetensors --in rows.csv --out adapted.safetensors")]
    Model(ModelCommand),
    /// Writes an archive that anyone can verify offline, or a part of it for somebody, or in
    /// formats of others.
    #[command(after_help = "Examples:\n  concordat export archive --home homes/alder\n  \
        concordat export bundle --for public --act 41 --home homes/alder --out bundle.tar\n  \
        concordat export catalog --format odcs --archive archive")]
    Export(Export),
    /// Stands by a bundle that another party made: replays the log, compares, and signs.
    #[command(after_help = "Example:\n  \
        concordat attest bundle.tar --home homes/birch --out attested.tar")]
    Attest(Attest),
    /// Verifies an archive or a bundle offline, or a static log: every signature, verdict, byte. Or a
    /// receipt, or the evidence of two histories.
    #[command(after_help = "Examples:\n  concordat verify archive --log 3f1c…\n  \
        concordat verify bundle.tar --log 3f1c… --json\n  \
        concordat verify http://logs.example/heart --since checkpoint\n  \
        concordat verify archive --receipt homes/alder/store-desk/receipts/kept/9a4e….receipt\n  \
        concordat verify --fork homes/alder/store/evidence --founding founding.dsse --log 3f1c…")]
    Verify(Verify),
    /// Finds the first entry at which two parties' folds of one log part, and shows both verdicts on
    /// it. Exit status 1 where they do.
    #[command(after_help = "Examples:\n  \
        concordat export course --home homes/alder > alder.jsonl\n  \
        concordat bisect alder.jsonl birch.jsonl\n  concordat bisect archive homes/birch\n  \
        concordat bisect https://heart.example/log homes/birch")]
    Bisect(Bisect),
}

/// Parses a command line; `None` when help or the version was asked for and printed.
///
/// # Errors
/// [`Failure::Usage`].
pub(crate) fn parse(mut arguments: Vec<OsString>) -> Result<Option<Command>, Failure> {
    // `help key new` is how some ask for `key new --help`.
    if arguments.get(1).is_some_and(|first| first == "help") {
        arguments.remove(1);
        arguments.push("--help".into());
    }
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => Ok(Some(cli.command)),
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let shown = e.print().and_then(|()| std::io::stdout().flush());
            written(shown).map(|()| None)
        }
        Err(e) => Err(usage(&e, &asked(&arguments))),
    }
}

/// The command that the arguments begin with, as far as there is one.
fn asked(arguments: &[OsString]) -> String {
    let mut command = Cli::command();
    let mut names = vec!["concordat".to_owned()];
    for argument in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        let Some(found) = command.find_subcommand(argument).cloned() else { break };
        names.push(argument.to_owned());
        command = found;
    }
    names.join(" ")
}

/// clap's message in three lines: what it says first, then its tip or the help to ask for.
fn usage(error: &clap::Error, asked: &str) -> Failure {
    let help = format!("run `{asked} --help`");
    if matches!(error.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) {
        return Failure::usage("usage", "a command is missing", help);
    }
    let text = error.render().to_string();
    let first: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).collect();
    let what = first.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what).replace('\'', "`");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let acts = what.contains("is not an act");
    let hint = match tip {
        Some(tip) => lowercase(&tip.replace('\'', "`")),
        None if acts => "name one of docs/reference/acts.md".to_owned(),
        None => help,
    };
    Failure::usage("usage", lowercase(&what), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(line: &str) -> String {
        let arguments = line.split(' ').map(OsString::from).collect();
        parse(arguments).unwrap_err().problem().hint.clone()
    }

    #[test]
    fn a_wrong_command_line_is_sent_to_the_help_of_the_command_that_it_begins_with() {
        let cases = [
            ("concordat", "run `concordat --help`"),
            ("concordat key", "run `concordat key --help`"),
            ("concordat check", "run `concordat check --help`"),
            (
                "concordat evidence test nonsense --rows a --method b --seat c --home d",
                "run `concordat evidence test --help`",
            ),
            ("concordat act foo.bar --seat a --home b", "name one of docs/reference/acts.md"),
        ];
        for (line, expected) in cases {
            assert_eq!(hint(line), expected, "{line}");
        }
    }
}
