//! Ctrl-C: asked for once, the work ends at the next good moment.

use leaky_cure::stop::Stop;

/// From now on Ctrl-C asks the work to stop and no longer ends the process; a second one ends it at
/// once, with exit code 130.
///
/// # Errors
///
/// Where the operating system does not let the process handle the signal, or it is handled already.
pub fn stop_on_ctrl_c() -> Result<Stop, ctrlc::Error> {
    let stop = Stop::new();
    let handler = stop.clone();
    ctrlc::set_handler(move || {
        if handler.asked() {
            std::process::exit(130);
        }
        handler.ask();
    })?;
    Ok(stop)
}
