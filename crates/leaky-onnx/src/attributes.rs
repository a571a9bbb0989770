//! The attributes of a node, read with their types checked.

use burn::tensor::TensorData;
use std::path::Path;

use crate::proto::attribute_proto::AttributeType;
use crate::proto::{AttributeProto, NodeProto};
use crate::tensor;

/// The attributes of one node.
#[derive(Clone, Copy)]
pub struct Attributes<'a> {
    node: &'a NodeProto,
    folder: &'a Path,
}

type Read<T> = Result<T, String>;

impl<'a> Attributes<'a> {
    pub(crate) fn new(node: &'a NodeProto, folder: &'a Path) -> Self {
        Self { node, folder }
    }

    fn find(&self, name: &str, wanted: AttributeType) -> Read<Option<&'a AttributeProto>> {
        let Some(attribute) = self.node.attribute.iter().find(|a| a.name() == name) else {
            return Ok(None);
        };
        // Files written before the `type` field existed leave it undefined.
        let found = attribute.type_();
        if found != wanted && found != AttributeType::UNDEFINED {
            return Err(format!(
                "attribute '{name}' is of type {found:?}, expected {wanted:?}"
            ));
        }
        Ok(Some(attribute))
    }

    /// Whether the node has an attribute of this name.
    pub fn has(&self, name: &str) -> bool {
        self.node.attribute.iter().any(|a| a.name() == name)
    }

    /// An integer, or `default` where it is absent.
    ///
    /// # Errors
    ///
    /// If the attribute is of another type; so for every method here.
    pub fn int(&self, name: &str, default: i64) -> Read<i64> {
        Ok(self
            .find(name, AttributeType::INT)?
            .map_or(default, AttributeProto::i))
    }

    /// An integer that is a size or a count.
    pub(crate) fn size(&self, name: &str, default: usize) -> Read<usize> {
        match self.find(name, AttributeType::INT)? {
            None => Ok(default),
            Some(found) => size(name, found.i()),
        }
    }

    /// An integer that is a truth value.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Read<bool> {
        Ok(self.int(name, i64::from(default))? != 0)
    }

    /// A list of integers.
    pub fn ints(&self, name: &str) -> Read<Option<&'a [i64]>> {
        Ok(self
            .find(name, AttributeType::INTS)?
            .map(|found| found.ints.as_slice()))
    }

    /// A list of sizes.
    pub(crate) fn sizes(&self, name: &str) -> Read<Option<Vec<usize>>> {
        self.ints(name)?
            .map(|list| list.iter().map(|&value| size(name, value)).collect())
            .transpose()
    }

    /// A float, or `default` where it is absent.
    pub fn float(&self, name: &str, default: f32) -> Read<f64> {
        Ok(f64::from(
            self.find(name, AttributeType::FLOAT)?
                .map_or(default, AttributeProto::f),
        ))
    }

    /// A float that has no default.
    pub(crate) fn optional_float(&self, name: &str) -> Read<Option<f64>> {
        Ok(self
            .find(name, AttributeType::FLOAT)?
            .map(|found| f64::from(found.f())))
    }

    /// A list of floats.
    pub(crate) fn floats(&self, name: &str) -> Read<Option<&'a [f32]>> {
        Ok(self
            .find(name, AttributeType::FLOATS)?
            .map(|found| found.floats.as_slice()))
    }

    /// A word, or `default` where it is absent.
    pub fn string(&self, name: &str, default: &'a str) -> Read<&'a str> {
        match self.find(name, AttributeType::STRING)? {
            None => Ok(default),
            Some(found) => std::str::from_utf8(found.s())
                .map_err(|_| format!("attribute '{name}' is not text")),
        }
    }

    /// A list of words.
    pub(crate) fn strings(&self, name: &str) -> Read<Option<Vec<String>>> {
        self.find(name, AttributeType::STRINGS)?
            .map(|found| {
                let words = found.strings.iter().map(|word| {
                    String::from_utf8(word.clone())
                        .map_err(|_| format!("attribute '{name}' is not text"))
                });
                words.collect()
            })
            .transpose()
    }

    /// A tensor.
    pub(crate) fn tensor(&self, name: &str) -> Read<Option<TensorData>> {
        self.find(name, AttributeType::TENSOR)?
            .map(|found| tensor::read(&found.t, self.folder).map_err(|error| error.to_string()))
            .transpose()
    }
}

fn size(name: &str, value: i64) -> Read<usize> {
    usize::try_from(value).map_err(|_| format!("attribute '{name}' is {value}, expected a size"))
}
