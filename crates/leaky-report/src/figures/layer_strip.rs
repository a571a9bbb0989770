//! The network as a strip of its layers, each filled as far as its units are dead.

use maud::{Markup, html};

use crate::page::{figure, percent};
use leaky_cure::diagnose::{Diagnosis, Layer};
use leaky_cure::text::printable;

/// The strip of one verdict, or of the verdicts before and after.
pub(crate) fn layer_strip(before: &Diagnosis, after: Option<&Diagnosis>) -> Markup {
    let layers: Vec<Vec<&Layer>> = before
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| {
            let after = after.and_then(|after| after.layers.get(index));
            std::iter::once(layer).chain(after).collect()
        })
        .collect();
    let words: Vec<String> = layers.iter().map(|layers| in_words(layers)).collect();
    let how = match after {
        None => {
            "The rectifiers from the network's input to its output. Each block is filled as far as \
             its units are dead."
        }
        Some(_) => {
            "The rectifiers from the network's input to its output. Each block is filled as far as \
             its units are dead: on the left before, on the right after."
        }
    };
    figure(
        "The share of dead units, layer by layer",
        how,
        &html! {
            div role="img" aria-label={ "Share of dead units by layer: " (words.join("; ")) } {
                ol.strip { @for layers in &layers { (block(layers)) } }
            }
        },
    )
}

fn dead_share(layer: &Layer) -> f64 {
    layer.dead.len() as f64 / layer.units.max(1) as f64
}

fn in_words(layers: &[&Layer]) -> String {
    let name = layers.first().map_or("", |layer| &layer.name);
    let shares: Vec<String> = layers
        .iter()
        .map(|layer| percent(layer.dead.len(), layer.units))
        .collect();
    format!("{} {}", printable(name), shares.join(" before, then "))
}

fn block(layers: &[&Layer]) -> Markup {
    let width = 100.0 / layers.len() as f64;
    html! {
        li {
            svg viewBox="0 0 100 56" preserveAspectRatio="none" aria-hidden="true" {
                @for (index, layer) in layers.iter().enumerate() {
                    @let x = width * index as f64;
                    @let dead = (dead_share(layer) * 560.0).round() / 10.0;
                    rect.living x=(x) y="0" width=(width) height="56" {}
                    rect.share x=(x) y=(56.0 - dead) width=(width) height=(dead) {}
                    rect.frame x=(x) y="0" width=(width) height="56" {}
                }
            }
            @if let Some(layer) = layers.last() {
                div.name { (printable(&layer.name)) }
            }
            div { (changes(layers, |layer| percent(layer.dead.len(), layer.units))) " dead" }
            div {
                (changes(layers, |layer| layer.dead.len().to_string()))
                " of " (layers.first().map_or(0, |layer| layer.units)) " units"
            }
        }
    }
}

/// A figure of the layer, or what it was and what it is.
fn changes(layers: &[&Layer], figure: impl Fn(&Layer) -> String) -> String {
    let figures: Vec<String> = layers.iter().map(|layer| figure(layer)).collect();
    figures.join(" → ")
}
