//! Numbers on the command line, with the bounds that make sense for them.

use std::str::FromStr;

use leaky_cure::cure::Alpha;
use leaky_cure::data::Normalize;

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "not a number".to_owned())
}

/// A negative slope: any finite number.
pub(super) fn alpha(text: &str) -> Result<f32, String> {
    let alpha: f32 = number(text)?;
    match alpha.is_finite() {
        true => Ok(alpha),
        false => Err("the slope must be finite".into()),
    }
}

/// A negative slope, or `auto`.
pub(super) fn alpha_or_auto(text: &str) -> Result<Alpha, String> {
    match text {
        "auto" => Ok(Alpha::Auto),
        text => alpha(text)
            .map(Alpha::Fixed)
            .map_err(|reason| format!("{reason}, and not 'auto'")),
    }
}

/// A learning rate: finite and above zero.
pub(super) fn learning_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = number(text)?;
    match rate.is_finite() && rate > 0.0 {
        true => Ok(rate),
        false => Err("the learning rate must be finite and above 0".into()),
    }
}

/// A finite number above zero.
pub(super) fn above_zero(text: &str) -> Result<f64, String> {
    let found: f64 = number(text)?;
    match found.is_finite() && found > 0.0 {
        true => Ok(found),
        false => Err("it must be finite and above 0".into()),
    }
}

/// A finite number that is not negative.
pub(super) fn at_least_zero(text: &str) -> Result<f64, String> {
    let found: f64 = number(text)?;
    match found.is_finite() && found >= 0.0 {
        true => Ok(found),
        false => Err("it must be finite and not negative".into()),
    }
}

/// A part that leaves something: from 0 to below 1.
pub(super) fn below_one(text: &str) -> Result<f64, String> {
    let found: f64 = number(text)?;
    match (0.0..1.0).contains(&found) {
        true => Ok(found),
        false => Err("it must lie from 0 to below 1".into()),
    }
}

/// A fraction: from 0 to 1.
pub(super) fn fraction(text: &str) -> Result<f64, String> {
    let fraction: f64 = number(text)?;
    match (0.0..=1.0).contains(&fraction) {
        true => Ok(fraction),
        false => Err("a fraction lies between 0 and 1".into()),
    }
}

/// How many: a whole number of at least 1.
pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count >= 1 => Ok(count),
        _ => Err("a whole number of at least 1 is needed".into()),
    }
}

/// How numbers to normalise with are called.
pub(super) const NORMALIZE: &str = "MEAN,…/DEVIATION,…";

/// The word for those of the data.
pub(super) const MEASURED: &str = "data";

/// Numbers to normalise with, or those of the data.
pub(super) fn normalize(text: &str) -> Result<Normalize, String> {
    if text == MEASURED {
        return Ok(Normalize::Measured);
    }
    let wrong = "the means and, behind a slash, the deviations are needed, one for each channel: 0.5,0.4/0.2,0.3";
    let (mean, deviation) = text.split_once('/').ok_or(wrong)?;
    let numbers = |text: &str| text.split(',').map(number).collect::<Result<Vec<f64>, _>>();
    let (mean, deviation) = (numbers(mean)?, numbers(deviation)?);
    let is_finite = mean
        .iter()
        .chain(&deviation)
        .all(|number| number.is_finite());
    if !is_finite || deviation.iter().any(|&deviation| deviation <= 0.0) {
        return Err("means must be finite, deviations finite and above 0".into());
    }
    Ok(Normalize::Given { mean, deviation })
}

/// A negative slope for arrays of any float type: any finite number.
pub(super) fn slope(text: &str) -> Result<f64, String> {
    let slope: f64 = number(text)?;
    match slope.is_finite() {
        true => Ok(slope),
        false => Err("the slope must be finite".into()),
    }
}

/// A negative slope that a drawing can show.
pub(super) fn drawable_slope(text: &str) -> Result<f64, String> {
    let slope = slope(text)?;
    match slope.abs() <= STEEPEST_DRAWN {
        true => Ok(slope),
        false => Err(format!(
            "a slope beyond {STEEPEST_DRAWN:e} or -{STEEPEST_DRAWN:e} cannot be drawn"
        )),
    }
}

/// Far beyond what anybody draws; curves in single precision, and the ticks of an axis, need the
/// bound.
const STEEPEST_DRAWN: f64 = 1e30;
