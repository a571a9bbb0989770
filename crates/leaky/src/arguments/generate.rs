//! Completions and manual pages, made from the definitions that the command line is read with.

use clap::CommandFactory;
use clap::error::{Error, ErrorKind};
use clap_complete::Shell;
use clap_mangen::Man;

use super::tool::Arguments;

/// The completions for a shell.
pub(super) fn completions(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "leaky", &mut text);
    text
}

/// The manual page of the tool, or of the command of that name.
pub(super) fn manual(name: Option<&str>) -> Result<Vec<u8>, Error> {
    let mut tool = Arguments::command();
    tool.build();
    let command = match name {
        None => tool.clone(),
        Some(name) => match tool.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let names: Vec<&str> = tool
                    .get_subcommands()
                    .map(clap::Command::get_name)
                    .collect();
                let message = format!(
                    "there is no command '{name}' to tell of: name one of {}",
                    names.join(", ")
                );
                return Err(tool.error(ErrorKind::InvalidValue, message));
            }
        },
    };
    let version = tool.get_version().unwrap_or_default();
    let mut page = Vec::new();
    Man::new(command)
        .source(format!("leaky {version}"))
        .manual("leaky")
        .render(&mut page)?;
    Ok(page)
}
