//! Every unit of every layer, as a mark that tells how often it fires.

use std::fmt::Write;

use maud::{Markup, html};

use crate::activity::Activity;
use crate::page::figure;
use leaky_cure::diagnose::{Diagnosis, Layer};
use leaky_cure::text::printable;

/// The width and height of a mark, in pixels where there is room.
const CELL: usize = 12;

/// So many layers have a row each.
const FEW: usize = 6;

/// The maps of one verdict, or of the verdicts before and after.
pub(crate) fn unit_maps(before: &Diagnosis, after: Option<&Diagnosis>) -> Markup {
    let pairs = before.layers.iter().enumerate().map(|(index, layer)| {
        let after = after.and_then(|after| after.layers.get(index));
        (layer, after)
    });
    figure(
        "How often each unit fires",
        "One mark for each unit, in the order of the file from left to right and then downwards: on \
         what part of the samples and positions its pre-activation is above zero.",
        &html! {
            ul class="legend explained" {
                @for activity in Activity::ALL {
                    li {
                        svg width="18" height="18" viewBox="0 0 12 12" aria-hidden="true" {
                            (activity.mark())
                        }
                        span { strong { (activity.name()) } ", " (activity.meaning()) }
                    }
                }
            }
            div.maps.pairs[after.is_some()].few[before.layers.len() <= FEW] {
                @for (before, after) in pairs {
                    div {
                        h3 { (printable(&before.name)) }
                        p { (described(before, after)) }
                        @match after {
                            None => { (map(before, "")) }
                            Some(after) => {
                                div.pair {
                                    div { h4 { "before" } (map(before, " before")) }
                                    div { h4 { "after" } (map(after, " after")) }
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn described(before: &Layer, after: Option<&Layer>) -> String {
    let operator = match after {
        Some(after) if after.operator() != before.operator() => {
            format!("{}, after: {}", before.operator(), after.operator())
        }
        _ => before.operator(),
    };
    format!("{} units, {}", before.units, printable(&operator))
}

/// The units of one layer, a row of marks below the other.
fn map(layer: &Layer, when: &str) -> Markup {
    let units = Activity::of(layer);
    let columns = match units.len() {
        ..=1024 => units.len().clamp(1, 32),
        _ => 64,
    };
    let rows = units.len().div_ceil(columns).max(1);
    let counts: Vec<String> = Activity::ALL
        .iter()
        .map(|activity| {
            (
                activity,
                units.iter().filter(|unit| *unit == activity).count(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .map(|(activity, count)| format!("{count} {}", activity.name()))
        .collect();
    let words = format!(
        "Units of {}{when}: {}",
        printable(&layer.name),
        counts.join(", ")
    );
    html! {
        svg width=(columns * CELL) height=(rows * CELL) viewBox={ "0 0 " (columns) " " (rows) }
            role="img" aria-label=(words) {
            @for activity in Activity::ALL {
                @let path = path(&units, columns, activity);
                @if !path.is_empty() {
                    path d=(path) fill="none" stroke={ "url(#" (activity.id()) ")" } stroke-width="1" {}
                }
            }
        }
    }
}

/// The runs of neighbouring units of one activity, as lines to be drawn with the pattern of its mark:
/// with relative moves they take few characters a unit, however many there are.
fn path(units: &[Activity], columns: usize, activity: Activity) -> String {
    let mut path = String::new();
    let (mut x, mut y) = (0, 0);
    for (row, units) in units.chunks(columns).enumerate() {
        let mut column = 0;
        for run in units.chunk_by(|one, other| one == other) {
            if run[0] == activity {
                let (dx, dy) = (column as i64 - x, row as i64 - y);
                // Lines run along the middle of a row.
                let _ = match path.is_empty() {
                    true => write!(path, "M{column} {row}.5h{}", run.len()),
                    false => write!(path, "m{dx} {dy}h{}", run.len()),
                };
                (x, y) = ((column + run.len()) as i64, row as i64);
            }
            column += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use Activity::{Dead, Often};

    #[test]
    fn a_path_goes_through_the_units_of_its_activity_and_no_others() {
        let units = [
            [Dead, Dead, Often, Dead],
            [Often, Often, Often, Often],
            [Often, Dead, Dead, Often],
        ]
        .concat();
        assert_eq!(path(&units, 4, Dead), "M0 0.5h2m1 0h1m-3 2h2");
        assert_eq!(path(&units, 4, Often), "M2 0.5h1m-3 1h4m-4 1h1m2 0h1");
        assert_eq!(path(&units, 4, Activity::Dormant), "");
    }
}
