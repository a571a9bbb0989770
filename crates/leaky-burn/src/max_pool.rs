//! What a pooling takes the maxima over.

/// The windows of a pooling over the last two axes.
#[derive(Clone, Debug)]
pub(crate) struct MaxPool {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) dilation: [usize; 2],
    /// Whether a last window that reaches behind the image counts.
    pub(crate) ceil_mode: bool,
}
