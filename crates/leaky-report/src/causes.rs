//! Why units died, and what is to be done.

use leaky_cure::diagnose::Diagnosis;
use leaky_cure::text::printable;
use maud::{Markup, html};

use super::page::{section, table};

/// The causes layer by layer, and the prescription; nothing where nothing died or nobody asked.
pub(super) fn causes(diagnosis: &Diagnosis) -> Markup {
    let rows: Vec<Vec<String>> = diagnosis
        .layers
        .iter()
        .flat_map(|layer| {
            layer.causes.iter().map(|found| {
                vec![
                    layer.name.clone(),
                    found.sentence.clone(),
                    format!("{} of {}", found.units.len(), layer.units),
                ]
            })
        })
        .collect();
    if rows.is_empty() {
        return html! {};
    }
    section(
        "Why they died",
        &html! {
            p.aside {
                "A pre-activation is what the weights make of the inputs, and a shift: a bias, or that of a \
                 normalisation. Where it is never above zero, the part that lies lower is named. Numbers \
                 are medians over the units."
            }
            (table("Causes", &["layer", "why", "units"], 2, &rows))
            @if !diagnosis.prescription.is_empty() {
                h3 { "What to do" }
                ul {
                    @for found in &diagnosis.prescription { li { (printable(&found.sentence)) } }
                }
            }
        },
    )
}
