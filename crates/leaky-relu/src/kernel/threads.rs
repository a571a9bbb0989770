//! Passes shared out among this thread and those of the caller's pool.

use std::sync::{Mutex, PoisonError};

use crate::arch::{Level, Pass, with_helpers};
use crate::float::Float;

/// Parts that are taken write at least about this many bytes: much more than it costs to take one.
const PART: usize = 128 << 10;

/// And at most this many: the memory of several large pages, so that where an output has never been
/// written to, each thread lets the system clear pages of its own. In the same page they wait for
/// each other, or clear it twice.
const LARGE_PART: usize = 4 << 20;

/// Into how many parts for each thread a pass is taken apart where neither bound says otherwise: so many
/// that nobody waits long for the last.
const PARTS_A_THREAD: usize = 8;

/// Makes `pass`, this thread from the first moment on, and each other thread of the pool as soon as it
/// wakes up: whoever is free takes the next part.
pub(super) fn share_out<T: Float>(level: Level, pass: impl Pass<T>) {
    let threads = rayon::current_num_threads();
    let even = pass.len() * size_of::<T>() / (PARTS_A_THREAD * threads);
    let part = even.clamp(PART, LARGE_PART) / size_of::<T>();
    let part = part.next_multiple_of(pass.grain());
    let helpers = (threads - 1).min(pass.len() / part);
    if helpers == 0 {
        return T::run_at(level, pass);
    }
    let rest = Mutex::new(Some(pass));
    with_helpers(helpers, &|| {
        while let Some(own) = take(&rest, part) {
            T::run_at(level, own);
        }
    });
}

/// The next elements of what is left, `part` of them or all.
fn take<T: Float, P: Pass<T>>(rest: &Mutex<Option<P>>, part: usize) -> Option<P> {
    let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
    let left = rest.take()?;
    if left.len() <= part {
        return Some(left);
    }
    let (first, others) = left.split_at(part);
    *rest = Some(others);
    Some(first)
}
