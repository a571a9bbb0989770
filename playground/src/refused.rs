//! Errors in the engine's own words.

use wasm_bindgen::JsError;

/// The sentence of an error, as an exception of the page.
pub(crate) fn refused(error: impl std::fmt::Display) -> JsError {
    JsError::new(&error.to_string())
}
