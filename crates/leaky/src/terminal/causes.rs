//! Why units died and what is to be done, in sentences.

use leaky_cure::diagnose::Diagnosis;
use leaky_cure::text::printable;

use super::evidence::OF_REMEDIES;

/// Why units died, layer by layer, and what is to be done; none where none did.
pub fn causes_text(diagnosis: &Diagnosis) -> Option<String> {
    let layers = diagnosis.layers.iter().flat_map(|layer| {
        layer.causes.iter().map(|found| {
            format!(
                " {}, {} of {} units: {}.",
                printable(&layer.name),
                found.units.len(),
                layer.units,
                printable(&found.sentence)
            )
        })
    });
    let causes: Vec<String> = layers.collect();
    if causes.is_empty() {
        return None;
    }
    let mut lines = vec![String::new(), "Why they died:".to_owned()];
    lines.extend(causes);
    if !diagnosis.prescription.is_empty() {
        lines.extend([String::new(), "What to do:".to_owned()]);
        let prescription = diagnosis.prescription.iter();
        lines.extend(prescription.map(|found| format!(" {}", printable(&found.sentence))));
        lines.push(format!(" {OF_REMEDIES}"));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use leaky_cure::diagnose::{Cause, CauseOfDeath, Figures, LayerCounts, Prescription, Remedy};

    use super::*;

    fn diagnosis() -> Diagnosis {
        let counts = LayerCounts {
            name: "a\nb".into(),
            op: "Relu".into(),
            alpha: Some(0.0),
            above_zero: vec![0, 0, 3],
            below_zero: vec![4, 4, 1],
            total: 4,
        };
        Diagnosis::new("net.onnx", 4, vec![counts])
    }

    #[test]
    fn each_cause_has_a_line_and_each_remedy_another() {
        let mut diagnosis = diagnosis();
        assert_eq!(causes_text(&diagnosis), None);
        diagnosis.layers[0].causes.push(CauseOfDeath {
            cause: Cause::ShiftBelowZero,
            units: vec![0, 1],
            figures: Figures::default(),
            sentence: "the bias lies too low".into(),
        });
        diagnosis.prescription.push(Prescription {
            remedy: Remedy::LearningRate,
            units: 2,
            sentence: "Lower the learning rate.".into(),
        });
        let expected = "\nWhy they died:\n a\\nb, 2 of 3 units: the bias lies too low.\n\n\
                        What to do:\n Lower the learning rate.\n";
        let found = causes_text(&diagnosis).expect("causes");
        let rest = found.strip_prefix(expected).expect(&found);
        assert!(
            rest.contains("docs/evidence.md") && !rest.contains('\n'),
            "{rest}"
        );
    }
}
