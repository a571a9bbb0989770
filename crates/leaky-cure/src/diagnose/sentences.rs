//! Causes of death in words.

use super::cause::{Cause, Figures, InputFigures};
use crate::text::score;

/// A cause in words, said of several units, to follow their number. `normalized` tells whether a
/// normalisation stands before the rectifier.
pub(super) fn sentence(
    cause: Cause,
    figures: &Figures,
    normalized: bool,
    reason: Option<&str>,
) -> String {
    let shift = match normalized {
        true => "the shift of the normalisation",
        false => "the bias",
    };
    let number = |number: Option<f64>| number.map_or_else(|| "unknown".into(), short);
    let below = figures
        .deviations_below
        .map_or_else(String::new, |deviations| {
            format!(
                "; the mean lies {} deviations below zero",
                short(deviations)
            )
        });
    let inputs = figures.inputs.as_ref();
    match cause {
        Cause::NothingArrives => format!(
            "nothing arrives: {}",
            inputs.map_or_else(
                || "what they hear does not vary".into(),
                |inputs| match inputs.zero {
                    0 => format!(
                        "{} of the {} inputs of the layer are constant",
                        inputs.constant, inputs.count
                    ),
                    zero => format!(
                        "{} of the {} inputs of the layer are constant, {zero} of them zero",
                        inputs.constant, inputs.count
                    ),
                },
            )
        ),
        Cause::NoWeights => format!(
            "their weights, or the scale behind them, are as good as zero: all that is left is {shift}, {}",
            number(figures.shift)
        ),
        Cause::ShiftBelowZero => format!(
            "{shift} lies too low, at {}, while the inputs bring {}{below}",
            number(figures.shift),
            number(figures.from_inputs)
        ),
        Cause::WeightsAgainstInputs => {
            let inputs = match inputs {
                Some(inputs) if inputs.minimum >= 0.0 => "inputs that are never negative",
                _ => "the mean of their inputs",
            };
            let share = figures.negative_weights.map_or_else(String::new, |share| {
                format!(
                    " ({} of the weights' magnitude is negative)",
                    rounded_percent(share)
                )
            });
            format!(
                "the weights point against {inputs}{share} and bring {}, {shift} {}{below}",
                number(figures.from_inputs),
                number(figures.shift)
            )
        }
        Cause::UnscaledInputs => format!(
            "the inputs of the network are not scaled ({}): the weights bring {}, {shift} {}{below}",
            inputs.map_or_else(|| "unknown".into(), range),
            number(figures.from_inputs),
            number(figures.shift)
        ),
        Cause::StatisticsDoNotFit => format!(
            "the stored statistics of the batch normalisation do not fit these data: what it \
             normalises has the mean {} in place of 0, its shift is {}{below}",
            number(figures.from_inputs),
            number(figures.shift)
        ),
        Cause::CannotBeTold => {
            format!(
                "it cannot be told why: {}",
                reason.unwrap_or("the numbers do not say")
            )
        }
    }
}

/// The inputs of a layer in words: from where to where, their mean and deviation.
pub(super) fn range(inputs: &InputFigures) -> String {
    format!(
        "from {} to {}, mean {}, deviation {}",
        short(inputs.minimum),
        short(inputs.maximum),
        short(inputs.mean),
        short(inputs.deviation)
    )
}

/// A number with three digits or so.
pub(super) fn short(number: f64) -> String {
    let magnitude = number.abs();
    if number == 0.0 || (0.01..1000.0).contains(&magnitude) {
        let digits = if magnitude < 1.0 {
            3
        } else if magnitude < 10.0 {
            2
        } else {
            1
        };
        let text = format!("{number:.digits$}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        return if text == "-0" {
            "0".into()
        } else {
            text.to_owned()
        };
    }
    if (1000.0..1e6).contains(&magnitude) {
        return format!("{number:.0}");
    }
    score(number)
}

fn rounded_percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_in_sentences_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (-6.0, "-6"),
            (0.12345, "0.123"),
            (3.2449, "3.24"),
            (78.56, "78.6"),
            (100.0, "100"),
            (12345.6, "12346"),
            (1.5e-4, "1.500e-4"),
            (2.5e8, "2.500e8"),
        ] {
            assert_eq!(short(number), text);
        }
    }
}
