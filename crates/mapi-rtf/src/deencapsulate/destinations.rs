//! The control words that open a group of their own, by what becomes of its text.
//!
//! Only what must be told apart is listed: a group that begins with `\*` and an unlisted word is skipped
//! whole, as RTF demands of readers.

/// What becomes of the text of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// It is text of the body.
    Body,
    /// It is no text, or none that is shown.
    Skipped,
    /// It describes fonts.
    FontTable,
    /// It is a piece of HTML, tag or text.
    HtmlTag,
    /// It repeats in the ANSI code page what a `\ud` group inside says in Unicode.
    Doubled,
}

/// Answers the destination that a word opens as the first of a group, or `None` when it opens none.
pub(super) fn destination(word: &[u8]) -> Option<Destination> {
    Some(match word {
        b"htmltag" => Destination::HtmlTag,
        b"fonttbl" => Destination::FontTable,
        b"upr" => Destination::Doubled,
        // What a field or an object shows, and the text of a shape.
        b"fldrslt" | b"result" | b"shptxt" | b"shprslt" => Destination::Body,
        b"mhtmltag" => Destination::Skipped,
        b"colortbl"
        | b"stylesheet"
        | b"listtable"
        | b"listoverridetable"
        | b"revtbl"
        | b"rsidtbl"
        | b"filetbl"
        | b"info"
        | b"generator"
        | b"themedata"
        | b"colorschememapping"
        | b"datastore"
        | b"latentstyles"
        | b"xmlnstbl" => Destination::Skipped,
        b"pict" | b"objdata" | b"objclass" | b"objname" | b"objtopic" | b"fldinst" | b"datafield"
        | b"bkmkstart" | b"bkmkend" | b"formfield" => Destination::Skipped,
        b"pntext" | b"pntxta" | b"pntxtb" | b"listtext" | b"pn" | b"xe" | b"tc" | b"rxe" => {
            Destination::Skipped
        }
        b"header" | b"headerl" | b"headerr" | b"headerf" | b"footer" | b"footerl" | b"footerr"
        | b"footerf" | b"footnote" | b"annotation" | b"atnid" | b"atnauthor" | b"atrfstart" | b"atrfend"
        | b"template" | b"title" | b"author" | b"subject" | b"operator" | b"keywords" | b"comment"
        | b"doccomm" | b"company" | b"nonshppict" => Destination::Skipped,
        _ => return None,
    })
}
