//! Passes shared out among this thread and those of the caller's pool.

use std::sync::{Mutex, PoisonError};

use crate::arch::{Level, Pass, with_helpers};
use crate::float::Float;

/// Parts that are taken write about this many bytes: much more than it costs to take one, and little
/// enough that nobody waits long for the last.
const PART: usize = 128 << 10;

/// Makes `pass`, this thread from the first moment on, and each other thread of the pool as soon as it
/// wakes up: whoever is free takes the next part.
pub(super) fn share_out<T: Float>(level: Level, pass: impl Pass<T>) {
    let part = (PART / size_of::<T>()).next_multiple_of(pass.grain());
    let helpers = (rayon::current_num_threads() - 1).min(pass.len() / part);
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
