//! A partnership of which parts are shown to others, and the bundles of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use concordat_cli::bundle::{
    Asked, For, INDEX, Index, Line, Records, Source, attest, make, papers,
};
use concordat_partnership::act::{MeetingCall, MeetingMinute};
use concordat_partnership::{Act, State};
use concordat_replay::Replica;
use concordat_terms::{ActName, Digest, PartyId, jcs};
use concordat_wire::act::decode;

use crate::archived::checkpoint;
use crate::common::{HOSPITALS, Story, digest, id_of, key, one_run, texts};

pub type Files = BTreeMap<String, Vec<u8>>;

pub const MINUTES: &str = "Dr. Amal Haddad said that dogwood's rows are the oldest.\n";
pub const PUBLISHED: &str = "The Council talked about the age of rows.\n";
pub const AUTHORITY: &str = "the data protection authority";

/// What the heart agreement says of readers, besides.
const READERS: &str = r#"
## Readers

What the Council publishes of its minutes, and that data were listed, may be read by everybody.

```clause
id = "public-record"
disclosure = "acts"
acts = ["meeting.minute", "dataset.register"]
readers = ["outside: the public"]
```

The supervisory authority may read all records of acts.

```clause
id = "authority-reads"
disclosure = "acts"
readers = ["outside: the data protection authority"]
```

```clause
id = "call-meeting"
permit = "meeting.call"
by = "council-member"
```

```clause
id = "file-minutes"
permit = "meeting.minute"
by = "council-member"
```
"#;

/// By which a member of the council says who cosigns, once everybody signs that.
pub const WHO_COSIGNS: &str = r#"
```clause
id = "who-cosigns"
permit = "policy.adopt"
by = "council-member"
```
"#;

/// By which the council decides it.
pub const BY_MOTION: &str = r#"
```clause
id = "cosigners-by-motion"
gate = "policy.adopt"
motion = "council"
```
"#;

/// Data are listed, a project is open, a meeting was held, a run is proposed; one act was refused.
pub fn partnership() -> (Story, BTreeMap<Digest, Vec<u8>>) {
    partnership_with("")
}

/// The same, with more clauses.
pub fn partnership_with(more: &str) -> (Story, BTreeMap<Digest, Vec<u8>>) {
    let mut all = texts();
    all.get_mut("governance").unwrap().push_str(&format!("{READERS}{more}"));
    let all: Vec<String> = all.into_values().collect();
    let mut blobs: BTreeMap<Digest, Vec<u8>> =
        all.iter().map(|text| (digest(text), text.clone().into_bytes())).collect();
    for text in [MINUTES, PUBLISHED] {
        blobs.insert(digest(text), text.as_bytes().to_vec());
    }
    let mut story = Story::begun(all);
    let a = |text: &str| text.parse().unwrap();
    let call = MeetingCall {
        meeting: "spring".parse().unwrap(),
        body: "council".parse().unwrap(),
        at: "2027-01-15T08:00:00Z".parse().unwrap(),
        agenda: digest("agenda"),
    };
    story.admit("alder", "council-member", Act::MeetingCall(call));
    story.run("first");
    let present: Vec<PartyId> = HOSPITALS.iter().map(|party| a(party)).collect();
    story.tick("2027-01-16T08:00:00Z");
    let minutes = MeetingMinute {
        meeting: "spring".parse().unwrap(),
        present: present.into_iter().collect(),
        minutes: digest(MINUTES),
        published: Some(digest(PUBLISHED)),
    };
    story.admit("alder", "council-member", Act::MeetingMinute(minutes));
    story.act("vendor", "trainer", Act::RunOpen(one_run("nobody-proposed-it")));
    (story, blobs)
}

/// The first entry with such an act, from the end.
pub fn last(story: &Story, act: ActName) -> u64 {
    let is = |entry: &Vec<u8>| {
        let envelope = concordat_tlog::Envelope::parse(entry).unwrap();
        decode(envelope.payload()).is_ok_and(|signed| signed.act.name() == act)
    };
    story.entries.iter().rposition(is).unwrap() as u64
}

/// What a fold says of each entry, and the state after it.
pub fn folded(story: &Story, blobs: &BTreeMap<Digest, Vec<u8>>) -> (Records, State) {
    let (mut replica, mut records) = (Replica::new(), Records::default());
    for blob in blobs.values() {
        replica.supply(blob.clone());
    }
    for entry in &story.entries {
        let verdict = replica.step(entry).unwrap();
        records.push(entry, Line::of(&verdict, replica.state()));
    }
    (records, replica.state().clone())
}

/// A bundle, attested by alder.
pub fn bundle(
    story: &Story,
    blobs: &BTreeMap<Digest, Vec<u8>>,
    audience: For,
    reader: Option<&str>,
    entries: &[u64],
) -> Files {
    bundle_from(story, blobs, (audience, reader), entries, &[])
}

/// The same, for a reader who has seen the log with so many entries.
pub fn bundle_from(
    story: &Story,
    blobs: &BTreeMap<Digest, Vec<u8>>,
    (audience, reader): (For, Option<&str>),
    entries: &[u64],
    from: &[u64],
) -> Files {
    let (records, state) = folded(story, blobs);
    let checkpoint = checkpoint(story);
    let source = Source {
        entries: &story.entries,
        checkpoint: &checkpoint,
        records: &records,
        state: &state,
    };
    let asked = Asked {
        audience,
        reader: reader.map(str::to_owned),
        by: Some(("alder".parse().unwrap(), id_of("alder"))),
        entries: entries.iter().copied().collect(),
        from: from.iter().copied().collect(),
    };
    let mut files = make(&source, &asked, |digest| blobs.get(digest).cloned()).unwrap();
    attest_by(&mut files, "alder");
    files
}

/// A bundle by vendor of entries that it records as admitted, whatever the fold says, under a checkpoint of
/// its own.
pub fn bundle_of_a_liar(
    story: &Story,
    blobs: &BTreeMap<Digest, Vec<u8>>,
    (audience, entries): (For, &[u64]),
    checkpoint: &[u8],
) -> Files {
    let (honest, state) = folded(story, blobs);
    let mut records = Records::default();
    for (index, bytes) in (0..).zip(&story.entries) {
        let mut line = honest.line(index).unwrap().clone();
        if entries.contains(&index) {
            assert_ne!(line.verdict, "admitted");
            line.verdict = "admitted";
        }
        records.push(bytes, line);
    }
    let source = Source { entries: &story.entries, checkpoint, records: &records, state: &state };
    let asked = Asked {
        audience,
        reader: None,
        by: Some(("vendor".parse().unwrap(), id_of("vendor"))),
        entries: entries.iter().copied().collect(),
        from: [].into(),
    };
    let mut files = make(&source, &asked, |digest| blobs.get(digest).cloned()).unwrap();
    attest_by(&mut files, "vendor");
    files
}

/// Has a party attest a bundle as it is.
pub fn attest_by(files: &mut Files, party: &str) {
    attest_with(files, party, party);
}

/// Has somebody attest it for a party by the key `by`.
pub fn attest_with(files: &mut Files, party: &str, by: &str) {
    let bytes = files[INDEX].clone();
    let (name, own) =
        attest(&index(files), &bytes, &party.parse().unwrap(), &id_of(by), &key(by)).unwrap();
    files.insert(name, own);
}

pub fn index(files: &Files) -> Index {
    jcs::from_bytes(&files[INDEX]).unwrap()
}

/// The digests in `bundle.json`, the papers and alder's attestation, made anew around what was changed.
pub fn sealed(mut files: Files, change: impl Fn(&mut Index)) -> Files {
    let mut own = index(&files);
    files.retain(|name, _| !name.starts_with("attestations/") && name != INDEX);
    change(&mut own);
    files.retain(|name, _| !name.starts_with("papers/") && name != "report.html");
    own.files.clear();
    let made = papers(&own, &files);
    files.extend(made);
    own.files = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    files.insert(INDEX.to_owned(), jcs::to_bytes(&own).unwrap());
    attest_by(&mut files, "alder");
    files
}
