//! Sums of products over named axes.
//!
//! Two operands at a time become one matrix product: the axes that both have and the result keeps
//! count matrices, those that both have and nobody needs any more are summed over.
//!
//! Source: <https://onnx.ai/onnx/operators/onnx__Einsum.html>.

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, invalid};
use super::picking::{pick, places, strides};

/// An axis: a letter, or one that the dots stand for, counted from the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Dots(usize),
    Letter(char),
}

/// A term as it is written, before the dots are counted: what stands before and behind them.
#[derive(Clone)]
struct Term {
    before: Vec<char>,
    behind: Vec<char>,
    dots: bool,
}

impl Term {
    fn read(text: &str) -> Option<Self> {
        let letters = |text: &str| -> Option<Vec<char>> {
            text.chars()
                .map(|letter| letter.is_ascii_alphabetic().then_some(letter))
                .collect()
        };
        Some(match text.split_once("...") {
            Some((before, behind)) => Self {
                before: letters(before)?,
                behind: letters(behind)?,
                dots: true,
            },
            None => Self {
                before: letters(text)?,
                behind: Vec::new(),
                dots: false,
            },
        })
    }

    fn labels(&self, dots: usize) -> Vec<Label> {
        let letter = |&letter: &char| Label::Letter(letter);
        let dots = if self.dots { dots } else { 0 };
        let between = (0..dots).rev().map(Label::Dots);
        let before = self.before.iter().map(letter);
        before
            .chain(between)
            .chain(self.behind.iter().map(letter))
            .collect()
    }
}

/// An operand whose axes have names, none of them twice.
struct Named {
    labels: Vec<Label>,
    tensor: Floats,
}

impl Named {
    /// Takes the diagonal of axes that have one name.
    fn new(labels: &[Label], tensor: Floats) -> Result<Self, String> {
        let shape = tensor.shape();
        if shape.len() != labels.len() {
            return Err(format!(
                "an operand of shape {shape:?} has not {} axes",
                labels.len()
            ));
        }
        let mut kept: Vec<Label> = Vec::new();
        let mut sizes = Vec::new();
        for (&label, &size) in labels.iter().zip(&shape) {
            match kept.iter().position(|&known| known == label) {
                None => {
                    kept.push(label);
                    sizes.push(size);
                }
                Some(known) if sizes[known] == size => {}
                Some(_) => return Err(format!("the axes of shape {shape:?} do not agree")),
            }
        }
        if kept.len() == labels.len() {
            return Ok(Self {
                labels: kept,
                tensor,
            });
        }
        let strides = strides(&shape);
        let positions = places(&sizes).map(|place| {
            let at = |label: &Label| kept.iter().position(|known| known == label);
            let along = labels.iter().zip(&strides);
            let position: usize = along
                .map(|(label, stride)| at(label).map_or(0, |axis| place[axis] * stride))
                .sum();
            position as i64
        });
        let positions = positions.collect();
        let tensor = pick(tensor.value(), positions, sizes)?.try_into()?;
        Ok(Self {
            labels: kept,
            tensor,
        })
    }

    fn size(&self, label: Label) -> usize {
        let axis = self.labels.iter().position(|&known| known == label);
        axis.map_or(1, |axis| self.tensor.shape()[axis])
    }

    /// Sums over the axes that nobody else names.
    fn without(self, kept: impl Fn(Label) -> bool) -> Result<Self, String> {
        let axes: Vec<usize> = (0..self.labels.len())
            .filter(|&axis| !kept(self.labels[axis]))
            .collect();
        if axes.is_empty() {
            return Ok(self);
        }
        let shape = self.tensor.shape();
        let left = |axis: &usize| !axes.contains(axis);
        let sizes = (0..shape.len()).filter(left).map(|axis| shape[axis]);
        let sizes: Vec<usize> = sizes.collect();
        let labels = (0..shape.len()).filter(left).map(|axis| self.labels[axis]);
        Ok(Self {
            labels: labels.collect(),
            tensor: self.tensor.sum(&axes)?.reshape(sizes)?,
        })
    }

    /// The axes in a given order, those that are not there of size 1, merged into three groups.
    fn grouped(self, groups: [&[Label]; 3]) -> Result<Floats, String> {
        let order: Vec<usize> = groups
            .iter()
            .flat_map(|group| group.iter())
            .filter_map(|label| self.labels.iter().position(|known| known == label))
            .collect();
        let sizes = groups.map(|group| group.iter().map(|&label| self.size(label)).product());
        self.tensor.permute(&order)?.reshape(sizes.to_vec())
    }

    /// The product of two, summed over what is not kept.
    fn times(self, other: Self, kept: impl Fn(Label) -> bool) -> Result<Self, String> {
        let (left_labels, right_labels) = (self.labels.clone(), other.labels.clone());
        let one = self.without(|label| kept(label) || right_labels.contains(&label))?;
        let two = other.without(|label| kept(label) || left_labels.contains(&label))?;
        let (mut shared, mut summed, mut left, mut right) = (vec![], vec![], vec![], vec![]);
        for &label in &one.labels {
            match (two.labels.contains(&label), kept(label)) {
                (true, true) => shared.push(label),
                (true, false) => summed.push(label),
                (false, _) => left.push(label),
            }
        }
        right.extend(
            two.labels
                .iter()
                .filter(|&label| !one.labels.contains(label)),
        );
        let size = |label: &Label| one.size(*label).max(two.size(*label));
        let mut sizes: Vec<usize> = shared.iter().map(size).collect();
        sizes.extend(left.iter().chain(&right).map(size));
        // A size of 1 stands for any.
        let stretched = |named: Named, other: &[(Label, usize)]| -> Result<Named, String> {
            let shape = named.tensor.shape();
            let mut wanted = shape.clone();
            for (axis, label) in named.labels.iter().enumerate() {
                if let Some((_, size)) = other.iter().find(|(known, _)| known == label) {
                    if wanted[axis] == 1 {
                        wanted[axis] = *size;
                    } else if wanted[axis] != *size && *size != 1 {
                        return Err(format!(
                            "axes of {} and {size} elements have one name",
                            wanted[axis]
                        ));
                    }
                }
            }
            super::operator::bounded(&wanted)?;
            let tensor = named.tensor.value().expand(wanted).try_into()?;
            Ok(Named {
                labels: named.labels,
                tensor,
            })
        };
        let known = |named: &Named| -> Vec<(Label, usize)> {
            let shape = named.tensor.shape();
            named.labels.iter().copied().zip(shape).collect()
        };
        let (first, second) = (known(&one), known(&two));
        let one = stretched(one, &second)?.grouped([&shared, &left, &summed])?;
        let two = stretched(two, &first)?.grouped([&shared, &summed, &right])?;
        let product = one.matmul(two)?;
        let labels = shared.into_iter().chain(left).chain(right).collect();
        Ok(Self {
            labels,
            tensor: product.reshape(sizes)?,
        })
    }
}

pub(super) fn einsum(request: &Request) -> Result<Run, Refusal> {
    let equation: String = request
        .attributes
        .string("equation", "")?
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (equation.as_str(), None),
    };
    let wrong = || Refusal::Invalid(format!("attribute 'equation' is '{equation}'"));
    let terms: Vec<Term> = left
        .split(',')
        .map(|term| Term::read(term).ok_or_else(wrong))
        .collect::<Result<_, _>>()?;
    let result = right
        .map(|term| Term::read(term).ok_or_else(wrong))
        .transpose()?;
    if let Some(result) = &result {
        let mut letters: Vec<char> = result
            .before
            .iter()
            .chain(&result.behind)
            .copied()
            .collect();
        letters.sort_unstable();
        let twice = letters.windows(2).any(|pair| pair[0] == pair[1]);
        let known = |letter: &char| {
            terms
                .iter()
                .any(|term| term.before.contains(letter) || term.behind.contains(letter))
        };
        if twice || !letters.iter().all(known) {
            return invalid(format!("attribute 'equation' is '{equation}'"));
        }
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let mut operands = Vec::with_capacity(terms.len());
        for index in 0..terms.len() {
            let tensor = Floats::from(inputs.float(index)?);
            if tensor.shape().contains(&0) {
                return Err(format!("operand {index} is empty"));
            }
            operands.push(tensor);
        }
        let dots = terms.iter().zip(&operands).filter(|(term, _)| term.dots);
        let dots = dots.map(|(term, tensor)| {
            let letters = term.before.len() + term.behind.len();
            tensor.shape().len().saturating_sub(letters)
        });
        let dots: Vec<usize> = dots.collect();
        let most = dots.iter().copied().max().unwrap_or(0);
        let mut own = dots.into_iter();
        let labels: Vec<Vec<Label>> = terms
            .iter()
            .map(|term| {
                let dots = if term.dots {
                    own.next().unwrap_or(0)
                } else {
                    0
                };
                term.labels(dots)
            })
            .collect();
        let result = match &result {
            Some(result) => result.labels(most),
            None => {
                // Letters that stand once, in the order of the alphabet, behind what the dots mean.
                let all: Vec<Label> = labels.concat();
                let mut once: Vec<Label> = all
                    .iter()
                    .copied()
                    .filter(|label| all.iter().filter(|other| *other == label).count() == 1)
                    .filter(|label| matches!(label, Label::Letter(_)))
                    .collect();
                once.sort_unstable();
                (0..most).rev().map(Label::Dots).chain(once).collect()
            }
        };
        let mut named = labels
            .iter()
            .zip(operands)
            .map(|(labels, tensor)| Named::new(labels, tensor))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let mut product = named.next().ok_or("nothing to multiply")?;
        let mut rest: Vec<Named> = named.collect();
        while !rest.is_empty() {
            let next = rest.remove(0);
            let needed = |label: Label| {
                result.contains(&label) || rest.iter().any(|other| other.labels.contains(&label))
            };
            product = product.times(next, needed)?;
        }
        let product = product.without(|label| result.contains(&label))?;
        let sizes: Vec<usize> = result.iter().map(|&label| product.size(label)).collect();
        let order: Vec<usize> = result
            .iter()
            .filter_map(|label| product.labels.iter().position(|known| known == label))
            .collect();
        Ok(vec![
            product.tensor.permute(&order)?.reshape(sizes)?.value(),
        ])
    }))
}
