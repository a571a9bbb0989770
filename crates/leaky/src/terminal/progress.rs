//! How far the work is, on standard error; nothing where that is not a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use leaky_cure::text::score;

/// How bars look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarStyle {
    /// In colour.
    Coloured,
    /// Without colour.
    Plain,
    /// Not at all.
    Hidden,
}

/// A bar for work of a known number of steps, such as the batches of a diagnosis. It is gone from
/// the screen when the value is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar over `steps` steps, with what is being done written before it.
    pub fn new(steps: u64, doing: &str, style: BarStyle) -> Self {
        let bar = bar(
            steps,
            "{msg} {bar:30.green} {percent:>3} %  {eta} left",
            style,
        );
        bar.set_message(doing.to_owned());
        Self { bar }
    }

    /// One step is done.
    pub fn step(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar for training: the epoch, the loss, the validation score and the time left. It is gone
/// from the screen when the value is dropped.
#[derive(Debug)]
pub struct TrainingProgress {
    bar: ProgressBar,
    epochs: usize,
    metric: String,
}

impl TrainingProgress {
    /// A bar over `epochs` epochs of `batches` batches each; `metric` is the validation score's
    /// name.
    pub fn new(epochs: usize, batches: usize, metric: &str, style: BarStyle) -> Self {
        let steps = epochs as u64 * batches as u64;
        let bar = bar(steps, "{prefix} {bar:30.green} {msg}  {eta} left", style);
        bar.set_prefix(format!("Epoch {:>1$}/{epochs}", 1, digits(epochs)));
        Self {
            bar,
            epochs,
            metric: metric.to_owned(),
        }
    }

    /// One batch is done.
    pub fn batch(&self) {
        self.bar.inc(1);
    }

    /// An epoch, counted from 1, is done, with this training loss and validation score.
    pub fn epoch(&self, epoch: usize, loss: f64, validation_score: f64) {
        let next = (epoch + 1).min(self.epochs);
        let epochs = self.epochs;
        self.bar
            .set_prefix(format!("Epoch {next:>0$}/{epochs}", digits(epochs)));
        self.bar.set_message(format!(
            "loss {}, {} {}",
            score(loss),
            self.metric,
            score(validation_score)
        ));
    }
}

impl Drop for TrainingProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

fn bar(steps: u64, template: &str, style: BarStyle) -> ProgressBar {
    let target = match style {
        BarStyle::Hidden => ProgressDrawTarget::hidden(),
        BarStyle::Coloured | BarStyle::Plain => ProgressDrawTarget::stderr(),
    };
    let template = match style {
        BarStyle::Coloured => template.to_owned(),
        BarStyle::Plain | BarStyle::Hidden => template.replace(".green", ""),
    };
    let style = ProgressStyle::with_template(&template)
        .expect("the template is right")
        .progress_chars("━╸─");
    let bar = ProgressBar::with_draw_target(Some(steps), target).with_style(style);
    // Redrawn now and then, so that the time left goes on falling through a long batch.
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(250));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_shows_the_epoch_under_way_and_what_the_last_one_gave() {
        let progress = TrainingProgress::new(20, 3, "accuracy", BarStyle::Coloured);
        assert_eq!(progress.bar.length(), Some(60));
        assert_eq!(progress.bar.prefix(), "Epoch  1/20");
        assert_eq!(progress.bar.message(), "");
        for _ in 0..3 {
            progress.batch();
        }
        progress.epoch(1, 0.51234567, 0.975);
        assert_eq!(progress.bar.position(), 3);
        assert_eq!(progress.bar.prefix(), "Epoch  2/20");
        assert_eq!(progress.bar.message(), "loss 0.5123, accuracy 0.9750");
        progress.epoch(20, f64::NAN, 0.0);
        assert_eq!(progress.bar.prefix(), "Epoch 20/20");
        assert_eq!(progress.bar.message(), "loss NaN, accuracy 0");
    }

    #[test]
    fn steps_are_counted() {
        let progress = Progress::new(7, "Diagnosing", BarStyle::Plain);
        progress.step();
        progress.step();
        assert_eq!(
            (progress.bar.position(), progress.bar.length()),
            (2, Some(7))
        );
        assert_eq!(progress.bar.message(), "Diagnosing");
    }
}
