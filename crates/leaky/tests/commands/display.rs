//! What is printed how: colour, quiet, hints; completions and manual pages.

use std::fs;
use std::process::Command;

use super::running::text;
use super::workplace::{refusal, run, workplace};

const DIAGNOSE: &str = "diagnose digits.onnx --data digits-train.npz";

#[test]
fn colour_is_there_when_it_is_asked_for_and_into_a_pipe_only_then() {
    let folder = workplace();
    let plain = text(&run(&folder, DIAGNOSE).stdout);
    assert!(!plain.contains('\u{1b}'));
    for never in ["--color never", "--color=auto"] {
        assert_eq!(
            text(&run(&folder, &format!("{DIAGNOSE} {never}")).stdout),
            plain
        );
    }
    for line in [
        format!("{DIAGNOSE} --color always"),
        format!("--color=always {DIAGNOSE}"),
    ] {
        let coloured = text(&run(&folder, &line).stdout);
        assert!(coloured.contains("\u{1b}[31m"), "{coloured}");
        assert_eq!(console::strip_ansi_codes(&coloured), plain);
    }
    // What is asked for by name outweighs the environment.
    let asked = Command::new(env!("CARGO_BIN_EXE_leaky"))
        .args(DIAGNOSE.split_whitespace())
        .args(["--color", "always"])
        .current_dir(&folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(text(&asked.stdout).contains('\u{1b}'));
}

#[test]
fn errors_help_and_refusals_are_coloured_alike() {
    let folder = workplace();
    for line in ["diagnose none.onnx --data none.npz", "cure --lr 0", "heal"] {
        let plain = text(&run(&folder, line).stderr);
        assert!(plain.starts_with("error: "), "{plain}");
        let coloured = text(&run(&folder, &format!("{line} --color always")).stderr);
        assert!(coloured.starts_with("\u{1b}["), "{coloured}");
        assert_eq!(console::strip_ansi_codes(&coloured), plain);
    }
    let help = run(&folder, "cure --help --color always");
    assert!(text(&help.stdout).contains('\u{1b}'));
}

#[test]
fn quiet_leaves_the_files_the_exit_code_and_the_errors() {
    let folder = workplace();
    let line = "cure --epochs 1 --quiet --json figures.json";
    let output = run(&folder, line);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((output.stdout.len(), output.stderr.len()), (0, 0));
    for file in ["cured.onnx", "figures.json"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    let output = run(&folder, &format!("-q {DIAGNOSE} --fail-above 0.1"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((output.stdout.len(), output.stderr.len()), (0, 0));
    assert!(refusal(&folder, "diagnose none.onnx --data none.npz -q").contains("none.onnx"));
    // What is asked for on standard output by name stands there.
    let json = run(&folder, &format!("{DIAGNOSE} -q --json -")).stdout;
    let figures: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(figures["units"], 320);
}

#[test]
fn an_error_that_an_option_helps_against_names_it_below() {
    let folder = workplace();
    let hint = |line: &str| {
        let output = run(&folder, line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        let said = text(&output.stderr);
        let mut lines = said.lines().rev();
        let hint = lines.next().and_then(|line| line.strip_prefix("hint: "));
        let hint = hint.unwrap_or_else(|| panic!("{line}: {said}")).to_owned();
        let error = lines.next().unwrap();
        assert!(error.starts_with("error: "), "{line}: {said}");
        assert!(
            !error.contains(" --"),
            "the engine knows no options: {error}"
        );
        hint
    };
    assert!(hint("cure --optimizer sgd --lr 1e30").contains("--lr"));
    let x = fs::File::open(folder.path().join("digits-train.npz")).unwrap();
    let mut arrays = zip::ZipArchive::new(x).unwrap();
    let mut x = fs::File::create(folder.path().join("x.npy")).unwrap();
    std::io::copy(&mut arrays.by_name("x.npy").unwrap(), &mut x).unwrap();
    assert!(hint("cure digits.onnx --data x.npy").contains("--labels"));
    let other = "cure digits.onnx --data digits-train.npz --loss mean-squared-error";
    assert!(hint(other).contains("--loss cross-entropy"));
}

#[test]
fn every_shell_gets_completions_of_every_command() {
    let folder = workplace();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&folder, &format!("completions {shell}"));
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = text(&output.stdout);
        for word in ["diagnose", "compare", "completions", "fail-above"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        // Elvish and PowerShell complete no values.
        let values = ["bash", "zsh", "fish"].contains(&shell);
        assert_eq!(script.contains("binary-cross-entropy"), values, "{shell}");
    }
}

/// The shell itself completes a command from its first letters.
#[cfg(target_os = "linux")]
#[test]
fn bash_completes_a_command_and_the_values_of_an_option() {
    let folder = workplace();
    let script = run(&folder, "completions bash").stdout;
    fs::write(folder.path().join("leaky.bash"), script).unwrap();
    let completed = |words: &str, last: usize| {
        let test = format!(
            "source leaky.bash; COMP_WORDS=({words}); COMP_CWORD={last}; \
             _leaky leaky \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{last}-1]}}\"; \
             echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &test])
            .current_dir(&folder)
            .output()
            .unwrap();
        text(&output.stdout).trim().to_owned()
    };
    assert_eq!(completed("leaky dia", 1), "diagnose");
    assert_eq!(completed("leaky cure --optimizer ''", 3), "adam sgd");
}

#[test]
fn the_manual_has_a_page_for_the_tool_and_for_each_command() {
    let folder = workplace();
    let page = |line: &str| {
        let output = run(&folder, line);
        assert_eq!(output.status.code(), Some(0), "{line}");
        text(&output.stdout)
    };
    let tool = page("man");
    assert!(tool.contains(".TH leaky 1"), "{tool}");
    for command in [
        "diagnose",
        "convert",
        "cure",
        "compare",
        "apply",
        "plot",
        "completions",
        "man",
    ] {
        assert!(tool.contains(&format!("leaky\\-{command}")), "{command}");
        let page = page(&format!("man {command}"));
        assert!(page.contains(&format!(".TH leaky-{command} 1")), "{page}");
        assert!(page.contains("Examples:"), "{page}");
        assert!(!page.contains('\u{1b}'), "{page}");
    }
    assert!(page("man diagnose").contains("fail\\-above"));
    let output = run(&folder, "man heal");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("'heal'") && said.contains("diagnose"),
        "{said}"
    );
}
