//! The geometry of a window that slides over the spatial axes of a convolution or a pooling.

use super::operator::{Refusal, invalid};
use crate::attributes::Attributes;

/// The largest stride, dilation or padding: products of two such numbers stay far from overflow.
const LARGEST: usize = 1 << 31;

/// How the padding is found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AutoPad {
    /// As the attribute `pads` says.
    Explicit,
    /// So that the output is as long as the input divided by the stride; the odd one at the end.
    SameUpper,
    /// The same with the odd one at the beginning.
    SameLower,
    /// None.
    Valid,
}

/// The attributes that say how a window moves.
pub(super) struct Window {
    pub(super) kernel: Option<Vec<usize>>,
    pub(super) auto_pad: AutoPad,
    strides: Option<Vec<usize>>,
    dilations: Option<Vec<usize>>,
    pads: Option<Vec<usize>>,
}

/// The window along one axis.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) input: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl Window {
    pub(super) fn read(attributes: &Attributes) -> Result<Self, Refusal> {
        let list = |name: &str, least: usize| -> Result<Option<Vec<usize>>, Refusal> {
            let values = attributes.sizes(name)?;
            if let Some(values) = &values
                && let Some(bad) = values.iter().find(|&&v| !(least..=LARGEST).contains(&v))
            {
                return invalid(format!("attribute '{name}' holds {bad}"));
            }
            Ok(values)
        };
        let auto_pad = match attributes.string("auto_pad", "NOTSET")? {
            "NOTSET" | "" => AutoPad::Explicit,
            "SAME_UPPER" => AutoPad::SameUpper,
            "SAME_LOWER" => AutoPad::SameLower,
            "VALID" => AutoPad::Valid,
            other => return invalid(format!("attribute 'auto_pad' is '{other}'")),
        };
        Ok(Self {
            kernel: list("kernel_shape", 1)?,
            auto_pad,
            strides: list("strides", 1)?,
            dilations: list("dilations", 1)?,
            pads: list("pads", 0)?,
        })
    }

    /// The kernel that a pooling must name.
    pub(super) fn named_kernel(&self) -> Result<Vec<usize>, Refusal> {
        match &self.kernel {
            Some(kernel) => Ok(kernel.clone()),
            None => invalid("attribute 'kernel_shape' is missing"),
        }
    }

    /// The window along each spatial axis of an input. With explicit padding, that is; otherwise
    /// the padding follows from the lengths.
    pub(super) fn axes(&self, input: &[usize], kernel: &[usize]) -> Result<Vec<Axis>, String> {
        let rank = input.len();
        let fits = |name: &str, list: &Option<Vec<usize>>, expected: usize| match list {
            Some(list) if list.len() != expected => Err(format!(
                "attribute '{name}' has {} numbers, expected {expected}",
                list.len()
            )),
            _ => Ok(()),
        };
        if kernel.len() != rank {
            return Err(format!(
                "a kernel of {} axes does not fit an input of {rank} spatial axes",
                kernel.len()
            ));
        }
        fits("strides", &self.strides, rank)?;
        fits("dilations", &self.dilations, rank)?;
        fits("pads", &self.pads, 2 * rank)?;
        let at = |list: &Option<Vec<usize>>, index: usize, default| {
            list.as_ref().map_or(default, |list| list[index])
        };
        (0..rank)
            .map(|i| {
                let mut axis = Axis {
                    input: input[i],
                    kernel: kernel[i],
                    stride: at(&self.strides, i, 1),
                    dilation: at(&self.dilations, i, 1),
                    begin: 0,
                    end: 0,
                };
                if axis.input == 0 || axis.kernel == 0 {
                    return Err(format!(
                        "an input of spatial shape {input:?} under a kernel of {kernel:?} is empty"
                    ));
                }
                if self.auto_pad == AutoPad::Explicit {
                    axis.begin = at(&self.pads, i, 0);
                    axis.end = at(&self.pads, rank + i, 0);
                }
                Ok(axis)
            })
            .collect()
    }

    /// [`axes`](Self::axes) with the padding that makes an output of `ceil(input / stride)`, where
    /// the node asks for it.
    pub(super) fn padded_axes(
        &self,
        input: &[usize],
        kernel: &[usize],
    ) -> Result<Vec<Axis>, String> {
        let mut axes = self.axes(input, kernel)?;
        for axis in &mut axes {
            let total = ((axis.input.div_ceil(axis.stride) - 1) * axis.stride + axis.span())
                .saturating_sub(axis.input);
            match self.auto_pad {
                AutoPad::SameUpper => axis.begin = total / 2,
                AutoPad::SameLower => axis.begin = total - total / 2,
                AutoPad::Explicit | AutoPad::Valid => continue,
            }
            axis.end = total - axis.begin;
        }
        Ok(axes)
    }
}

impl Axis {
    /// How many elements the dilated kernel reaches over.
    pub(super) fn span(&self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// The input with its padding.
    pub(super) fn padded(&self) -> usize {
        self.input + self.begin + self.end
    }

    /// How often the window fits. When rounding up, a last window may hang over the end, but it must
    /// not start in the padding behind the input.
    pub(super) fn output(&self, round_up: bool) -> Result<usize, String> {
        let Some(room) = self.padded().checked_sub(self.span()) else {
            return Err(format!(
                "a kernel that reaches over {} elements does not fit into {} with padding",
                self.span(),
                self.padded()
            ));
        };
        if !round_up {
            return Ok(room / self.stride + 1);
        }
        let count = room.div_ceil(self.stride) + 1;
        let starts_behind = (count - 1) * self.stride >= self.input + self.begin;
        Ok(if starts_behind { count - 1 } else { count })
    }
}
