//! Leaky ReLU inside Burn.
