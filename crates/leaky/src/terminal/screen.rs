//! Standard output and standard error, as the person wants them.

use std::io::{self, Write};
use std::sync::Mutex;

use console::{Style, Term, measure_text_width};

use super::grid::Look;
use super::progress::BarStyle;
use crate::error::{Error, Outcome};
use crate::settings::Display;

/// Where a command says what it has to say.
///
/// Work is not given up because nobody can be told of it: that standard output cannot be written is
/// kept in mind and told at the end, by [`Screen::finish`].
pub struct Screen {
    look: Look,
    /// Whether standard error has colours.
    colour_errors: bool,
    bars: BarStyle,
    quiet: bool,
    /// Whether standard output belongs to something else than words for a person.
    silent: bool,
    failure: Mutex<Option<io::Error>>,
}

impl Screen {
    /// The process's own; `silent` where standard output belongs to JSON alone.
    pub fn new(display: Display, silent: bool) -> Self {
        let columns = Term::stdout().size_checked().map(|(_, columns)| columns);
        let no_color = std::env::var_os("NO_COLOR").is_some();
        Self {
            look: Look {
                colour: display.color.unwrap_or_else(console::colors_enabled),
                columns: columns.filter(|columns| *columns > 0).map(usize::from),
            },
            colour_errors: display.color.unwrap_or_else(console::colors_enabled_stderr),
            bars: match display.color {
                _ if display.quiet => BarStyle::Hidden,
                None if no_color => BarStyle::Hidden,
                Some(false) => BarStyle::Plain,
                _ => BarStyle::Coloured,
            },
            quiet: display.quiet,
            silent,
            failure: Mutex::new(None),
        }
    }

    /// How tables are to look.
    pub fn look(&self) -> Look {
        self.look
    }

    /// How progress is to look.
    pub fn bars(&self) -> BarStyle {
        self.bars
    }

    /// Tells a person a result, on a line of its own.
    pub fn tell(&self, text: &str) {
        if !self.quiet && !self.silent {
            let columns = self.look.columns.unwrap_or(usize::MAX);
            self.write(format!("{}\n", wrapped(text, columns)).as_bytes());
        }
    }

    /// Writes to standard output what was asked for there by name.
    pub fn write(&self, bytes: &[u8]) {
        let mut failure = self
            .failure
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        if failure.is_none() {
            let mut output = io::stdout().lock();
            let written = output.write_all(bytes).and_then(|()| output.flush());
            *failure = written.err();
        }
    }

    /// Tells a person of something that is not as it should be.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            self.complain("warning:", Style::new().yellow().bold(), text);
        }
    }

    /// Tells why nothing, or not all, was done, and what may help.
    pub fn error(&self, text: &str, hint: Option<&str>) {
        self.complain("error:", Style::new().red().bold(), text);
        if let Some(hint) = hint {
            self.complain("hint:", Style::new().cyan().bold(), hint);
        }
    }

    /// Gives help, or whatever else was asked for in place of work.
    pub fn answer(&self, text: impl Fn(bool) -> String) -> Outcome {
        self.write(text(self.look.colour).as_bytes());
        Outcome::Done
    }

    /// Tells why a command line asks for nothing that can be done.
    pub fn refuse(&self, text: impl Fn(bool) -> String) -> Outcome {
        let _ = io::stderr().write_all(text(self.colour_errors).as_bytes());
        Outcome::Refused
    }

    /// What is to be said at the end.
    ///
    /// # Errors
    ///
    /// If something was to be written to standard output and could not be. A reader that closed the
    /// pipe has read enough: that is no error.
    pub fn finish(&self) -> Result<(), Error> {
        let mut failure = self
            .failure
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        match failure.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::StandardOutput(error))
            }
            _ => Ok(()),
        }
    }

    fn complain(&self, what: &str, style: Style, text: &str) {
        let what = style.force_styling(self.colour_errors).apply_to(what);
        // Where standard error cannot be written there is no place left to say so.
        let _ = writeln!(io::stderr(), "{what} {text}");
    }
}

/// Text whose lines break between words where they are longer than the terminal is wide.
fn wrapped(text: &str, columns: usize) -> String {
    let lines = text.split('\n').map(|line| {
        if measure_text_width(line) <= columns {
            return line.to_owned();
        }
        let mut broken = String::new();
        let mut width = 0;
        for word in line.split(' ') {
            let wide = measure_text_width(word);
            if width > 0 && width + 1 + wide > columns {
                broken.push('\n');
                width = 0;
            } else if !broken.is_empty() {
                broken.push(' ');
                width += 1;
            }
            broken.push_str(word);
            width += wide;
        }
        broken
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_break_between_words_and_nothing_else_changes() {
        let text = " a   table\n\n312 of 320 units are dead on 1347 samples.\n";
        assert_eq!(wrapped(text, usize::MAX), text);
        assert_eq!(wrapped(text, 45), text);
        assert_eq!(
            wrapped(text, 20),
            " a   table\n\n312 of 320 units are\ndead on 1347\nsamples.\n"
        );
        assert_eq!(
            wrapped("a-word-too-long for it", 6),
            "a-word-too-long\nfor it"
        );
    }
}
