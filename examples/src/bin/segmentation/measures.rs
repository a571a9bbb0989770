//! How well masks agree, and which lesions were found.

use crate::scans::SIZE;

/// A lesion of at most so many pixels is small.
const SMALL: usize = 12;

/// The Dice coefficient over all pixels of all scans, `2 |A and B| / (|A| + |B|)` (Dice 1945).
pub fn dice(found: &[Vec<bool>], masks: &[Vec<f32>]) -> f64 {
    let pairs = || found.iter().flatten().zip(masks.iter().flatten());
    let both = pairs()
        .filter(|&(found, &mask)| *found && mask > 0.5)
        .count();
    let either: usize = pairs()
        .map(|(found, &mask)| usize::from(*found) + usize::from(mask > 0.5))
        .sum();
    2.0 * both as f64 / either.max(1) as f64
}

/// The part of the small lesions of which at least half of the pixels were found.
pub fn sensitivity_to_small(found: &[Vec<bool>], masks: &[Vec<f32>]) -> f64 {
    let scans = found.iter().zip(masks);
    let hits: Vec<bool> = scans
        .flat_map(|(found, mask)| {
            let small = lesions(mask)
                .into_iter()
                .filter(|pixels| pixels.len() <= SMALL);
            small.map(|pixels| {
                let hit = pixels.iter().filter(|&&pixel| found[pixel]).count();
                2 * hit >= pixels.len()
            })
        })
        .collect();
    hits.iter().filter(|&&hit| hit).count() as f64 / hits.len().max(1) as f64
}

/// The pixels of each lesion: what hangs together by edges.
fn lesions(mask: &[f32]) -> Vec<Vec<usize>> {
    let mut open: Vec<bool> = mask.iter().map(|&pixel| pixel > 0.5).collect();
    let mut lesions = Vec::new();
    for start in 0..open.len() {
        let (mut pixels, mut at) = (Vec::new(), vec![start]);
        while let Some(pixel) = at.pop() {
            if !std::mem::take(&mut open[pixel]) {
                continue;
            }
            pixels.push(pixel);
            let (x, y) = (pixel % SIZE, pixel / SIZE);
            at.extend((x > 0).then(|| pixel - 1));
            at.extend((x + 1 < SIZE).then_some(pixel + 1));
            at.extend((y > 0).then(|| pixel - SIZE));
            at.extend((y + 1 < SIZE).then_some(pixel + SIZE));
        }
        if !pixels.is_empty() {
            lesions.push(pixels);
        }
    }
    lesions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lesions_that_touch_by_a_corner_alone_are_two() {
        let mut mask = vec![0.0; SIZE * SIZE];
        for pixel in [0, 1, SIZE + 2, 2 * SIZE + 2, SIZE * SIZE - 1] {
            mask[pixel] = 1.0;
        }
        let sizes: Vec<usize> = lesions(&mask).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[test]
    fn a_small_lesion_counts_as_found_from_half_of_its_pixels_on() {
        let mut mask = vec![0.0; SIZE * SIZE];
        (0..4).for_each(|pixel| mask[pixel] = 1.0);
        // A large one, which has no part in it.
        (0..20).for_each(|row| mask[(row + 5) * SIZE + 10] = 1.0);
        let mut found = vec![false; SIZE * SIZE];
        found[0] = true;
        assert_eq!(sensitivity_to_small(&[found.clone()], &[mask.clone()]), 0.0);
        found[3] = true;
        assert_eq!(sensitivity_to_small(&[found.clone()], &[mask.clone()]), 1.0);
        assert_eq!(dice(&[found], &[mask]), 4.0 / 26.0);
    }
}
