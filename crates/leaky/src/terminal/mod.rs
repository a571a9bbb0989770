//! What a person sees: tables on standard output, progress on standard error.

mod born_dead;
mod colour;
mod comparison;
mod format;
mod progress;
mod table;

pub use born_dead::{born_dead_table, probability};
pub use colour::colour;
pub use comparison::comparison_table;
pub use format::duration;
pub use progress::{Progress, TrainingProgress};
pub use table::{before_after_table, diagnosis_table};
