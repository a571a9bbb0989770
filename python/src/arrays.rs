//! NumPy's arrays as slices.
//!
//! All that is unsafe of this crate is here: the memory of an array, seen as a slice of elements in
//! the order in which they lie.

use std::ffi::c_int;
use std::ptr;

use half::{bf16, f16};
use numpy::npyffi::{NPY_ARRAY_WRITEABLE, NPY_ORDER, NPY_TYPES, PY_ARRAY_API, PyArray_CheckExact};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTypeMethods;

/// The element types of the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    F16,
    Bf16,
    F32,
    F64,
}

/// Runs `$body` with `$type` standing for the element's type.
macro_rules! with_element {
    ($element:expr, $type:ident => $body:expr) => {
        match $element {
            $crate::arrays::Element::F16 => {
                type $type = half::f16;
                $body
            }
            $crate::arrays::Element::Bf16 => {
                type $type = half::bf16;
                $body
            }
            $crate::arrays::Element::F32 => {
                type $type = f32;
                $body
            }
            $crate::arrays::Element::F64 => {
                type $type = f64;
                $body
            }
        }
    };
}
pub(crate) use with_element;

/// The types that stand for an [`Element`].
pub(crate) trait Stored: Copy + Send + Sync + 'static {
    const ELEMENT: Element;
}

macro_rules! stored {
    ($($type:ty, $element:ident);*) => {
        $(impl Stored for $type {
            const ELEMENT: Element = Element::$element;
        })*
    };
}
stored!(f16, F16; bf16, Bf16; f32, F32; f64, F64);

/// What a 16-bit unsigned integer stands for: itself, or the bits of a `bfloat16`, which NumPy knows
/// only through `ml_dtypes`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bits16 {
    Integer,
    Bfloat16,
}

/// An array whose elements lie one behind the other, in the processor's byte order.
pub(crate) struct Dense<'py> {
    array: Bound<'py, PyUntypedArray>,
    pub(crate) element: Element,
    start: usize,
}

impl<'py> Dense<'py> {
    /// The array, if it lies as the kernels need it, in the order of C or of Fortran; of an exact
    /// `numpy.ndarray` with axes, because subclasses mean more than their memory, and an array without
    /// axes is answered by a scalar.
    pub(crate) fn of(object: &Bound<'py, PyAny>, bits: Bits16) -> Option<Self> {
        let array = plain(object)?;
        let dense = array.ndim() > 0 && (array.is_c_contiguous() || array.is_fortran_contiguous());
        let element = element_of(&array, bits)?;
        dense.then(|| Self::new(array, element))
    }

    /// A new array of the same shape, type and order, of any content.
    pub(crate) fn empty_like(&self) -> PyResult<Self> {
        let py = self.array.py();
        // SAFETY: the array is alive, no type is asked for, and the GIL is held. The function gives a
        // new reference or NULL with an exception set.
        let made = unsafe {
            let made = PY_ARRAY_API.PyArray_NewLikeArray(
                py,
                self.array.as_array_ptr(),
                NPY_ORDER::NPY_KEEPORDER,
                ptr::null_mut(),
                0,
            );
            Bound::from_owned_ptr_or_err(py, made)?
        };
        Ok(Self::new(made.cast_into::<PyUntypedArray>()?, self.element))
    }

    fn new(array: Bound<'py, PyUntypedArray>, element: Element) -> Self {
        // SAFETY: the pointer is that of a living array.
        let start = unsafe { (*array.as_array_ptr()).data } as usize;
        Self {
            array,
            element,
            start,
        }
    }

    pub(crate) fn into_any(self) -> Bound<'py, PyAny> {
        self.array.into_any()
    }

    pub(crate) fn py(&self) -> Python<'py> {
        self.array.py()
    }

    pub(crate) fn len(&self) -> usize {
        self.array.len()
    }

    pub(crate) fn is_c_contiguous(&self) -> bool {
        self.array.is_c_contiguous()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.len() * self.array.dtype().itemsize()
    }

    /// Whether element for element lies in the same place and has the same type.
    pub(crate) fn lies_like(&self, other: &Self) -> bool {
        let both_c = self.array.is_c_contiguous() && other.array.is_c_contiguous();
        let both_fortran =
            self.array.is_fortran_contiguous() && other.array.is_fortran_contiguous();
        self.element == other.element
            && self.array.shape() == other.array.shape()
            && (both_c || both_fortran)
    }

    /// Whether it is the same memory, from the same place on.
    pub(crate) fn is_memory_of(&self, other: &Self) -> bool {
        self.start == other.start && self.bytes() == other.bytes()
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.start < other.start + other.bytes() && other.start < self.start + self.bytes()
    }

    pub(crate) fn is_writeable(&self) -> bool {
        flags(&self.array) & NPY_ARRAY_WRITEABLE != 0
    }

    /// The elements, in the order in which they lie.
    pub(crate) fn elements<T: Stored>(&self) -> &[T] {
        assert_eq!(self.element, T::ELEMENT, "the array's own type");
        if self.len() == 0 {
            return &[];
        }
        // SAFETY: the array holds `len` aligned elements of this type, one behind the other, and stays
        // alive while `self` does. Callers that write to other memory at the same time have compared
        // the two by `overlaps`. As for NumPy itself, a thread that writes to an array while another
        // computes with it is at fault.
        unsafe { std::slice::from_raw_parts(self.start as *const T, self.len()) }
    }

    /// The elements, in the order in which they lie, to be written.
    pub(crate) fn elements_mut<T: Stored>(&mut self) -> &mut [T] {
        assert_eq!(self.element, T::ELEMENT, "the array's own type");
        assert!(self.is_writeable(), "a writeable array");
        if self.len() == 0 {
            return &mut [];
        }
        // SAFETY: as for `elements`, and the array is writeable. Memory that NumPy has just given out
        // holds some number in each place: every pattern of bits is one.
        unsafe { std::slice::from_raw_parts_mut(self.start as *mut T, self.len()) }
    }
}

/// An array of bytes, such as sign bits are packed in.
pub(crate) struct Bytes<'py>(Bound<'py, PyUntypedArray>);

impl<'py> Bytes<'py> {
    /// The array, if it is one of `uint8`, of one axis and without gaps.
    pub(crate) fn of(object: &Bound<'py, PyAny>) -> Option<Self> {
        let array = plain(object)?;
        let bytes = array.dtype().num() == NPY_TYPES::NPY_UBYTE as c_int;
        (bytes && array.ndim() == 1 && array.is_c_contiguous()).then_some(Self(array))
    }

    pub(crate) fn get(&self) -> &[u8] {
        if self.0.len() == 0 {
            return &[];
        }
        // SAFETY: the array holds `len` bytes one behind the other and stays alive while `self` does.
        unsafe {
            std::slice::from_raw_parts((*self.0.as_array_ptr()).data as *const u8, self.0.len())
        }
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut [u8]> {
        if self.0.len() == 0 {
            return Some(&mut []);
        }
        if flags(&self.0) & NPY_ARRAY_WRITEABLE == 0 {
            return None;
        }
        // SAFETY: as for `get`, and the array is writeable.
        Some(unsafe {
            std::slice::from_raw_parts_mut((*self.0.as_array_ptr()).data as *mut u8, self.0.len())
        })
    }
}

/// The memory of an array in the order of C, kept for as long as this lives.
pub(crate) struct Held {
    _array: Py<PyUntypedArray>,
    start: usize,
    bytes: usize,
}

impl Held {
    /// The memory, with the array's sizes and the name of its type; none where the array lies otherwise.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> Option<(Self, Vec<usize>, String)> {
        let array = plain(object)?;
        if !array.is_c_contiguous() || array.dtype().is_native_byteorder() == Some(false) {
            return None;
        }
        let kind = array.dtype().typeobj().name().ok()?.to_string();
        let held = Self {
            // SAFETY: the pointer is that of a living array.
            start: unsafe { (*array.as_array_ptr()).data } as usize,
            bytes: array.len() * array.dtype().itemsize(),
            _array: array.clone().unbind(),
        };
        Some((held, array.shape().to_vec(), kind))
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        if self.bytes == 0 {
            return &[];
        }
        // SAFETY: the array holds so many bytes without gaps and is kept alive by `self`. As for NumPy
        // itself, a thread that writes to an array while another computes with it is at fault.
        unsafe { std::slice::from_raw_parts(self.start as *const u8, self.bytes) }
    }
}

fn plain<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyUntypedArray>> {
    // SAFETY: the object is alive, and the GIL is held.
    let exact = unsafe { PyArray_CheckExact(object.py(), object.as_ptr()) } != 0;
    if !exact {
        return None;
    }
    let array = object.cast::<PyUntypedArray>().ok()?.clone();
    array.is_aligned().then_some(array)
}

fn flags(array: &Bound<'_, PyUntypedArray>) -> c_int {
    // SAFETY: the pointer is that of a living array.
    unsafe { (*array.as_array_ptr()).flags }
}

fn element_of(array: &Bound<'_, PyUntypedArray>, bits: Bits16) -> Option<Element> {
    let dtype = array.dtype();
    if dtype.is_native_byteorder() == Some(false) {
        return None;
    }
    const HALF: c_int = NPY_TYPES::NPY_HALF as c_int;
    const FLOAT: c_int = NPY_TYPES::NPY_FLOAT as c_int;
    const DOUBLE: c_int = NPY_TYPES::NPY_DOUBLE as c_int;
    const USHORT: c_int = NPY_TYPES::NPY_USHORT as c_int;
    match dtype.num() {
        HALF => Some(Element::F16),
        FLOAT => Some(Element::F32),
        DOUBLE => Some(Element::F64),
        USHORT if bits == Bits16::Bfloat16 => Some(Element::Bf16),
        // Types of others are numbered from 256 on.
        256.. if dtype.itemsize() == 2 && dtype.typeobj().name().ok()? == "bfloat16" => {
            Some(Element::Bf16)
        }
        _ => None,
    }
}
