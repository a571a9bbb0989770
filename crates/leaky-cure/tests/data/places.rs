//! Inputs whose samples do not stand on the first axis, and inputs that all samples share.

use burn::tensor::DType;
use leaky_cure::data::ExpectedInput;

use super::building::*;

fn named(name: &str, shape: &[Option<usize>], samples: Option<usize>) -> ExpectedInput {
    ExpectedInput {
        samples,
        ..input(name, shape, DType::F32)
    }
}

#[test]
fn states_whose_samples_stand_on_another_axis_are_turned_to_it() {
    let numbers: Vec<f32> = (0..12).map(|number| number as f32).collect();
    let found = arrays(&[
        ("x", zeros(&[3, 5])),
        ("state", floats(&[3, 2, 2], &numbers)),
    ]);
    let expected = [
        named("x", &[None, Some(5)], Some(0)),
        named("state", &[None, Some(2), Some(2)], Some(1)),
    ];
    let data = found.dataset(&expected).unwrap();
    assert_eq!(data.samples(), 3);
    let state = data.batch(&[2, 0]).unwrap().remove(1);
    assert_eq!(state.shape().to_vec(), [2, 2, 2]);
    let turned: Vec<f32> = state.iter().collect();
    assert_eq!(turned, [8.0, 9.0, 0.0, 1.0, 10.0, 11.0, 2.0, 3.0]);
}

#[test]
fn a_lone_number_is_shared_by_all_samples() {
    let found = arrays(&[("x", zeros(&[3, 5])), ("rate", floats(&[], &[16000.0]))]);
    let expected = [
        named("x", &[None, Some(5)], Some(0)),
        named("rate", &[], None),
    ];
    let data = found.dataset(&expected).unwrap();
    for samples in [vec![0], vec![2, 1]] {
        let rate = data.batch(&samples).unwrap().remove(1);
        assert_eq!(rate.shape().to_vec(), [0; 0]);
        assert_eq!(rate.iter::<f32>().collect::<Vec<f32>>(), [16000.0]);
    }
}

#[test]
fn an_input_of_unknown_shape_takes_any() {
    let found = arrays(&[("x", zeros(&[3, 5, 2]))]);
    let expected = [ExpectedInput {
        ranked: false,
        ..input("x", &[], DType::F32)
    }];
    let data = found.dataset(&expected).unwrap();
    let batch = data.batch(&[0, 1]).unwrap().remove(0);
    assert_eq!(batch.shape().to_vec(), [2, 5, 2]);
}
