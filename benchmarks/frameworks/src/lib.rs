//! Times Leaky ReLU inside Burn and candle, beside their own.

mod elementwise;
mod timing;
mod training;

/// Prints every table; `allocator` is what serves the calling program.
///
/// # Errors
/// If a framework refuses an operation.
pub fn report(allocator: &str) -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "Burn 0.22.1 (flex), candle 0.11.1; {} threads; allocator: {allocator}\n",
        std::thread::available_parallelism()?
    );
    elementwise::report()?;
    training::report()?;
    Ok(())
}
