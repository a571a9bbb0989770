//! What a person sees: tables on standard output, progress on standard error.

mod born_dead;
mod comparison;
mod format;
mod progress;
mod table;

pub use born_dead::{born_dead_table, probability};
pub use comparison::comparison_table;
pub use format::{duration, percent, score};
pub use progress::{Progress, TrainingProgress};
pub use table::{before_after_table, diagnosis_table};

/// Whether standard output is to be coloured: it is a terminal that knows colours, and `NO_COLOR`
/// is not set.
pub fn colour() -> bool {
    console::colors_enabled()
}
