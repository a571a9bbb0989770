//! Convolutions that do the work of the nodes behind them in the same pass: the batch normalisation,
//! whose stored statistics fold into weights and bias, and the rectifier.
//!
//! What stands between them is then never computed. So a chain is cut where that is asked for.

use super::execution::Watched;
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
        if node.role != Role::Weighted(Weighted::Convolution) {
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

/// The one node that takes what a node gives, as its first input.
fn follower(graph: &Graph, node: usize) -> Option<usize> {
    let [output] = graph.nodes[node].outputs[..] else {
        return None;
    };
    match graph.consumers(output)[..] {
        [(follower, 0)] if graph.nodes[follower].outputs.len() == 1 => Some(follower),
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
        let mut last = first;
        if let Some((place, _)) = chain.normalization {
            if !passed(last, place) {
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
