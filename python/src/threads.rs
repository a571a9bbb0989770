//! Work without the interpreter's lock, and on how many threads.

use std::collections::HashMap;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Below this many bytes, giving the lock away takes longer than another thread could use.
const WORTH_RELEASING: usize = 32 << 10;

/// Below this many bytes, handing work to a pool takes longer than it saves.
const WORTH_SHARING: usize = 2 << 20;

/// The pools of a process, by their number of threads.
struct Pools {
    process: u32,
    by_threads: HashMap<usize, Arc<ThreadPool>>,
}

static POOLS: Mutex<Option<Pools>> = Mutex::new(None);

/// Does `work` on `bytes` bytes, on so many `threads`; 0, or as many as the common pool has: on this one,
/// with the help of whoever is free in that pool. This thread begins at once and waits for nobody to
/// wake up, so a process that was forked, which has none of the pool's threads, is merely alone. A pool
/// of fewer threads does the work while this one sleeps.
pub(crate) fn detached<R: Send>(
    py: Python<'_>,
    bytes: usize,
    threads: usize,
    work: impl FnOnce() -> R + Send,
) -> PyResult<R> {
    if bytes < WORTH_RELEASING {
        return Ok(work());
    }
    py.detach(|| {
        let common = threads == 0 || threads >= rayon::current_num_threads();
        if common || bytes < WORTH_SHARING {
            return Ok(work());
        }
        Ok(pool(threads)?.install(work))
    })
}

pub(crate) fn pool(threads: usize) -> PyResult<Arc<ThreadPool>> {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let process = process::id();
    // A process that was forked has the threads of none of its parent's pools, and would wait for
    // them for ever, also when it drops them.
    if let Some(parents) = pools.take_if(|pools| pools.process != process) {
        std::mem::forget(parents);
    }
    let pools = pools.get_or_insert_with(|| Pools {
        process,
        by_threads: HashMap::new(),
    });
    if let Some(pool) = pools.by_threads.get(&threads) {
        return Ok(pool.clone());
    }
    let made = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("leaky-relu-{index}"))
        .build()
        .map_err(|error| PyRuntimeError::new_err(format!("no threads to compute on: {error}")))?;
    let made = Arc::new(made);
    pools.by_threads.insert(threads, made.clone());
    Ok(made)
}
