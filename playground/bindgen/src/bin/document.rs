//! Puts a document of the repository into a page of the site, in the place of `<!-- document -->`:
//!
//!     document DOCUMENT.md PAGE.html
//!
//! Headings get the anchors that GitHub gives them.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

const PLACE: &str = "<!-- document -->";

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let document = arguments.next().context("name the document")?;
    let page = arguments.next().context("name the page")?;
    let around = std::fs::read_to_string(&page).with_context(|| page.display().to_string())?;
    ensure!(around.contains(PLACE), "{} has no place for it", page.display());
    let document =
        std::fs::read_to_string(&document).with_context(|| document.display().to_string())?;
    std::fs::write(&page, around.replace(PLACE, &rendered(&document)))?;
    Ok(())
}

fn rendered(markdown: &str) -> String {
    let events: Vec<Event> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let mut tables = 0;
    let mut made = Vec::with_capacity(events.len());
    for (place, event) in events.iter().enumerate() {
        match event.clone() {
            Event::Start(Tag::Heading {
                level,
                classes,
                attrs,
                ..
            }) => made.push(Event::Start(Tag::Heading {
                level,
                id: Some(anchor(&events[place..]).into()),
                classes,
                attrs,
            })),
            // A table that is wider than the window is scrolled by itself, also by the keyboard.
            start @ Event::Start(Tag::Table(_)) => {
                tables += 1;
                let around = format!(
                    r#"<div class="table" tabindex="0" role="region" aria-label="Table {tables}">"#
                );
                made.extend([Event::Html(around.into()), start]);
            }
            end @ Event::End(TagEnd::Table) => made.extend([end, Event::Html("</div>".into())]),
            other => made.push(other),
        }
    }
    let mut text = String::new();
    html::push_html(&mut text, made.into_iter());
    // The pages' policy forbids styles that are not in a file; numbers stand on the right as it is.
    text.replace(r#" style="text-align: right""#, "")
        .replace(r#" style="text-align: left""#, "")
}

/// The anchor of the heading that begins here.
fn anchor(events: &[Event]) -> String {
    let words = events
        .iter()
        .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.to_lowercase()),
            _ => None,
        });
    words
        .collect::<String>()
        .replace(' ', "-")
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
        .collect()
}
