//! Numbers as they are shown everywhere.

use std::time::Duration;

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

/// How long something took: `0.42 s`, `12.3 s`, `3 min 07 s`, `2 h 05 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 9.995 => format!("{seconds:.2} s"),
        _ if seconds < 59.95 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn durations_have_the_unit_that_fits() {
        for (seconds, text) in [
            (0.0, "0.00 s"),
            (9.99, "9.99 s"),
            (9.996, "10.0 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min 00 s"),
            (187.0, "3 min 07 s"),
            (3599.6, "1 h 00 min"),
            (7500.0, "2 h 05 min"),
        ] {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), text);
        }
    }
}
