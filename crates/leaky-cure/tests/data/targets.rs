//! What a network should answer: labels or values, told from shapes.

use leaky_cure::data::{DataError, Target, TargetKind};

use super::building::{arrays, float_input, floats, integers, line, npy, output, zeros};

/// The target `y` of some samples with one feature, for an output of shape `[N, answer…]`.
fn target(samples: usize, y: Vec<u8>, answer: &[usize]) -> Result<Target, DataError> {
    let arrays = arrays(&[("x", zeros(&[samples, 1])), ("y", y)]);
    let answer_shape = [&[1], answer].concat();
    let data = arrays.dataset(&float_input(&[1])).unwrap();
    data.target(&output(&answer_shape))
}

fn refusal(samples: usize, y: Vec<u8>, answer: &[usize]) -> String {
    line(target(samples, y, answer).map(|_| ()))
}

#[test]
fn integers_for_an_output_of_several_columns_are_class_labels() {
    let found = target(
        3,
        npy("<i4", &[3], &[1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]),
        &[10],
    )
    .unwrap();
    assert_eq!(found.kind(), TargetKind::Classes(10));
    let labels = found.batch(&[1, 0]).unwrap();
    assert_eq!(labels.as_slice::<i64>().unwrap(), [9, 1]);
    assert_eq!(labels.shape().as_slice(), [2]);
}

#[test]
fn what_is_shaped_like_the_output_is_values() {
    let found = target(2, floats(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]), &[1, 2]).unwrap();
    assert_eq!(found.kind(), TargetKind::Values);
    let values = found.batch(&[1]).unwrap();
    assert_eq!(values.as_slice::<f32>().unwrap(), [3.0, 4.0]);
    assert_eq!(values.shape().as_slice(), [1, 1, 2]);
}

#[test]
fn integers_shaped_like_the_output_are_values_of_its_type() {
    let found = target(1, integers(&[1, 3], &[0, 1, 0]), &[3]).unwrap();
    assert_eq!(found.kind(), TargetKind::Values);
    assert_eq!(
        found.batch(&[0]).unwrap().as_slice::<f32>().unwrap(),
        [0.0, 1.0, 0.0]
    );
}

#[test]
fn one_number_a_sample_takes_the_shape_of_an_output_of_one_number() {
    for (y, kind) in [
        (integers(&[2], &[0, 1]), TargetKind::Binary),
        (npy("|b1", &[2], &[0, 1]), TargetKind::Binary),
        (floats(&[2], &[0.0, 1.0]), TargetKind::Values),
    ] {
        let found = target(2, y, &[1, 1]).unwrap();
        assert_eq!(found.kind(), kind);
        assert_eq!(found.batch(&[0, 1]).unwrap().shape().as_slice(), [2, 1, 1]);
    }
}

#[test]
fn labels_outside_of_the_classes_are_counted_and_the_first_is_named() {
    assert_eq!(
        refusal(4, integers(&[4], &[0, 3, -1, 2]), &[3]),
        "`y` holds labels outside of the network's 3 classes (0 to 2): 2 in all, the first is y[1] = 3"
    );
}

#[test]
fn a_target_that_fits_neither_way_says_what_would() {
    assert_eq!(
        refusal(2, floats(&[2], &[0.0, 1.0]), &[10]),
        "`y` is float32 of shape [2], but the network's output `answer` has shape [N, 10]: give class \
         labels as integers of shape [N], or values of shape [N, 10]"
    );
    assert_eq!(
        refusal(2, zeros(&[2, 3, 4]), &[3, 5]),
        "`y` is float32 of shape [2, 3, 4], but the network's output `answer` has shape [N, 3, 5]: give \
         class labels as integers of shape [N, 5], or values of shape [N, 3, 5]"
    );
    assert_eq!(
        refusal(2, npy("|b1", &[2], &[0, 1]), &[2]),
        "`y` is bool of shape [2], but the network's output `answer` has shape [N, 2]: give class labels as \
         integers of shape [N], or values of shape [N, 2]"
    );
}

#[test]
fn values_that_are_not_finite_are_refused() {
    assert_eq!(
        refusal(
            2,
            floats(&[2, 2], &[0.0, 1.0, f32::NAN, f32::INFINITY]),
            &[2]
        ),
        "array `y` holds values that are not finite: 1 NaN and 1 infinite, the first at y[1, 0]"
    );
}

#[test]
fn without_a_target_what_was_found_is_listed() {
    let arrays = arrays(&[("x", zeros(&[2, 1])), ("labels", integers(&[2], &[0, 1]))]);
    let data = arrays.dataset(&float_input(&[1])).unwrap();
    assert!(!data.has_target());
    assert_eq!(
        line(data.target(&output(&[2, 2])).map(|_| ())),
        "train.npz has no array `y` to train towards (found `x` (float32 [2, 1]), `labels` (int64 \
         [2])); add it, or give the labels apart"
    );
}

#[test]
fn a_target_of_another_type_only_matters_where_it_is_used() {
    let words = npy("<U3", &[2], &[0; 24]);
    let arrays = arrays(&[("x", zeros(&[2, 1])), ("y", words)]);
    let data = arrays.dataset(&float_input(&[1])).unwrap();
    assert_eq!(
        line(data.target(&output(&[2, 2])).map(|_| ())),
        "array `y` of train.npz has elements of type <U3, which is not supported: use a float, \
         integer or boolean type"
    );
}

#[test]
fn only_zeros_and_ones_are_labels_of_two_classes_and_only_their_range_holds_probabilities() {
    let refused = |y| line(target(2, y, &[1]).unwrap().check_probabilities());
    assert_eq!(
        refused(integers(&[2], &[1, 2])),
        "`y` holds labels outside of the network's 2 classes (0 to 1): 1 in all, the first is y[1] = 2"
    );
    assert_eq!(
        refused(floats(&[2], &[0.5, 1.5])),
        "y[1] is 1.5: binary cross-entropy takes values from 0 to 1; to fit other values, minimise \
         the mean squared error"
    );
    let good = target(2, floats(&[2], &[0.0, 1.0]), &[1]).unwrap();
    assert!(good.check_probabilities().is_ok());
}
