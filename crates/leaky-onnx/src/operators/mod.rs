//! The operators that a network may be made of.
//!
//! [`SUPPORTED`] is the one place that says what runs, and what each operator does to the numbers that
//! pass through it. An operator is built once for a node, when
//! its attributes are read and checked, into a function from input values to output values. Its
//! gradient is Burn's, except for the rectifiers, whose gradients are the `leaky-relu` crate's.

mod activation;
mod attention;
mod bitwise;
mod comparison;
mod constant;
mod control;
mod convolution;
mod cumulative;
mod dropout;
mod einsum;
mod elementwise;
mod floats;
mod indexing;
mod inputs;
mod linear;
mod losses;
mod moved;
mod normalization;
mod norms;
mod operator;
mod pad;
mod picking;
mod pooling;
mod quantized;
mod rearrange;
mod recurrent;
mod reduction;
mod resize;
mod resize_axes;
mod sampling;
mod searching;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod unary;
mod unfolded;
mod window;

pub use operator::Operator;
pub use table::{OPSETS, SUPPORTED};

pub(crate) use convolution::{Behind, FusedConvolution, fused_convolution};
pub(crate) use dropout::dropped;
pub(crate) use inputs::Inputs;
pub(crate) use normalization::{BatchMoments, normalized_by_batch};
pub(crate) use operator::{Body, Refusal, Request, Run};
pub(crate) use table::find;
