//! The page of a diagnosis.

use maud::html;

use super::causes::causes;
use super::figures::rectifier::rectifier;
use super::page::{Tile, page, percent, section, tiles};
use super::provenance::Provenance;
use super::sections;
use crate::curve::Curve;
use crate::error::ReportError;
use leaky_cure::candidate::Candidate;
use leaky_cure::diagnose::GradientNorm;
use leaky_cure::diagnose::{DORMANT_BELOW, Diagnosis};

/// The page of a diagnosis: with the gradient norms of the network's layers, or the reason why they
/// are not known, to follow "is not drawn".
///
/// # Errors
///
/// Where a drawing fails.
pub fn diagnosis(
    diagnosis: &Diagnosis,
    gradients: &Result<Vec<GradientNorm>, String>,
    provenance: &Provenance,
) -> Result<String, ReportError> {
    let body = html! {
        (tiles(&figures(diagnosis)))
        (sections::network(diagnosis, None))
        (causes(diagnosis))
        (sections::gradient(gradients, None)?)
        @let curves = curves(diagnosis)?;
        @if !curves.is_empty() {
            (section("The rectifier", &rectifier("The network's rectifiers and their gradients", &curves)?))
        }
        (section("All figures", &html! {
            (sections::layer_table("Units by layer", diagnosis))
            @if let Ok(norms) = gradients { (sections::gradient_table(norms, None)) }
        }))
        (provenance.noted(&diagnosis.notes).markup())
    };
    let title = format!("Dead units of {}", diagnosis.model);
    Ok(page(&title, &verdict(diagnosis), &body))
}

/// The verdict, and what it means where every dead unit is silent.
fn verdict(diagnosis: &Diagnosis) -> String {
    let verdict = diagnosis.verdict();
    let mut hurt = diagnosis
        .layers
        .iter()
        .filter(|layer| !layer.dead.is_empty());
    match diagnosis.dead {
        0 => format!("{verdict} Every unit takes part."),
        _ if hurt.all(|layer| layer.alpha == Some(0.0)) => {
            format!("{verdict} They give nothing and learn nothing; leaky cure is made for them.")
        }
        _ => verdict,
    }
}

fn figures(diagnosis: &Diagnosis) -> Vec<Tile> {
    let Diagnosis {
        units,
        dead,
        dormant,
        always_on,
        samples,
        layers,
        ..
    } = diagnosis;
    let hurt = layers.iter().filter(|layer| !layer.dead.is_empty()).count();
    vec![
        Tile::new(
            "Dead units",
            percent(*dead, *units),
            &format!("{dead} of {units}"),
        ),
        Tile::new(
            "Layers with dead units",
            hurt.to_string(),
            &format!("of {}", layers.len()),
        ),
        Tile::new(
            "Dormant units",
            dormant.to_string(),
            &match diagnosis.tau {
                None => format!("fire on less than {}\u{a0}%", DORMANT_BELOW * 100.0),
                Some(tau) => format!("say at most {tau} of the layer's mean, or hardly ever fire"),
            },
        ),
        Tile::new("Always on", always_on.to_string(), "never below zero"),
        Tile::new("Samples", samples.to_string(), "looked at"),
    ]
}

/// A curve for each of the network's rectifiers that a number tells all of.
fn curves(diagnosis: &Diagnosis) -> Result<Vec<Curve>, ReportError> {
    let mut names = Vec::new();
    let mut curves = Vec::new();
    for layer in &diagnosis.layers {
        let name = layer.operator();
        let function = match (layer.op.as_str(), layer.alpha) {
            ("Relu", _) => Candidate::Relu,
            ("LeakyRelu", Some(alpha)) => Candidate::LeakyRelu(alpha as f32),
            _ => continue,
        };
        if !names.contains(&name) {
            curves.push(Curve::of(name.clone(), function)?);
            names.push(name);
        }
    }
    Ok(curves)
}
