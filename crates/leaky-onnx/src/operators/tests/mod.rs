//! Whatever a file and its data say, an operator answers with values or with a reason.

mod cases;
mod examples;
mod refusals;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::backend::ops::FloatTensorOps;
use burn::backend::{AutodiffBackend, Dispatch, DispatchDevice, FlexDevice};
use burn::tensor::{FloatDType, Shape, TensorData};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Inputs, OPSETS, Operator, Refusal, Request, SUPPORTED};
use crate::attributes::Attributes;

use crate::proto::{AttributeProto, NodeProto};
use crate::value::{Value, is_tracked};

/// Builds and runs an operator, and asks for gradients; only a panic is a failure. Says whether the
/// operator gave values.
fn exercise(
    operator: &Operator,
    attributes: &[AttributeProto],
    values: Vec<Option<TensorData>>,
    opset: i64,
    outputs: usize,
    tracked: bool,
) -> bool {
    let device: DispatchDevice = FlexDevice.into();
    let mut proto = NodeProto::new();
    proto.attribute = attributes.to_vec();
    let Ok(run) = operator.build(&Request {
        attributes: Attributes::new(&proto, Path::new("")),
        opset,
        inputs: values.len(),
        outputs,
        declared_outputs: outputs,
        device: device.clone(),
        constant: &|_| None,
        element: &|_| None,
        body: &|_| Err(Refusal::Unsupported("graphs inside of nodes".into())),
    }) else {
        return false;
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
        return false;
    };
    // One loss for all outputs: Burn goes back over a graph once.
    let mut loss = None;
    for output in outputs {
        if let Value::Float(tensor) = &output
            && is_tracked(tensor)
            && !output.is_empty()
        {
            let list = Shape::from(vec![output.len()]);
            let sum = Dispatch::float_sum(Dispatch::float_reshape(tensor.clone(), list));
            let sum = Dispatch::float_cast(sum, FloatDType::F32);
            loss = Some(match loss {
                None => sum,
                Some(loss) => Dispatch::float_add(loss, sum),
            });
        }
        output.into_data().expect("the CPU does not fail");
    }
    if let Some(loss) = loss {
        Dispatch::backward(loss);
    }
    true
}

#[test]
fn no_input_makes_an_operator_panic() {
    // The panics that are looked for are reported once, below.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut failures = Vec::new();
    for operator in SUPPORTED {
        let case = (
            cases::case(operator.name),
            OPSETS.0..=OPSETS.1,
            1..4_usize,
            any::<bool>(),
        );
        let ran = AtomicUsize::new(0);
        let config = Config {
            cases: 2000,
            failure_persistence: None,
            ..Config::default()
        };
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config, random);
        let result = runner.run(&case, |((attributes, values), opset, outputs, tracked)| {
            catch_unwind(AssertUnwindSafe(|| {
                if exercise(operator, &attributes, values, opset, outputs, tracked) {
                    ran.fetch_add(1, Ordering::Relaxed);
                }
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
        // A constant is read with the network, never run; loops run in the tests of networks.
        let elsewhere = ["Constant", "Loop", "Scan"].contains(&operator.name);
        if ran.into_inner() == 0 && !elsewhere {
            failures.push(format!("{} never ran", operator.name));
        }
    }
    std::panic::set_hook(hook);
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
