//! Telling a mistake: what was done, with what, who made it and who ended it, what was answered.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Told so far, and where to.
struct Reports {
    told: u64,
    /// `None`: to standard error.
    file: Option<File>,
}

/// Tells a mistake. Must be called with no lock of verify mode held: it may end the process.
pub(super) fn mistake(what: &str, lines: &[String], answered: &str) {
    {
        let mut reports = reports().lock().unwrap_or_else(PoisonError::into_inner);
        reports.told += 1;
        let mut text = format!("mapi verify: mistake {}: {what}\n", reports.told);
        lines.iter().for_each(|line| text.push_str(&format!("mapi verify:   {line}\n")));
        text.push_str(&format!("mapi verify:   answered {answered}\n"));
        reports.write(&text);
    }
    if super::mode() == super::ABORTS {
        std::process::abort();
    }
}

/// Tells what is no mistake by itself, as what was left at an end.
pub(super) fn note(what: &str, lines: &[String]) {
    let mut text = format!("mapi verify: {what}\n");
    lines.iter().for_each(|line| text.push_str(&format!("mapi verify:   {line}\n")));
    reports().lock().unwrap_or_else(PoisonError::into_inner).write(&text);
}

fn reports() -> &'static Mutex<Reports> {
    static REPORTS: OnceLock<Mutex<Reports>> = OnceLock::new();
    REPORTS.get_or_init(|| {
        let file = std::env::var_os("MAPI_VERIFY_FILE")
            .filter(|path| !path.is_empty())
            .and_then(|path| OpenOptions::new().append(true).create(true).mode(0o600).open(path).ok());
        Mutex::new(Reports { told: 0, file })
    })
}

impl Reports {
    fn write(&mut self, text: &str) {
        let written = match &mut self.file {
            Some(file) => file.write_all(text.as_bytes()),
            None => std::io::stderr().write_all(text.as_bytes()),
        };
        // There is nobody left to tell that nothing can be told.
        written.unwrap_or_default();
    }
}
