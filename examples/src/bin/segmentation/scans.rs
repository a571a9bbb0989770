//! Scans that look like tumours in an organ. They are made here: no patient's image is used.
//!
//! An organ of uneven tissue, bright vessels, noise, and up to three lesions, brighter or darker than
//! the tissue around them. A third of the lesions are a few pixels large and hardly stand out.

use std::f32::consts::TAU;

use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};

use examples::Result;

/// How many rows and columns a scan has.
pub const SIZE: usize = 32;

/// Scans, and the masks of their lesions.
#[derive(Debug)]
pub struct Scans {
    /// The pixels of each scan, row by row, about 0 to 1.
    pub images: Vec<Vec<f32>>,
    /// 1 where there is a lesion, else 0.
    pub masks: Vec<Vec<f32>>,
}

impl Scans {
    /// So many scans, always the same for one seed.
    ///
    /// # Errors
    /// None: the noise has a deviation above zero.
    pub fn new(count: usize, seed: u64) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let noise = Normal::new(0.0_f32, 0.05)?;
        let scans = (0..count).map(|_| scan(&mut random, &noise));
        let (images, masks) = scans.unzip();
        Ok(Scans { images, masks })
    }

    /// All images and all masks, `[count, 1, SIZE, SIZE]` each.
    pub fn tensors(&self, device: &Device) -> (Tensor<4>, Tensor<4>) {
        let tensor = |pixels: &[Vec<f32>]| {
            let data = TensorData::new(pixels.concat(), [pixels.len(), 1, SIZE, SIZE]);
            Tensor::from_data(data, device)
        };
        (tensor(&self.images), tensor(&self.masks))
    }
}

fn scan(random: &mut ChaCha8Rng, noise: &Normal<f32>) -> (Vec<f32>, Vec<f32>) {
    let centre = [(); 2].map(|()| random.random_range(14.0..18.0));
    let radius = [(); 2].map(|()| random.random_range(10.0..14.5));
    let in_organ = |x: f32, y: f32| {
        ((x - centre[0]) / radius[0]).powi(2) + ((y - centre[1]) / radius[1]).powi(2) < 1.0
    };
    let waves = [(); 4].map(|()| {
        [
            random.random_range(-0.6..0.6),
            random.random_range(-0.6..0.6),
            random.random_range(0.0..TAU),
        ]
    });
    let mut image = vec![0.05; SIZE * SIZE];
    let mut mask = vec![0.0; SIZE * SIZE];
    let pixels =
        || (0..SIZE * SIZE).map(|place| (place, (place % SIZE) as f32, (place / SIZE) as f32));
    for (place, x, y) in pixels().filter(|&(_, x, y)| in_organ(x, y)) {
        let tissue: f32 = waves
            .iter()
            .map(|[a, b, phase]| (a * x + b * y + phase).sin())
            .sum();
        image[place] = 0.45 + 0.03 * tissue;
    }
    for _ in 0..random.random_range(2..5) {
        vessel(random, &mut image, in_organ);
    }
    for _ in 0..random.random_range(0..4) {
        let lesion = Lesion::new(random, centre, radius);
        let held = |&(_, x, y): &(usize, f32, f32)| in_organ(x, y) && lesion.holds(x, y);
        for (place, ..) in pixels().filter(held) {
            image[place] += lesion.contrast;
            mask[place] = 1.0;
        }
    }
    for pixel in &mut image {
        *pixel += noise.sample(random);
    }
    (image, mask)
}

/// A bright line that wanders through the organ.
fn vessel(random: &mut ChaCha8Rng, image: &mut [f32], in_organ: impl Fn(f32, f32) -> bool) {
    let [mut x, mut y] = [(); 2].map(|()| random.random_range(4.0..28.0));
    let mut heading: f32 = random.random_range(0.0..TAU);
    for _ in 0..30 {
        heading += random.random_range(-0.4..0.4);
        x += heading.cos();
        y += heading.sin();
        let inside = x >= 0.0 && y >= 0.0 && x < SIZE as f32 && y < SIZE as f32;
        if inside && in_organ(x, y) {
            image[y as usize * SIZE + x as usize] = 0.68;
        }
    }
}

/// A blob with an uneven edge.
struct Lesion {
    x: f32,
    y: f32,
    radius: f32,
    contrast: f32,
    lobes: f32,
    phase: f32,
}

impl Lesion {
    fn new(random: &mut ChaCha8Rng, centre: [f32; 2], size: [f32; 2]) -> Self {
        let (angle, way) = (
            random.random_range(0.0..TAU),
            random.random_range(0.0_f32..0.8),
        );
        let contrast = random.random_range(0.11..0.22);
        Lesion {
            x: centre[0] + way.sqrt() * size[0] * angle.cos(),
            y: centre[1] + way.sqrt() * size[1] * angle.sin(),
            // As many small ones as large ones.
            radius: random.random_range(0.2_f32..1.6).exp(),
            contrast: if random.random_range(0..3) == 0 {
                -contrast
            } else {
                contrast
            },
            lobes: random.random_range(2..5) as f32,
            phase: random.random_range(0.0..TAU),
        }
    }

    fn holds(&self, x: f32, y: f32) -> bool {
        let (x, y) = (x - self.x, y - self.y);
        let edge = 1.0 + 0.25 * (self.lobes * y.atan2(x) + self.phase).sin();
        (x * x + y * y).sqrt() < self.radius * edge
    }
}
