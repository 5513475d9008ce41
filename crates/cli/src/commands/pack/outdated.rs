//! `concordat pack outdated`: which agreements were made from an older version of a pack.

use std::path::Path;

use concordat_agreement::template::Pack;
use serde::Serialize;

use super::{Named, made_from, trusted};
use crate::args::PackOutdated;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Found {
    pack: Named,
    agreements: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    folder: String,
    stands: Stands,
    /// The version of the pack that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
}

/// How an agreement stands to a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Stands {
    /// Made from an older version.
    Outdated,
    /// Made from these very texts.
    Current,
    /// Made from a newer version.
    Newer,
    /// Made from other texts of the same version.
    OtherTexts,
    /// Made from another pack.
    OtherPack,
    /// It does not say that it was made from a pack.
    NoPack,
}

impl Stands {
    fn in_words(self) -> &'static str {
        match self {
            Self::Outdated => "outdated",
            Self::Current => "current",
            Self::Newer => "made from a newer version",
            Self::OtherTexts => "made from other texts of this version",
            Self::OtherPack => "made from another pack",
            Self::NoPack => "made from no pack",
        }
    }
}

pub(super) fn run(args: &PackOutdated, out: Out) -> Result<(), Failure> {
    let pack = trusted(args.pack.as_deref(), &args.trust)?;
    let lines: Result<Vec<Line>, Failure> =
        args.agreements.iter().map(|dir| line(&pack, dir)).collect();
    let mut agreements = lines?;
    agreements.sort_by_key(|line| line.stands != Stands::Outdated);
    let found = Found { pack: Named::of(&pack), agreements };
    out.answer(&found, || {
        let mut lines = vec![format!("pack {} {}", found.pack.id, found.pack.version)];
        lines.extend(found.agreements.iter().map(|line| {
            let from = line.version.as_ref().map(|version| format!(" ({version})"));
            format!("{}: {}{}", line.folder, line.stands.in_words(), from.unwrap_or_default())
        }));
        lines.join("\n")
    })
}

fn line(pack: &Pack, dir: &Path) -> Result<Line, Failure> {
    let modules = files::readable(dir)?;
    let folder = dir.display().to_string();
    let Some(made) = made_from(&modules) else {
        return Ok(Line { folder, stands: Stands::NoPack, version: None, template: None });
    };
    let stands = if made.id != pack.id {
        Stands::OtherPack
    } else if made.digest == pack.digest {
        Stands::Current
    } else if made.version < pack.version {
        Stands::Outdated
    } else if made.version > pack.version {
        Stands::Newer
    } else {
        Stands::OtherTexts
    };
    let (version, template) = (Some(made.version.to_string()), Some(made.template.clone()));
    Ok(Line { folder, stands, version, template })
}
