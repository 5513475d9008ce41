//! Other people's verifiers, which the tests ask about what we write: installed below `target/`,
//! in the versions that `tests/strangers` and this file name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// What names the tools' folder to the tests.
pub(crate) const NAMED: &str = "CONCORDAT_STRANGERS";

/// Debian's packages; the first has the version of Go in its name.
const DEBIAN: [&str; 3] = ["golang-1.19-go", "golang-1.19-src", "golang-golang-x-mod-dev"];
const GO: &str = "debian/usr/lib/go-1.19";

/// What PyPI has as a source alone; everything else comes built, and nothing of it is run to install it.
const UNBUILT: &str = "jsonpath-rw";

/// What is asked in Python, and the proxy that inspects TLS: it needs older versions of the same packages.
const REQUIRED: &str = "requirements.txt";
const INSPECTOR: &str = "inspector.txt";

/// Where the sources of the programs are that ask the tools.
const SOURCES: &str = "tests/strangers";

/// Installs what is missing. None where that cannot be done, which is said in a line; in CI that
/// is a failure.
pub(crate) fn install() -> Result<Option<PathBuf>> {
    let started = Instant::now();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let folder = std::path::absolute(target.join("strangers"))?;
    let made = fs::create_dir_all(&folder).map_err(anyhow::Error::from);
    match made.and_then(|()| install_into(&folder)) {
        Ok(()) => {
            eprintln!("xtask: strangers: in `{}`: {:.0?}", folder.display(), started.elapsed());
            Ok(Some(folder))
        }
        Err(why) if std::env::var_os("CI").is_some() => {
            Err(why.context("the tools of others are not to be had"))
        }
        Err(why) => {
            eprintln!("xtask: strangers: not asked, because they are not to be had: {why:#}");
            Ok(None)
        }
    }
}

fn install_into(folder: &Path) -> Result<()> {
    let (python_list, node_list) = (read(REQUIRED)?, read("package-lock.json")?);
    let inspector_list = read(INSPECTOR)?;
    // From three registries at once.
    std::thread::scope(|scope| {
        let parts = [
            scope.spawn(|| once(folder, "debian", &DEBIAN.join("\n"), debian)),
            scope.spawn(|| once(folder, "venv", &python_list, |path| python(path, REQUIRED))),
            scope.spawn(|| {
                once(folder, "inspector", &inspector_list, |path| python(path, INSPECTOR))
            }),
            scope.spawn(|| once(folder, "npm", &node_list, node)),
        ];
        parts.into_iter().try_for_each(|part| part.join().unwrap_or_else(|_| bail!("a bug")))
    })?;
    build(folder)
}

fn read(name: &str) -> Result<String> {
    let path = Path::new(SOURCES).join(name);
    fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))
}

/// Makes a part anew unless it was made from the same list of versions.
fn once(folder: &Path, part: &str, versions: &str, make: fn(&Path) -> Result<()>) -> Result<()> {
    let (path, made) = (folder.join(part), folder.join(format!("{part}.versions")));
    if fs::read_to_string(&made).is_ok_and(|found| found == versions) {
        return Ok(());
    }
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    fs::create_dir_all(&path)?;
    make(&path)?;
    Ok(fs::write(made, versions)?)
}

/// Unpacks packages without installing them: no root is needed, and nothing outside is touched.
fn debian(path: &Path) -> Result<()> {
    let download = || run(Command::new("apt-get").arg("download").args(DEBIAN).current_dir(path));
    if download().is_err() {
        // A new machine knows no packages yet.
        run(Command::new("apt-get").args(["-q", "update"]))?;
        download()?;
    }
    for package in fs::read_dir(path)? {
        let package = package?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(path))?;
            fs::remove_file(package)?;
        }
    }
    Ok(())
}

fn python(path: &Path, list: &str) -> Result<()> {
    run(Command::new("python3").args(["-m", "venv"]).arg(path))?;
    let listed = Path::new(SOURCES).join(list);
    run(Command::new(path.join("bin/pip"))
        .args([
            "install",
            "-q",
            "--no-deps",
            // They run on an older Python than one of them asks for.
            "--ignore-requires-python",
            "--only-binary",
            ":all:",
            "--no-binary",
            UNBUILT,
            "-r",
        ])
        .arg(listed))
}

fn node(path: &Path) -> Result<()> {
    for name in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(SOURCES).join(name), path.join(name))?;
    }
    run(Command::new("npm").args(["ci", "--silent", "--ignore-scripts"]).current_dir(path))
}

/// The one program of ours that has to be compiled.
fn build(folder: &Path) -> Result<()> {
    run(Command::new(folder.join(GO).join("bin/go"))
        .args(["build", "-o"])
        .arg(folder.join("log"))
        .arg(Path::new(SOURCES).join("log.go"))
        .env("GOROOT", folder.join(GO))
        .env("GOPATH", folder.join("debian/usr/share/gocode"))
        .env("GOCACHE", folder.join("gocache"))
        .envs([("GO111MODULE", "off"), ("CGO_ENABLED", "0"), ("GOFLAGS", "")]))
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start `{name}`"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("without a word");
    bail!("`{name}` failed: {}", last.trim())
}
