//! The column of answers of a table.

/// What a column of answers may be called; the first of these that the table has is it.
const NAMES: [&str; 3] = ["y", "label", "target"];

/// The column of answers among columns of these names.
pub(super) fn column(names: &[impl AsRef<str>]) -> Option<usize> {
    let place = |name: &&str| {
        names
            .iter()
            .position(|known| known.as_ref().eq_ignore_ascii_case(name))
    };
    NAMES.iter().find_map(place)
}
