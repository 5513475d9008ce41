//! Packs of templates: versioned, owned by somebody, and one digest over all of their texts.

use std::collections::BTreeMap;

use concordat_terms::{Digest, KeyId};
use semver::Version;
use serde::Deserialize;

use super::answers::{Answers, BadAnswer};
use super::choice::recommend;
use super::engine::{Fault, Text, write};
use super::fields::values;
use super::fuel::{FILES_MOST, Fuel, MANIFEST_MOST, PATH_MOST, TEXTS_MOST, short};
use crate::limits::MODULES_MAX;

/// What begins the line of a manifest that its digest does not cover.
const DIGEST: &str = "digest = ";

/// A pack that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPack {
    /// The manifest is not what it should be.
    #[error("`pack.toml` cannot be read: {0}")]
    Manifest(String),
    /// A text that the manifest or another text names is not to be had.
    #[error("`{file}` of the pack cannot be read: {why}")]
    File {
        /// Its path in the pack.
        file: String,
        /// Why.
        why: String,
    },
    /// A text whose placeholders are wrong.
    #[error("a text of the pack is wrong: {0}")]
    Text(String),
    /// It asks for more than a pack may.
    #[error("the pack asks for too much: {0}")]
    TooLarge(String),
    /// The texts are not those that the manifest's digest is of.
    #[error("the digest of the pack's texts is `{found}`, and `pack.toml` says `{said}`")]
    Digest {
        /// What the manifest says.
        said: String,
        /// Over the manifest and the texts as they are.
        found: Digest,
    },
}

impl BadPack {
    /// Its section in `docs/reference/problems.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => TOO_LARGE,
            _ => "bad-pack",
        }
    }
}

/// The code of what asks for more than a pack may.
const TOO_LARGE: &str = "pack-too-large";

impl From<Fault> for BadPack {
    fn from(fault: Fault) -> Self {
        let told = fault.to_string();
        if fault.too_much { Self::TooLarge(told) } else { Self::Text(told) }
    }
}

/// What kind of agreement a template makes, and so what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Rows of several holders train a model: `[data]` and `[model]`.
    Training,
    /// Rows are used, and no model is made: `[data]`.
    Data,
    /// A model is tested: `[model]`.
    Testing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    id: String,
    version: Version,
    owner: String,
    digest: String,
    #[serde(rename = "template")]
    templates: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    title: String,
    about: String,
    kind: Kind,
    ownership: Option<String>,
    sample: String,
    modules: BTreeMap<String, String>,
}

/// A template of a pack.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its name in the pack.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// What it asks for.
    pub kind: Kind,
    /// What the chooser calls it, where it stands for one of its outcomes.
    pub ownership: Option<String>,
    /// Answers to begin with, as TOML.
    pub sample: String,
    /// The files it writes, each with the text it is made of.
    modules: BTreeMap<String, String>,
}

/// A pack, read and verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// The body that owns it.
    pub owner: String,
    /// Over its manifest and all of its texts.
    pub digest: Digest,
    /// The key whose signature under it was checked.
    pub signer: Option<KeyId>,
    templates: Vec<Template>,
    texts: BTreeMap<String, Text>,
}

impl Pack {
    /// Reads a pack; `file` gives the texts by their paths.
    ///
    /// # Errors
    /// [`BadPack`].
    pub fn read(
        manifest: &str,
        mut file: impl FnMut(&str) -> Result<String, String>,
    ) -> Result<Self, BadPack> {
        let listed = listed(manifest)?;
        let files = gather(&listed, &mut file)?;
        let found = digest(manifest, &files);
        if listed.digest != found.to_string() {
            return Err(BadPack::Digest { said: listed.digest, found });
        }
        let mut texts = BTreeMap::new();
        for (path, text) in &files {
            let text = Text::parse(path, text)?;
            texts.insert(path.clone(), text);
        }
        let mut templates = Vec::new();
        for Listed { name, title, about, kind, ownership, sample, modules } in listed.templates {
            let sample = files.get(&sample).cloned().unwrap_or_default();
            templates.push(Template { name, title, about, kind, ownership, sample, modules });
        }
        let (id, version, owner) = (listed.id, listed.version, listed.owner);
        Ok(Self { id, version, owner, digest: found, signer: None, templates, texts })
    }

    /// The same, signed by a key; whoever says so has checked it.
    #[must_use]
    pub fn signed_by(self, key: KeyId) -> Self {
        Self { signer: Some(key), ..self }
    }

    /// Its templates, in order.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// A template by its name.
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.name == name)
    }

    /// The template that the answers name, or that they speak for.
    ///
    /// # Errors
    /// The pack has no such template.
    pub fn chosen(&self, answers: &Answers) -> Result<&Template, BadAnswer> {
        let names: Vec<String> =
            self.templates.iter().map(|template| format!("`{}`", template.name)).collect();
        let one_of = format!("name one of {}", names.join(", "));
        if let Some(name) = &answers.template {
            return self.template(name).ok_or_else(|| {
                BadAnswer::new(format!("pack `{}` has no template `{name}`", self.id), one_of)
            });
        }
        let (wanted, _) = recommend(&answers.choice);
        let fits = |template: &&Template| template.ownership.as_deref() == Some(wanted);
        self.templates.iter().find(fits).ok_or_else(|| {
            let what = format!("the answers speak for `{wanted}`, which pack `{}` lacks", self.id);
            BadAnswer::new(what, one_of)
        })
    }

    /// The modules of an agreement: by file name, its Markdown.
    ///
    /// # Errors
    /// An answer that does not fit the template, or a placeholder that nothing answers.
    pub fn write(
        &self,
        template: &Template,
        answers: &Answers,
    ) -> Result<BTreeMap<String, String>, BadAnswer> {
        answers.check()?;
        let values = values(self, template, answers)?;
        let mut modules = BTreeMap::new();
        let mut fuel = Fuel::default();
        for (name, path) in &template.modules {
            let wrong = |bad: BadPack| BadAnswer {
                code: bad.code(),
                ..BadAnswer::new(bad.to_string(), "mend the pack, and its digest")
            };
            let text = self.texts.get(path);
            let text = text.ok_or_else(|| wrong(BadPack::Text(format!("no text `{path}`"))))?;
            let written = write(text, &self.texts, &values, &mut fuel);
            let written = written.map_err(|fault| wrong(fault.into()))?;
            modules.insert(name.clone(), written);
        }
        Ok(modules)
    }
}

/// A manifest with another digest; the line is added above the templates, if there is none.
pub fn with_digest(manifest: &str, digest: &Digest) -> String {
    let line = format!("{DIGEST}\"{digest}\"\n");
    let mut written = String::new();
    let mut done = false;
    for own in manifest.split_inclusive('\n') {
        let is_digest = own.starts_with(DIGEST);
        if !done && (is_digest || own.starts_with("[[template]]")) {
            written.push_str(&line);
            done = true;
        }
        if !is_digest {
            written.push_str(own);
        }
    }
    written
}

/// The digest of a pack, whatever its manifest says it is; `file` gives the texts by their paths.
///
/// # Errors
/// [`BadPack`].
pub fn digest_of(
    manifest: &str,
    mut file: impl FnMut(&str) -> Result<String, String>,
) -> Result<Digest, BadPack> {
    let files = gather(&listed(manifest)?, &mut file)?;
    Ok(digest(manifest, &files))
}

fn listed(manifest: &str) -> Result<Manifest, BadPack> {
    if manifest.len() > MANIFEST_MOST {
        let what = format!("`pack.toml` has more than {} KiB", MANIFEST_MOST >> 10);
        return Err(BadPack::TooLarge(what));
    }
    let listed: Manifest = toml::from_str(manifest)
        .map_err(|e| BadPack::Manifest(e.message().lines().collect::<Vec<_>>().join(", ")))?;
    let plain = |name: &str| {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !name.is_empty() && name.len() <= 64 && name.chars().all(letter)
    };
    let file = |name: &str| name.strip_suffix(".md").is_some_and(plain);
    for template in &listed.templates {
        if !plain(&template.name) {
            return Err(BadPack::Manifest(format!("`{}` is no name", short(&template.name))));
        }
        if template.modules.len() > MODULES_MAX {
            let what = format!("`{}` makes more than {MODULES_MAX} modules", template.name);
            return Err(BadPack::TooLarge(what));
        }
        if let Some(name) = template.modules.keys().find(|name| !file(name)) {
            let what = format!("`{}` is no file name like `parties.md`", short(name));
            return Err(BadPack::Manifest(what));
        }
    }
    if !plain(&listed.id) || listed.owner.trim().is_empty() || listed.templates.is_empty() {
        let what = "it has an `id`, an `owner` and at least one `[[template]]`";
        return Err(BadPack::Manifest(what.to_owned()));
    }
    Ok(listed)
}

/// Every text that the manifest names, and that those include.
fn gather(
    listed: &Manifest,
    file: &mut impl FnMut(&str) -> Result<String, String>,
) -> Result<BTreeMap<String, String>, BadPack> {
    let mut ahead: Vec<String> = Vec::new();
    for template in &listed.templates {
        ahead.push(template.sample.clone());
        ahead.extend(template.modules.values().cloned());
    }
    let mut files = BTreeMap::new();
    let mut bytes = 0_usize;
    while let Some(path) = ahead.pop() {
        if files.contains_key(&path) {
            continue;
        }
        if path.len() > PATH_MOST {
            let what = format!("a path is longer than {PATH_MOST} bytes");
            return Err(BadPack::TooLarge(what));
        }
        if files.len() == FILES_MOST {
            return Err(BadPack::TooLarge(format!("it has more than {FILES_MOST} texts")));
        }
        if path.starts_with('/') || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            let why = "it does not lie in the pack's folder".to_owned();
            return Err(BadPack::File { file: path, why });
        }
        let text = file(&path).map_err(|why| BadPack::File { file: path.clone(), why })?;
        bytes = bytes.saturating_add(text.len());
        if bytes > TEXTS_MOST {
            let what = format!("its texts have more than {} MiB", TEXTS_MOST >> 20);
            return Err(BadPack::TooLarge(what));
        }
        let parsed = Text::parse(&path, &text)?;
        ahead.extend(parsed.includes().into_iter().map(str::to_owned));
        files.insert(path, text);
    }
    Ok(files)
}

/// SHA-256 over the manifest without its digest's line, and every text with its path.
fn digest(manifest: &str, files: &BTreeMap<String, String>) -> Digest {
    let lines = manifest.split_inclusive('\n').filter(|line| !line.starts_with(DIGEST));
    let rest: String = lines.collect();
    let mut parts = vec![rest.as_bytes()];
    for (path, text) in files {
        parts.extend([path.as_bytes(), text.as_bytes()]);
    }
    Digest::of_parts(&parts)
}
