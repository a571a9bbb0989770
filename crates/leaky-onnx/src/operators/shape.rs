//! Operators that rearrange elements without computing with them.

use super::{Inputs, Request, Run};

/// A matrix whose rows are the axes before `axis`.
pub(super) fn flatten(request: &Request) -> Result<Run, String> {
    let axis = request.attributes.int("axis", 1)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let shape = value.shape();
        let rank = shape.len() as i64;
        let counted = if axis < 0 { axis + rank } else { axis };
        if !(0..=rank).contains(&counted) {
            return Err(format!("axis {axis} does not exist in {rank} axes"));
        }
        let (rows, columns) = shape.split_at(counted as usize);
        Ok(vec![value.reshape(vec![
            rows.iter().product(),
            columns.iter().product(),
        ])?])
    }))
}

/// Another shape: 0 keeps the axis (unless `allowzero`), -1 takes what is left.
pub(super) fn reshape(request: &Request) -> Result<Run, String> {
    let allow_zero = request.attributes.flag("allowzero", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let wanted = inputs.ints(1)?;
        let shape = value.shape();
        let mut result = Vec::with_capacity(wanted.len());
        let mut unknown = None;
        for (axis, &size) in wanted.iter().enumerate() {
            result.push(match size {
                0 if !allow_zero => *shape.get(axis).ok_or_else(|| {
                    format!("shape {wanted:?} keeps axis {axis}, which {shape:?} does not have")
                })?,
                -1 if unknown.replace(axis).is_none() => 1,
                size => {
                    usize::try_from(size).map_err(|_| format!("shape {wanted:?} is not a shape"))?
                }
            });
        }
        if let Some(axis) = unknown {
            let known: usize = result.iter().product();
            if known == 0 || value.len() % known != 0 {
                return Err(format!("shape {shape:?} cannot become {wanted:?}"));
            }
            result[axis] = value.len() / known;
        }
        Ok(vec![value.reshape(result)?])
    }))
}
