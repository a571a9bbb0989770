//! Whether to colour.

/// Whether standard output is to be coloured: it is a terminal that knows colours, and `NO_COLOR`
/// is not set.
pub fn colour() -> bool {
    console::colors_enabled()
}
