//! Leaky ReLU and its family over slices.
#![no_std]
