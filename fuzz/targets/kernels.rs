//! Any numbers at any place in memory: the kernels compute what the definition says, bit for bit, and write
//! nowhere else.

#![no_main]

use leaky_relu::{LeakyRelu, Rectifier, SignBits};
use libfuzzer_sys::fuzz_target;

/// Before and behind what a kernel may write.
const GUARD: f32 = 12.5;

#[derive(Debug, arbitrary::Arbitrary)]
struct Case {
    alpha: f32,
    /// How far into their buffers the slices begin, so that they are aligned in every way.
    offsets: [u8; 2],
    /// How often the numbers are repeated, so that long slices come of few bytes.
    copies: u8,
    numbers: Vec<u32>,
}

fuzz_target!(|case: Case| {
    let Ok(f) = LeakyRelu::new(case.alpha) else {
        return;
    };
    let count = case.numbers.len();
    let numbers = case
        .numbers
        .iter()
        .cycle()
        .take(count * (1 + usize::from(case.copies)));
    let numbers: Vec<f32> = numbers.map(|&bits| f32::from_bits(bits)).collect();
    let [from, to] = case.offsets.map(|offset| usize::from(offset % 64));
    let mut x = vec![GUARD; from];
    x.extend(&numbers);
    let x = &x[from..];

    let expected = |x: f32| if x > 0.0 { x } else { case.alpha * x };
    written(to, x.len(), |y| f.forward(x, y), |place| expected(x[place]));
    let mut signs = SignBits::new();
    written(
        to,
        x.len(),
        |y| f.forward_with_signs(x, y, &mut signs),
        |place| expected(x[place]),
    );
    assert!(signs.iter().eq(x.iter().map(|&x| x > 0.0)));

    // The numbers backwards stand for the gradients that arrive.
    let dy: Vec<f32> = x.iter().rev().copied().collect();
    let expected = |place: usize| {
        if x[place] > 0.0 {
            dy[place]
        } else {
            case.alpha * dy[place]
        }
    };
    written(to, x.len(), |dx| f.backward(x, &dy, dx), expected);
    written(
        to,
        x.len(),
        |dx| f.backward_from_signs(&signs, &dy, dx),
        expected,
    );
});

/// Lets a kernel write `len` numbers from a place on: they are what is expected and the numbers around
/// them are as they were.
fn written(
    offset: usize,
    len: usize,
    kernel: impl FnOnce(&mut [f32]),
    expected: impl Fn(usize) -> f32,
) {
    let mut buffer = vec![GUARD; offset + len + 64];
    kernel(&mut buffer[offset..offset + len]);
    for (place, &found) in buffer.iter().enumerate() {
        let own = place.checked_sub(offset).filter(|&place| place < len);
        let wanted = own.map_or(GUARD, &expected);
        // A NaN may carry any payload.
        let same = found.to_bits() == wanted.to_bits() || found.is_nan() && wanted.is_nan();
        assert!(same, "{place}: {found} where {wanted} is expected");
    }
}
