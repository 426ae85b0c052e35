//! The name of a mailbox as a command says it: modified UTF-7 (RFC 3501 5.1.3) between quotation marks.

use encodify::base64::STANDARD;

/// The name, quoted. Controls were refused with the setting.
pub(super) fn quoted(name: &str) -> String {
    let mut out = String::from("\"");
    let mut wide = String::new();
    for letter in name.chars() {
        if (' '..='~').contains(&letter) {
            shift(&mut out, &mut wide);
            match letter {
                '&' => out.push_str("&-"),
                '"' | '\\' => out.extend(['\\', letter]),
                _ => out.push(letter),
            }
        } else {
            wide.push(letter);
        }
    }
    shift(&mut out, &mut wide);
    out.push('"');
    out
}

fn shift(out: &mut String, wide: &mut String) {
    if wide.is_empty() {
        return;
    }
    let octets: Vec<u8> = wide.encode_utf16().flat_map(u16::to_be_bytes).collect();
    wide.clear();
    out.push('&');
    out.push_str(STANDARD.encode(&octets).trim_end_matches('=').replace('/', ",").as_str());
    out.push('-');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_said_as_servers_know_them() {
        for (name, said) in [
            ("INBOX", "\"INBOX\""),
            ("a b", "\"a b\""),
            ("a\"\\b", "\"a\\\"\\\\b\""),
            ("R&D", "\"R&-D\""),
            // The example of RFC 3501.
            ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
        ] {
            assert_eq!(quoted(name), said);
        }
    }
}
