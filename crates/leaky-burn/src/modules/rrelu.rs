use burn::config::Config;
use burn::module::{Content, DisplaySettings, Flag, Module, ModuleDisplay, Param};
use burn::tensor::Tensor;

/// The randomised Leaky ReLU as a module: see [`rrelu`](crate::rrelu).
///
/// Slopes are drawn while the input is on an autodiff device and the module's `training` flag
/// stands, as in Burn's own module; otherwise the mean slope is used. Create it with an
/// [`RReluConfig`].
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct RRelu {
    /// The lowest slope.
    pub lower: f64,
    /// The highest slope.
    pub upper: f64,
    /// Whether slopes are drawn. Cleared by [`freeze`](Module::freeze).
    pub training: Param<Flag>,
}

/// The configuration of an [`RRelu`].
#[derive(Config, Debug)]
pub struct RReluConfig {
    /// The lowest slope. Default: 1/8.
    #[config(default = "0.125")]
    pub lower: f64,
    /// The highest slope. Default: 1/3.
    #[config(default = "1.0 / 3.0")]
    pub upper: f64,
}

impl RReluConfig {
    /// Creates the module.
    ///
    /// # Panics
    /// If `lower` is above `upper`.
    pub fn init(&self) -> RRelu {
        assert!(
            self.lower <= self.upper,
            "the lowest slope, {}, is above the highest, {}",
            self.lower,
            self.upper
        );
        RRelu {
            lower: self.lower,
            upper: self.upper,
            training: Param::from_bool(true),
        }
    }
}

impl RRelu {
    /// Applies the function.
    ///
    /// # Shapes
    /// - input: `[..., any]`
    /// - output: `[..., any]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        let training = self.training.is_enabled() && input.device().is_autodiff();
        crate::rrelu(input, self.lower, self.upper, training)
    }
}

impl ModuleDisplay for RRelu {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let content = content.add("lower", &self.lower).add("upper", &self.upper);
        match self.training.is_enabled() {
            true => content.optional(),
            false => content.add("training", &self.training).optional(),
        }
    }
}
