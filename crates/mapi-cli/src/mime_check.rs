//! What is wrong with the octets of an Internet message, line by line (RFC 5322 2.1.1, 2.3, 3.6).
//!
//! Lines that end in LF alone are what files have, and no fault. What cannot be read at all is an error of
//! `mime_file.rs`.

/// Octets of the longest line, its end not counted.
const LINE_OCTETS_MAX: usize = 998;
/// How many problems are told.
const TOLD_MOST: usize = 100;

/// The problems of a message with the numbers of their lines, counted from 1; 0 for the whole header.
pub(crate) fn problems(octets: &[u8]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_header = true;
    let mut names: Vec<String> = Vec::new();
    for (line, number) in octets.split(|octet| *octet == b'\n').zip(1_usize..) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut tell = |problem: &str| found.push((number, problem.to_owned()));
        if line.len() > LINE_OCTETS_MAX {
            tell("a line of more than 998 octets");
        }
        if line.contains(&0) {
            tell("a NUL");
        }
        if line.contains(&b'\r') {
            tell("a CR without its LF");
        }
        if in_header && line.is_empty() {
            in_header = names.is_empty() && number == 1;
        } else if in_header {
            if str::from_utf8(line).is_err() {
                tell("a header field that is neither ASCII nor UTF-8");
            }
            match field_name(line) {
                Some(name) => names.push(name),
                None if line.starts_with(b" ") || line.starts_with(b"\t") || number == 1 => {}
                None => tell("a line of the header that is no field"),
            }
        }
        if found.len() >= TOLD_MOST {
            found.truncate(TOLD_MOST);
            return found;
        }
    }
    for wanted in ["From", "Date"] {
        let count = names.iter().filter(|name| name.eq_ignore_ascii_case(wanted)).count();
        match count {
            1 => {}
            0 => found.push((0, format!("no field {wanted}"))),
            _ => found.push((0, format!("{count} fields {wanted}, one is allowed"))),
        }
    }
    found
}

fn field_name(line: &[u8]) -> Option<String> {
    let (name, _) = line.split_at(line.iter().position(|octet| *octet == b':')?);
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(|octet| octet.is_ascii_graphic());
    if is_name { String::from_utf8(name.to_vec()).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], expect: &[(usize, &str)]) {
        let found = problems(octets);
        let found: Vec<(usize, &str)> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(found, expect, "{}", String::from_utf8_lossy(octets));
    }

    #[test]
    fn a_sound_message_has_no_problems() {
        check(b"From: a@b\r\nDate: x\r\nSubject: y\r\n z\r\n\r\nno: field\r\n", &[]);
        check(b"From ann Fri\nFrom: a@b\nDate: x\n\ntext", &[]);
    }

    #[test]
    fn every_rule_tells_its_line() {
        let long = [b"From: a@b\nDate: x\n\n".as_slice(), &[b'x'; 999]].concat();
        check(&long, &[(4, "a line of more than 998 octets")]);
        check(
            b"From: a\nDate: x\nwhat\n\na\0b\nc\rd\n",
            &[(3, "a line of the header that is no field"), (5, "a NUL"), (6, "a CR without its LF")],
        );
        check(
            b"From: \xE4\n\n",
            &[(1, "a header field that is neither ASCII nor UTF-8"), (0, "no field Date")],
        );
        check(b"From: a\nfrom: b\nDate: x\n\n", &[(0, "2 fields From, one is allowed")]);
        assert_eq!(problems(&[b'\0', b'\n'].repeat(1000)).len(), TOLD_MOST);
    }
}
