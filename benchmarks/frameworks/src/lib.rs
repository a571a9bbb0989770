//! Times Leaky ReLU inside Burn and candle, beside their own.

mod elementwise;
mod timing;
mod training;

/// Prints every table; `allocator` is what serves the calling program.
///
/// # Errors
/// If a framework refuses an operation.
pub fn report(allocator: &str) -> Result<(), Box<dyn std::error::Error>> {
    println!("## With the {allocator} allocator\n");
    println!(
        "Burn 0.22.1 (flex), candle 0.11.1; {} threads\n",
        std::thread::available_parallelism()?
    );
    let faster = elementwise::report()?;
    let steps = training::report()?;

    println!("### Aims\n\n| aim | found | reached |\n|---|---|---|");
    let aim = |text: &str, found: String, reached: bool| {
        let reached = if reached { "yes" } else { "**no**" };
        println!("| {text} | {found} | {reached} |");
    };
    for (framework, wanted, found) in [("candle", 20.0, faster.candle), ("Burn", 15.0, faster.burn)]
    {
        let text = format!("forward and backward, 1 Mi and up: {wanted}x {framework}");
        aim(&text, format!("{found:.1}x"), found >= wanted);
    }
    for (network, relative) in steps {
        let text = format!("a training step within 3 % of the framework's ReLU: {network}");
        aim(&text, format!("{relative:.3}"), relative <= 1.03);
    }
    println!();
    Ok(())
}
