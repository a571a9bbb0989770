//! Channels turned into positions, and back.

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, invalid};
use crate::value::Value;

/// How many positions along an axis go into one or come out of it, and whether the places within a
/// block are the slowest part of a channel's number, as in ONNX's first version, or the fastest.
fn block(request: &Request) -> Result<(usize, bool), Refusal> {
    let places_first = match request.attributes.string("mode", "DCR")? {
        "DCR" => true,
        "CRD" => false,
        other => return invalid(format!("attribute 'mode' is '{other}'")),
    };
    match request.attributes.size("blocksize", 0)? {
        0 => invalid("attribute 'blocksize' is missing or 0"),
        block => Ok((block, places_first)),
    }
}

fn image(value: &Value) -> Result<[usize; 4], String> {
    <[usize; 4]>::try_from(value.shape())
        .map_err(|shape| format!("input of shape {shape:?}, expected images"))
}

/// Channels become blocks of positions: PyTorch's `PixelShuffle` is the mode `CRD`.
pub(super) fn depth_to_space(request: &Request) -> Result<Run, Refusal> {
    let (block, places_first) = block(request)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let [samples, channels, height, width] = image(&value)?;
        let outward = block
            .checked_mul(block)
            .filter(|area| channels % area == 0)
            .map(|area| channels / area)
            .ok_or_else(|| format!("{channels} channels do not make blocks of {block}"))?;
        let (apart, order) = if places_first {
            (
                [samples, block, block, outward, height, width],
                [0, 3, 4, 1, 5, 2],
            )
        } else {
            (
                [samples, outward, block, block, height, width],
                [0, 1, 4, 2, 5, 3],
            )
        };
        let blocks = value.reshape(apart.to_vec())?.permute(&order)?;
        Ok(vec![blocks.reshape(vec![
            samples,
            outward,
            height * block,
            width * block,
        ])?])
    }))
}

/// Blocks of positions become channels.
pub(super) fn space_to_depth(request: &Request) -> Result<Run, Refusal> {
    let (block, places_first) = block(request)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let [samples, channels, height, width] = image(&value)?;
        if height % block != 0 || width % block != 0 {
            return Err(format!(
                "an image of {height} by {width} does not come apart into blocks of {block}"
            ));
        }
        let (rows, columns) = (height / block, width / block);
        let apart = vec![samples, channels, rows, block, columns, block];
        let order = if places_first {
            [0, 3, 5, 1, 2, 4]
        } else {
            [0, 1, 3, 5, 2, 4]
        };
        let blocks = value.reshape(apart)?.permute(&order)?;
        Ok(vec![blocks.reshape(vec![
            samples,
            channels * block * block,
            rows,
            columns,
        ])?])
    }))
}
