//! The page around a report: one file that needs nothing else.
//!
//! It is written so that it reads as HTML and as XML: every element is closed, and no character
//! needs a named entity.

use maud::{Markup, PreEscaped, html};

use super::activity::Activity;
use super::series::series_on_dark;
use leaky_cure::text;
use leaky_cure::text::printable;

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(super) fn page(title: &str, verdict: &str, body: &Markup) -> String {
    let title = printable(title);
    let page = html! {
        (PreEscaped("<!DOCTYPE html>\n"))
        html lang="en" {
            head {
                (PreEscaped("<meta charset=\"utf-8\"/>"))
                (PreEscaped("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"))
                (PreEscaped("<meta name=\"color-scheme\" content=\"light dark\"/>"))
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(series_on_dark())) }
            }
            body {
                (marks())
                main {
                    header {
                        p.kind { "leaky" }
                        h1 { (title) }
                        p.verdict { (printable(verdict)) }
                    }
                    (body)
                }
            }
        }
    };
    page.into_string()
}

/// The marks of units, as patterns to draw rows of them with.
fn marks() -> Markup {
    html! {
        svg.definitions width="0" height="0" aria-hidden="true" {
            defs {
                @for activity in Activity::ALL {
                    pattern id=(activity.id()) width="1" height="1" viewBox="0 0 12 12"
                        patternUnits="userSpaceOnUse" { (activity.mark()) }
                }
            }
        }
    }
}

/// A part of a whole in percent, which no line break parts from its sign.
pub(super) fn percent(part: usize, whole: usize) -> String {
    text::percent(part, whole).replace(' ', "\u{a0}")
}

/// A part of the page under a heading.
pub(super) fn section(heading: &str, content: &Markup) -> Markup {
    html! { section { h2 { (heading) } (content) } }
}

/// A figure with its title, a sentence on how to read it, and its drawings, each of which has a text
/// alternative of its own.
pub(super) fn figure(title: &str, explanation: &str, drawings: &Markup) -> Markup {
    html! {
        figure {
            figcaption { strong { (title) } " " span { (explanation) } }
            (drawings)
        }
    }
}

/// A number that matters, large, with what it is and what it is a part of.
pub(super) struct Tile {
    pub name: String,
    /// What the number was before, where it changed.
    pub was: Option<String>,
    pub value: String,
    pub note: String,
}

impl Tile {
    pub fn new(name: &str, value: String, note: &str) -> Self {
        Self {
            name: name.to_owned(),
            was: None,
            value,
            note: note.to_owned(),
        }
    }
}

pub(super) fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        ul.tiles {
            @for tile in tiles {
                li {
                    span.name { (tile.name) }
                    @if let Some(was) = &tile.was { span.was { (was) " →" } }
                    strong.long[tile.value.chars().count() > 10] { (tile.value) }
                    span.note { (printable(&tile.note)) }
                }
            }
        }
    }
}

/// A table of texts; all columns but the first few hold numbers.
pub(super) fn table(caption: &str, header: &[&str], words: usize, rows: &[Vec<String>]) -> Markup {
    let class = |column: usize| if column < words { "word" } else { "number" };
    html! {
        div.table tabindex="0" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for (column, name) in header.iter().enumerate() {
                            th scope="col" class=(class(column)) { (name) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                td class=(class(column)) { (printable(cell)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
