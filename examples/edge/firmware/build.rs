//! Where the network, the digits and the memory are.

use std::path::PathBuf;
use std::{env, fs};

/// What is written by `cargo run --release -p examples --bin edge`, if nothing else is asked for.
const STANDARD: &str = "../../../target/uses/edge/leaky-relu-0.1.rs";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = env::var("EDGE_NETWORK").unwrap_or_else(|_| STANDARD.to_owned());
    let network = fs::canonicalize(&network).map_err(|error| {
        format!("{network}: {error}; `cargo run --release -p examples --bin edge` writes networks")
    })?;
    println!("cargo::rerun-if-env-changed=EDGE_NETWORK");
    println!("cargo::rerun-if-changed={}", network.display());
    println!("cargo::rustc-env=EDGE_NETWORK={}", network.display());

    println!("cargo::rerun-if-changed=memory.x");
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    fs::copy("memory.x", folder.join("memory.x"))?;
    println!("cargo::rustc-link-search={}", folder.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    Ok(())
}
