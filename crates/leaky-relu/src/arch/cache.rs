//! How large the last-level cache is.

/// The size of the last-level cache in bytes, or a middling guess where it cannot be asked for.
pub(crate) fn last_level_cache() -> usize {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use core::sync::atomic::{AtomicUsize, Ordering};
        static SIZE: AtomicUsize = AtomicUsize::new(0);
        let mut size = SIZE.load(Ordering::Relaxed);
        if size == 0 {
            size = x86::largest_cache().unwrap_or(GUESS);
            SIZE.store(size, Ordering::Relaxed);
        }
        size
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    GUESS
}

const GUESS: usize = 16 << 20;

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod x86 {
    use core::arch::x86_64::{__cpuid, __cpuid_count};

    /// The largest cache that the processor describes: Intel's leaf 4, AMD's leaf 8000001D.
    pub(super) fn largest_cache() -> Option<usize> {
        let size = |leaf| {
            (0..16)
                .map(|index| __cpuid_count(leaf, index))
                .take_while(|cache| cache.eax & 0x1f != 0)
                .map(|cache| {
                    let ways = (cache.ebx >> 22) as usize + 1;
                    let partitions = (cache.ebx >> 12 & 0x3ff) as usize + 1;
                    let line = (cache.ebx & 0xfff) as usize + 1;
                    let sets = cache.ecx as usize + 1;
                    ways * partitions * line * sets
                })
                .max()
        };
        let intel = (__cpuid(0).eax >= 4).then(|| size(4)).flatten();
        let amd = || {
            (__cpuid(0x8000_0000).eax >= 0x8000_001d)
                .then(|| size(0x8000_001d))
                .flatten()
        };
        intel.or_else(amd)
    }
}
