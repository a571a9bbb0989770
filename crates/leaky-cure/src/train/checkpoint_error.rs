//! Why a training cannot go on from a checkpoint, or be kept in one.

use crate::files::FileError;

/// Why a training cannot go on from a checkpoint, or be kept in one.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file does not hold together.
    #[error(
        "{path} holds no training to go on from ({reason}): name another folder, or remove the file to begin anew"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file holds another training.
    #[error(
        "{path} holds another training: {} differ(s); ask for the same training again, name another folder, or remove the file to begin anew",
        differs.join(", ")
    )]
    OtherTraining {
        /// The file.
        path: String,
        /// In what the two differ.
        differs: Vec<String>,
    },
    /// The operating system refuses.
    #[error(transparent)]
    File(#[from] FileError),
    /// The device that computes failed.
    #[error(transparent)]
    Network(#[from] leaky_onnx::Error),
}
