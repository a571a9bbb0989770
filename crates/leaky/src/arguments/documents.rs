//! What `leaky completions` and `leaky man` take.

use clap::Args;
use clap_complete::Shell;

/// Options of `leaky completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}

const COMPLETIONS: &str = "\
Examples:
  bash, with the package bash-completion:
    leaky completions bash > ~/.local/share/bash-completion/completions/leaky
  zsh, in a folder of its fpath:
    leaky completions zsh > ~/.zfunc/_leaky
  fish:
    leaky completions fish > ~/.config/fish/completions/leaky.fish
  PowerShell, for the session that is open:
    leaky completions powershell | Out-String | Invoke-Expression";

/// Options of `leaky man`.
#[derive(Debug, Args)]
#[command(after_help = MAN)]
pub(super) struct Man {
    /// The command to tell of [default: the tool as a whole]
    #[arg(value_name = "COMMAND")]
    pub(super) command: Option<String>,
}

const MAN: &str = "\
Examples:
  Read it:
    leaky man | man -l -
  Install it, with that of a command:
    leaky man > ~/.local/share/man/man1/leaky.1
    leaky man cure > ~/.local/share/man/man1/leaky-cure.1";
