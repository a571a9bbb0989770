//! The factor by which the weights before a rectifier are drawn wider.

/// `sqrt(2 / (1 + alpha^2))`: He, Zhang, Ren and Sun (2015), "Delving Deep into Rectifiers",
/// equation 14.
pub(crate) fn kaiming(alpha: f64) -> f64 {
    square_root(2.0 / (1.0 + alpha * alpha))
}

/// The square root of a number between 0 and 2, by Newton's method: `core` has none.
fn square_root(square: f64) -> f64 {
    if square == 0.0 {
        return 0.0;
    }
    // From above, the iteration falls until rounding stops it.
    let mut root = 1.5;
    loop {
        let next = 0.5 * (root + square / root);
        if next >= root {
            return root;
        }
        root = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_root_agrees_with_std() {
        for square in [2.0, 1.0, 0.5, 1e-3, 1.9998, 1e-300, 5e-324] {
            let root = square_root(square);
            let exact = f64::sqrt(square);
            assert!(
                (root - exact).abs() <= exact * f64::EPSILON,
                "{square}: {root}"
            );
        }
    }
}
