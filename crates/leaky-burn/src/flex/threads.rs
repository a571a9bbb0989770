//! Sharing work out among threads, where the feature `rayon` is on.

/// The results of `work`, called with the number of each chunk and the chunk, in order.
pub(super) fn map_chunks<T: Send, R: Send>(
    numbers: &mut [T],
    len: usize,
    work: impl Fn(usize, &mut [T]) -> R + Sync + Send,
) -> Vec<R> {
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        let chunks = numbers.par_chunks_mut(len).enumerate();
        chunks.map(|(index, chunk)| work(index, chunk)).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        let chunks = numbers.chunks_mut(len).enumerate();
        chunks.map(|(index, chunk)| work(index, chunk)).collect()
    }
}

/// The results of `work` for each of `0..count`, in order.
pub(super) fn map<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        (0..count).into_par_iter().map(work).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        (0..count).map(work).collect()
    }
}

/// The results of `work`, called with the number of each item and the item, in order.
pub(super) fn map_items<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(usize, T) -> R + Sync + Send,
) -> Vec<R> {
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        let items = items.into_par_iter().enumerate();
        items.map(|(index, item)| work(index, item)).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        let items = items.into_iter().enumerate();
        items.map(|(index, item)| work(index, item)).collect()
    }
}
