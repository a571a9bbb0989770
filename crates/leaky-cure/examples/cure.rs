//! Cures a network: run it in `crates/leaky/example`.

use leaky_cure::{Arrays, CureOptions, Model, Stop, Task, cure};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = Arrays::open("digits-train.npz".as_ref(), None)?;
    let task = Task::new("digits.onnx", Model::read("digits.onnx")?, &data)?;
    let cured = cure(&task, &CureOptions::default(), &Stop::new(), &mut ())?;
    let (dead, units) = (cured.report.before.dead, cured.report.before.units);
    println!(
        "{dead} of {units} units were dead, {} are",
        cured.report.after.dead
    );
    println!("{}", serde_json::to_string(&cured.report)?);
    std::fs::write("cured.onnx", cured.model.to_bytes()?)?;
    Ok(())
}
