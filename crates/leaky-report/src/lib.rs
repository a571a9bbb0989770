//! Reports: one page in one file, which people would rather look at than read.
//!
//! A page holds no script and fetches nothing; it is drawn for light and dark, for narrow and wide
//! windows and for paper. Everything that comes from files or from the command line is escaped.

mod activity;
mod causes;
mod chart;
mod comparison;
mod cure;
pub mod curve;
mod diagnosis;
mod drawing;
mod error;
mod figures;
mod page;
#[cfg(not(target_family = "wasm"))]
pub mod plot;
mod provenance;
mod sections;
mod series;
mod svg;

pub use comparison::comparison;
pub use cure::cure;
pub use diagnosis::diagnosis;
pub use error::ReportError;
pub use provenance::Provenance;

#[cfg(test)]
mod tests;
