//! What a person sees: tables on standard output, progress on standard error.

mod born_dead;
mod causes;
mod comparison;
mod diagnosis;
pub mod evidence;
mod format;
mod grid;
mod progress;
mod screen;

pub use born_dead::{born_dead_table, probability};
pub use causes::causes_text;
pub use comparison::comparison_table;
pub use diagnosis::{before_after_table, diagnosis_table};
pub use format::duration;
pub use progress::{BarStyle, Progress, TrainingProgress};
pub use screen::Screen;
