//! `Bar`: how far long work has come, drawn only where a person watches.

use crate::output::Output;
use indicatif::{ProgressBar, ProgressStyle};

/// Rate and time left beside the bar.
const TEMPLATE: &str = "{msg} {wide_bar} {pos}/{len} {per_sec} {eta}";

/// A bar on stderr, or nothing.
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar for `total` items.
    pub(crate) fn new(total: usize, what: &'static str, output: Output) -> Self {
        if !output.shows_progress() || total < 2 {
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::new(total as u64).with_message(what);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// One item more is through.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
