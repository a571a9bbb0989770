use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

/// The PReLU as a module, with learned slopes: see [`prelu`](crate::prelu).
///
/// Create it with a [`PReluConfig`].
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct PRelu {
    /// The slopes, of shape `[1]` or `[channels]`.
    pub alpha: Param<Tensor<1>>,
    /// The slope that training starts with.
    pub alpha_value: f64,
}

/// The configuration of a [`PRelu`].
#[derive(Config, Debug)]
pub struct PReluConfig {
    /// The number of slopes: 1, or one for each channel of the input. Default: 1.
    #[config(default = "1")]
    pub num_parameters: usize,
    /// The slope that training starts with. Default: 0.25.
    #[config(default = "0.25")]
    pub alpha: f64,
}

impl PReluConfig {
    /// Creates the module.
    pub fn init(&self, device: &Device) -> PRelu {
        PRelu {
            alpha: Initializer::Constant { value: self.alpha }.init([self.num_parameters], device),
            alpha_value: self.alpha,
        }
    }
}

impl PRelu {
    /// Applies the function.
    ///
    /// # Shapes
    /// - input: `[batch, channels, ...]`, or any shape where there is one slope
    /// - output: as the input
    ///
    /// # Panics
    /// If there is more than one slope and the input has not as many channels.
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        crate::prelu(input, self.alpha.val())
    }
}

impl ModuleDisplay for PRelu {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let [num_parameters] = self.alpha.shape().dims();
        content
            .add("num_parameters", &num_parameters)
            .add("alpha_value", &self.alpha_value)
            .optional()
    }
}
