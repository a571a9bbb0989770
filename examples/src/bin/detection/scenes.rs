//! Scenes of handwritten digits and drawn shapes on uneven ground, with a box around each.

use examples::Result;
use examples::digits::{self, Digits};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};

/// How many rows and columns a scene has.
pub const SIZE: usize = 48;
/// What is looked for.
pub const CLASSES: [&str; 4] = ["digit", "disc", "square", "triangle"];

/// Where something is, in pixels, and what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Object {
    /// The column of its middle.
    pub x: f32,
    /// The row of its middle.
    pub y: f32,
    /// How wide it is.
    pub width: f32,
    /// How high it is.
    pub height: f32,
    /// Its place in [`CLASSES`].
    pub class: usize,
}

impl Object {
    /// The part of both boxes together that both cover.
    pub fn overlap(&self, other: &Object) -> f32 {
        let shared = |a: f32, a_length: f32, b: f32, b_length: f32| {
            let end = (a + a_length / 2.0).min(b + b_length / 2.0);
            (end - (a - a_length / 2.0).max(b - b_length / 2.0)).max(0.0)
        };
        let both = shared(self.x, self.width, other.x, other.width)
            * shared(self.y, self.height, other.y, other.height);
        both / (self.width * self.height + other.width * other.height - both)
    }
}

/// A scene, and what is in it.
#[derive(Debug)]
pub struct Scene {
    /// The pixels, row by row, about 0 to 1.
    pub pixels: Vec<f32>,
    /// What is in it.
    pub objects: Vec<Object>,
}

/// So many scenes with one to four things, always the same for one seed.
///
/// # Errors
/// None: the noise has a deviation above zero.
pub fn scenes(count: usize, digits: &Digits, seed: u64) -> Result<Vec<Scene>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let noise = Normal::new(0.0_f32, 0.06)?;
    Ok((0..count)
        .map(|_| scene(digits, &mut random, &noise))
        .collect())
}

fn scene(digits: &Digits, random: &mut ChaCha8Rng, noise: &Normal<f32>) -> Scene {
    let [across, down] = [(); 2].map(|()| random.random_range(-0.15_f32..0.15));
    let ground = (0..SIZE * SIZE).map(|place| {
        let at = |cell: usize| cell as f32 / SIZE as f32 - 0.5;
        0.25 + across * at(place % SIZE) + down * at(place / SIZE) + noise.sample(random)
    });
    let mut scene = Scene {
        pixels: ground.collect(),
        objects: Vec::new(),
    };
    for _ in 0..random.random_range(1..5) {
        let size = random.random_range(9.0_f32..18.0);
        let [x, y] = [(); 2].map(|()| random.random_range(size / 2.0..SIZE as f32 - size / 2.0));
        let class = random.random_range(0..CLASSES.len());
        let object = Object {
            x,
            y,
            width: size,
            height: size,
            class,
        };
        // What would hide another thing is left out.
        if scene
            .objects
            .iter()
            .any(|other| object.overlap(other) > 0.08)
        {
            continue;
        }
        let brightness = random.random_range(0.35..0.7);
        let digit = &digits.images[random.random_range(0..digits.images.len())];
        draw(&mut scene, object, brightness, digit);
    }
    scene
}

fn draw(scene: &mut Scene, object: Object, brightness: f32, digit: &[f32]) {
    // The pixels that were drawn; the box is drawn around them.
    let (mut low, mut high) = ([SIZE; 2], [0; 2]);
    for place in 0..SIZE * SIZE {
        let (column, row) = (place % SIZE, place / SIZE);
        // From -1 to 1 within the object.
        let x = (column as f32 + 0.5 - object.x) / (object.width / 2.0);
        let y = (row as f32 + 0.5 - object.y) / (object.height / 2.0);
        if x.abs() >= 1.0 || y.abs() >= 1.0 {
            continue;
        }
        let covered = match CLASSES[object.class] {
            "digit" => {
                let cell = |at: f32| ((at + 1.0) / 2.0 * digits::SIZE as f32) as usize;
                digit[cell(y) * digits::SIZE + cell(x)]
            }
            "disc" => f32::from(x * x + y * y < 1.0),
            "square" => f32::from(x.abs().max(y.abs()) < 0.85),
            _ => f32::from(x.abs() < (y + 1.0) / 2.0),
        };
        scene.pixels[place] += brightness * covered;
        if covered > 0.3 {
            low = [low[0].min(column), low[1].min(row)];
            high = [high[0].max(column + 1), high[1].max(row + 1)];
        }
    }
    let [x, y] = [0, 1].map(|axis| (low[axis] + high[axis]) as f32 / 2.0);
    let [width, height] = [0, 1].map(|axis| (high[axis] - low[axis]) as f32);
    scene.objects.push(Object {
        x,
        y,
        width,
        height,
        class: object.class,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_overlap_wholly_partly_or_not() {
        let one = Object {
            x: 10.0,
            y: 10.0,
            width: 8.0,
            height: 4.0,
            class: 0,
        };
        assert_eq!(one.overlap(&one), 1.0);
        let half = Object { x: 14.0, ..one };
        assert!((one.overlap(&half) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(one.overlap(&Object { y: 20.0, ..one }), 0.0);
    }

    #[test]
    fn every_box_lies_in_its_scene_and_fits_what_was_drawn() -> Result {
        let digits = Digits::training()?;
        let scenes = scenes(50, &digits, 3)?;
        for object in scenes.iter().flat_map(|scene| &scene.objects) {
            assert!(
                object.x - object.width / 2.0 >= 0.0
                    && object.x + object.width / 2.0 <= SIZE as f32
            );
            assert!(object.width >= 3.0 && object.width <= 19.0, "{object:?}");
        }
        assert!(scenes.iter().all(|scene| !scene.objects.is_empty()));
        Ok(())
    }
}
