//! The unit map: which slices of which parameters make each unit of a network, and which hear it.

mod fixed;
mod hearing;
mod making;
mod map;
mod passing;
mod share;
mod survey;
mod ties;

pub use map::{
    Flow, Group, HeardBy, HeardNormalization, Hearer, Layer, Maker, Obstacle, Shift, Side,
    Statistics, UnitMap, UnitNormalization,
};
pub use share::{Level, Places, Share, Slice};
