//! Values passed from step to step.

use burn::backend::{DispatchTensor, TensorMetadata};
use burn::tensor::TensorData;

use super::Network;
use super::body::holds;
use super::fixed_batch::OtherBatch;
use super::fusion::{Step, steps};
use super::watched::Watched;
use crate::error::{Error, Result};
use crate::graph::ValueId;
use crate::operators::Inputs;
use crate::training::TrainingPass;
use crate::value::Value;

/// What an execution begins with.
pub(super) struct Start<'a> {
    /// The numbers in the place of the parameters.
    pub(super) parameters: &'a [DispatchTensor],
    /// Values that are there.
    pub(super) known: Vec<(ValueId, Value)>,
    /// The batch that the file fixes, where the samples are of another size.
    pub(super) other_batch: Option<OtherBatch<'a>>,
}

impl Network {
    /// Runs the network on host arrays, one for each of [`inputs`](Self::inputs).
    ///
    /// # Errors
    ///
    /// If the arrays do not fit, or a node cannot compute with what reaches it.
    pub fn run(&self, inputs: Vec<TensorData>) -> Result<Vec<TensorData>> {
        let wanted: Vec<ValueId> = self.outputs.iter().map(|output| output.value).collect();
        let values = inputs
            .into_iter()
            .map(|data| Value::from_data(data, &self.device))
            .collect();
        self.compute(values, &wanted)?
            .into_iter()
            .zip(&self.outputs)
            .map(|(value, output)| {
                value.into_data().map_err(|reason| Error::Tensor {
                    name: output.name.clone(),
                    reason,
                })
            })
            .collect()
    }

    /// Runs as much of the network as the `wanted` values need and returns these. A value that nothing
    /// needs any more is freed at once; what lies between nodes that run in one pass is never there.
    ///
    /// A network whose file fixes the size of the batch runs on other sizes as
    /// [`forward`](Self::forward) says.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit, or a node cannot compute with what reaches it.
    pub fn compute(&self, inputs: Vec<Value>, wanted: &[ValueId]) -> Result<Vec<Value>> {
        self.watch(inputs, wanted, &[], |_, _| {})
    }

    /// [`compute`](Self::compute), in which `observe` sees the `watched` values as soon as they are
    /// computed.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit, or a node cannot compute with what reaches it.
    pub fn watch(
        &self,
        inputs: Vec<Value>,
        wanted: &[ValueId],
        watched: &[ValueId],
        observe: impl FnMut(ValueId, &Value),
    ) -> Result<Vec<Value>> {
        let watched = Watched::Some(watched);
        self.execute(&self.tensors(), inputs, wanted, None, (watched, observe))
    }

    /// [`compute`](Self::compute), node by node: `observe` sees every value as soon as it is computed.
    ///
    /// A network whose file fixes the size of the batch runs on other sizes where only shapes that
    /// values are reshaped to name it; else the error says so.
    ///
    /// # Errors
    ///
    /// If the inputs do not fit, or a node cannot compute with what reaches it.
    pub fn forward(
        &self,
        inputs: Vec<Value>,
        wanted: &[ValueId],
        observe: impl FnMut(ValueId, &Value),
    ) -> Result<Vec<Value>> {
        let watched = Watched::All;
        self.execute(&self.tensors(), inputs, wanted, None, (watched, observe))
    }

    pub(super) fn tensors(&self) -> Vec<DispatchTensor> {
        let parameters = self.parameters.iter();
        parameters
            .map(|parameter| parameter.tensor.clone())
            .collect()
    }

    /// [`watch`](Self::watch) with other tensors in place of the parameters, and perhaps as a
    /// pass of training.
    pub(crate) fn execute(
        &self,
        parameters: &[DispatchTensor],
        inputs: Vec<Value>,
        wanted: &[ValueId],
        training: Option<&TrainingPass>,
        watching: (Watched, impl FnMut(ValueId, &Value)),
    ) -> Result<Vec<Value>> {
        self.check_inputs(&inputs)?;
        match self.part_size(&inputs) {
            Some(size) => {
                let wanted = (wanted, size);
                self.execute_in_parts(parameters, &inputs, wanted, training, watching)
            }
            None => self.execute_at_once(parameters, inputs, wanted, training, watching),
        }
    }

    /// [`execute`](Self::execute) on a batch that the network takes, whose inputs were checked.
    pub(super) fn execute_at_once(
        &self,
        parameters: &[DispatchTensor],
        inputs: Vec<Value>,
        wanted: &[ValueId],
        training: Option<&TrainingPass>,
        watching: (Watched, impl FnMut(ValueId, &Value)),
    ) -> Result<Vec<Value>> {
        let other_batch = self
            .fixed_batch
            .as_ref()
            .and_then(|fixed| fixed.differs(&inputs));
        let inputs = self.inputs.iter().map(|input| input.value).zip(inputs);
        let start = Start {
            parameters,
            known: inputs.collect(),
            other_batch,
        };
        self.execute_from(start, (wanted, self.plan(wanted)), training, watching)
    }

    /// [`execute`](Self::execute) from some values on, by a plan for the wanted ones.
    pub(super) fn execute_from(
        &self,
        start: Start,
        (wanted, (needed, mut uses)): (&[ValueId], (Vec<bool>, Vec<usize>)),
        training: Option<&TrainingPass>,
        (watched, mut observe): (Watched, impl FnMut(ValueId, &Value)),
    ) -> Result<Vec<Value>> {
        let mut observe = |id: ValueId, value: &Value| {
            if watched.sees(id) {
                observe(id, value);
            }
        };
        let other_batch = start.other_batch;
        let otherwise =
            |index: usize| training.filter(|pass| pass.replaces(index, &self.graph.nodes[index]));
        let own_run = |index| otherwise(index).is_some();
        let plan = (&needed[..], &uses[..]);
        let steps = steps(&self.chains, &self.graph, plan, watched, own_run);
        let mut values: Vec<Option<Value>> = Vec::new();
        values.resize_with(self.values(), || None);
        for (id, value) in start.known {
            observe(id, &value);
            values[id.0] = Some(value);
        }
        for (value, constant) in &self.constants {
            values[value.0] = Some(constant.clone());
        }
        for (parameter, tensor) in self.parameters.iter().zip(start.parameters) {
            values[parameter.value.0] = Some(Value::Float(tensor.clone()));
        }
        for (index, node) in self.nodes().iter().enumerate() {
            if !needed[index] {
                continue;
            }
            let runs = holds(&node.guards, &values).map_err(|reason| node.wrong(reason))?;
            for (ValueId(index), _) in &node.guards {
                uses[*index] -= 1;
                if uses[*index] == 0 {
                    values[*index] = None;
                }
            }
            let mut take = |inputs: &[Option<ValueId>]| -> Vec<Option<Value>> {
                let inputs = inputs.iter();
                let taken = inputs.map(|input| {
                    input.and_then(|ValueId(index)| {
                        uses[index] -= 1;
                        // The last to need a value gets the value itself, which it may overwrite.
                        if uses[index] == 0 {
                            values[index].take()
                        } else {
                            values[index].clone()
                        }
                    })
                });
                taken.collect()
            };
            if !runs {
                take(&node.inputs);
                continue;
            }
            let (failing, outputs) = match steps[index] {
                Step::Later => continue,
                Step::Fused(fused) => {
                    let taken = Inputs::new(take(&fused.inputs(&self.graph)));
                    let (run, behind) = fused.run();
                    (fused.convolution(), run(taken, behind))
                }
                Step::Alone => {
                    let mut taken = take(&node.inputs);
                    if let Some(batch) = other_batch {
                        batch.adapt(index, &mut taken);
                    }
                    let taken = Inputs::new(taken);
                    let outputs = match otherwise(index) {
                        Some(pass) => pass.run(&self.device, index, node, taken),
                        None => self.runs[index](taken),
                    };
                    (index, outputs)
                }
            };
            let outputs = outputs.map_err(|reason| {
                let reason = other_batch.map_or(reason.clone(), |batch| batch.explain(&reason));
                self.nodes()[failing].wrong(reason)
            })?;
            for (&id, value) in node.outputs.iter().zip(outputs) {
                observe(id, &value);
                if uses[id.0] > 0 {
                    values[id.0] = Some(value);
                }
            }
        }
        wanted
            .iter()
            .map(|id| {
                let value = values[id.0].clone().ok_or_else(|| {
                    Error::Invalid(format!(
                        "nothing gives the value '{}'",
                        self.value_name(*id)
                    ))
                })?;
                let output = self.outputs.iter().find(|output| output.value == *id);
                if let (Some(batch), Some(output)) = (other_batch, output)
                    && !self.is_constant(*id)
                {
                    batch.check_output(output, &value)?;
                }
                Ok(value)
            })
            .collect()
    }

    /// Refuses values that do not fit the inputs. The axis that counts samples may differ from what the
    /// file says.
    fn check_inputs(&self, values: &[Value]) -> Result<()> {
        if values.len() != self.inputs.len() {
            return Err(Error::Invalid(format!(
                "it takes {} inputs, {} were given",
                self.inputs.len(),
                values.len()
            )));
        }
        for (input, value) in self.inputs.iter().zip(values) {
            let shape = value.shape();
            let sizes = input.shape.iter().zip(&shape).enumerate();
            let sizes_fit = sizes
                .filter(|(axis, _)| input.samples != Some(*axis))
                .all(|(_, (wanted, found))| wanted.is_none_or(|w| w == *found));
            if input.ranked && (shape.len() != input.shape.len() || !sizes_fit) {
                let wanted: Vec<String> = input
                    .shape
                    .iter()
                    .map(|size| size.map_or("any".into(), |size| size.to_string()))
                    .collect();
                return Err(Error::Input {
                    name: input.name.clone(),
                    reason: format!("expected shape [{}], found {shape:?}", wanted.join(", ")),
                });
            }
            let dtype = value.tensor().dtype();
            let kind_fits = dtype == input.dtype || (input.dtype.is_bool() && dtype.is_bool());
            if !kind_fits {
                return Err(Error::Input {
                    name: input.name.clone(),
                    reason: format!("expected {:?}, found {dtype:?}", input.dtype),
                });
            }
        }
        Ok(())
    }
}
