//! Cures a network: run it in `crates/leaky/example`.

use leaky_cure::{Arrays, CureOptions, Model, Stop, Task, cure};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = Arrays::open("digits-train.npz".as_ref(), None)?;
    let task = Task::new("digits.onnx", Model::read("digits.onnx")?, &data)?;
    let cured = cure(&task, &CureOptions::default(), &Stop::new(), &mut ())?;
    let report = &cured.report;
    let (before, after) = (report.before.dead, report.after.dead);
    println!("{before} units were dead, {after} are");
    println!("{}", serde_json::to_string(report)?);
    std::fs::write("cured.onnx", cured.model.to_bytes()?)?;
    Ok(())
}
