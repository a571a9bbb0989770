//! How a pass is run: what the processor and the sizes decide.

use crate::arch::{Level, last_level_cache};

/// How a pass is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// With which instructions.
    pub(crate) level: Level,
    /// Whether what is written is written past the caches.
    pub(crate) stream: bool,
    /// Whether the pass is shared out among threads.
    #[cfg_attr(not(feature = "rayon"), allow(dead_code))]
    pub(crate) share: bool,
}

impl Plan {
    /// For a pass that writes so many bytes, in place or elsewhere.
    pub(super) fn writing(bytes: usize, in_place: bool) -> Self {
        #[cfg(test)]
        if let Some(plan) = forced::plan() {
            return Plan {
                stream: plan.stream && !in_place,
                ..plan
            };
        }
        Plan {
            level: Level::widest(),
            stream: !in_place && fills(last_level_cache(), bytes),
            share: bytes >= WORTH_WAKING,
        }
    }

    /// For a pass that reads so many bytes, and writes next to nothing.
    pub(super) fn reading(bytes: usize) -> Self {
        Plan::writing(bytes, true)
    }
}

/// Whether an output is best written past the caches: it leaves nothing else in them. (What was just
/// read is in them already.)
fn fills(cache: usize, bytes: usize) -> bool {
    bytes >= cache
}

/// Below this many bytes of output, waking a thread takes longer than it saves.
///
/// Measured on two cores: one core writes this much in 50 microseconds. A thread of the pool that
/// has just been idle answers after 15, one that sleeps after 50 and more.
const WORTH_WAKING: usize = 2 << 20;

/// Lets tests choose what the processor and the sizes otherwise decide.
#[cfg(test)]
pub(crate) mod forced {
    use std::cell::Cell;

    use super::Plan;
    use crate::arch::Level;

    std::thread_local! {
        static FORCED: Cell<Option<Plan>> = const { Cell::new(None) };
    }

    /// Runs `body` for every set of instructions that the processor has, with and without writing
    /// past the caches, on threads and without.
    pub(crate) fn for_each_plan(mut body: impl FnMut(Plan)) {
        for level in Level::all() {
            for both in [false, true] {
                let plan = Plan {
                    level,
                    stream: both,
                    share: both,
                };
                FORCED.set(Some(plan));
                body(plan);
            }
        }
        FORCED.set(None);
    }

    pub(super) fn plan() -> Option<Plan> {
        FORCED.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_as_large_as_the_cache_is_streamed() {
        let cache = last_level_cache();
        assert!(Plan::writing(cache, false).stream);
        assert!(!Plan::writing(cache - 1, false).stream);
        assert!(!Plan::writing(2 * cache, true).stream, "it was just read");
    }
}
