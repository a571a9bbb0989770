//! Work shared out among the threads of the caller's pool.

use crate::Float;
use crate::arch::{Level, Work};

/// Below this many bytes of output, waking a thread takes longer than it saves.
///
/// Measured on two cores: one core writes this much in 50 microseconds. A thread of the pool that
/// has just been idle answers after 15, one that sleeps after 50 and more.
const WORTH_WAKING: usize = 2 << 20;

/// Does `work`, a part on this thread and a part on each other thread of the pool, if it is large.
pub(super) fn share_out<T: Float, W: Work<T>>(level: Level, work: W) {
    let threads = if work.len() * size_of::<T>() < worth_waking() {
        1
    } else {
        rayon::current_num_threads()
    };
    if threads == 1 {
        T::run_at(level, work);
        return;
    }
    rayon::in_place_scope(|scope| {
        let mut rest = work;
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

fn worth_waking() -> usize {
    #[cfg(test)]
    if crate::arch::forced::threads() {
        return 0;
    }
    WORTH_WAKING
}
