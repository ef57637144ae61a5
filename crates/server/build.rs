//! Puts the built web pages and the demonstration into the binary, as static tables.
//!
//! Without `web/dist` (nobody has run `npm run build`) the tables are empty and the server says how to build the
//! pages; so `cargo build` never needs node.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let mut code = String::new();
    for (name, folder) in [
        ("WEB", "web/dist"),
        ("DEMO_SHOP", "demo/shop"),
        ("DEMO_KNOWLEDGE", "demo/knowledge"),
    ] {
        code.push_str(&table(name, &root.join(folder))?);
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}

/// `pub static NAME: &[File]`, sorted by path.
fn table(name: &str, folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let mut code = format!("pub static {name}: &[File] = &[\n");
    for file in files
        .iter()
        .filter(|file| !matches!(extension(file), "br" | "gz"))
    {
        let path = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
        let absolute = fs::canonicalize(file)?;
        let etag = fnv(&fs::read(file)?);
        let (gzip, brotli) = (compressed(&absolute, "gz"), compressed(&absolute, "br"));
        writeln!(
            code,
            "File {{ path: {path:?}, mime: {:?}, etag: \"\\\"{etag:016x}\\\"\", raw: include_bytes!({absolute:?}), gzip: {gzip}, brotli: {brotli} }},",
            mime(file),
        )?;
    }
    code.push_str("];\n");
    Ok(code)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)
        } else {
            files.push(path)
        }
    }
}

fn compressed(file: &Path, ending: &str) -> String {
    let sibling = PathBuf::from(format!("{}.{ending}", file.display()));
    if sibling.exists() {
        format!("Some(include_bytes!({sibling:?}))")
    } else {
        "None".into()
    }
}

fn extension(file: &Path) -> &str {
    file.extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}

fn mime(file: &Path) -> &'static str {
    match extension(file) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        _ => "application/octet-stream",
    }
}

/// FNV-1a: enough to notice a change.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
