//! Mean average precision (Everingham et al. 2010): how many of what was found is right, over all
//! degrees of sureness, averaged over the classes.

use crate::scenes::{CLASSES, Object, Scene};

/// A box is right if it and the true one overlap by so much.
const RIGHT: f32 = 0.5;

/// The mean of the average precisions of all classes that occur.
pub fn mean_average_precision(found: &[Vec<(f32, Object)>], scenes: &[Scene]) -> f64 {
    let classes = 0..CLASSES.len();
    let all: Vec<f64> = classes
        .filter_map(|class| average_precision(found, scenes, class))
        .collect();
    all.iter().sum::<f64>() / all.len() as f64
}

/// The area under the precision over the recall; none where the class does not occur.
fn average_precision(found: &[Vec<(f32, Object)>], scenes: &[Scene], class: usize) -> Option<f64> {
    let of_class = |object: &&Object| object.class == class;
    let occur = scenes
        .iter()
        .flat_map(|scene| scene.objects.iter().filter(of_class))
        .count();
    if occur == 0 {
        return None;
    }
    let mut open: Vec<Vec<Object>> = scenes
        .iter()
        .map(|scene| scene.objects.iter().filter(of_class).copied().collect())
        .collect();
    let boxes = found
        .iter()
        .enumerate()
        .flat_map(|(scene, found)| found.iter().map(move |one| (scene, one)));
    let mut boxes: Vec<_> = boxes
        .filter(|(_, (_, object))| object.class == class)
        .collect();
    boxes.sort_by(|(_, a), (_, b)| b.0.total_cmp(&a.0));
    let mut right = 0;
    let mut precisions = Vec::new();
    for (place, (scene, (_, object))) in boxes.into_iter().enumerate() {
        // Each true box is found once, by the surest.
        let hit = open[scene]
            .iter()
            .position(|own| own.overlap(object) >= RIGHT);
        if let Some(hit) = hit {
            open[scene].swap_remove(hit);
            right += 1;
            precisions.push(f64::from(right) / (place + 1) as f64);
        }
    }
    // The precision at a recall is the best at that or a higher one.
    let mut best = 0.0_f64;
    let area = precisions.iter().rev().map(|&precision| {
        best = best.max(precision);
        best
    });
    Some(area.sum::<f64>() / occur as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_box_costs_only_what_is_found_after_it_and_a_second_one_is_wrong() {
        let object = |x: f32| Object {
            x,
            y: 10.0,
            width: 8.0,
            height: 8.0,
            class: 1,
        };
        let scenes = [Scene {
            pixels: Vec::new(),
            objects: vec![object(10.0), object(30.0)],
        }];
        let precision = |found: &[(f32, f32)]| {
            let found = found.iter().map(|&(sure, x)| (sure, object(x))).collect();
            mean_average_precision(&[found], &scenes)
        };
        assert_eq!(precision(&[(0.9, 10.0), (0.8, 30.0), (0.1, 20.0)]), 1.0);
        assert_eq!(precision(&[(0.9, 10.0)]), 0.5);
        assert_eq!(
            precision(&[(0.9, 10.0), (0.8, 11.0), (0.7, 30.0)]),
            0.5 + 0.5 * 2.0 / 3.0
        );
        assert_eq!(precision(&[]), 0.0);
    }
}
