//! Work done side by side, each piece on one thread, so that how many are done at a time changes no
//! result.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The machine does not grant so many threads.
#[derive(Debug, thiserror::Error)]
#[error("{threads} threads cannot be had: {reason}")]
pub struct ThreadsError {
    /// As many as were asked for.
    pub threads: usize,
    /// The operating system's word.
    pub reason: String,
}

/// How many cores the machine has.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Pools of threads that work side by side, as many threads together as the caller's pool has.
pub(crate) struct Crews(Vec<rayon::ThreadPool>);

impl Crews {
    /// At most so many, and no more than there are threads.
    ///
    /// # Errors
    ///
    /// If the operating system does not grant the threads.
    pub(crate) fn new(most: usize) -> Result<Self, ThreadsError> {
        let threads = rayon::current_num_threads();
        match most.clamp(1, threads) {
            // One works with the threads that are there.
            1 => Ok(Self(Vec::new())),
            crews => Ok(Self(pools(crews, threads / crews)?)),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len().max(1)
    }

    /// Does `work` for each item at the same time, each by a crew of its own; no more items than crews.
    pub(crate) fn each<I: Sync, T: Send>(
        &self,
        items: &[I],
        work: impl Fn(&I) -> T + Sync,
    ) -> Vec<T> {
        if self.0.is_empty() || items.len() == 1 {
            return items.iter().map(work).collect();
        }
        assert!(items.len() <= self.len(), "a crew for each item");
        let work = &work;
        std::thread::scope(|scope| {
            let crews = self.0.iter().zip(items);
            let working: Vec<_> = crews
                .map(|(crew, item)| scope.spawn(move || crew.install(|| work(item))))
                .collect();
            let working = working.into_iter();
            let results = working.map(|thread| thread.join());
            results
                .map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        })
    }
}

fn pools(count: usize, threads: usize) -> Result<Vec<rayon::ThreadPool>, ThreadsError> {
    (0..count)
        .map(|_| rayon::ThreadPoolBuilder::new().num_threads(threads).build())
        .collect::<Result<_, _>>()
        .map_err(|error| ThreadsError {
            threads: count * threads,
            reason: error.to_string(),
        })
}

/// Does `work` for each item, `jobs` at a time, and hands each result to `done`, with the item's
/// number, as soon as it is there. The engine has a single thread for each, so that they do not wait for
/// each other's threads. After an error no further item is begun.
///
/// # Errors
///
/// The first of `work`, or of `done`; or if the operating system does not grant the threads.
pub(crate) fn side_by_side<I: Sync, T: Send, E: Send + From<ThreadsError>>(
    jobs: usize,
    items: &[I],
    work: impl Fn(&I) -> Result<T, E> + Sync,
    done: impl FnMut(usize, T) -> Result<(), E> + Send,
) -> Result<(), E> {
    let jobs = jobs.min(items.len());
    let pools = pools(jobs, 1)?;
    let next = AtomicUsize::new(0);
    let done = Mutex::new((done, Ok(())));
    let worker = || {
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            let result = work(item);
            let mut done = done.lock().unwrap_or_else(|broken| broken.into_inner());
            let (done, outcome) = &mut *done;
            let result = result.and_then(|result| done(index, result));
            if let Err(error) = result {
                next.store(items.len(), Ordering::Relaxed);
                if outcome.is_ok() {
                    *outcome = Err(error);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for pool in &pools {
            scope.spawn(|| pool.install(worker));
        }
    });
    let (_, outcome) = done
        .into_inner()
        .unwrap_or_else(|broken| broken.into_inner());
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum Failed {
        Item,
        Threads,
    }

    impl From<ThreadsError> for Failed {
        fn from(_: ThreadsError) -> Self {
            Self::Threads
        }
    }

    #[test]
    fn every_item_is_done_once_on_one_thread() {
        let items: Vec<usize> = (0..50).collect();
        for jobs in [1, 3, 100] {
            let mut results = vec![0; items.len()];
            side_by_side(
                jobs,
                &items,
                |&item| {
                    assert_eq!(rayon::current_num_threads(), 1);
                    Ok::<_, Failed>(item + 1)
                },
                |index, result| {
                    results[index] += result;
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(results, (1..=50).collect::<Vec<_>>());
        }
    }

    #[test]
    fn crews_share_the_threads_and_give_results_in_order() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(5).build();
        pool.unwrap().install(|| {
            for (most, count, threads) in [(1, 1, 5), (2, 2, 2), (3, 3, 1), (100, 5, 1)] {
                let crews = Crews::new(most).unwrap();
                assert_eq!(crews.len(), count);
                let items: Vec<usize> = (0..count).collect();
                let found = crews.each(&items, |&item| (item, rayon::current_num_threads()));
                let expected: Vec<_> = (0..count).map(|item| (item, threads)).collect();
                assert_eq!(found, expected);
            }
        });
    }

    #[test]
    fn an_error_ends_the_work() {
        let items: Vec<usize> = (0..1000).collect();
        let begun = AtomicUsize::new(0);
        let outcome = side_by_side(
            2,
            &items,
            |&item| {
                begun.fetch_add(1, Ordering::Relaxed);
                match item {
                    5 => Err(Failed::Item),
                    _ => Ok(()),
                }
            },
            |_, ()| Ok(()),
        );
        assert!(matches!(outcome, Err(Failed::Item)));
        assert!(begun.into_inner() < items.len());
    }
}
