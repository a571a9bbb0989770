//! Nodes that run, for operators that random ones hardly ever fit.

use burn::tensor::TensorData;

use super::cases::{Case, floats, ints, word};
use crate::proto::AttributeProto;
use crate::proto::attribute_proto::AttributeType;

fn whole(shape: &[usize], numbers: &[i64]) -> Option<TensorData> {
    let count: usize = shape.iter().product();
    let numbers: Vec<i64> = numbers.iter().copied().cycle().take(count).collect();
    Some(TensorData::new(numbers, shape))
}

fn truth(shape: &[usize]) -> Option<TensorData> {
    let count: usize = shape.iter().product();
    let marks: Vec<bool> = (0..count).map(|index| index % 3 != 1).collect();
    Some(TensorData::new(marks, shape))
}

fn float(name: &str, number: f32) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.set_name(name.to_owned());
    attribute.set_type(AttributeType::FLOAT);
    attribute.set_f(number);
    attribute
}

fn words(name: &str, words: &[&str]) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.set_name(name.to_owned());
    attribute.set_type(AttributeType::STRINGS);
    attribute.strings = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    attribute
}

/// Some nodes of an operator that run.
pub(super) fn examples(operator: &str) -> Vec<Case> {
    let scalar = |number: i64| whole(&[], &[number]);
    let recurrent = |gates: usize, activations: &[&str]| -> Vec<Case> {
        let values = |directions: usize| {
            vec![
                floats(&[3, 2, 4]),
                floats(&[directions, gates * 2, 4]),
                floats(&[directions, gates * 2, 2]),
                floats(&[directions, gates * 4]),
                whole(&[2], &[3, 1]),
                floats(&[directions, 2, 2]),
                floats(&[directions, 2, 2]),
            ]
        };
        vec![
            (vec![ints("hidden_size", 2)], values(1)),
            (
                vec![word("direction", "reverse"), float("clip", 0.5)],
                values(1),
            ),
            (
                vec![
                    word("direction", "bidirectional"),
                    ints("linear_before_reset", 1),
                    ints("input_forget", 1),
                ],
                values(2),
            ),
            (vec![words("activations", activations)], values(1)),
        ]
    };
    let image = || floats(&[2, 3, 4, 5]);
    let one = || floats(&[]);
    match operator {
        "LSTM" => recurrent(4, &["HardSigmoid", "ScaledTanh", "Elu"]),
        "GRU" => recurrent(3, &["Affine", "ThresholdedRelu"]),
        "RNN" => recurrent(1, &["LeakyRelu"]),
        "Attention" => vec![
            (
                vec![ints("is_causal", 1)],
                vec![
                    floats(&[2, 4, 3, 5]),
                    floats(&[2, 2, 6, 5]),
                    floats(&[2, 2, 6, 7]),
                ],
            ),
            (
                vec![
                    ints("q_num_heads", 2),
                    ints("kv_num_heads", 2),
                    float("softcap", 2.0),
                ],
                vec![
                    floats(&[2, 3, 8]),
                    floats(&[2, 4, 8]),
                    floats(&[2, 4, 8]),
                    truth(&[3, 4]),
                ],
            ),
        ],
        "RotaryEmbedding" => vec![(
            vec![ints("interleaved", 1)],
            vec![
                floats(&[2, 3, 4, 8]),
                floats(&[10, 4]),
                floats(&[10, 4]),
                whole(&[2, 4], &[0, 3, 9]),
            ],
        )],
        "GridSample" => ["linear", "nearest", "cubic"]
            .into_iter()
            .flat_map(|mode| {
                ["zeros", "border", "reflection"]
                    .into_iter()
                    .map(move |padding| {
                        let attributes = vec![word("mode", mode), word("padding_mode", padding)];
                        (
                            attributes,
                            vec![floats(&[2, 3, 4, 5]), floats(&[2, 2, 3, 2])],
                        )
                    })
            })
            .collect(),
        "AffineGrid" => vec![(
            vec![ints("align_corners", 1)],
            vec![floats(&[2, 2, 3]), whole(&[4], &[2, 3, 4, 5])],
        )],
        "RoiAlign" => ["avg", "max"]
            .into_iter()
            .map(|mode| {
                let attributes = vec![word("mode", mode), ints("output_height", 2)];
                (
                    attributes,
                    vec![image(), floats(&[3, 4]), whole(&[3], &[0, 1, 1])],
                )
            })
            .collect(),
        "NonMaxSuppression" => vec![(
            Vec::new(),
            vec![floats(&[1, 4, 4]), floats(&[1, 2, 4]), scalar(3), one()],
        )],
        "Einsum" => vec![
            (
                vec![word("equation", "bij,bjk->bik")],
                vec![floats(&[2, 3, 4]), floats(&[2, 4, 5])],
            ),
            (
                vec![word("equation", "...ii->...i")],
                vec![floats(&[2, 3, 3])],
            ),
        ],
        "Col2Im" => vec![(
            Vec::new(),
            vec![
                floats(&[1, 4, 6]),
                whole(&[2], &[3, 4]),
                whole(&[2], &[2, 2]),
            ],
        )],
        "MaxUnpool" => vec![(
            vec![
                ints("kernel_shape", vec![2, 2]),
                ints("strides", vec![2, 2]),
            ],
            vec![floats(&[1, 1, 2, 2]), whole(&[1, 1, 2, 2], &[5, 7, 13, 15])],
        )],
        "LpPool" => vec![(vec![ints("kernel_shape", vec![2, 2])], vec![image()])],
        "OneHot" => vec![(
            Vec::new(),
            vec![whole(&[3], &[0, 2, -1]), scalar(4), floats(&[2])],
        )],
        "Compress" => vec![(vec![ints("axis", 1)], vec![image(), truth(&[3])])],
        "TopK" => vec![(vec![ints("k", 2)], vec![image(), whole(&[1], &[2])])],
        "GatherElements" => vec![(
            vec![ints("axis", 1)],
            vec![floats(&[3, 4]), whole(&[3, 2], &[0, -1, 2])],
        )],
        "GatherND" => vec![(Vec::new(), vec![floats(&[3, 4]), whole(&[2, 1], &[0, 2])])],
        "Scatter" | "ScatterElements" => ["none", "add", "mul", "max", "min"]
            .into_iter()
            .map(|reduction| {
                let attributes = vec![word("reduction", reduction), ints("axis", 1)];
                (
                    attributes,
                    vec![
                        floats(&[3, 4]),
                        whole(&[3, 2], &[0, -1, 0]),
                        floats(&[3, 2]),
                    ],
                )
            })
            .collect(),
        "ScatterND" => vec![(
            vec![word("reduction", "add")],
            vec![floats(&[3, 4]), whole(&[2, 1], &[2, 2]), floats(&[2, 4])],
        )],
        "TensorScatter" => vec![(
            vec![word("mode", "circular")],
            vec![
                floats(&[2, 3, 4, 5]),
                floats(&[2, 3, 2, 5]),
                whole(&[2], &[1, 3]),
            ],
        )],
        "ReverseSequence" => vec![(Vec::new(), vec![floats(&[4, 2, 3]), whole(&[2], &[4, 1])])],
        "NegativeLogLikelihoodLoss" | "SoftmaxCrossEntropyLoss" => vec![(
            vec![ints("ignore_index", 1)],
            vec![floats(&[3, 4, 2]), whole(&[3, 2], &[0, 1, 3]), floats(&[4])],
        )],
        "CumSum" | "CumProd" => vec![(
            vec![ints("exclusive", 1), ints("reverse", 1)],
            vec![image(), scalar(1)],
        )],
        "CenterCropPad" => vec![(Vec::new(), vec![image(), whole(&[4], &[3, 1, 6, 2])])],
        "EyeLike" => vec![(vec![ints("k", 1)], vec![floats(&[3, 4])])],
        "BitShift" => vec![(
            vec![word("direction", "LEFT")],
            vec![whole(&[3], &[1, 2, 3]), whole(&[3], &[0, 70, 4])],
        )],
        "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "BitwiseNot" | "MatMulInteger" => vec![(
            Vec::new(),
            vec![whole(&[3, 3], &[1, 2, 3]), whole(&[3, 3], &[0, 70, 4])],
        )],
        "LRN" => vec![(vec![ints("size", 3)], vec![image()])],
        "MeanVarianceNormalization" => vec![(Vec::new(), vec![image()])],
        "RMSNormalization" => vec![(Vec::new(), vec![image(), floats(&[5])])],
        "QuantizeLinear" => vec![(
            vec![ints("axis", 1)],
            vec![image(), floats(&[3]), whole(&[3], &[0, 5])],
        )],
        "DequantizeLinear" => vec![(
            vec![ints("axis", 1)],
            vec![whole(&[2, 3], &[1, 7]), floats(&[3]), whole(&[3], &[0, 5])],
        )],
        "QLinearMatMul" => vec![(
            Vec::new(),
            vec![
                whole(&[2, 3], &[1, 7]),
                one(),
                scalar(1),
                whole(&[3, 2], &[4, 2]),
                one(),
                scalar(2),
                floats(&[1]),
                scalar(3),
            ],
        )],
        "ConvInteger" => vec![(
            Vec::new(),
            vec![
                whole(&[1, 2, 4, 4], &[1, 7]),
                whole(&[3, 2, 2, 2], &[1, 7]),
                scalar(1),
                whole(&[3], &[1]),
            ],
        )],
        "QLinearConv" => vec![(
            Vec::new(),
            vec![
                whole(&[1, 2, 4, 4], &[1, 7]),
                one(),
                scalar(1),
                whole(&[3, 2, 2, 2], &[1, 7]),
                floats(&[3]),
                whole(&[3], &[1]),
                floats(&[1]),
                scalar(3),
                whole(&[3], &[100]),
            ],
        )],
        "If" => vec![(Vec::new(), vec![truth(&[1]), image(), image()])],
        "Unique" | "NonZero" | "Hardmax" => vec![(vec![ints("axis", 1)], vec![image()])],
        _ => Vec::new(),
    }
}
