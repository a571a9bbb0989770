//! What every page keeps to: it is well-formed, needs nothing but itself, and says in words what it
//! shows.

mod made;
mod pages;

use roxmltree::{Document, Node, ParsingOptions};

/// The page as a tree.
fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).expect("the page is well-formed")
}

/// Checks that a page fetches nothing and runs nothing.
fn needs_nothing_else(page: &str) {
    let document = parse(page);
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let fetching = [
            "script", "link", "img", "iframe", "object", "embed", "image", "use", "base",
        ];
        assert!(!fetching.contains(&name), "<{name}> in the page");
        for attribute in node.attributes() {
            let (key, value) = (attribute.name(), attribute.value());
            assert!(
                !["src", "href", "srcset", "data", "action"].contains(&key),
                "{key}={value}"
            );
            assert!(!key.starts_with("on"), "{key}={value}");
            let local = value.matches("url(").count() == value.matches("url(#").count();
            assert!(local, "{key}={value}");
        }
    }
    for style in document
        .descendants()
        .filter(|node| node.has_tag_name("style"))
    {
        let style = style.text().expect("a style sheet");
        assert!(
            !style.contains("@import") && !style.contains("url("),
            "{style}"
        );
    }
}

/// Checks that each figure has a title and each of its drawings words; gives the titles.
fn titles(page: &str) -> Vec<String> {
    let document = parse(page);
    let figures = document
        .descendants()
        .filter(|node| node.has_tag_name("figure"));
    let titles = figures.map(|figure| {
        let title = figure
            .descendants()
            .find(|node| node.has_tag_name("figcaption"))
            .and_then(|caption| {
                caption
                    .descendants()
                    .find(|node| node.has_tag_name("strong"))
            })
            .and_then(|title| title.text())
            .expect("a title");
        let images: Vec<Node> = figure
            .descendants()
            .filter(|node| node.attribute("role") == Some("img"))
            .collect();
        assert!(!images.is_empty(), "{title} draws nothing");
        for image in images {
            let words = image.attribute("aria-label").unwrap_or_default();
            assert!(words.len() > 10, "{title} has no words: {words}");
        }
        // A drawing without words of its own is inside one that has them, or decoration.
        for drawing in figure.descendants().filter(|node| node.has_tag_name("svg")) {
            let told = drawing.attribute("role") == Some("img")
                || drawing.attribute("aria-hidden") == Some("true");
            assert!(told, "{title} has a drawing without words");
        }
        title.to_owned()
    });
    titles.collect()
}

/// All text of the page that a person reads.
fn text(page: &str) -> String {
    let document = parse(page);
    let body = document
        .descendants()
        .find(|node| node.has_tag_name("body"))
        .expect("a body");
    body.descendants()
        .filter_map(|node| node.text().filter(|_| node.is_text()))
        .collect::<Vec<_>>()
        .join(" ")
}
