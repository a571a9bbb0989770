//! Passes shared out among the threads of the caller's pool.

use crate::arch::{Level, Pass};
use crate::float::Float;

/// Makes `pass`, a part on this thread and a part on each other thread of the pool.
pub(super) fn share_out<T: Float>(level: Level, pass: impl Pass<T>) {
    let threads = rayon::current_num_threads();
    rayon::in_place_scope(|scope| {
        let mut rest = pass;
        for left in (2..=threads).rev() {
            let part = (rest.len() / left).next_multiple_of(rest.grain());
            if part >= rest.len() {
                break;
            }
            let (first, others) = rest.split_at(part);
            rest = others;
            scope.spawn(move |_| T::run_at(level, first));
        }
        T::run_at(level, rest);
    });
}
