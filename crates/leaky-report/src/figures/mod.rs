//! The figures of the pages, one idea a file.

pub(super) mod epochs;
pub(super) mod gradient_norms;
pub(super) mod layer_strip;
pub(super) mod learning_curves;
pub(super) mod rectifier;
pub(super) mod rectifiers;
pub(super) mod unit_maps;
