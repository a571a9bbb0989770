//! Which sets of instructions there are, and passes made with one of them.

use super::simd::Pass;
use crate::number::Number;

cfg_select! {
    any(
        all(target_arch = "aarch64", target_feature = "neon"),
        all(target_arch = "wasm32", target_feature = "simd128"),
    ) => {
        pub use super::baseline::Level;
    }
    all(target_arch = "x86_64", target_feature = "sse2") => {
        pub use super::x86_64::Level;
    }
    _ => {
        pub use super::plain::Level;
    }
}

/// A number that every set of instructions knows.
pub trait Element: Number {
    /// Makes the pass with the instructions of the level.
    #[doc(hidden)]
    fn run_at<P: Pass<Self>>(level: Level, pass: P);
}

macro_rules! element {
    ($float:ty) => {
        impl Element for $float {
            #[inline]
            fn run_at<P: Pass<Self>>(level: Level, pass: P) {
                level.run(pass);
            }
        }
    };
}
element!(f32);
element!(f64);
#[cfg(feature = "half")]
element!(half::f16);
#[cfg(feature = "half")]
element!(half::bf16);
