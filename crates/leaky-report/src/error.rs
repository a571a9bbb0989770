//! What can go wrong in a report.

/// Why a page or a curve could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The library that draws refuses.
    #[error("cannot draw the curves: {0}")]
    Draw(String),
    /// A rectifier cannot be drawn.
    #[error(transparent)]
    Slope(#[from] leaky_relu::Error),
}
