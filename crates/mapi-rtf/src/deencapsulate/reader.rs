//! The reader of RTF: obeys groups and control words, and hands the text it meets to `output.rs`.
//!
//! One reader serves the three kinds of RTF; they differ in which groups hold text and in what a few control
//! words give. Nothing here recurses: groups are a stack with a limit.

use super::destinations::{Destination, destination};
use super::fonts::Fonts;
use super::output::{How, Output};
use super::{DEFAULT_CODE_PAGE, Kind, MAX_GROUP_DEPTH, trimmed};
use crate::Fault;
use crate::codepage;
use crate::tokens::{Token, Tokens};

/// What a group inherits and its end restores.
#[derive(Clone, Copy, Debug)]
struct State {
    destination: Destination,
    /// `\htmlrtf`: the text is there for RTF readers only.
    htmlrtf: bool,
    /// `\v`: hidden text.
    hidden: bool,
    /// `\uc`: how many fallback characters follow a `\u`.
    fallback: u32,
    font: i32,
    font_code_page: u32,
}

/// Where in the first words of a group the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// Directly behind `{`.
    Fresh,
    /// Behind `{\*`.
    Starred,
    /// Anywhere else.
    Over,
}

pub(super) struct Reader {
    kind: Kind,
    state: State,
    stack: Vec<State>,
    opening: Opening,
    /// Fallback characters still to skip.
    skip: u32,
    fonts: Fonts,
    default_font: i32,
    ansi_code_page: u32,
    output: Output,
}

impl Reader {
    pub(super) fn new(kind: Kind, rtf_length: usize) -> Reader {
        let state = State {
            destination: Destination::Body,
            htmlrtf: false,
            hidden: false,
            fallback: 1,
            font: 0,
            font_code_page: DEFAULT_CODE_PAGE,
        };
        let how = How { code_page: DEFAULT_CODE_PAGE, escaped: false };
        Reader {
            kind,
            state,
            stack: Vec::new(),
            opening: Opening::Over,
            skip: 0,
            fonts: Fonts::default(),
            default_font: 0,
            ansi_code_page: DEFAULT_CODE_PAGE,
            // HTML is about half of the RTF made from it.
            output: Output::new(how, rtf_length / 2),
        }
    }

    /// Reads to the end of the outermost group and answers the text and the code page of the RTF.
    pub(super) fn read(mut self, rtf: &[u8]) -> Result<(String, u32), Fault> {
        for token in Tokens::new(trimmed(rtf)) {
            match token {
                Token::Text(text) => self.text(text),
                Token::Hex(byte) => self.escaped_byte(byte),
                Token::Word { name, value } => self.word(name, value),
                Token::Symbol(symbol) => self.symbol(symbol),
                Token::Binary(_) => self.binary(),
                Token::GroupStart => self.open_group()?,
                Token::GroupEnd => {
                    if self.close_group().is_none() {
                        break;
                    }
                }
            }
        }
        Ok((self.output.finish(), self.ansi_code_page))
    }

    fn open_group(&mut self) -> Result<(), Fault> {
        if self.stack.len() >= MAX_GROUP_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.output.settle();
        self.stack.push(self.state);
        self.opening = Opening::Fresh;
        self.skip = 0;
        Ok(())
    }

    /// Restores the state outside the group; `None` when that was the outermost.
    fn close_group(&mut self) -> Option<()> {
        self.output.settle();
        let described_fonts = self.state.destination == Destination::FontTable;
        self.state = self.stack.pop()?;
        self.opening = Opening::Over;
        self.skip = 0;
        if described_fonts && self.state.destination != Destination::FontTable {
            self.choose_font(self.state.font);
        }
        (!self.stack.is_empty()).then_some(())
    }

    fn text(&mut self, text: &[u8]) {
        self.opening = Opening::Over;
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(text.len());
        self.skip = self.skip.saturating_sub(u32::try_from(skipped).unwrap_or(u32::MAX));
        let text = text.get(skipped..).unwrap_or_default();
        if self.is_visible() && !text.is_empty() {
            self.output.text(text, self.how());
        }
    }

    fn escaped_byte(&mut self, byte: u8) {
        self.opening = Opening::Over;
        if !self.skips() && self.is_visible() {
            self.output.byte(byte, self.how());
        }
    }

    fn binary(&mut self) {
        self.opening = Opening::Over;
        self.skips();
    }

    fn symbol(&mut self, symbol: u8) {
        if symbol == b'*' {
            self.opening = if self.opening == Opening::Fresh { Opening::Starred } else { Opening::Over };
            return;
        }
        self.opening = Opening::Over;
        if self.skips() || !self.is_visible() {
            return;
        }
        match symbol {
            b'{' | b'}' | b'\\' if self.output.wants_trail(self.how()) => {
                self.output.byte(symbol, self.how())
            }
            b'{' | b'}' | b'\\' => self.output.character(char::from(symbol), self.how()),
            b'~' if self.kind == Kind::Html => self.output.verbatim("&nbsp;"),
            b'~' => self.output.verbatim("\u{A0}"),
            b'_' => self.output.verbatim("\u{AD}"),
            b'\r' | b'\n' => self.output.verbatim("\r\n"),
            b'\t' => self.output.verbatim("\t"),
            _ => {}
        }
    }

    fn word(&mut self, name: &[u8], value: Option<i32>) {
        let opening = std::mem::replace(&mut self.opening, Opening::Over);
        if self.skips() {
            return;
        }
        self.output_settles_before(name);
        if opening != Opening::Over && self.opens_destination(name, opening) {
            return;
        }
        if self.state.destination == Destination::FontTable {
            return self.fonts.describe(name, value);
        }
        if !self.sets_state(name, value) && self.is_visible() {
            self.gives_text(name, value);
        }
    }

    /// Decodes what is waiting unless the word goes on with it: `\u` joins halves of a pair, `\uc` may stand
    /// between them.
    fn output_settles_before(&mut self, name: &[u8]) {
        if !matches!(name, b"u" | b"uc") {
            self.output.settle();
        }
    }

    /// Obeys a word that says what the group is; answers whether it was one.
    fn opens_destination(&mut self, name: &[u8], opening: Opening) -> bool {
        let inherited = self.state.destination;
        let opened = match (destination(name), inherited) {
            // Inside a skipped group only a piece of HTML counts, and the Unicode half of a doubled text.
            (Some(Destination::HtmlTag), _) if self.kind == Kind::Html => Destination::HtmlTag,
            (_, Destination::Doubled) if name == b"ud" => Destination::Body,
            (_, Destination::Skipped | Destination::Doubled) => return false,
            (Some(opened), _) => opened,
            (None, _) if opening == Opening::Starred => Destination::Skipped,
            (None, _) => return false,
        };
        self.state.destination = opened;
        true
    }

    /// Obeys a word that changes what follows; answers whether it was one.
    fn sets_state(&mut self, name: &[u8], value: Option<i32>) -> bool {
        let on = value != Some(0);
        match name {
            b"htmlrtf" => self.state.htmlrtf = on,
            b"v" => self.state.hidden = on,
            b"f" => self.choose_font(value.unwrap_or(self.default_font)),
            b"plain" => {
                self.state.hidden = false;
                self.choose_font(self.default_font);
            }
            b"uc" => self.state.fallback = u32::try_from(value.unwrap_or(1)).unwrap_or(0),
            b"ansicpg" => self.set_ansi_code_page(value),
            b"mac" => self.set_ansi_code_page(Some(10000)),
            b"pc" => self.set_ansi_code_page(Some(437)),
            b"pca" => self.set_ansi_code_page(Some(850)),
            b"deff" => {
                self.default_font = value.unwrap_or(0);
                self.choose_font(self.default_font);
            }
            _ => return false,
        }
        true
    }

    /// Gives the text that a word stands for.
    fn gives_text(&mut self, name: &[u8], value: Option<i32>) {
        let native = self.kind == Kind::Native;
        match name {
            b"u" => {
                self.output.unit(value.unwrap_or(0), self.how());
                self.skip = self.state.fallback;
            }
            b"par" | b"line" => self.output.verbatim("\r\n"),
            b"tab" => self.output.verbatim("\t"),
            b"lquote" => self.output.verbatim("\u{2018}"),
            b"rquote" => self.output.verbatim("\u{2019}"),
            b"ldblquote" => self.output.verbatim("\u{201C}"),
            b"rdblquote" => self.output.verbatim("\u{201D}"),
            b"bullet" => self.output.verbatim("\u{2022}"),
            b"endash" => self.output.verbatim("\u{2013}"),
            b"emdash" => self.output.verbatim("\u{2014}"),
            b"emspace" => self.output.verbatim("\u{2003}"),
            b"enspace" => self.output.verbatim("\u{2002}"),
            b"qmspace" => self.output.verbatim("\u{2005}"),
            b"zwj" => self.output.verbatim("\u{200D}"),
            b"zwnj" => self.output.verbatim("\u{200C}"),
            b"ltrmark" => self.output.verbatim("\u{200E}"),
            b"rtlmark" => self.output.verbatim("\u{200F}"),
            b"page" | b"sect" | b"row" | b"nestrow" if native => self.output.verbatim("\r\n"),
            b"cell" | b"nestcell" if native => self.output.verbatim("\t"),
            // The place of an attachment is one blank in the text.
            b"objattph" if native => self.output.verbatim(" "),
            _ => {}
        }
    }

    /// Counts off one fallback character of a `\u`; answers whether there was one to skip.
    fn skips(&mut self) -> bool {
        let skipped = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        skipped
    }

    fn is_visible(&self) -> bool {
        match (self.kind, self.state.destination) {
            (Kind::Html, Destination::Body | Destination::HtmlTag) => !self.state.htmlrtf,
            (Kind::Text, Destination::Body) => !self.state.htmlrtf,
            (Kind::Native, Destination::Body) => !self.state.hidden,
            _ => false,
        }
    }

    /// Pieces of HTML are in the code page of the document, text between them in that of its font.
    fn how(&self) -> How {
        match (self.kind, self.state.destination) {
            (Kind::Html, Destination::HtmlTag) => How { code_page: self.ansi_code_page, escaped: false },
            (kind, _) => How { code_page: self.state.font_code_page, escaped: kind == Kind::Html },
        }
    }

    fn choose_font(&mut self, font: i32) {
        self.state.font = font;
        self.state.font_code_page = self.fonts.code_page(font).unwrap_or(self.ansi_code_page);
    }

    fn set_ansi_code_page(&mut self, value: Option<i32>) {
        let known = value.and_then(|it| u32::try_from(it).ok()).filter(|&it| codepage::is_known(it));
        if let Some(code_page) = known {
            self.ansi_code_page = code_page;
            self.choose_font(self.state.font);
        }
    }
}
