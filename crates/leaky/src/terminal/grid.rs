//! Tables that fit the terminal.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use console::{Style, measure_text_width};

/// How a table is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether it has colours.
    pub colour: bool,
    /// How many columns the terminal has; none where there is no terminal, and any width will do.
    pub columns: Option<usize>,
}

/// One way to show a table. The first columns hold words, the very first one names; the others hold
/// numbers, which stand to the right.
pub(super) struct Form {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) words: usize,
}

/// One line of a table.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) mark: Mark,
}

/// What a line's colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Dead,
    Dormant,
    Healthy,
    Best,
    Total,
}

impl Mark {
    fn style(self) -> Style {
        match self {
            Self::Dead => Style::new().red(),
            Self::Dormant => Style::new().yellow(),
            Self::Healthy => Style::new(),
            Self::Best | Self::Total => Style::new().bold(),
        }
    }
}

/// Names are shortened to so many columns before a narrower form is taken.
const READABLE: usize = 16;
/// Names are never shortened to less.
const SHORTEST: usize = 6;

/// The table in the first of its forms, from the widest to the narrowest, that fits the terminal. For
/// that names are shortened in the middle. There is a rule below the header and above the total.
pub(super) fn render(forms: &[Form], look: Look) -> String {
    let columns = look.columns.unwrap_or(usize::MAX);
    let wide = forms
        .iter()
        .flat_map(|form| [(form, 3, usize::MAX), (form, 2, READABLE)]);
    let narrow = forms.last().map(|form| (form, 1, SHORTEST));
    let mut lines = Vec::new();
    let mut shown = &[] as &[Row];
    for (form, gap, shortest) in wide.chain(narrow) {
        shown = &form.rows;
        lines = form.lines(gap, usize::MAX);
        let over = width(&lines).saturating_sub(columns);
        if over == 0 {
            break;
        }
        let longest = form.longest_name();
        let room = longest.saturating_sub(over);
        if room >= shortest.min(longest) {
            lines = form.lines(gap, room);
            break;
        }
        // Of a terminal too narrow for anything, what fits.
        lines = form.lines(gap, SHORTEST);
    }
    styled(&lines, shown, columns, look.colour)
}

impl Form {
    fn longest_name(&self) -> usize {
        let names = self.rows.iter().filter_map(|row| row.cells.first());
        names
            .map(|name| measure_text_width(name))
            .max()
            .unwrap_or(0)
    }

    /// The header, the rule and the rows, the columns `gap` apart, names on at most `room` columns.
    fn lines(&self, gap: u16, room: usize) -> Vec<String> {
        let mut table = Table::new();
        let rule = LineStyle::none().fill('─').junction('─');
        table.load_style(TableStyle::new().header_separator(rule));
        table.set_header(&self.header);
        for row in &self.rows {
            let cells = row.cells.iter().enumerate();
            table.add_row(cells.map(|(place, cell)| match place {
                0 => shortened(cell, room),
                _ => cell.clone(),
            }));
        }
        for column in table.column_iter_mut() {
            column.set_padding((gap / 2, gap.saturating_sub(1) / 2));
        }
        for column in table.column_iter_mut().skip(self.words) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.lines().collect()
    }
}

fn width(lines: &[String]) -> usize {
    let widths = lines.iter().map(|line| measure_text_width(line));
    widths.max().unwrap_or(0)
}

fn styled(lines: &[String], rows: &[Row], columns: usize, colour: bool) -> String {
    let mut lines = lines.iter().map(|line| cut(line.trim_end(), columns));
    let mut text = String::new();
    let mut put = |line: &str, style: Style| {
        let line = style.force_styling(colour).apply_to(line);
        text.push_str(&format!("{line}\n"));
    };
    put(&lines.next().unwrap_or_default(), Style::new().bold());
    let rule = lines.next().unwrap_or_default();
    put(&rule, Style::new());
    for (row, line) in rows.iter().zip(lines) {
        if row.mark == Mark::Total {
            put(&rule, Style::new());
        }
        put(&line, row.mark.style());
    }
    text
}

/// A name on at most so many columns: what is left out is left out in the middle.
fn shortened(name: &str, columns: usize) -> String {
    if measure_text_width(name) <= columns {
        return name.to_owned();
    }
    let kept = columns.saturating_sub(1);
    let head = cut_to(name.chars(), kept.div_ceil(2));
    let tail: String = cut_to(name.chars().rev(), kept / 2).chars().rev().collect();
    format!("{head}…{tail}")
}

/// A line on at most so many columns.
fn cut(line: &str, columns: usize) -> String {
    cut_to(line.chars(), columns)
}

/// The first of some characters, on at most so many columns.
fn cut_to(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut text = String::new();
    for character in characters {
        text.push(character);
        if measure_text_width(&text) > columns {
            text.pop();
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shortened_in_the_middle() {
        for (name, columns, short) in [
            ("/0/Relu", 7, "/0/Relu"),
            ("/blocks/2/activation/Relu", 12, "/block…/Relu"),
            ("/blocks/2/activation/Relu", 11, "/bloc…/Relu"),
            ("層層層層層層", 7, "層…層"),
            ("abc", 1, "…"),
        ] {
            assert_eq!(shortened(name, columns), short);
            assert!(measure_text_width(&shortened(name, columns)) <= columns);
        }
    }
}
