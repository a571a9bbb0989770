use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::tensor::Tensor;

/// The Leaky ReLU as a module: see [`leaky_relu`](crate::leaky_relu).
///
/// Create it with a [`LeakyReluConfig`].
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct LeakyRelu {
    /// The slope at and below zero.
    pub negative_slope: f64,
}

/// The configuration of a [`LeakyRelu`].
#[derive(Config, Debug)]
pub struct LeakyReluConfig {
    /// The slope at and below zero. Default: 0.01.
    #[config(default = "0.01")]
    pub negative_slope: f64,
}

impl LeakyReluConfig {
    /// Creates the module.
    pub fn init(&self) -> LeakyRelu {
        LeakyRelu {
            negative_slope: self.negative_slope,
        }
    }
}

impl LeakyRelu {
    /// Applies the function.
    ///
    /// # Shapes
    /// - input: `[..., any]`
    /// - output: `[..., any]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        crate::leaky_relu(input, self.negative_slope)
    }
}

impl ModuleDisplay for LeakyRelu {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content
            .add("negative_slope", &self.negative_slope)
            .optional()
    }
}
