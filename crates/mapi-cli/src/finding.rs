//! `Finding`: one thing that `mapi doctor` looked at, and what to do where it is not well.

use serde_json::{Value, json};

/// One thing looked at.
#[derive(Debug)]
pub(crate) struct Finding {
    what: String,
    is_well: bool,
    detail: String,
    advice: Option<String>,
}

impl Finding {
    /// Something that works.
    pub(crate) fn well(what: &str, detail: impl Into<String>) -> Self {
        Self { what: what.into(), is_well: true, detail: detail.into(), advice: None }
    }

    /// Something that would fail.
    pub(crate) fn ill(what: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), is_well: false, detail: detail.into(), advice: Some(advice.into()) }
    }

    /// True for what works.
    pub(crate) const fn is_well(&self) -> bool {
        self.is_well
    }

    /// The form of `--json`.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "what": self.what, "well": self.is_well, "detail": self.detail, "advice": self.advice })
    }

    /// A line for a person, and one with the advice.
    pub(crate) fn to_text(&self) -> String {
        let mark = if self.is_well { "ok  " } else { "FAIL" };
        let advice =
            self.advice.as_deref().map_or_else(String::new, |advice| format!("\n       try: {advice}"));
        format!("{mark}  {:<8} {}{advice}\n", self.what, self.detail)
    }
}
