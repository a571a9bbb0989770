//! Threads of the caller's rayon pool that help with its work if they come in time.

use std::any::Any;
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs `work` on this thread at once, and as well on up to `helpers` threads of the pool while it runs
/// here. Returns when nobody runs it any more; threads that wake up later than that find it closed, and
/// nobody waits for them.
///
/// A panic of a helper is continued here.
pub(crate) fn with_helpers(helpers: usize, work: &(dyn Fn() + Sync)) {
    let offer = Arc::new(Offer {
        // SAFETY: only the lifetime changes. Whoever calls the reference has entered before the offer was
        // closed, and below it is waited for until all who entered have left, also when `work` panics
        // here; so `work` is there as long as it is called.
        work: unsafe {
            core::mem::transmute::<&(dyn Fn() + Sync), &'static (dyn Fn() + Sync)>(work)
        },
        state: Mutex::new(State::default()),
    });
    // Whatever panics in here, the offer is closed before the panic goes on.
    let own = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..helpers {
            let offer = Arc::clone(&offer);
            rayon::spawn(move || offer.accept());
        }
        work();
    }));
    let theirs = offer.close();
    if let Some(panic) = own.err().or(theirs) {
        resume_unwind(panic);
    }
}

/// Work that other threads may help with until it is closed.
struct Offer {
    work: &'static (dyn Fn() + Sync),
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// How many helpers have entered and not left.
    inside: usize,
    panic: Option<Box<dyn Any + Send>>,
}

impl Offer {
    /// Helps, unless the offer is closed.
    fn accept(&self) {
        {
            let mut state = self.state();
            if state.closed {
                return;
            }
            state.inside += 1;
        }
        let result = catch_unwind(AssertUnwindSafe(self.work));
        let mut state = self.state();
        state.inside -= 1;
        if let Err(panic) = result {
            state.panic = Some(panic);
        }
    }

    /// Lets nobody in any more, and waits until all have left, which they are about to: there is no
    /// work that nobody has begun.
    fn close(&self) -> Option<Box<dyn Any + Send>> {
        self.state().closed = true;
        let mut looks = 0_u32;
        loop {
            let mut state = self.state();
            if state.inside == 0 {
                return state.panic.take();
            }
            drop(state);
            // A thread that leaves takes microseconds, one that is put to sleep and woken up many.
            looks += 1;
            if looks < SPINS {
                (0..SPIN).for_each(|_| core::hint::spin_loop());
            } else {
                std::thread::yield_now();
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often is looked without letting others have the processor, and how long is waited between.
const SPINS: u32 = 200;
const SPIN: u32 = 20;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn pool(threads: usize) -> rayon::ThreadPool {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("threads can be started")
    }

    #[test]
    fn nobody_waits_for_helpers_that_are_busy_elsewhere() {
        let pool = pool(2);
        let (busy, done) = (Arc::new(Mutex::new(())), AtomicUsize::new(0));
        // The other thread of the pool waits for this guard, which is dropped after the work.
        let guard = busy.lock().expect("nobody panicked");
        let other = Arc::clone(&busy);
        pool.spawn(move || drop(other.lock()));
        pool.install(|| {
            with_helpers(1, &|| {
                done.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(done.load(Ordering::Relaxed), 1);
        drop(guard);
    }

    #[test]
    fn helpers_that_have_begun_are_waited_for() {
        let pool = pool(3);
        for _ in 0..20 {
            let (running, rounds) = (AtomicUsize::new(0), AtomicUsize::new(0));
            pool.install(|| {
                with_helpers(2, &|| {
                    running.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(1));
                    rounds.fetch_add(1, Ordering::SeqCst);
                    running.fetch_sub(1, Ordering::SeqCst);
                });
            });
            assert_eq!(running.load(Ordering::SeqCst), 0);
            assert!((1..=3).contains(&rounds.load(Ordering::SeqCst)));
        }
    }

    #[test]
    fn a_panic_of_a_helper_is_continued() {
        let here = std::thread::current().id();
        let entered = AtomicUsize::new(0);
        let result = catch_unwind(AssertUnwindSafe(|| {
            with_helpers(1, &|| {
                if std::thread::current().id() != here {
                    entered.store(1, Ordering::SeqCst);
                    panic!("of a helper");
                }
                while entered.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
            });
        }));
        let panic = result.expect_err("the helper panicked");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"of a helper"));
    }
}
