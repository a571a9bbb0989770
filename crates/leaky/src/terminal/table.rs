//! The verdict by layer, as a table.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use console::Style;

use leaky_cure::diagnose::{Diagnosis, Layer};
use leaky_cure::text::{percent, printable};

/// One line a layer, and a line for the whole network where it has several layers. `colour` marks
/// layers with dead units in red and those with dormant ones in yellow.
pub fn diagnosis_table(diagnosis: &Diagnosis, colour: bool) -> String {
    let header = ["layer", "operator", "units", "dead", "dormant", "always on"];
    let mut rows: Vec<Row> = diagnosis
        .layers
        .iter()
        .map(|layer| Row {
            cells: [label(layer), figures(&Figures::from(layer))].concat(),
            mark: Mark::of(&Figures::from(layer)),
        })
        .collect();
    if rows.len() > 1 {
        let total = Figures::from(diagnosis);
        rows.push(Row {
            cells: [total_label(), figures(&total)].concat(),
            mark: Mark::Total,
        });
    }
    render(&header, &rows, 2, colour)
}

/// The verdict before and after a cure, side by side; a rectifier that was replaced is named as it
/// is afterwards.
pub fn before_after_table(before: &Diagnosis, after: &Diagnosis, colour: bool) -> String {
    let header = [
        "layer",
        "operator",
        "units",
        "dead",
        "after",
        "dormant",
        "after",
        "always on",
        "after",
    ];
    let pairs = before.layers.iter().zip(&after.layers);
    let mut rows: Vec<Row> = pairs
        .map(|(before, after)| Row {
            cells: [
                label(after),
                side_by_side(&Figures::from(before), &Figures::from(after)),
            ]
            .concat(),
            mark: Mark::of(&Figures::from(after)),
        })
        .collect();
    if rows.len() > 1 {
        let totals = side_by_side(&Figures::from(before), &Figures::from(after));
        rows.push(Row {
            cells: [total_label(), totals].concat(),
            mark: Mark::Total,
        });
    }
    render(&header, &rows, 2, colour)
}

/// The figures that a line shows.
struct Figures {
    units: usize,
    dead: usize,
    dormant: usize,
    always_on: usize,
}

impl From<&Layer> for Figures {
    fn from(layer: &Layer) -> Self {
        Self {
            units: layer.units,
            dead: layer.dead.len(),
            dormant: layer.dormant.len(),
            always_on: layer.always_on.len(),
        }
    }
}

impl From<&Diagnosis> for Figures {
    fn from(diagnosis: &Diagnosis) -> Self {
        Self {
            units: diagnosis.units,
            dead: diagnosis.dead,
            dormant: diagnosis.dormant,
            always_on: diagnosis.always_on,
        }
    }
}

fn label(layer: &Layer) -> Vec<String> {
    vec![printable(&layer.name), printable(&layer.operator())]
}

fn total_label() -> Vec<String> {
    vec!["all".to_owned(), String::new()]
}

fn dead(figures: &Figures) -> String {
    let share = percent(figures.dead, figures.units);
    format!("{} {share:>8}", figures.dead)
}

fn figures(figures: &Figures) -> Vec<String> {
    vec![
        figures.units.to_string(),
        dead(figures),
        figures.dormant.to_string(),
        figures.always_on.to_string(),
    ]
}

fn side_by_side(before: &Figures, after: &Figures) -> Vec<String> {
    vec![
        after.units.to_string(),
        dead(before),
        dead(after),
        before.dormant.to_string(),
        after.dormant.to_string(),
        before.always_on.to_string(),
        after.always_on.to_string(),
    ]
}

/// One line of a table.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) mark: Mark,
}

/// What a line's colour says.
pub(super) enum Mark {
    Dead,
    Dormant,
    Healthy,
    Best,
    Total,
}

impl Mark {
    fn of(figures: &Figures) -> Self {
        match figures {
            Figures { dead: 1.., .. } => Self::Dead,
            Figures { dormant: 1.., .. } => Self::Dormant,
            _ => Self::Healthy,
        }
    }

    fn style(&self) -> Style {
        match self {
            Self::Dead => Style::new().red(),
            Self::Dormant => Style::new().yellow(),
            Self::Healthy => Style::new(),
            Self::Best | Self::Total => Style::new().bold(),
        }
    }
}

/// The cells in columns, with a rule below the header and above the total. The first columns hold
/// words; the others hold numbers, which stand to the right.
pub(super) fn render(header: &[&str], rows: &[Row], words: usize, colour: bool) -> String {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(row.cells.iter().map(String::as_str));
    }
    for column in table.column_iter_mut().skip(words) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut lines = table.lines();
    let mut text = String::new();
    let mut put = |line: String, style: Style| {
        let line = style
            .force_styling(colour)
            .apply_to(line.trim_end().to_owned());
        text.push_str(&format!("{line}\n"));
    };
    put(lines.next().unwrap_or_default(), Style::new().bold());
    let rule = lines.next().unwrap_or_default();
    put(rule.clone(), Style::new());
    for (row, line) in rows.iter().zip(lines) {
        if matches!(row.mark, Mark::Total) {
            put(rule.clone(), Style::new());
        }
        put(line, row.mark.style());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use leaky_cure::diagnose::LayerCounts;

    fn diagnosis(layers: &[(&str, &str, f64, [usize; 4])]) -> Diagnosis {
        let counts = layers
            .iter()
            .map(|&(name, op, alpha, [units, dead, dormant, on])| {
                let above = |unit: usize| match unit {
                    unit if unit < dead => 0,
                    unit if unit < dead + dormant => 1,
                    _ => 5000,
                };
                let below = |unit: usize| if unit >= units - on { 0 } else { 10 };
                LayerCounts {
                    name: name.into(),
                    op: op.into(),
                    alpha: Some(alpha),
                    above_zero: (0..units).map(above).collect(),
                    below_zero: (0..units).map(below).collect(),
                    total: 10_000,
                }
            });
        Diagnosis::new("net.onnx", 10_000, counts.collect())
    }

    #[test]
    fn the_table_shows_each_layer_and_their_sum() {
        let diagnosis = diagnosis(&[
            ("/0/Relu", "Relu", 0.0, [128, 126, 1, 0]),
            ("/blocks/2/activation/Relu", "Relu", 0.0, [64, 0, 0, 3]),
        ]);
        let expected = [
            " layer                       operator   units           dead   dormant   always on",
            "───────────────────────────────────────────────────────────────────────────────────",
            " /0/Relu                     Relu         128   126   98.4 %         1           0",
            " /blocks/2/activation/Relu   Relu          64     0    0.0 %         0           3",
            "───────────────────────────────────────────────────────────────────────────────────",
            " all                                      192   126   65.6 %         1           3",
            "",
        ]
        .join("\n");
        assert_eq!(diagnosis_table(&diagnosis, false), expected);
    }

    #[test]
    fn before_and_after_stand_side_by_side() {
        let before = diagnosis(&[("/0/Relu", "Relu", 0.0, [10, 9, 0, 0])]);
        let after = diagnosis(&[("/0/Relu", "LeakyRelu", 0.01, [10, 0, 1, 2])]);
        let expected = [
            " layer     operator         units         dead        after   dormant   after   always on   after",
            "──────────────────────────────────────────────────────────────────────────────────────────────────",
            " /0/Relu   LeakyRelu 0.01      10   9   90.0 %   0    0.0 %         0       1           0       2",
            "",
        ]
        .join("\n");
        assert_eq!(before_after_table(&before, &after, false), expected);
    }

    #[test]
    fn colour_only_adds_escapes() {
        let diagnosis = diagnosis(&[
            ("a", "Relu", 0.0, [4, 1, 0, 0]),
            ("b", "Relu", 0.0, [4, 0, 1, 0]),
            ("c", "Relu", 0.0, [4, 0, 0, 0]),
        ]);
        let plain = diagnosis_table(&diagnosis, false);
        let coloured = diagnosis_table(&diagnosis, true);
        assert!(!plain.contains('\u{1b}'));
        assert_eq!(console::strip_ansi_codes(&coloured), plain);
        let line = |text: &str, name: &str| {
            let found = text
                .lines()
                .find(|line| line.contains(&format!(" {name} ")));
            found.unwrap().to_owned()
        };
        assert!(line(&coloured, "a").contains("\u{1b}[31m"));
        assert!(line(&coloured, "b").contains("\u{1b}[33m"));
        assert!(!line(&coloured, "c").contains('\u{1b}'));
    }

    #[test]
    fn a_name_cannot_break_the_table() {
        let diagnosis = diagnosis(&[("a\nb\u{1b}[31m", "Relu", 0.0, [4, 1, 0, 0])]);
        let table = diagnosis_table(&diagnosis, false);
        assert_eq!(table.lines().count(), 3, "{table}");
        assert!(!table.contains('\u{1b}'));
    }
}
