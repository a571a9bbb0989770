//! How much a run holds at a time.

use super::Network;
use crate::graph::ValueId;
use crate::units::Shapes;

impl Network {
    /// How many numbers the values have that are there at one time, at most, in a run of the batch that
    /// `shapes` were noted of. What runs in one pass holds less.
    pub fn most_numbers(&self, shapes: &Shapes) -> usize {
        let (needed, mut uses) = self.plan(&self.output_values());
        let numbers = |id: ValueId| -> usize {
            match shapes.get(id) {
                Some(shape) if !self.is_constant(id) => shape.iter().product(),
                _ => 0,
            }
        };
        let mut held: usize = self.inputs.iter().map(|input| numbers(input.value)).sum();
        let mut most = held;
        for (node, _) in self
            .nodes()
            .iter()
            .zip(needed)
            .filter(|(_, needed)| *needed)
        {
            let given = node.outputs.iter().map(|&id| numbers(id));
            held += given.sum::<usize>();
            most = most.max(held);
            let unread = node.outputs.iter().filter(|id| uses[id.0] == 0);
            held -= unread.map(|&id| numbers(id)).sum::<usize>();
            for &id in node.inputs.iter().flatten() {
                uses[id.0] -= 1;
                if uses[id.0] == 0 {
                    held -= numbers(id);
                }
            }
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use crate::Value;
    use crate::testing::Graph;

    #[test]
    fn a_branch_is_held_until_it_is_added() {
        let chain = Graph::new()
            .input("x", &[None, Some(4)])
            .node("Neg", &["x"], "a")
            .node("Neg", &["a"], "b")
            .node("Neg", &["b"], "y")
            .output("y")
            .network();
        let branched = Graph::new()
            .input("x", &[None, Some(4)])
            .node("Neg", &["x"], "a")
            .node("Neg", &["a"], "b")
            .node("Neg", &["b"], "c")
            .node("Add", &["c", "a"], "y")
            .output("y")
            .network();
        for (network, most) in [(chain, 2 * 12), (branched, 3 * 12)] {
            let x = TensorData::zeros::<f32, _>([3, 4]);
            let shapes = network.shapes(vec![Value::from_data(x, network.device())]);
            assert_eq!(network.most_numbers(&shapes.expect("it runs")), most);
        }
    }
}
