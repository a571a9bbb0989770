//! Lets tests choose what the processor and the sizes otherwise decide.

use std::cell::Cell;

use super::Level;

std::thread_local! {
    static FORCED: Cell<(Option<Level>, bool)> = const { Cell::new((None, false)) };
}

/// Runs `body` for every set of instructions that the processor has, with and without writing past
/// the caches and sharing out among threads.
pub(crate) fn for_each_way(mut body: impl FnMut(Level, bool)) {
    for level in Level::all() {
        for stream in [false, true] {
            FORCED.set((Some(level), stream));
            body(level, stream);
        }
    }
    FORCED.set((None, false));
}

pub(super) fn level() -> Option<Level> {
    FORCED.get().0
}

pub(super) fn streams() -> bool {
    FORCED.get().1
}

/// Whether any amount of work is shared out: where streaming is forced, since the threads then
/// stream as well.
#[cfg(feature = "rayon")]
pub(crate) fn threads() -> bool {
    FORCED.get().1
}
