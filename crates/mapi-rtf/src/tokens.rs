//! RTF cut into tokens, by bytes.
//!
//! RTF is not text: bytes over 127 and after `\'` are in whatever code page the current font has, and may be
//! half a character. So nothing here is decoded, and nothing is looked up: what a control word means is the
//! business of `deencapsulate.rs`.

/// One token of RTF, borrowing from the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    GroupStart,
    /// `}`
    GroupEnd,
    /// A control word such as `\par` or `\fs20`, without backslash and delimiter.
    Word {
        /// The letters.
        name: &'a [u8],
        /// The number behind them; one too large for 32 bits is cut to the nearest that fits.
        value: Option<i32>,
    },
    /// A control symbol: a backslash and one byte that is no letter, such as `\~` or `\*`.
    Symbol(u8),
    /// `\'` and two hexadecimal digits: one byte of text.
    Hex(u8),
    /// The bytes that a `\bin` announced, or as many of them as there are.
    Binary(&'a [u8]),
    /// Bytes between tokens, without line ends and NULs, which mean nothing in RTF.
    Text(&'a [u8]),
}

/// Cuts RTF into tokens. Every input has tokens; the work is linear in its length.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    /// Starts at the first byte.
    pub fn new(rtf: &'a [u8]) -> Tokens<'a> {
        Tokens { rest: rtf }
    }

    fn control(&mut self, after: &'a [u8]) -> Option<Token<'a>> {
        let (&first, tail) = after.split_first()?;
        if first.is_ascii_alphabetic() {
            return Some(self.word(after));
        }
        if first == b'\'' {
            return self.hex(tail);
        }
        self.rest = tail;
        Some(Token::Symbol(first))
    }

    fn word(&mut self, after: &'a [u8]) -> Token<'a> {
        let letters = after.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, rest) = after.split_at_checked(letters).unwrap_or((after, &[]));
        let (value, rest) = number(rest);
        // One space belongs to the control word; it is no text.
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        match (name, value) {
            (b"bin", Some(length)) => {
                let length = usize::try_from(length).unwrap_or(0);
                let (data, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
                self.rest = rest;
                Token::Binary(data)
            }
            _ => Token::Word { name, value },
        }
    }

    /// Reads the two digits; when they are none, the escape is dropped and what follows is read as usual.
    fn hex(&mut self, tail: &'a [u8]) -> Option<Token<'a>> {
        if let Some((&[high, low], rest)) = tail.split_first_chunk::<2>()
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            self.rest = rest;
            return Some(Token::Hex((high << 4) | low));
        }
        self.rest = tail;
        Some(Token::Symbol(b'\''))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (&first, tail) = self.rest.split_first()?;
            match first {
                b'{' => {
                    self.rest = tail;
                    return Some(Token::GroupStart);
                }
                b'}' => {
                    self.rest = tail;
                    return Some(Token::GroupEnd);
                }
                b'\\' => {
                    self.rest = &[];
                    return self.control(tail);
                }
                b'\r' | b'\n' | 0 => self.rest = tail,
                _ => {
                    let length = self.rest.iter().take_while(|byte| is_text(**byte)).count();
                    let (text, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
                    self.rest = rest;
                    return Some(Token::Text(text));
                }
            }
        }
    }
}

/// Which bytes neither begin a token nor mean nothing.
#[allow(
    clippy::indexing_slicing,
    reason = "the compiler itself fills the table, and would refuse a wrong index"
)]
static TEXT: [bool; 256] = {
    let mut text = [true; 256];
    text[b'{' as usize] = false;
    text[b'}' as usize] = false;
    text[b'\\' as usize] = false;
    text[b'\r' as usize] = false;
    text[b'\n' as usize] = false;
    text[0] = false;
    text
};

fn is_text(byte: u8) -> bool {
    TEXT.get(usize::from(byte)).copied().unwrap_or(false)
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

/// Reads the number behind a control word: an optional minus sign and digits.
fn number(bytes: &[u8]) -> (Option<i32>, &[u8]) {
    let (negative, digits) = match bytes.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, bytes),
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some((digits, rest)) = digits.split_at_checked(length).filter(|_| length > 0) else {
        return (None, bytes);
    };
    let mut value = 0_i64;
    for digit in digits {
        let digit = i64::from(digit & 15);
        value = value.saturating_mul(10).saturating_add(digit).min(i64::from(u32::MAX));
    }
    let value = if negative { value.saturating_neg() } else { value };
    let fitting = value.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    (i32::try_from(fitting).ok(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(rtf: &[u8], expect: &[Token<'_>]) {
        assert_eq!(Tokens::new(rtf).collect::<Vec<_>>(), expect);
    }

    fn word(name: &str, value: Option<i32>) -> Token<'_> {
        Token::Word { name: name.as_bytes(), value }
    }

    #[test]
    fn groups_words_and_text_are_told_apart() {
        check(
            b"{\\rtf1\\ansi Hi\\par}",
            &[
                Token::GroupStart,
                word("rtf", Some(1)),
                word("ansi", None),
                Token::Text(b"Hi"),
                word("par", None),
                Token::GroupEnd,
            ],
        );
    }

    #[test]
    fn one_space_delimits_and_the_next_is_text() {
        check(b"\\b  x", &[word("b", None), Token::Text(b" x")]);
        check(b"\\b0 x", &[word("b", Some(0)), Token::Text(b"x")]);
        check(b"\\b-x", &[word("b", None), Token::Text(b"-x")]);
    }

    #[test]
    fn numbers_are_signed_and_cut_to_fit() {
        check(b"\\u-10179?", &[word("u", Some(-10179)), Token::Text(b"?")]);
        check(b"\\x99999999999999999999", &[word("x", Some(i32::MAX))]);
        check(b"\\x-99999999999999999999", &[word("x", Some(i32::MIN))]);
        check(b"\\x2147483647", &[word("x", Some(i32::MAX))]);
        check(b"\\x4294967301", &[word("x", Some(i32::MAX))]);
    }

    #[test]
    fn line_ends_and_nuls_are_no_text() {
        check(b"a\r\nb\0c", &[Token::Text(b"a"), Token::Text(b"b"), Token::Text(b"c")]);
        check(b"\\par\r\nx", &[word("par", None), Token::Text(b"x")]);
    }

    #[test]
    fn text_of_any_length_ends_at_the_first_special_byte() {
        for length in 1..70 {
            for special in *b"{}\\\r\n\0" {
                let text = vec![b'x'; length];
                let rtf = [text.as_slice(), &[special]].concat();
                assert_eq!(
                    Tokens::new(&rtf).next(),
                    Some(Token::Text(text.as_slice())),
                    "{length} {special}"
                );
            }
        }
    }

    #[test]
    fn symbols_stand_alone() {
        check(
            b"\\~\\*\\{\\\n \\",
            &[
                Token::Symbol(b'~'),
                Token::Symbol(b'*'),
                Token::Symbol(b'{'),
                Token::Symbol(b'\n'),
                Token::Text(b" "),
            ],
        );
    }

    #[test]
    fn escaped_bytes_need_two_digits() {
        check(b"\\'e4\\'Fa", &[Token::Hex(0xE4), Token::Hex(0xFA)]);
        check(b"\\'e", &[Token::Symbol(b'\''), Token::Text(b"e")]);
        check(b"\\'", &[Token::Symbol(b'\'')]);
        check(b"\\'g0{", &[Token::Symbol(b'\''), Token::Text(b"g0"), Token::GroupStart]);
        check(b"\\'0}", &[Token::Symbol(b'\''), Token::Text(b"0"), Token::GroupEnd]);
    }

    #[test]
    fn binary_data_is_no_rtf() {
        check(b"\\bin3 {\\}x", &[Token::Binary(b"{\\}"), Token::Text(b"x")]);
        check(b"\\bin2147483647 abc", &[Token::Binary(b"abc")]);
        check(b"\\bin-5 abc", &[Token::Binary(b""), Token::Text(b"abc")]);
        check(b"\\bin abc", &[word("bin", None), Token::Text(b"abc")]);
        check(b"\\bin0abc", &[Token::Binary(b""), Token::Text(b"abc")]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(rtf in proptest::collection::vec(any::<u8>(), 0..500)) {
            prop_assert!(Tokens::new(&rtf).count() <= rtf.len());
        }

        #[test]
        fn bytes_common_in_rtf_never_panic(rtf in "[{}\\\\'binu0-9a-f \r\n*~-]{0,200}") {
            prop_assert!(Tokens::new(rtf.as_bytes()).count() <= rtf.len());
        }
    }
}
