//! Texts and numbers as they are shown everywhere.

/// Text from a file or a user as it may stand in a message: on one line, with control characters
/// escaped.
pub fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let escape = character.is_control();
            let escaped = escape.then(|| character.escape_debug());
            let plain = (!escape).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// A part of a whole in percent, with one digit after the point: `12.3 %`. A part that is neither
/// nothing nor everything is never rounded to look like it.
pub fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "0.0 %".to_owned();
    }
    let tenths = (part as f64 / whole as f64 * 1000.0).round();
    let shown = match part {
        0 => 0.0,
        part if part == whole => 1000.0,
        _ => tenths.clamp(1.0, 999.0),
    };
    format!("{:.1} %", shown / 10.0)
}

/// A loss, a score or a difference: a few digits. Zero is shown as `0`, and nothing else is.
pub fn score(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    match magnitude {
        -3..=0 => format!("{value:.4}"),
        1..=3 => format!("{value:.*}", (4 - magnitude) as usize),
        _ => format!("{value:.3e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_cannot_break_a_message_into_lines() {
        assert_eq!(printable("a\nb\u{1b}[31m ü"), "a\\nb\\u{1b}[31m ü");
    }

    #[test]
    fn a_percentage_never_hides_a_single_unit() {
        assert_eq!(percent(0, 5000), "0.0 %");
        assert_eq!(percent(1, 5000), "0.1 %");
        assert_eq!(percent(4999, 5000), "99.9 %");
        assert_eq!(percent(5000, 5000), "100.0 %");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(0, 0), "0.0 %");
    }

    #[test]
    fn scores_keep_about_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.00123, "0.0012"),
            (0.000123, "1.230e-4"),
            (0.98765, "0.9877"),
            (-0.5, "-0.5000"),
            (2.34567, "2.3457"),
            (12.3456, "12.346"),
            (1234.56, "1234.6"),
            (123456.0, "1.235e5"),
            (0.000012, "1.200e-5"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(score(value), text);
        }
    }
}
