//! Random nodes, and values for them: wild ones, and ones that mostly fit.

use burn::tensor::TensorData;
use proptest::prelude::*;
use proptest::sample::select;

use super::examples;
use crate::proto::AttributeProto;
use crate::proto::attribute_proto::AttributeType;

/// Attributes and inputs of a node.
pub(super) type Case = (Vec<AttributeProto>, Vec<Option<TensorData>>);

/// A node and values for it that an operator may run with.
pub(super) fn case(operator: &str) -> BoxedStrategy<Case> {
    let wild = (prop::collection::vec(attribute(), 0..4), inputs()).boxed();
    let examples = examples::examples(operator);
    if !examples.is_empty() {
        // An example with an input or an attribute gone, or in place of another.
        let strange = inputs();
        let example = (select(examples), strange, 0..12_usize, attribute());
        let changed = example.prop_map(|((mut attributes, mut values), strange, place, other)| {
            if let (Some(value), Some(strange)) = (values.get_mut(place), strange.first()) {
                *value = strange.clone();
            }
            if place == 9 {
                attributes.push(other);
            }
            (attributes, values)
        });
        return prop_oneof![4 => changed, 1 => wild].boxed();
    }
    match fitting(operator) {
        Some(fitting) => prop_oneof![3 => fitting, 1 => wild].boxed(),
        None => wild,
    }
}

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
            "blocksize",
            "fmod",
            "upper",
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

/// A node and values for it that mostly fit: what makes an operator run, at its edges.
fn fitting(operator: &str) -> Option<BoxedStrategy<Case>> {
    let sizes = |least: usize, most: usize, count: usize| {
        prop::collection::vec((least..=most).prop_map(|size| size as i64), count)
    };
    match operator {
        "Conv" | "ConvTranspose" | "MaxPool" | "AveragePool" => {
            let transposed = operator == "ConvTranspose";
            let weighted = transposed || operator == "Conv";
            let case = (1..4_usize).prop_flat_map(move |rank| {
                (
                    (0..3_usize, 1..3_usize, 1..3_usize, 1..3_usize),
                    (sizes(0, 7, rank), sizes(1, 3, rank), sizes(1, 3, rank)),
                    (sizes(1, 3, rank), sizes(0, 3, 2 * rank), sizes(0, 3, rank)),
                    select(vec!["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]),
                    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
                )
            });
            let case = case.prop_map(move |(channels, first, second, auto_pad, flags)| {
                let (samples, groups, inward, outward) = channels;
                let (input, kernel, strides) = first;
                let (dilations, pads, extra) = second;
                let shape = |leading: [usize; 2], rest: &[i64]| -> Vec<usize> {
                    let rest = rest.iter().map(|&size| size as usize);
                    leading.into_iter().chain(rest).collect()
                };
                let mut attributes = vec![
                    ints("kernel_shape", kernel.clone()),
                    ints("strides", strides),
                    ints("dilations", dilations),
                    word("auto_pad", if flags.0 { "NOTSET" } else { auto_pad }),
                    ints("ceil_mode", flags.1),
                    ints("count_include_pad", flags.2),
                    ints("group", groups as i64),
                ];
                if flags.0 {
                    attributes.push(ints("pads", pads));
                }
                if transposed && flags.3 {
                    attributes.push(ints("output_padding", extra.clone()));
                } else if transposed && flags.1 {
                    let wanted = extra.into_iter().map(|size| size + 4).collect::<Vec<_>>();
                    attributes.push(ints("output_shape", wanted));
                }
                let mut values = vec![floats(&shape([samples, groups * inward], &input))];
                if weighted {
                    let leading = if transposed {
                        [groups * inward, outward]
                    } else {
                        [groups * outward, inward]
                    };
                    values.push(floats(&shape(leading, &kernel)));
                    values.push(floats(&[groups * outward]));
                }
                (attributes, values)
            });
            Some(case.boxed())
        }
        "BatchNormalization" | "InstanceNormalization" | "GroupNormalization" => {
            let case = (sizes(0, 3, 3), 1..3_usize, any::<bool>());
            let case = case.prop_map(|(mut shape, groups, grouped)| {
                shape[1] *= groups as i64;
                let shape: Vec<usize> = shape.into_iter().map(|size| size as usize).collect();
                let numbers = floats(&[if grouped { groups } else { shape[1] }]);
                let mut values = vec![floats(&shape)];
                values.extend((0..4).map(|_| numbers.clone()));
                (vec![ints("num_groups", groups as i64)], values)
            });
            Some(case.boxed())
        }
        "Gemm" => {
            let case = (sizes(0, 3, 6), any::<bool>(), any::<bool>());
            let case = case.prop_map(|(sizes, left, right)| {
                let size = |index: usize| sizes[index] as usize;
                let pair = |a, b, swap| if swap { [b, a] } else { [a, b] };
                let (rows, inner, columns) = (size(0), size(1), size(2));
                let values = vec![
                    floats(&pair(rows, inner, left)),
                    floats(&pair(inner, columns, right)),
                    floats(&[size(3), size(4)][..size(5).min(2)]),
                ];
                let attributes = vec![ints("transA", left), ints("transB", right)];
                (attributes, values)
            });
            Some(case.boxed())
        }
        "Concat" | "Split" | "Slice" | "Pad" | "Resize" | "Upsample" | "Tile" | "Expand"
        | "Where" => {
            let operator = operator.to_owned();
            let small = prop_oneof![12 => -4..5_i64, 1 => any::<i64>()];
            let case = (0..5_usize).prop_flat_map(move |rank| {
                (
                    sizes(0, 4, rank),
                    prop::collection::vec(small.clone(), 2 * rank),
                    prop::collection::vec(small.clone(), rank),
                    prop::collection::vec(0.0..3.0_f32, rank),
                    -3..4_i64,
                    select(vec![
                        "constant", "edge", "reflect", "wrap", "nearest", "linear",
                    ]),
                )
            });
            let case = case.prop_map(move |(shape, double, single, scales, axis, mode)| {
                let shape: Vec<usize> = shape.into_iter().map(|size| size as usize).collect();
                let rank = shape.len();
                let list =
                    |numbers: &[i64]| Some(TensorData::new(numbers.to_vec(), [numbers.len()]));
                let mut attributes = vec![ints("axis", axis), word("mode", mode)];
                let image = floats(&shape);
                let values = match operator.as_str() {
                    "Concat" => vec![image.clone(), image.clone(), image],
                    "Split" => vec![image, None],
                    "Slice" => {
                        let axes: Vec<i64> = (0..rank as i64).collect();
                        let (starts, ends) = double.split_at(rank);
                        vec![image, list(starts), list(ends), list(&axes), list(&single)]
                    }
                    "Pad" => vec![image, list(&double)],
                    "Tile" | "Expand" => vec![image, list(&single)],
                    "Where" => {
                        let mask = vec![true; shape.iter().product()];
                        let mask = TensorData::new(mask, shape.as_slice());
                        vec![Some(mask), image, floats(&[])]
                    }
                    _ => {
                        attributes.push(word("mode", if axis > 0 { "linear" } else { "nearest" }));
                        attributes.remove(1);
                        let scales = Some(TensorData::new(scales, [rank]));
                        if axis > 1 {
                            vec![image, None, None, list(&single)]
                        } else if operator == "Upsample" || axis < -1 {
                            vec![image, scales]
                        } else {
                            vec![image, None, scales]
                        }
                    }
                };
                (attributes, values)
            });
            Some(case.boxed())
        }
        _ => None,
    }
}

/// Floats between -1 and 1.
pub(super) fn floats(shape: &[usize]) -> Option<TensorData> {
    let count: usize = shape.iter().product();
    let numbers: Vec<f32> = (0..count).map(|i| (i as f32).sin()).collect();
    Some(TensorData::new(numbers, shape))
}

/// An attribute of one integer or of several.
pub(super) fn ints(name: &str, value: impl Into<Numbers>) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.set_name(name.to_owned());
    match value.into() {
        Numbers::One(number) => {
            attribute.set_type(AttributeType::INT);
            attribute.set_i(number);
        }
        Numbers::List(numbers) => {
            attribute.set_type(AttributeType::INTS);
            attribute.ints = numbers;
        }
    }
    attribute
}

pub(super) enum Numbers {
    One(i64),
    List(Vec<i64>),
}

impl From<i64> for Numbers {
    fn from(number: i64) -> Self {
        Self::One(number)
    }
}

impl From<bool> for Numbers {
    fn from(flag: bool) -> Self {
        Self::One(i64::from(flag))
    }
}

impl From<Vec<i64>> for Numbers {
    fn from(numbers: Vec<i64>) -> Self {
        Self::List(numbers)
    }
}

/// An attribute that is a word.
pub(super) fn word(name: &str, value: &str) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.set_name(name.to_owned());
    attribute.set_type(AttributeType::STRING);
    attribute.set_s(value.as_bytes().to_vec());
    attribute
}
