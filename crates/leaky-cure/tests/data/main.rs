//! Datasets as their users write them, and as they arrive when something went wrong.

mod bad_input;
mod building;
mod damage;
mod images;
mod places;
mod reading;
mod scaling;
mod tables;
mod targets;

use std::alloc::System;

use cap::Cap;

/// No test here handles more than a few kilobytes, so an allocation that follows the word of a
/// damaged header ends the whole run.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, 96 << 20);
