//! The commands as a person runs them: arguments in, tables, files and exit codes out.

mod bad_data;
mod bad_input;
mod born_dead;
mod compare;
mod convert;
mod cure;
mod diagnose;
mod display;
mod function;
mod images;
mod kept_files;
mod objective;
mod report;
mod requests;
mod running;
mod signals;
mod standard_output;
mod training;
mod workplace;
