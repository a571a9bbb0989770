//! The kernels as a Python module, so that they are timed beside PyTorch on the same buffers.
//!
//! Arrays of `f16` and `bf16` come as arrays of `u16`.

use half::{bf16, f16};
use leaky_relu::{LeakyRelu, Rectifier, Relu, SignBits};
use numpy::{PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;

/// Sign bits that live on the Rust side.
#[pyclass]
#[derive(Default)]
struct Signs(SignBits);

#[pymethods]
impl Signs {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn count_ones(&self) -> u64 {
        self.0.count_ones()
    }
}

/// The functions for one element type: `$element` in Rust, `$array` in NumPy.
macro_rules! functions {
    ($module:ident, $element:ty, $alpha:ty, $array:ty) => {
        #[pymodule]
        mod $module {
            use super::*;

            type Read<'py> = PyReadonlyArray1<'py, $array>;
            type Write<'py> = PyReadwriteArray1<'py, $array>;

            fn elements<'a>(array: &'a Read<'_>) -> PyResult<&'a [$element]> {
                Ok(bytemuck::cast_slice(array.as_slice()?))
            }

            fn elements_mut<'a>(array: &'a mut Write<'_>) -> PyResult<&'a mut [$element]> {
                Ok(bytemuck::cast_slice_mut(array.as_slice_mut()?))
            }

            fn leaky_relu(alpha: $alpha) -> LeakyRelu<$alpha> {
                LeakyRelu::new(alpha).expect("the benchmark's slopes are finite")
            }

            #[pyfunction]
            fn forward(x: Read<'_>, mut y: Write<'_>, alpha: $alpha) -> PyResult<()> {
                leaky_relu(alpha).forward(elements(&x)?, elements_mut(&mut y)?);
                Ok(())
            }

            #[pyfunction]
            fn forward_in_place(mut x: Write<'_>, alpha: $alpha) -> PyResult<()> {
                leaky_relu(alpha).forward_in_place(elements_mut(&mut x)?);
                Ok(())
            }

            #[pyfunction]
            fn forward_with_signs(
                x: Read<'_>,
                mut y: Write<'_>,
                signs: &mut Signs,
                alpha: $alpha,
            ) -> PyResult<()> {
                let y = elements_mut(&mut y)?;
                leaky_relu(alpha).forward_with_signs(elements(&x)?, y, &mut signs.0);
                Ok(())
            }

            #[pyfunction]
            fn backward(
                x: Read<'_>,
                dy: Read<'_>,
                mut dx: Write<'_>,
                alpha: $alpha,
            ) -> PyResult<()> {
                let dx = elements_mut(&mut dx)?;
                leaky_relu(alpha).backward(elements(&x)?, elements(&dy)?, dx);
                Ok(())
            }

            #[pyfunction]
            fn backward_from_signs(
                signs: &Signs,
                dy: Read<'_>,
                mut dx: Write<'_>,
                alpha: $alpha,
            ) -> PyResult<()> {
                let dx = elements_mut(&mut dx)?;
                leaky_relu(alpha).backward_from_signs(&signs.0, elements(&dy)?, dx);
                Ok(())
            }

            #[pyfunction]
            fn relu(x: Read<'_>, mut y: Write<'_>) -> PyResult<()> {
                Relu.forward(elements(&x)?, elements_mut(&mut y)?);
                Ok(())
            }

            #[pyfunction]
            fn copy(x: Read<'_>, mut y: Write<'_>) -> PyResult<()> {
                yardstick::streaming_copy(
                    bytemuck::cast_slice(x.as_slice()?),
                    bytemuck::cast_slice_mut(y.as_slice_mut()?),
                );
                Ok(())
            }
        }
    };
}
functions!(f32_, f32, f32, f32);
functions!(f64_, f64, f64, f64);
functions!(f16_, f16, f32, u16);
functions!(bf16_, bf16, f32, u16);

#[pymodule]
mod leaky_python {
    #[pymodule_export]
    use super::{Signs, bf16_, f16_, f32_, f64_};
}
