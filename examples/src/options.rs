//! What a person asks for on the command line: the same for every example.

use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser, value_parser};

/// The options of an example.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// How often each network is trained, each time from another seed
    #[arg(long, value_name = "COUNT", default_value = "3", value_parser = value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// Train little, on few samples and from one seed: to see that everything works
    #[arg(long)]
    pub quick: bool,
    /// The folder that pictures, networks and figures are written to; made if it is not there
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// The learning rate, in place of the example's own
    #[arg(long, value_name = "RATE", value_parser = positive)]
    pub learning_rate: Option<f64>,
    /// The example's name.
    #[arg(skip)]
    pub name: String,
}

impl Options {
    /// Reads the command line of the example of this name. Where that asks for help or is at fault,
    /// it is said, and the program ends.
    pub fn parse(name: &'static str, about: &'static str) -> Self {
        let command = Self::command().name(name).about(about);
        let matches = command.get_matches();
        let mut options = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        options.name = name.to_owned();
        if options.quick
            && matches.value_source("seeds") != Some(clap::parser::ValueSource::CommandLine)
        {
            options.seeds = 1;
        }
        options
    }

    /// The folder that everything is written to.
    pub fn output(&self) -> PathBuf {
        let standard = || ["target", "uses", &self.name].iter().collect();
        self.output.clone().unwrap_or_else(standard)
    }

    /// `full` of something, or `quick` where little is asked for.
    pub fn amount<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    match rate > 0.0 && rate.is_finite() {
        true => Ok(rate),
        false => Err("a learning rate is above zero, and finite".to_owned()),
    }
}
