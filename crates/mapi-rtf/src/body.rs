//! Which of a message's bodies is the one to show.
//!
//! A decision over what is present, nothing more: the properties are read and the bodies converted elsewhere.
//!
//! # Source
//! `[MS-OXBBODY]` 2.1.3.1.

/// Whether a body property is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// The property does not exist (`MAPI_E_NOT_FOUND`).
    #[default]
    Absent,
    /// The property was returned with its value.
    Present,
    /// The property exists but is too large to be returned at once (`MAPI_E_NOT_ENOUGH_MEMORY`).
    Large,
}

impl Presence {
    fn exists(self) -> bool {
        self != Presence::Absent
    }
}

/// A form of the message text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `PR_BODY`.
    Text,
    /// `PR_RTF_COMPRESSED`, which may hold HTML or text in turn.
    Rtf,
    /// `PR_HTML`.
    Html,
}

/// The body properties of a message, as far as the choice depends on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bodies {
    /// `PR_BODY`.
    pub text: Presence,
    /// `PR_RTF_COMPRESSED`.
    pub rtf: Presence,
    /// `PR_HTML`.
    pub html: Presence,
    /// `PR_RTF_IN_SYNC`; false when absent.
    pub rtf_in_sync: bool,
    /// `PR_NATIVE_BODY`: 1 text, 2 RTF, 3 HTML, 4 clear-signed; 0 or absent says nothing.
    pub native_body: u32,
}

/// Chooses the body that says most, or `None` when there is none.
///
/// `PR_NATIVE_BODY` decides when the body it names exists; HTML that it names but that is only inside the
/// RTF is answered as [`Body::Rtf`]. Otherwise RTF wins when it is in step with the rest, HTML over text.
pub fn best_body(bodies: &Bodies) -> Option<Body> {
    native_body(bodies).or_else(|| best_existing(bodies))
}

fn native_body(bodies: &Bodies) -> Option<Body> {
    match bodies.native_body {
        1 if bodies.text.exists() => Some(Body::Text),
        2 if bodies.rtf.exists() => Some(Body::Rtf),
        3 if bodies.html.exists() => Some(Body::Html),
        // Most mail keeps its HTML inside the RTF alone.
        3 if bodies.rtf.exists() => Some(Body::Rtf),
        _ => None,
    }
}

fn best_existing(bodies: &Bodies) -> Option<Body> {
    let both_large = bodies.text == Presence::Large && bodies.rtf == Presence::Large;
    match (bodies.text.exists(), bodies.rtf.exists(), bodies.html.exists()) {
        (false, false, false) => None,
        (true, false, false) => Some(Body::Text),
        (false, true, false) => Some(Body::Rtf),
        (_, false, true) => Some(Body::Html),
        (_, true, true) if bodies.rtf_in_sync => Some(Body::Rtf),
        (_, true, true) => Some(Body::Html),
        // Text and RTF that are both too large to compare: the richer one, in step or not.
        (true, true, false) if bodies.rtf_in_sync || both_large => Some(Body::Rtf),
        (true, true, false) => Some(Body::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Presence::{Absent, Large, Present};

    #[track_caller]
    fn check(text: Presence, rtf: Presence, html: Presence, rtf_in_sync: bool, expect: Option<Body>) {
        let bodies = Bodies { text, rtf, html, rtf_in_sync, native_body: 0 };
        assert_eq!(best_body(&bodies), expect, "{bodies:?}");
    }

    #[test]
    fn a_single_body_is_the_best() {
        for size in [Present, Large] {
            for in_sync in [false, true] {
                check(size, Absent, Absent, in_sync, Some(Body::Text));
                check(Absent, size, Absent, in_sync, Some(Body::Rtf));
                check(Absent, Absent, size, in_sync, Some(Body::Html));
                check(Absent, Absent, Absent, in_sync, None);
            }
        }
    }

    #[test]
    fn rtf_wins_when_it_is_in_step() {
        for size in [Present, Large] {
            check(size, size, size, true, Some(Body::Rtf));
            check(size, size, size, false, Some(Body::Html));
            check(Absent, size, size, true, Some(Body::Rtf));
            check(Absent, size, size, false, Some(Body::Html));
            check(size, size, Absent, true, Some(Body::Rtf));
        }
        check(Present, Present, Absent, false, Some(Body::Text));
        check(Large, Present, Absent, false, Some(Body::Text));
        check(Present, Large, Absent, false, Some(Body::Text));
        check(Large, Large, Absent, false, Some(Body::Rtf));
        check(Present, Absent, Present, true, Some(Body::Html));
    }

    #[test]
    fn the_native_body_decides_when_it_exists() {
        let all = Bodies { text: Present, rtf: Present, html: Present, rtf_in_sync: true, native_body: 0 };
        for (native_body, expect) in
            [(0, Body::Rtf), (1, Body::Text), (2, Body::Rtf), (3, Body::Html), (4, Body::Rtf), (9, Body::Rtf)]
        {
            assert_eq!(best_body(&Bodies { native_body, ..all }), Some(expect), "{native_body}");
        }
        let only = |native_body, text, rtf, html| {
            best_body(&Bodies { text, rtf, html, rtf_in_sync: false, native_body })
        };
        assert_eq!(only(1, Absent, Present, Absent), Some(Body::Rtf));
        assert_eq!(only(2, Present, Absent, Absent), Some(Body::Text));
        assert_eq!(only(2, Present, Present, Present), Some(Body::Rtf));
        assert_eq!(only(3, Present, Present, Absent), Some(Body::Rtf));
        assert_eq!(only(3, Present, Absent, Absent), Some(Body::Text));
    }
}
