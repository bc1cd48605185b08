//! The digest of the core's sources: two builds with the same one compute the same numbers.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files)?;
    files.sort();
    let mut state = 0xcbf2_9ce4_8422_2325;
    for file in files {
        let name = file.strip_prefix(&root).expect("it lies there").to_string_lossy().replace('\\', "/");
        state = fnv1a(state, name.as_bytes());
        state = fnv1a(state, &fs::read(&file)?);
    }
    println!("cargo:rustc-env=LIMITLAW_CORE_DIGEST={state:016x}");
    println!("cargo:rerun-if-changed=src");
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a of 64 bits; carriage returns do not count, since a checkout may add them.
fn fnv1a(state: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .filter(|&&byte| byte != b'\r')
        .fold(state, |state, &byte| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
