//! Makes of a compiled library the module that a page imports, and the JavaScript around it:
//!
//!     bindgen LIBRARY.wasm FOLDER

use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let library = arguments.next().context("name the library")?;
    let folder = arguments.next().context("name a folder to write to")?;
    Bindgen::new()
        .input_path(library)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
}
