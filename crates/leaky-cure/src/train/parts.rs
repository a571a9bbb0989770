//! Which samples are trained on, and which validate.

use crate::data::dataset::Dataset;
use crate::data::samples::Samples;
use crate::data::split::Split;
use crate::data::target::Target;
use crate::objective::ObjectiveError;

/// The part of the data that is kept for validation where no other is given.
const VALIDATION_PART: f64 = 0.2;

/// The samples to train on and those to validate with.
pub struct Parts<'a> {
    data: &'a Dataset,
    training: Vec<usize>,
    /// Other data than those to train on, with their target.
    other: Option<(&'a Dataset, Target)>,
    validation: Vec<usize>,
}

impl<'a> Parts<'a> {
    /// All of the data and all of the validation data; without these, a fifth of the data, drawn by
    /// `seed`, is kept apart: a fifth of each class, where each sample of `training` has one.
    /// `target` reads the answers of validation data.
    ///
    /// # Errors
    ///
    /// If there are too few samples, or the answers do not fit.
    pub fn new(
        data: &'a Dataset,
        validation: Option<&'a Dataset>,
        seed: u64,
        training: &Target,
        target: impl FnOnce(&Dataset) -> Result<Target, ObjectiveError>,
    ) -> Result<Self, ObjectiveError> {
        Ok(match validation {
            Some(validation) => Self {
                data,
                training: (0..data.samples()).collect(),
                other: Some((validation, target(validation)?)),
                validation: (0..validation.samples()).collect(),
            },
            None => {
                let split = match training.classes_of_samples()? {
                    Some(classes) => Split::stratified(&classes, VALIDATION_PART, seed)?,
                    None => Split::new(data.samples(), VALIDATION_PART, seed)?,
                };
                Self {
                    data,
                    training: split.training,
                    other: None,
                    validation: split.validation,
                }
            }
        })
    }

    /// The samples to train on; `target` is that of the data.
    pub fn training<'b>(&'b self, target: &'b Target) -> Samples<'b> {
        Samples {
            data: self.data,
            target,
            chosen: &self.training,
        }
    }

    /// The samples to validate with; `target` is that of the data.
    pub fn validation<'b>(&'b self, target: &'b Target) -> Samples<'b> {
        let (data, target) = match &self.other {
            Some((data, target)) => (*data, target),
            None => (self.data, target),
        };
        Samples {
            data,
            target,
            chosen: &self.validation,
        }
    }
}
