//! Convolutions that do the work of the nodes behind them in the same pass: the batch normalisation,
//! whose stored statistics fold into weights and bias, and the rectifier.
//!
//! What stands between them is then never computed. So a chain is cut where that is asked for.

use super::watched::Watched;
use crate::error::Result;
use crate::facts::{Normalization, RectifierKind, Role, Weighted};
use crate::graph::{Graph, Node, ValueId};
use crate::operators::{self, Behind, FusedConvolution};

/// A convolution and the nodes behind it that it may do the work of.
pub(super) struct Chain {
    convolution: usize,
    /// The batch normalisation, and its epsilon.
    normalization: Option<(usize, f64)>,
    rectifier: Option<(usize, leaky_burn::Rectifier)>,
    run: FusedConvolution,
}

/// What an execution does where a node stands.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// Runs it by itself.
    Alone,
    /// Nothing: a later step does its work.
    Later,
    /// Runs it together with those before it.
    Fused(Fused<'a>),
}

/// A chain of which an execution runs so much in one pass.
#[derive(Clone, Copy)]
pub(super) struct Fused<'a> {
    chain: &'a Chain,
    normalizes: bool,
    rectifies: bool,
}

/// The chains of a graph.
///
/// # Errors
///
/// If an attribute of one of the nodes cannot be read.
pub(super) fn chains(graph: &Graph) -> Result<Vec<Chain>> {
    let mut chains = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        if node.role != Role::Weighted(Weighted::Convolution) || !node.guards.is_empty() {
            continue;
        }
        let mut last = index;
        let mut next = follower(graph, last);
        let mut normalization = None;
        if let Some(place) = next
            && graph.nodes[place].role == Role::Normalization(Normalization::Batch)
        {
            let node = &graph.nodes[place];
            let epsilon = node.attributes().float("epsilon", 1e-5);
            normalization = Some((place, epsilon.map_err(|reason| node.wrong(reason))?));
            last = place;
            next = follower(graph, last);
        }
        let rectifier = match next {
            Some(place) => rectifier(&graph.nodes[place])?.map(|found| (place, found)),
            None => None,
        };
        if (normalization.is_some() || rectifier.is_some())
            && let Some(run) = operators::fused_convolution(&node.attributes())
        {
            chains.push(Chain {
                convolution: index,
                normalization,
                rectifier,
                run,
            });
        }
    }
    Ok(chains)
}

/// The one node that takes what a node gives, as its first input, if it runs whenever that does.
fn follower(graph: &Graph, node: usize) -> Option<usize> {
    let [output] = graph.nodes[node].outputs[..] else {
        return None;
    };
    match graph.consumers(output)[..] {
        [(follower, 0)] => {
            let node = &graph.nodes[follower];
            (node.outputs.len() == 1 && node.guards.is_empty()).then_some(follower)
        }
        _ => None,
    }
}

/// The rectifier that a convolution can do the work of.
fn rectifier(node: &Node) -> Result<Option<leaky_burn::Rectifier>> {
    Ok(match node.role {
        Role::Rectifier(RectifierKind::Relu) => Some(leaky_burn::Rectifier::Relu),
        Role::Rectifier(RectifierKind::LeakyRelu) => {
            let alpha = node.attributes().float("alpha", 0.01);
            Some(leaky_burn::Rectifier::LeakyRelu {
                negative_slope: alpha.map_err(|reason| node.wrong(reason))?,
            })
        }
        _ => None,
    })
}

/// What an execution does where each node stands. `passed` tells of a value whether it goes from one
/// node to the next and nobody else asks for it; `own_run` of a node whether it runs otherwise.
pub(super) fn steps<'a>(
    chains: &'a [Chain],
    graph: &Graph,
    (needed, uses): (&[bool], &[usize]),
    watched: Watched,
    own_run: impl Fn(usize) -> bool,
) -> Vec<Step<'a>> {
    let mut steps = vec![Step::Alone; graph.nodes.len()];
    let passed = |from: usize, to: usize| {
        let ValueId(value) = graph.nodes[from].outputs[0];
        needed[to] && uses[value] == 1 && !watched.sees(ValueId(value))
    };
    for chain in chains {
        let first = chain.convolution;
        // What it gives may be known already.
        if !needed[first] {
            continue;
        }
        let mut last = first;
        if let Some((place, _)) = chain.normalization {
            if !passed(last, place) || own_run(place) {
                continue;
            }
            last = place;
        }
        let normalized = last;
        if let Some((place, _)) = chain.rectifier
            && passed(last, place)
            && !own_run(place)
        {
            last = place;
        }
        if last == first {
            continue;
        }
        steps[first] = Step::Later;
        steps[normalized] = Step::Later;
        steps[last] = Step::Fused(Fused {
            chain,
            normalizes: normalized != first,
            rectifies: last != normalized,
        });
    }
    steps
}

impl<'a> Fused<'a> {
    /// The convolution's place among the nodes.
    pub(super) fn convolution(self) -> usize {
        self.chain.convolution
    }

    /// What it takes: the convolution's input, weights and bias, then the normalisation's scale, shift,
    /// mean and variance.
    pub(super) fn inputs(self, graph: &Graph) -> Vec<Option<ValueId>> {
        let convolution = &graph.nodes[self.chain.convolution];
        let mut inputs: Vec<_> = (0..3).map(|index| convolution.input(index)).collect();
        if let Some((place, _)) = self.chain.normalization {
            let normalization = &graph.nodes[place];
            inputs.extend((1..5).map(|index| normalization.input(index)));
        }
        inputs
    }

    /// What it computes.
    pub(super) fn run(self) -> (&'a FusedConvolution, Behind) {
        let epsilon = self.chain.normalization.filter(|_| self.normalizes);
        let rectifier = self.chain.rectifier.filter(|_| self.rectifies);
        let behind = Behind {
            epsilon: epsilon.map(|(_, epsilon)| epsilon),
            rectifier: rectifier.map(|(_, rectifier)| rectifier),
        };
        (&self.chain.run, behind)
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::ops::FloatTensorOps;
    use burn::backend::{Dispatch, DispatchTensor};
    use burn::tensor::TensorData;

    use crate::testing::{Graph, value};
    use crate::{Network, Value};

    /// A convolution, its normalisation and a rectifier, whose output two nodes take.
    fn network(rectifier: &str) -> Network {
        Graph::new()
            .input("x", &[None, Some(2), Some(4), Some(5)])
            .floats("w", &[3, 2, 2, 3])
            .floats("b", &[3])
            .floats("scale", &[3])
            .floats("shift", &[3])
            .floats("mean", &[3])
            .floats("variance", &[3])
            .node("Conv", &["x", "w", "b"], "convolved")
            .node(
                "BatchNormalization",
                &["convolved", "scale", "shift", "mean", "variance"],
                "normalized",
            )
            .node(rectifier, &["normalized"], "rectified")
            .node("Neg", &["rectified"], "negative")
            .node("Add", &["rectified", "negative"], "zero")
            .output("rectified")
            .network()
    }

    fn input(network: &Network) -> Vec<Value> {
        let numbers: Vec<f32> = (0..3 * 2 * 4 * 5)
            .map(|i: u16| f32::from(i % 7) - 3.0)
            .collect();
        let data = TensorData::new(numbers, [3, 2, 4, 5]);
        vec![Value::from_data(data, network.device())]
    }

    fn close(one: &[f32], other: &[f32]) -> bool {
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-5 * a.abs().max(b.abs()).max(10.0);
        one.len() == other.len() && one.iter().zip(other).all(near)
    }

    fn numbers(value: Value) -> Vec<f32> {
        value.into_data().expect("a device").iter::<f32>().collect()
    }

    #[test]
    fn what_runs_in_one_pass_gives_what_it_gives_node_by_node() {
        for rectifier in ["Relu", "LeakyRelu", "Elu"] {
            let network = network(rectifier);
            let wanted = [value(&network, "rectified")];
            let fused = network.compute(input(&network), &wanted).expect("it runs");
            let mut seen = 0;
            let single = network.forward(input(&network), &wanted, |_, _| seen += 1);
            let single = single.expect("it runs");
            assert!(seen >= 4, "the input and each node");
            let [fused, single] = [fused, single].map(|mut found| numbers(found.remove(0)));
            assert!(close(&fused, &single), "{rectifier}");
            assert!(single.iter().any(|&y| y > 0.0) && single.iter().any(|&y| y <= 0.0));
        }
    }

    #[test]
    fn a_chain_is_cut_where_somebody_asks_for_what_lies_between() {
        let network = network("Relu");
        let wanted = [value(&network, "rectified")];
        for name in ["convolved", "normalized"] {
            let between = value(&network, name);
            let mut seen = Vec::new();
            network
                .watch(input(&network), &wanted, &[between], |id, found| {
                    seen.push((id, numbers(found.clone())));
                })
                .expect("it runs");
            let asked = network.compute(input(&network), &[wanted[0], between]);
            let asked = numbers(asked.expect("it runs").remove(1));
            assert_eq!(seen.len(), 1, "{name}");
            assert!(seen[0].0 == between && close(&seen[0].1, &asked), "{name}");
        }
    }

    #[test]
    fn the_gradients_of_a_chain_are_those_of_its_nodes() {
        let mut network = network("LeakyRelu");
        // The statistics too, which training leaves as they are.
        network
            .parameters
            .iter_mut()
            .for_each(|parameter| parameter.trainable = true);
        let output = value(&network, "rectified");
        let gradients = |wanted: &[_]| -> Vec<Vec<f32>> {
            let tracked = network.tracked();
            let found = network.forward_tracked(&tracked, input(&network), wanted);
            let Value::Float(y) = found.expect("it runs").remove(0) else {
                panic!("floats");
            };
            let squares = Dispatch::float_mul(y.clone(), y);
            let found: Vec<Option<DispatchTensor>> =
                tracked.gradients(Dispatch::float_sum(squares));
            found
                .into_iter()
                .map(|gradient| numbers(Value::Float(gradient.expect("all are trained"))))
                .collect()
        };
        let between = ["convolved", "normalized"].map(|name| value(&network, name));
        let fused = gradients(&[output]);
        let single = gradients(&[output, between[0], between[1]]);
        for ((fused, single), parameter) in fused.iter().zip(&single).zip(network.parameters()) {
            let largest = single.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let near = fused
                .iter()
                .zip(single)
                .all(|(a, b)| (a - b).abs() <= 1e-4 * largest);
            assert!(
                near && largest > 0.0,
                "{}: {fused:?} {single:?}",
                parameter.name
            );
        }
    }
}
