//! The exchange of one rectifier for another in a network's file.

use crate::error::{Error, Result};
use crate::facts::RectifierKind;
use crate::model::Model;
use crate::network::Network;
use crate::proto::attribute_proto::AttributeType;
use crate::proto::tensor_proto::DataType;
use crate::proto::{AttributeProto, NodeProto};
use crate::rectifier::Rectifier;
use crate::units::Shapes;

/// A rectifier to be put in the place of another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Replacement {
    /// `Relu`.
    Relu,
    /// `LeakyRelu` with this `alpha`.
    LeakyRelu(f32),
    /// `PRelu` with a slope for each unit, all of this number at first.
    PRelu(f32),
    /// `Elu` with this `alpha`.
    Elu(f32),
}

impl Model {
    /// Turns ReLU nodes of the file into Leaky ReLU nodes with this `alpha`; Leaky ReLU and PReLU nodes
    /// get it in place of their slopes. A ReLU6 becomes two nodes, a Leaky ReLU and behind it the bound
    /// above. All else stays.
    ///
    /// `network` is the one made from this model, `rectifiers` are those of its own to exchange, in
    /// execution order. Where one of them is a ReLU6 the network must be made anew afterwards.
    ///
    /// # Errors
    ///
    /// If one of them is of another kind, or a ReLU6 within a branch.
    pub fn leak(&mut self, network: &Network, rectifiers: &[&Rectifier], alpha: f32) -> Result<()> {
        // From the last on, so that a node more leaves the places of the others as they are.
        for rectifier in rectifiers.iter().rev() {
            match rectifier.kind {
                RectifierKind::Relu | RectifierKind::LeakyRelu | RectifierKind::PRelu => {
                    self.set_operator(network, rectifier, RectifierKind::LeakyRelu, Some(alpha));
                }
                RectifierKind::Clip => self.leak_below_bound(network, rectifier, alpha)?,
                _ => {
                    return Err(Error::Invalid(format!(
                        "node '{}' is {}, not a rectifier that could leak",
                        rectifier.name, rectifier.operator
                    )));
                }
            }
        }
        Ok(())
    }

    /// Leaves of a ReLU6 the bound above, and puts a Leaky ReLU before it, which takes its name.
    fn leak_below_bound(
        &mut self,
        network: &Network,
        rectifier: &Rectifier,
        alpha: f32,
    ) -> Result<()> {
        let index = network.nodes()[rectifier.node].index;
        let activation = self.free_name(network, &format!("{}.leaky", rectifier.name));
        let mut leaky = NodeProto::new();
        leaky.set_op_type(RectifierKind::LeakyRelu.operator().into());
        leaky.set_name(rectifier.name.clone());
        leaky.input = vec![network.value_name(rectifier.input).to_owned()];
        leaky.output = vec![activation.clone()];
        leaky.attribute = vec![alpha_attribute(alpha)];
        self.change_node(index, |node| {
            node.set_name(format!("{}.bound", rectifier.name));
            node.input[0].clone_from(&activation);
            // Since operator set 11 the ends are inputs.
            if let Some(minimum) = node.input.get_mut(1) {
                minimum.clear();
            }
            node.attribute.retain(|attribute| attribute.name() != "min");
        });
        self.insert_before(index, leaky)
    }

    /// Puts another rectifier in the place of each of these. All else stays; slopes for `PRelu` are
    /// added to the file as initializers.
    ///
    /// `network` is the one made from this model, `rectifiers` are of its own, and `shapes` those of
    /// its values, which say how many units a rectifier has.
    ///
    /// # Errors
    ///
    /// If the units of a rectifier that is to be a `PRelu` cannot be counted.
    pub fn replace_rectifiers(
        &mut self,
        network: &Network,
        rectifiers: &[&Rectifier],
        shapes: &Shapes,
        replacement: Replacement,
    ) -> Result<()> {
        let weights_type = self.weights_type(network);
        for rectifier in rectifiers {
            match replacement {
                Replacement::Relu => {
                    self.set_operator(network, rectifier, RectifierKind::Relu, None)
                }
                Replacement::LeakyRelu(alpha) => {
                    self.set_operator(network, rectifier, RectifierKind::LeakyRelu, Some(alpha));
                }
                Replacement::Elu(alpha) => {
                    self.set_operator(network, rectifier, RectifierKind::Elu, Some(alpha));
                }
                Replacement::PRelu(alpha) => {
                    let slopes = slopes_shape(network, rectifier, shapes)?;
                    self.set_operator(network, rectifier, RectifierKind::PRelu, None);
                    let name = self.free_name(network, &format!("{}.slope", rectifier.name));
                    self.add_initializer(&name, &slopes, alpha, weights_type)?;
                    let index = network.nodes()[rectifier.node].index;
                    self.change_node(index, |node| node.input.push(name.clone()));
                }
            }
        }
        Ok(())
    }

    /// Makes a node another operator of its first input, with `alpha` as its only attribute.
    fn set_operator(
        &mut self,
        network: &Network,
        rectifier: &Rectifier,
        kind: RectifierKind,
        alpha: Option<f32>,
    ) {
        self.change_node(network.nodes()[rectifier.node].index, |node| {
            node.set_op_type(kind.operator().into());
            node.input.truncate(1);
            // Operator sets below 6 let an attribute name what may be overwritten; it goes too.
            node.attribute = alpha.into_iter().map(alpha_attribute).collect();
        });
    }

    /// The type in which the file holds the weights: that of slopes, which ONNX wants to be of the
    /// pre-activation's type.
    fn weights_type(&self, network: &Network) -> i32 {
        let mut parameters = network.parameters().iter();
        let weights = parameters.find(|parameter| parameter.trainable);
        weights.map_or(DataType::FLOAT as i32, |weights| {
            self.tensor(weights.place).data_type()
        })
    }

    /// A name that no value has, neither of the network nor among the initializers added since.
    fn free_name(&self, network: &Network, wanted: &str) -> String {
        let taken = |name: &str| {
            network.has_value(name)
                || self
                    .graph()
                    .initializer
                    .iter()
                    .any(|tensor| tensor.name() == name)
        };
        let numbered = (1..).map(|number| format!("{wanted}.{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names
            .find(|name| !taken(name))
            .unwrap_or_else(|| unreachable!("the numbers do not end"))
    }
}

fn alpha_attribute(alpha: f32) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.set_name("alpha".into());
    attribute.set_type(AttributeType::FLOAT);
    attribute.set_f(alpha);
    attribute
}

/// The sizes of slopes, one for each unit, that broadcast to the pre-activation.
fn slopes_shape(network: &Network, rectifier: &Rectifier, shapes: &Shapes) -> Result<Vec<usize>> {
    let shape = shapes.get(rectifier.input).unwrap_or_default();
    let Some(axis) = network.unit_axis(rectifier.input, shapes) else {
        return Err(Error::Invalid(format!(
            "the units of node '{}' cannot be counted, so that it cannot be given a slope for each",
            rectifier.name
        )));
    };
    let mut slopes = vec![1; shape.len() - axis];
    slopes[0] = shape[axis];
    Ok(slopes)
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::testing::Graph;
    use crate::value::Value;

    /// Two channels of two numbers, a rectifier over them, and weights behind it.
    fn model(rectifier: &str) -> Model {
        Graph::new()
            .input("x", &[None, Some(2), Some(2)])
            .floats("w", &[2, 2, 1])
            .floats("v", &[2, 1])
            .node("Conv", &["x", "w"], "hidden")
            .node(rectifier, &["hidden"], "activation")
            .node("MatMul", &["activation", "v"], "y")
            .output("y")
            .model()
            .unwrap()
    }

    fn replaced(model: &Model, replacement: Replacement) -> Model {
        let network = Network::new(model, &Default::default()).unwrap();
        let input = TensorData::zeros::<f32, _>([1, 2, 2]);
        let inputs = vec![Value::from_data(input, network.device())];
        let shapes = network.shapes(inputs).unwrap();
        let rectifiers = network.rectifiers().unwrap();
        let hidden: Vec<&Rectifier> = rectifiers.iter().filter(|found| found.hidden).collect();
        assert_eq!(hidden.len(), 1);
        let mut model = model.clone();
        model
            .replace_rectifiers(&network, &hidden, &shapes, replacement)
            .unwrap();
        model
    }

    fn operator_and_alpha(model: &Model) -> (String, Option<f64>) {
        let network = Network::new(model, &Default::default()).unwrap();
        let found = network.rectifiers().unwrap().remove(0);
        (found.operator, found.alpha)
    }

    #[test]
    fn any_rectifier_can_take_the_place_of_any_other() {
        let relu = model("Relu");
        for (replacement, operator, alpha) in [
            (Replacement::LeakyRelu(0.5), "LeakyRelu", Some(0.5)),
            (Replacement::PRelu(0.25), "PRelu", None),
            (Replacement::Elu(2.0), "Elu", None),
            (Replacement::Relu, "Relu", Some(0.0)),
        ] {
            let once = replaced(&relu, replacement);
            assert_eq!(operator_and_alpha(&once), (operator.to_owned(), alpha));
            let back = replaced(&once, Replacement::Relu);
            assert_eq!(operator_and_alpha(&back), ("Relu".to_owned(), Some(0.0)));
        }
    }

    #[test]
    fn prelu_has_a_trainable_slope_for_each_channel_and_the_file_holds_it() {
        let bytes = replaced(&model("Relu"), Replacement::PRelu(0.25))
            .to_bytes()
            .unwrap();
        let read = Model::from_bytes(&bytes).unwrap();
        let network = Network::new(&read, &Default::default()).unwrap();
        let slope = network
            .parameters()
            .iter()
            .position(|parameter| parameter.name == "activation.slope")
            .expect("slopes");
        assert!(network.parameters()[slope].trainable);
        assert_eq!(network.parameters()[slope].shape, [2, 1]);
        let numbers = network.parameter_data(slope).unwrap();
        assert_eq!(numbers.try_to_vec::<f32>().unwrap(), [0.25, 0.25]);
    }

    #[test]
    fn a_relu6_leaks_below_zero_and_is_bounded_above() {
        let mut model = Graph::new()
            .input("x", &[None, Some(3)])
            .floats("w", &[3, 3])
            .floats("v", &[3, 3])
            .floats("zero", &[])
            .floats("six", &[])
            .node("MatMul", &["x", "w"], "first")
            .node("Clip", &["first", "zero", "six"], "once")
            .node("MatMul", &["once", "v"], "second")
            .node("Clip", &["second", "zero", "six"], "twice")
            .node("MatMul", &["twice", "v"], "y")
            .output("y")
            .model()
            .unwrap();
        let device = Default::default();
        let mut network = Network::new(&model, &device).unwrap();
        let identity = vec![1.0_f32, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        for (name, numbers) in [("w", identity.clone()), ("v", identity), ("six", vec![6.0])] {
            let mut parameters = network.parameters().iter();
            let index = parameters.position(|own| own.name == name).unwrap();
            let shape = network.parameters()[index].shape.clone();
            network.set_parameter(index, TensorData::new(numbers, shape));
        }
        network.store(&mut model).unwrap();
        let rectifiers = network.rectifiers().unwrap();
        let hidden: Vec<&Rectifier> = rectifiers.iter().collect();
        model.leak(&network, &hidden, 0.5).unwrap();
        let read = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
        for model in [model, read] {
            let leaky = Network::new(&model, &device).unwrap();
            let found = leaky.rectifiers().unwrap();
            let found = found.iter().map(|own| (own.name.as_str(), own.alpha));
            assert!(found.eq([("once", Some(0.5)), ("twice", Some(0.5))]));
            let x = TensorData::new(vec![-4.0_f32, 2.0, 9.0], [1, 3]);
            let y = leaky.run(vec![x]).unwrap().remove(0);
            assert_eq!(y.try_to_vec::<f32>().unwrap(), [-1.0, 2.0, 6.0]);
        }
    }

    #[test]
    fn a_name_that_is_taken_is_not_given_to_slopes() {
        let once = replaced(&model("Relu"), Replacement::PRelu(0.25));
        let twice = replaced(&once, Replacement::PRelu(0.5));
        let network = Network::new(&twice, &Default::default()).unwrap();
        let names: Vec<&str> = network
            .parameters()
            .iter()
            .filter(|parameter| parameter.trainable)
            .map(|parameter| parameter.name.as_str())
            .collect();
        assert_eq!(names, ["w", "v", "activation.slope.1"]);
    }
}
