//! Layers with their rectifier: in Burn, through `leaky-burn`, and as nodes of an ONNX file.

use burn::module::{Initializer, Module, Param};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Device, Tensor};
use leaky_burn::Rectifier;
use leaky_burn::dispatch::max_pool2d;
use leaky_onnx::{ModelBuilder, Setting};

use crate::Result;
use crate::rectifiers::{gain, rectify};

/// A convolution over images, and the rectifier behind it in the same pass.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[channels_out, channels_in, kernel_height, kernel_width]`
    pub weight: Param<Tensor<4>>,
    /// `[channels_out]`
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    stride: [usize; 2],
    #[module(skip)]
    padding: [usize; 2],
    #[module(skip)]
    rectifier: Option<Rectifier>,
}

impl Convolution {
    /// A convolution of `channels` in and out with a square kernel. The padding keeps the size of an
    /// image where the stride is 1 and the kernel odd.
    pub fn new(
        channels: [usize; 2],
        kernel: usize,
        stride: usize,
        rectifier: Option<Rectifier>,
        device: &Device,
    ) -> Self {
        Self::shaped(channels, [kernel; 2], [stride; 2], rectifier, device)
    }

    /// A convolution along the last axis: of a signal, which is an image of one row.
    pub fn along(
        channels: [usize; 2],
        kernel: usize,
        stride: usize,
        rectifier: Option<Rectifier>,
        device: &Device,
    ) -> Self {
        Self::shaped(channels, [1, kernel], [1, stride], rectifier, device)
    }

    fn shaped(
        [inputs, outputs]: [usize; 2],
        kernel: [usize; 2],
        stride: [usize; 2],
        rectifier: Option<Rectifier>,
        device: &Device,
    ) -> Self {
        let [height, width] = kernel;
        let fan_in = inputs * height * width;
        Convolution {
            weight: kaiming(rectifier).init_with(
                [outputs, inputs, height, width],
                Some(fan_in),
                None,
                device,
            ),
            bias: Initializer::Zeros.init([outputs], device),
            stride,
            padding: kernel.map(|length| (length - 1) / 2),
            rectifier,
        }
    }

    /// `[batch, channels_in, height, width]` to `[batch, channels_out, height_out, width_out]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions::new(self.stride, self.padding, [1, 1], 1);
        let bias = Some(self.bias.val());
        leaky_burn::conv2d(x, self.weight.val(), bias, options, self.rectifier)
    }

    /// The same as nodes named after `name`.
    ///
    /// # Errors
    /// None for the `f32` weights of a network that was trained here.
    pub fn onnx(&self, model: &mut ModelBuilder, name: &str, x: &str) -> Result<String> {
        let [_, _, height, width] = self.weight.dims();
        let ints =
            |lengths: &[usize]| Setting::Ints(lengths.iter().map(|&own| own as i64).collect());
        let settings = [
            ("kernel_shape", ints(&[height, width])),
            ("strides", ints(&self.stride)),
            ("pads", ints(&self.padding.repeat(2))),
        ];
        let weight = model.initializer(&format!("{name}.weight"), &self.weight.val().to_data())?;
        let bias = model.initializer(&format!("{name}.bias"), &self.bias.val().to_data())?;
        let y = model.node(
            &format!("{name}.conv"),
            "Conv",
            &[x, &weight, &bias],
            &settings,
        );
        Ok(onnx_rectifier(model, name, &y, self.rectifier))
    }
}

/// A transposed convolution over images, and the rectifier behind it in the same pass.
#[derive(Module, Debug)]
pub struct Transposed {
    /// `[channels_in, channels_out, kernel, kernel]`
    pub weight: Param<Tensor<4>>,
    /// `[channels_out]`
    pub bias: Param<Tensor<1>>,
    stride: usize,
    padding: usize,
    #[module(skip)]
    rectifier: Option<Rectifier>,
}

impl Transposed {
    /// A transposed convolution of `channels` in and out that makes images twice as large. The kernel
    /// has an even length.
    pub fn doubling(
        channels: [usize; 2],
        kernel: usize,
        rectifier: Option<Rectifier>,
        device: &Device,
    ) -> Self {
        let [inputs, outputs] = channels;
        // Every output hears a quarter of the kernel.
        let fan_in = inputs * kernel * kernel / 4;
        Transposed {
            weight: kaiming(rectifier).init_with(
                [inputs, outputs, kernel, kernel],
                Some(fan_in),
                None,
                device,
            ),
            bias: Initializer::Zeros.init([outputs], device),
            stride: 2,
            padding: (kernel - 2) / 2,
            rectifier,
        }
    }

    /// `[batch, channels_in, height, width]` to `[batch, channels_out, 2 * height, 2 * width]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        let options = ConvTransposeOptions::new(stride, padding, [0, 0], [1, 1], 1);
        let bias = Some(self.bias.val());
        leaky_burn::conv_transpose2d(x, self.weight.val(), bias, options, self.rectifier)
    }

    /// The same as nodes named after `name`.
    ///
    /// # Errors
    /// None for the `f32` weights of a network that was trained here.
    pub fn onnx(&self, model: &mut ModelBuilder, name: &str, x: &str) -> Result<String> {
        let kernel = self.weight.dims()[2] as i64;
        let settings = [
            ("kernel_shape", Setting::Ints(vec![kernel; 2])),
            ("strides", Setting::Ints(vec![self.stride as i64; 2])),
            ("pads", Setting::Ints(vec![self.padding as i64; 4])),
        ];
        let weight = model.initializer(&format!("{name}.weight"), &self.weight.val().to_data())?;
        let bias = model.initializer(&format!("{name}.bias"), &self.bias.val().to_data())?;
        let inputs = [x, weight.as_str(), bias.as_str()];
        let y = model.node(
            &format!("{name}.transposed"),
            "ConvTranspose",
            &inputs,
            &settings,
        );
        Ok(onnx_rectifier(model, name, &y, self.rectifier))
    }
}

/// A product with a matrix, over the last axis, and the rectifier behind it.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[features_in, features_out]`
    pub weight: Param<Tensor<2>>,
    /// `[features_out]`
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    rectifier: Option<Rectifier>,
}

impl Dense {
    /// A layer of `features` in and out.
    pub fn new(features: [usize; 2], rectifier: Option<Rectifier>, device: &Device) -> Self {
        let [inputs, outputs] = features;
        Dense {
            weight: kaiming(rectifier).init_with([inputs, outputs], Some(inputs), None, device),
            bias: Initializer::Zeros.init([outputs], device),
            rectifier,
        }
    }

    /// `[..., features_in]` to `[..., features_out]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut shape = x.shape();
        let rows = shape.num_elements() / shape[D - 1];
        shape[D - 1] = self.bias.dims()[0];
        let x = x.reshape([rows, self.weight.dims()[0]]);
        let y = x.matmul(self.weight.val()) + self.bias.val().unsqueeze();
        let y = match self.rectifier {
            Some(rectifier) => rectify(rectifier, y),
            None => y,
        };
        y.reshape(shape)
    }

    /// The same as nodes named after `name`.
    ///
    /// # Errors
    /// None for the `f32` weights of a network that was trained here.
    pub fn onnx(&self, model: &mut ModelBuilder, name: &str, x: &str) -> Result<String> {
        let weight = model.initializer(&format!("{name}.weight"), &self.weight.val().to_data())?;
        let bias = model.initializer(&format!("{name}.bias"), &self.bias.val().to_data())?;
        let y = model.node(&format!("{name}.product"), "MatMul", &[x, &weight], &[]);
        let y = model.node(&format!("{name}.sum"), "Add", &[&y, &bias], &[]);
        Ok(onnx_rectifier(model, name, &y, self.rectifier))
    }
}

/// The node of a rectifier, named `name`.
fn onnx_rectifier(
    model: &mut ModelBuilder,
    name: &str,
    x: &str,
    rectifier: Option<Rectifier>,
) -> String {
    match rectifier {
        None => x.to_owned(),
        Some(Rectifier::Relu) => model.node(name, "Relu", &[x], &[]),
        Some(Rectifier::LeakyRelu { negative_slope }) => {
            let alpha = [("alpha", Setting::Float(negative_slope as f32))];
            model.node(name, "LeakyRelu", &[x], &alpha)
        }
    }
}

fn kaiming(rectifier: Option<Rectifier>) -> Initializer {
    Initializer::KaimingNormal {
        gain: gain(rectifier),
        fan_out_only: false,
    }
}

/// The largest of each square of two by two pixels: an image half as large.
pub fn halve(x: Tensor<4>) -> Tensor<4> {
    let pooled = max_pool2d(x.into_dispatch(), [[2, 2], [2, 2], [0, 0], [1, 1]], false);
    Tensor::from_dispatch(pooled)
}

/// The same as a node.
pub fn onnx_halve(model: &mut ModelBuilder, name: &str, x: &str) -> String {
    let settings = [
        ("kernel_shape", Setting::Ints(vec![2; 2])),
        ("strides", Setting::Ints(vec![2; 2])),
    ];
    model.node(name, "MaxPool", &[x], &settings)
}
