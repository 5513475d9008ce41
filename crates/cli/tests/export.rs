//! What a party exports, whatever others have had refused.
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use common::{archive, story};
use concordat_cli::Failure;
use concordat_cli::archive::tell;
use concordat_cli::verify::verify;
use concordat_partnership::Act;
use concordat_partnership::act::{OneModule, Seen};
use concordat_terms::Digest;

#[test]
fn a_refused_proposal_of_a_text_that_nobody_has_keeps_nobody_from_exporting() {
    let mut story = story();
    let seen = Seen { size: story.replica.size(), root: story.replica.root() };
    let act = Act::ModulePropose(OneModule { module: Digest::of(b"a text that nobody has") });
    story.act_in_sight_of(seen, "alder", "test-lab", &act);
    assert!(story.verdicts[8].contains("not-your-seat"), "{}", story.verdicts[8]);

    let blobs = story.blobs.clone();
    let nobody_has = || Failure::fault("missing-blob", "not here", "wait");
    let told = tell(&story.entries, |digest| blobs.get(digest).cloned().ok_or_else(nobody_has));
    let told = told.unwrap();
    assert_eq!((&told.verdicts, &told.blobs), (&story.verdicts, &story.blobs));
    assert!(told.absent.is_empty(), "nobody asks for what a refused act names");
    let files = archive(&story.entries, &told.verdicts, told.blobs);
    verify(&files, Some(story.log)).unwrap();

    // Without the text of the proposal that was admitted there is no verdict to tell.
    let problem = tell(&story.entries, |_| Err(nobody_has())).unwrap_err();
    assert_eq!(problem.problem().code, "missing-blob");
}
