//! Convolutions, with and without a rectifier behind them, equal Burn's own, in their values and in
//! the gradients of all operands.

mod common;

use burn::tensor::module;
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{DType, Device, Tensor};
use common::{assert_close, devices, random, values};
use leaky_burn::{Rectifier, leaky_relu, relu};
use proptest::prelude::*;

const RECTIFIERS: [Option<Rectifier>; 3] = [
    None,
    Some(Rectifier::Relu),
    Some(Rectifier::LeakyRelu {
        negative_slope: 0.2,
    }),
];

/// The tensors that a convolution takes.
#[derive(Clone)]
struct Operands<const D: usize> {
    input: Tensor<D>,
    weight: Tensor<D>,
    bias: Option<Tensor<1>>,
}

impl<const D: usize> Operands<D> {
    /// Whole numbers, whose sums are exact in any order: a pre-activation near zero has the same sign
    /// here as there.
    fn random(
        input: [usize; D],
        weight: [usize; D],
        bias: Option<usize>,
        dtype: DType,
        device: &Device,
    ) -> Self {
        Operands {
            input: random(input, dtype, device).round(),
            weight: random(weight, dtype, device).round(),
            bias: bias.map(|channels| random([channels], dtype, device).round()),
        }
    }
}

/// The output, and the gradients of input, weight and bias for an output weighted element by element.
fn output_and_gradients<const D: usize>(
    operands: &Operands<D>,
    f: impl Fn(Tensor<D>, Tensor<D>, Option<Tensor<1>>) -> Tensor<D>,
) -> Vec<Vec<f64>> {
    let input = operands.input.clone().require_grad();
    let weight = operands.weight.clone().require_grad();
    let bias = operands.bias.clone().map(Tensor::require_grad);
    let output = f(input.clone(), weight.clone(), bias.clone());
    let shape = output.shape();
    let count = shape.num_elements();
    let weights = Tensor::<1, burn::tensor::Int>::arange(0..count as i64, &output.device())
        .float()
        .cast(output.dtype())
        .mul_scalar(0.37)
        .sin()
        .reshape(shape);
    let mut found = vec![values(&output)];
    let gradients = (output * weights).sum().backward();
    found.push(values(
        &input.grad(&gradients).expect("a gradient of the input"),
    ));
    found.push(values(
        &weight.grad(&gradients).expect("a gradient of the weight"),
    ));
    if let Some(bias) = bias {
        found.push(values(
            &bias.grad(&gradients).expect("a gradient of the bias"),
        ));
    }
    found
}

fn rectified<const D: usize>(output: Tensor<D>, rectifier: Option<Rectifier>) -> Tensor<D> {
    match rectifier {
        None => output,
        Some(Rectifier::Relu) => relu(output),
        Some(Rectifier::LeakyRelu { negative_slope }) => leaky_relu(output, negative_slope),
    }
}

/// Asserts that the results differ by no more than rounding does. What nearly cancels in a sum of n
/// numbers is held to the square root of n.
fn assert_alike(what: &str, found: &[Vec<f64>], expected: &[Vec<f64>]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let cancelled = (found[0].len() as f64).sqrt();
    let names = [
        "output",
        "input gradient",
        "weight gradient",
        "bias gradient",
    ];
    for ((name, found), expected) in names.iter().zip(found).zip(expected) {
        let largest = expected.iter().fold(cancelled, |a: f64, b| a.max(b.abs()));
        let scaled = |numbers: &[f64]| numbers.iter().map(|x| x / largest).collect::<Vec<_>>();
        assert_close(
            &format!("{what}: {name}"),
            &scaled(found),
            &scaled(expected),
            2e-5,
        );
    }
}

/// A convolution over two axes.
#[derive(Clone, Debug)]
struct Case {
    batch: usize,
    groups: usize,
    channels_in: usize,
    channels_out: usize,
    size: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: [(usize, usize); 2],
    bias: bool,
    rectifier: Option<Rectifier>,
}

impl Case {
    fn options(&self) -> ConvOptions<2> {
        ConvOptions::new_with_padding(self.stride, self.padding, self.dilation, self.groups)
    }

    fn operands(&self, device: &Device) -> Operands<4> {
        let [height, width] = self.size;
        let [rows, columns] = self.kernel;
        let all = self.channels_out * self.groups;
        Operands::random(
            [self.batch, self.channels_in * self.groups, height, width],
            [all, self.channels_in, rows, columns],
            self.bias.then_some(all),
            DType::F32,
            device,
        )
    }

    /// Whether the padded input is at least as large as the kernel.
    fn fits(&self) -> bool {
        (0..2).all(|axis| {
            let (begin, end) = self.padding[axis];
            let span = (self.kernel[axis] - 1) * self.dilation[axis] + 1;
            self.size[axis] + begin + end >= span
        })
    }
}

prop_compose! {
    /// Few and many channels, images and positions, so that every kind of partial tile occurs.
    fn cases()(
        batch in prop_oneof![1usize..4, 15usize..36],
        groups in prop_oneof![3 => Just(1usize), 1 => 2usize..6],
        channels_in in prop_oneof![1usize..5, Just(16), 31usize..36],
        channels_out in prop_oneof![1usize..10, Just(16), 63usize..67],
        height in 1usize..9,
        width in prop_oneof![1usize..9, 30usize..70],
        kernel in [1usize..4, 1usize..5],
        stride in [1usize..4, 1usize..4],
        dilation in [1usize..3, 1usize..3],
        padding in [(0usize..4, 0usize..4), (0usize..4, 0usize..4)],
        bias in any::<bool>(),
        rectifier in 0usize..3,
    ) -> Case {
        let few = if groups > 1 { 5 } else { 100 };
        let few = if batch > 4 && height * width > 64 { 5 } else { few };
        Case {
            batch,
            groups,
            channels_in: channels_in.min(few),
            channels_out: channels_out.min(few),
            size: [height, width],
            kernel,
            stride,
            dilation,
            padding,
            bias,
            rectifier: RECTIFIERS[rectifier],
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn convolutions_over_two_axes_equal_burns(case in cases().prop_filter("fits", Case::fits)) {
        let operands = case.operands(&Device::flex().autodiff());
        let found = output_and_gradients(&operands, |x, w, b| {
            leaky_burn::conv2d(x, w, b, case.options(), case.rectifier)
        });
        let expected = output_and_gradients(&operands, |x, w, b| {
            rectified(module::conv2d(x, w, b, case.options()), case.rectifier)
        });
        assert_alike("conv2d", &found, &expected);
    }

    #[test]
    fn transposed_convolutions_over_two_axes_equal_burns(
        case in cases(),
        more in [0usize..3, 0usize..3],
    ) {
        let [height, width] = case.size;
        let [rows, columns] = case.kernel;
        let more = [more[0].min(case.stride[0] - 1), more[1].min(case.stride[1] - 1)];
        let span = |axis: usize| (case.kernel[axis] - 1) * case.dilation[axis];
        let whole = |axis: usize| (case.size[axis] - 1) * case.stride[axis] + span(axis) + more[axis];
        // Burn asks for a padding that leaves something.
        let padding = [0, 1].map(|axis: usize| case.padding[axis].0.min(whole(axis) / 2));
        let options = ConvTransposeOptions::new(
            case.stride,
            padding,
            more,
            case.dilation,
            case.groups,
        );
        let all = case.channels_in * case.groups;
        let operands = Operands::random(
            [case.batch, all, height, width],
            [all, case.channels_out, rows, columns],
            case.bias.then_some(case.channels_out * case.groups),
            DType::F32,
            &Device::flex().autodiff(),
        );
        let found = output_and_gradients(&operands, |x, w, b| {
            leaky_burn::conv_transpose2d(x, w, b, options.clone(), case.rectifier)
        });
        let expected = output_and_gradients(&operands, |x, w, b| {
            rectified(module::conv_transpose2d(x, w, b, options.clone()), case.rectifier)
        });
        assert_alike("conv_transpose2d", &found, &expected);
    }
}

#[test]
fn convolutions_over_one_axis_equal_burns() {
    for device in devices() {
        let device = device.autodiff();
        for rectifier in RECTIFIERS {
            let operands = Operands::random([3, 4, 50], [6, 2, 5], Some(6), DType::F32, &device);
            let options = || ConvOptions::new_with_padding([2], [(1, 3)], [2], 2);
            let found = output_and_gradients(&operands, |x, w, b| {
                leaky_burn::conv1d(x, w, b, options(), rectifier)
            });
            let expected = output_and_gradients(&operands, |x, w, b| {
                rectified(module::conv1d(x, w, b, options()), rectifier)
            });
            assert_alike("conv1d", &found, &expected);

            let operands = Operands::random([3, 4, 20], [4, 3, 5], Some(6), DType::F32, &device);
            let options = || ConvTransposeOptions::new([3], [1], [1], [1], 2);
            let found = output_and_gradients(&operands, |x, w, b| {
                leaky_burn::conv_transpose1d(x, w, b, options(), rectifier)
            });
            let expected = output_and_gradients(&operands, |x, w, b| {
                rectified(module::conv_transpose1d(x, w, b, options()), rectifier)
            });
            assert_alike("conv_transpose1d", &found, &expected);
        }
    }
}

/// A signal too long for one part, and an image too large for one.
#[test]
fn long_signals_and_large_images_equal_burns() {
    let device = Device::flex().autodiff();
    let operands = Operands::random([2, 40, 5000], [9, 40, 7], Some(9), DType::F32, &device);
    let options = || ConvOptions::new([3], [3], [2], 1);
    let found = output_and_gradients(&operands, |x, w, b| {
        leaky_burn::conv1d(x, w, b, options(), RECTIFIERS[1])
    });
    let expected = output_and_gradients(&operands, |x, w, b| {
        relu(module::conv1d(x, w, b, options()))
    });
    assert_alike("a long signal", &found, &expected);

    let operands = Operands::random([1, 40, 70, 90], [24, 40, 3, 3], None, DType::F32, &device);
    let options = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let found = output_and_gradients(&operands, |x, w, b| {
        leaky_burn::conv2d(x, w, b, options(), None)
    });
    let expected = output_and_gradients(&operands, |x, w, b| module::conv2d(x, w, b, options()));
    assert_alike("a large image", &found, &expected);
}

#[test]
fn other_types_views_and_checkpointing_equal_burns() {
    let plain = Device::flex().autodiff();
    let checkpointing = Device::flex().autodiff().gradient_checkpointing();
    for (device, dtype) in [(&plain, DType::F64), (&checkpointing, DType::F32)] {
        let operands = Operands::random([2, 3, 7, 6], [4, 3, 3, 2], Some(4), dtype, device);
        let options = || ConvOptions::new([2, 1], [1, 1], [1, 1], 1);
        for rectifier in RECTIFIERS {
            let found = output_and_gradients(&operands, |x, w, b| {
                leaky_burn::conv2d(x, w, b, options(), rectifier)
            });
            let expected = output_and_gradients(&operands, |x, w, b| {
                rectified(module::conv2d(x, w, b, options()), rectifier)
            });
            assert_alike(&format!("{dtype:?}"), &found, &expected);
        }
    }

    let operands = Operands::random([3, 2, 6, 7], [3, 4, 2, 3], Some(4), DType::F32, &plain);
    let options = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let found = output_and_gradients(&operands, |x, w, b| {
        leaky_burn::conv2d(
            x.swap_dims(0, 1),
            w.swap_dims(0, 1),
            b,
            options(),
            RECTIFIERS[2],
        )
        .swap_dims(1, 3)
    });
    let expected = output_and_gradients(&operands, |x, w, b| {
        let output = module::conv2d(x.swap_dims(0, 1), w.swap_dims(0, 1), b, options());
        leaky_relu(output, 0.2).swap_dims(1, 3)
    });
    assert_alike("permuted views", &found, &expected);
}

/// Kernels of one channel each, in rows that fill whole vectors and rows that do not.
#[test]
fn depthwise_convolutions_equal_burns() {
    let device = Device::flex().autodiff();
    for (batch, channels, size, stride) in [
        (3, 20, [9, 40], [1, 1]),
        (18, 5, [13, 16], [2, 2]),
        (2, 3, [7, 5], [1, 3]),
    ] {
        let operands = Operands::random(
            [batch, channels, size[0], size[1]],
            [channels, 1, 3, 3],
            Some(channels),
            DType::F32,
            &device,
        );
        let padding = [(1, 1), (0, 2)];
        let options = || ConvOptions::new_with_padding(stride, padding, [1, 1], channels);
        let found = output_and_gradients(&operands, |x, w, b| {
            leaky_burn::conv2d(x, w, b, options(), RECTIFIERS[1])
        });
        let expected = output_and_gradients(&operands, |x, w, b| {
            relu(module::conv2d(x, w, b, options()))
        });
        assert_alike("depthwise", &found, &expected);

        let options = || ConvTransposeOptions::new(stride, [1, 1], [0, 0], [1, 1], channels);
        let found = output_and_gradients(&operands, |x, w, b| {
            leaky_burn::conv_transpose2d(x, w, b, options(), RECTIFIERS[1])
        });
        let expected = output_and_gradients(&operands, |x, w, b| {
            relu(module::conv_transpose2d(x, w, b, options()))
        });
        assert_alike("depthwise, transposed", &found, &expected);
    }
}

/// The work is shared out by its shape, not by the threads there are.
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let device = Device::flex().autodiff();
    let operands = Operands::random(
        [9, 20, 12, 12],
        [70, 20, 3, 3],
        Some(70),
        DType::F32,
        &device,
    );
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(|| {
            output_and_gradients(&operands, |x, w, b| {
                leaky_burn::conv2d(x, w, b, options.clone(), RECTIFIERS[2])
            })
        })
    };
    let one = with_threads(1);
    for threads in [2, 5] {
        assert!(one == with_threads(threads), "with {threads} threads");
    }
}

#[test]
#[should_panic(expected = "does not fit a weight of shape [4, 2, 3, 3] in 1 groups")]
fn shapes_that_do_not_belong_together_are_named() {
    let device = Device::flex();
    let x = random([1, 3, 5, 5], DType::F32, &device);
    let w = random([4, 2, 3, 3], DType::F32, &device);
    leaky_burn::conv2d(
        x,
        w,
        None,
        ConvOptions::new([1, 1], [0, 0], [1, 1], 1),
        None,
    );
}
