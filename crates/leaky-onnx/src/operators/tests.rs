//! Whatever a file and its data say, an operator answers with values or with a reason.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use burn::backend::ops::FloatTensorOps;
use burn::backend::{AutodiffBackend, Dispatch, DispatchDevice, FlexDevice};
use burn::tensor::{Shape, TensorData};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use super::{Inputs, OPSETS, Operator, Request, SUPPORTED};
use crate::attributes::Attributes;
use crate::gradients::is_tracked;
use crate::proto::attribute_proto::AttributeType;
use crate::proto::{AttributeProto, NodeProto};
use crate::value::Value;

/// An attribute that some operator reads, of the right type most of the time.
fn attribute() -> impl Strategy<Value = AttributeProto> {
    let named = |name: &str, kind: AttributeType| {
        let mut attribute = AttributeProto::new();
        attribute.set_name(name.to_owned());
        attribute.set_type(kind);
        attribute
    };
    let int = (
        select(vec![
            "axis",
            "keepdims",
            "select_last_index",
            "noop_with_empty_axes",
            "group",
            "num_groups",
            "ceil_mode",
            "count_include_pad",
            "transA",
            "transB",
            "allowzero",
            "start",
            "end",
            "to",
            "num_outputs",
            "exclude_outside",
            "antialias",
            "training_mode",
            "spatial",
            "axes",
        ]),
        prop_oneof![8 => -3..6_i64, 1 => any::<i64>()],
    )
        .prop_map(move |(name, number)| {
            let mut attribute = named(name, AttributeType::INT);
            attribute.set_i(number);
            attribute
        });
    let ints = (
        select(vec![
            "axes",
            "kernel_shape",
            "strides",
            "dilations",
            "pads",
            "perm",
            "split",
            "starts",
            "ends",
            "output_padding",
            "output_shape",
        ]),
        prop::collection::vec(
            prop_oneof![20 => 0..4_i64, 2 => -3..0_i64, 1 => any::<i64>()],
            0..6,
        ),
    )
        .prop_map(move |(name, numbers)| {
            let mut attribute = named(name, AttributeType::INTS);
            attribute.ints = numbers;
            attribute
        });
    let float = (
        select(vec![
            "alpha", "beta", "gamma", "epsilon", "min", "max", "value",
        ]),
        prop_oneof![4 => -2.0..2.0_f32, 1 => Just(f32::NAN), 1 => Just(0.0)],
    )
        .prop_map(move |(name, number)| {
            let mut attribute = named(name, AttributeType::FLOAT);
            attribute.set_f(number);
            attribute
        });
    let floats = prop::collection::vec(prop_oneof![8 => 0.0..3.0_f32, 1 => any::<f32>()], 0..5)
        .prop_map(move |numbers| {
            let mut attribute = named("scales", AttributeType::FLOATS);
            attribute.floats = numbers;
            attribute
        });
    let word = select(vec![
        ("auto_pad", "SAME_UPPER"),
        ("auto_pad", "SAME_LOWER"),
        ("auto_pad", "VALID"),
        ("mode", "linear"),
        ("mode", "nearest"),
        ("mode", "reflect"),
        ("mode", "edge"),
        ("mode", "wrap"),
        ("coordinate_transformation_mode", "align_corners"),
        ("coordinate_transformation_mode", "tf_crop_and_resize"),
        ("coordinate_transformation_mode", "half_pixel_symmetric"),
        ("nearest_mode", "ceil"),
        ("keep_aspect_ratio_policy", "not_larger"),
        ("approximate", "tanh"),
    ])
    .prop_map(move |(name, word)| {
        let mut attribute = named(name, AttributeType::STRING);
        attribute.set_s(word.as_bytes().to_vec());
        attribute
    });
    prop_oneof![3 => int, 4 => ints, 1 => float, 1 => floats, 2 => word]
}

/// A value of a shape, of one of the kinds.
fn value(shape: Vec<usize>) -> impl Strategy<Value = TensorData> {
    let count: usize = shape.iter().product();
    let (a, b, c, d) = (shape.clone(), shape.clone(), shape.clone(), shape);
    let float = prop_oneof![10 => -2.0..2.0_f32, 1 => any::<f32>()];
    let int = prop_oneof![10 => -2..5_i64, 1 => any::<i64>()];
    prop_oneof![
        8 => prop::collection::vec(float, count).prop_map(move |v| TensorData::new(v, a.as_slice())),
        4 => prop::collection::vec(int, count).prop_map(move |v| TensorData::new(v, b.as_slice())),
        1 => prop::collection::vec(any::<bool>(), count).prop_map(move |v| TensorData::new(v, c.as_slice())),
        1 => prop::collection::vec(-2.0..2.0_f64, count).prop_map(move |v| TensorData::new(v, d.as_slice())),
    ]
}

/// Inputs whose shapes have something to do with each other.
fn inputs() -> impl Strategy<Value = Vec<Option<TensorData>>> {
    let size = || prop_oneof![20 => 1..4_usize, 2 => 4..7_usize, 1 => Just(0)];
    prop::collection::vec(size(), 0..6).prop_flat_map(move |first| {
        let rank = first.len();
        let second = first.get(1).copied().unwrap_or(1);
        let other = prop_oneof![
            4 => Just(first.clone()),
            2 => Just(vec![rank]),
            2 => Just(vec![second]),
            1 => Just(Vec::new()),
            1 => Just(vec![1]),
            2 => prop::collection::vec(size(), 0..5),
            2 => prop::collection::vec(size(), rank),
        ];
        let other = other.prop_flat_map(value).prop_map(Some);
        let given = prop_oneof![9 => other, 1 => Just(None)];
        let mut all = vec![value(first).prop_map(Some).boxed()];
        all.extend((0..4).map(|_| given.clone().boxed()));
        (all, 1..6_usize).prop_map(|(mut all, count)| {
            all.truncate(count);
            all
        })
    })
}

/// Builds and runs an operator, and asks for gradients; only a panic is a failure.
fn exercise(
    operator: &Operator,
    attributes: &[AttributeProto],
    values: Vec<Option<TensorData>>,
    opset: i64,
    outputs: usize,
    tracked: bool,
) {
    let device: DispatchDevice = FlexDevice.into();
    let mut proto = NodeProto::new();
    proto.attribute = attributes.to_vec();
    let Ok(run) = operator.build(&Request {
        attributes: Attributes::new(&proto, Path::new("")),
        opset,
        outputs,
        device: device.clone(),
        constant: &|_| None,
    }) else {
        return;
    };
    let values = values.into_iter().map(|data| {
        let value = Value::from_data(data?, &device);
        Some(match value {
            Value::Float(tensor) if tracked => Value::Float(Dispatch::float_set_require_grad(
                Dispatch::from_inner(tensor),
                true,
            )),
            value => value,
        })
    });
    let Ok(outputs) = run(Inputs::new(values.collect())) else {
        return;
    };
    for output in outputs {
        if let Value::Float(tensor) = &output
            && is_tracked(tensor)
            && !output.is_empty()
        {
            let list = Shape::from(vec![output.len()]);
            let sum = Dispatch::float_sum(Dispatch::float_reshape(tensor.clone(), list));
            Dispatch::backward(sum);
        }
        output.into_data().expect("the CPU does not fail");
    }
}

#[test]
fn no_input_makes_an_operator_panic() {
    let mut runner = TestRunner::deterministic();
    let case = (
        prop::collection::vec(attribute(), 0..4),
        inputs(),
        OPSETS.0..=OPSETS.1,
        1..4_usize,
        any::<bool>(),
    );
    // The panics that are looked for are reported once, below.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut failures = Vec::new();
    for operator in SUPPORTED {
        let result = runner.run(&case, |(attributes, values, opset, outputs, tracked)| {
            catch_unwind(AssertUnwindSafe(|| {
                exercise(operator, &attributes, values, opset, outputs, tracked);
            }))
            .map_err(|panic| {
                let message = panic.downcast_ref::<String>().cloned();
                let message = message.or(panic.downcast_ref::<&str>().map(|m| (*m).to_owned()));
                TestCaseError::fail(message.unwrap_or_default())
            })
        });
        if let Err(failure) = result {
            failures.push(format!("{}: {failure}", operator.name));
        }
    }
    std::panic::set_hook(hook);
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
