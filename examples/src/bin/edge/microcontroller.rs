//! The program for the microcontroller: built, run in an emulator, and compared with this machine.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use object::{Object, ObjectSection, SectionFlags, elf};
use serde::Serialize;

use examples::Result;

const TARGET: &str = "thumbv7em-none-eabihf";
const EMULATOR: &str = "qemu-system-arm";
/// A Cortex-M4 with a floating-point unit.
const MACHINE: &str = "mps2-an386";
/// An instruction takes `2^SHIFT` nanoseconds of the emulated clock.
const SHIFT: u32 = 6;
/// A tick of that board's clock, of 25 MHz, in nanoseconds.
const TICK: u64 = 40;
/// A program that was not through by then hangs.
const PATIENCE: Duration = Duration::from_secs(300);
/// The addresses of memory that is written to begin here.
const RAM: u64 = 0x2000_0000;

/// A form of the network, and the program that computes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Float,
    Quantized,
}

impl Form {
    pub const BOTH: [Form; 2] = [Form::Float, Form::Quantized];

    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Form::Float => "f32",
            Form::Quantized => "8 bits",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Form::Float => "float",
            Form::Quantized => "quantized",
        }
    }
}

/// What a program takes.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Bytes of flash: the program and the parameters, without the digits to read.
    pub flash: u64,
    /// Bytes of memory with fixed places, and the most of the stack that a digit took.
    pub memory: u64,
    /// Instructions of a digit, from its pixels to the outputs.
    pub instructions: f64,
    /// How many of them the rectifiers took.
    pub rectifier_instructions: f64,
}

/// A machine that builds and runs programs for the microcontroller.
#[derive(Debug)]
pub struct Microcontroller {
    /// Of the emulator, in its words.
    pub version: String,
    firmware: PathBuf,
    target: PathBuf,
}

impl Microcontroller {
    /// # Errors
    /// What is missing, and how to get it.
    pub fn find() -> std::result::Result<Self, String> {
        let firmware = Path::new(env!("CARGO_MANIFEST_DIR")).join("edge/firmware");
        let said = |program: &str, argument: &[&str]| {
            let output = Command::new(program)
                .args(argument)
                .current_dir(&firmware)
                .output()
                .ok()?;
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            output.status.success().then_some(text)
        };
        let missing = |what: &str| {
            Err(format!(
                "Not run on a microcontroller: {what}. It takes `rustup target add {TARGET}` and QEMU's `{EMULATOR}`."
            ))
        };
        let compiler = said("rustc", &["--print", "target-libdir", "--target", TARGET]);
        if !compiler.is_some_and(|folder| Path::new(&folder).is_dir()) {
            return missing(&format!("there is no standard library for {TARGET}"));
        }
        match said(EMULATOR, &["--version"]) {
            Some(version) => Ok(Microcontroller {
                // Without what the system's package is called.
                version: version
                    .split(['(', '\n'])
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned(),
                target: firmware.join("target"),
                firmware,
            }),
            None => missing(&format!("there is no {EMULATOR}")),
        }
    }

    /// Builds the program of a form for the network in the file `network`, runs it, and compares what it
    /// prints with `expected`, the bits of all outputs, digit by digit. `log` is a file for what it prints.
    ///
    /// # Errors
    /// If it cannot be built or run, or an output differs.
    pub fn run(
        &self,
        form: Form,
        network: &Path,
        log: &Path,
        expected: &[Vec<u32>],
    ) -> Result<Figures> {
        let program = self.build(form, network)?;
        let printed = self.emulate(&program, log)?;
        compare(form, &printed, expected)?;
        let number = |name: &str| number(&printed, name);
        // That a tick is what it is held for: a loop of known instructions.
        let (known, counted) = (
            number("known-instructions")?,
            instructions(number("known-ticks")?),
        );
        if (counted / known as f64 - 1.0).abs() > 0.01 {
            return Err(format!(
                "{EMULATOR} counts otherwise than expected: {counted} instructions where there were {known}"
            )
            .into());
        }
        let digits = expected.len() as f64;
        let (sums, rectified) = (number("ticks-sums")?, number("ticks-rectified")?);
        let (flash, fixed) = sizes(&fs::read(&program)?)?;
        // A digit is 64 bytes, and 8 more say where it lies.
        let read = expected.len() as u64 * (64 + 8);
        Ok(Figures {
            flash: flash - read,
            memory: fixed + number("stack")?,
            instructions: instructions(sums + rectified) / digits,
            rectifier_instructions: instructions(rectified) / digits,
        })
    }

    fn build(&self, form: Form, network: &Path) -> Result<PathBuf> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let output = Command::new(cargo)
            .args([
                "build",
                "--release",
                "--locked",
                "--quiet",
                "--bin",
                form.program(),
            ])
            .args(["--target", TARGET, "--target-dir"])
            .arg(&self.target)
            .current_dir(&self.firmware)
            .env("EDGE_NETWORK", fs::canonicalize(network)?)
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(
                format!("the program for the microcontroller cannot be built:\n{said}").into(),
            );
        }
        Ok(self
            .target
            .join(TARGET)
            .join("release")
            .join(form.program()))
    }

    fn emulate(&self, program: &Path, log: &Path) -> Result<String> {
        let said = File::create(log)?;
        let child = Command::new(EMULATOR)
            .args([
                "-machine",
                MACHINE,
                "-nographic",
                "-monitor",
                "none",
                "-serial",
                "none",
            ])
            .args(["-icount", &format!("shift={SHIFT}")])
            .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
            .arg(program)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        let status = wait(child)?;
        let printed = fs::read_to_string(log)?;
        if !status.success() {
            return Err(format!("{EMULATOR} ended with {status}, and said:\n{printed}").into());
        }
        Ok(printed)
    }
}

fn wait(mut child: Child) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Err(format!(
                "the program for the microcontroller was not through after {} s",
                PATIENCE.as_secs()
            )
            .into());
        }
        sleep(Duration::from_millis(20));
    }
}

fn instructions(ticks: u64) -> f64 {
    (ticks * TICK) as f64 / f64::from(1_u32 << SHIFT)
}

/// The number behind a name that the program printed.
fn number(printed: &str, name: &str) -> Result<u64> {
    let found = printed
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let found = found.and_then(|text| text.trim().parse().ok());
    found.ok_or_else(|| {
        format!("the microcontroller did not say {name}; it said:\n{printed}").into()
    })
}

fn compare(form: Form, printed: &str, expected: &[Vec<u32>]) -> Result {
    let mut lines = printed
        .lines()
        .filter_map(|line| line.strip_prefix("outputs "));
    for (place, expected) in expected.iter().enumerate() {
        let words: Vec<String> = expected.iter().map(|bits| format!("{bits:x}")).collect();
        let expected = words.join(" ");
        let found = lines.next().unwrap_or("nothing");
        if found != expected {
            return Err(format!(
                "in {} the microcontroller gives {found} for digit {place}, and this machine {expected}",
                form.name()
            )
            .into());
        }
    }
    match lines.next() {
        None => Ok(()),
        Some(line) => {
            Err(format!("the microcontroller read more digits than it was given: {line}").into())
        }
    }
}

/// The bytes of a program in flash, and those of memory with fixed places.
fn sizes(file: &[u8]) -> Result<(u64, u64)> {
    let file = object::File::parse(file)?;
    let (mut flash, mut memory) = (0, 0);
    for section in file.sections() {
        let SectionFlags::Elf { sh_type, sh_flags } = section.flags() else {
            continue;
        };
        if !sh_flags.contains(elf::SHF_ALLOC) {
            continue;
        }
        if sh_type != elf::SHT_NOBITS {
            flash += section.size();
        }
        if section.address() >= RAM {
            memory += section.size();
        }
    }
    Ok((flash, memory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_differs_in_a_bit_or_is_missing_or_too_much_is_found() {
        let expected = [vec![1, 0xfe], vec![0xa0, 0]];
        let printed = "known-ticks 3\noutputs 1 fe\noutputs a0 0\nstack 8\n";
        assert!(compare(Form::Float, printed, &expected).is_ok());
        for wrong in [
            "outputs 1 ff\noutputs a0 0",
            "outputs 1 fe",
            "outputs 1 fe\noutputs a0 0\noutputs 0 0",
            "outputs 1 fe\noutputs a0",
        ] {
            assert!(compare(Form::Float, wrong, &expected).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_read_behind_their_whole_name() {
        assert_eq!(number("stacked 5\nstack 8\n", "stack").ok(), Some(8));
        assert!(number("stacked 5\n", "stack").is_err());
        assert_eq!(instructions(8), 5.0);
    }
}
