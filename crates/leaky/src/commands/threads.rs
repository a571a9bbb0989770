//! How many threads the engine has.

use leaky_cure::threads::ThreadsError;

/// Lets the engine use this many threads; by default as many as the machine has cores.
pub(super) fn use_threads(threads: Option<usize>) -> Result<(), ThreadsError> {
    let Some(threads) = threads else {
        return Ok(());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| ThreadsError {
            threads,
            reason: error.to_string(),
        })
}
