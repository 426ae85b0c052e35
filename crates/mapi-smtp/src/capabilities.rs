//! `Capabilities`: what a server offers in its reply to EHLO. What is made of it is `session`'s.

use crate::reply::Reply;
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, AUTH_XOAUTH2, EXT_8BIT_MIME, EXT_DSN, EXT_PIPELINING, EXT_SIZE, EXT_SMTP_UTF8,
    EXT_START_TLS, EhloResponse,
};

/// What a server offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Capabilities {
    /// STARTTLS.
    pub starttls: bool,
    /// PIPELINING.
    pub pipelining: bool,
    /// 8BITMIME.
    pub eight_bit: bool,
    /// SMTPUTF8.
    pub utf8: bool,
    /// DSN.
    pub dsn: bool,
    /// SIZE: the server takes the size of a message in advance.
    pub size: bool,
    /// The largest message in octets, where the server says.
    pub max_bytes: Option<u64>,
    /// AUTH PLAIN.
    pub plain: bool,
    /// AUTH LOGIN.
    pub login: bool,
    /// AUTH XOAUTH2.
    pub xoauth2: bool,
}

impl Capabilities {
    /// Reads the reply to EHLO. A line that makes no sense offers nothing.
    pub fn read(reply: &Reply) -> Self {
        let (mut extensions, mut mechanisms, mut max_bytes) = (0, 0, None);
        // Line by line, so that one strange line does not hide the others.
        for line in reply.lines.iter().skip(1) {
            let alone = format!("250-host\r\n250 {}\r\n", line.trim());
            if let Ok(offer) = EhloResponse::parse(&mut alone.as_bytes().iter()) {
                extensions |= offer.capabilities;
                mechanisms |= offer.auth_mechanisms;
                if offer.capabilities & EXT_SIZE != 0 {
                    max_bytes = size_limit(line);
                }
            }
        }
        let offers = |extension| extensions & extension != 0;
        Self {
            starttls: offers(EXT_START_TLS),
            pipelining: offers(EXT_PIPELINING),
            eight_bit: offers(EXT_8BIT_MIME),
            utf8: offers(EXT_SMTP_UTF8),
            dsn: offers(EXT_DSN),
            size: offers(EXT_SIZE),
            max_bytes,
            plain: mechanisms & AUTH_PLAIN != 0,
            login: mechanisms & AUTH_LOGIN != 0,
            xoauth2: mechanisms & AUTH_XOAUTH2 != 0,
        }
    }
}

/// Read here, because the parser wraps a number that is too large around to a small one.
fn size_limit(line: &str) -> Option<u64> {
    let number = line.split_ascii_whitespace().nth(1)?;
    number.parse().ok().filter(|bytes| *bytes != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(lines: &[&str]) -> Capabilities {
        Capabilities::read(&Reply { code: 250, lines: lines.iter().map(|line| (*line).to_owned()).collect() })
    }

    #[test]
    fn offers_are_read_and_nonsense_hides_none() {
        let found = read(&[
            "mx.example.org at your service",
            "PIPELINING",
            "SIZE 1000",
            "size",
            "X-\u{fffd} odd",
            "",
            "AUTH FOO-BAR-BAZ-VERY-LONG-MECHANISM-NAME plain LOGIN XOAUTH2",
            "8bitmime",
            "SMTPUTF8",
            "DSN",
            "ENHANCEDSTATUSCODES",
        ]);
        assert!(found.pipelining && found.size && found.eight_bit && found.utf8 && found.dsn, "{found:?}");
        assert!(found.plain && found.login && found.xoauth2 && !found.starttls, "{found:?}");
        assert_eq!(read(&["h", "SIZE 1000"]).max_bytes, Some(1000));
        assert_eq!(read(&["h", "SIZE 99999999999999999999999999"]).max_bytes, None);
        assert_eq!(read(&["h", "SIZE 0"]).max_bytes, None);
        assert_eq!(read(&["STARTTLS"]), Capabilities::default());
        assert!(read(&["h", "STARTTLS"]).starttls);
    }

    proptest! {
        #[test]
        fn no_offer_is_fatal(lines in proptest::collection::vec("(SIZE|AUTH|FUTURERELEASE|DELIVERBY|MT-PRIORITY|NO-SOLICITING|[A-Z0-9]{0,9})[ =]?\\PC{0,40}", 0..8)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            read(&lines);
        }
    }
}
