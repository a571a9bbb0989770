//! From an element type known at run time to one known to the compiler.

/// Runs the body with a name for the element type that a value stands for.
///
/// Frameworks tell the type of a tensor's elements by a value of an enum, whose variants are called
/// `F32`, `F64`, `F16` and `BF16` for the types that are [`Float`](crate::Float)s. This takes the path of
/// the enum, the value, the name and the body, and what to do with any other value. It needs the
/// feature `half`.
///
/// ```
/// use leaky_relu::{LeakyRelu, Number, Rectifier, with_float};
///
/// enum DType { F32, F64, F16, BF16, I64 }
///
/// fn leak(dtype: DType) -> Result<f64, &'static str> {
///     with_float!(DType, dtype, T => {
///         let f = LeakyRelu::<<T as Number>::Alpha>::default();
///         let y = f.forward_to_vec(&[<T as Number>::from_f64(-100.0)]);
///         Ok(y[0].widen().into())
///     }, _ => Err("no type of floating-point numbers"))
/// }
///
/// assert_eq!(leak(DType::BF16), Ok(-1.0));
/// assert!(leak(DType::I64).is_err());
/// # (leak(DType::F32), leak(DType::F64), leak(DType::F16));
/// ```
#[macro_export]
macro_rules! with_float {
    ($($DType:ident)::+, $dtype:expr, $T:ident => $body:expr, $other:pat => $otherwise:expr $(,)?) => {
        match $dtype {
            $($DType)::+::F32 => {
                type $T = f32;
                $body
            }
            $($DType)::+::F64 => {
                type $T = f64;
                $body
            }
            $($DType)::+::F16 => {
                type $T = $crate::half::f16;
                $body
            }
            $($DType)::+::BF16 => {
                type $T = $crate::half::bf16;
                $body
            }
            $other => $otherwise,
        }
    };
}
