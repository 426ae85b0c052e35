//! What another reader (mail-parser) finds in the bytes: the same subject, people, bodies and files.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod objects;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags;
use mapi_mime::{Options, Reason, to_mime, write_mime};
use objects::{embedded, file, note, options, recipient, with};

fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("mail-parser reads it")
}

fn bytes_of(message: &MessageObject) -> Vec<u8> {
    to_mime(message, &options()).unwrap().bytes
}

#[test]
fn subjects_of_every_script_are_read_back() {
    for subject in [
        "Lunch",
        "Gr\u{fc}\u{df}e",
        "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{4ef6}\u{540d}\u{3001}\u{3068}\u{3066}\u{3082}\u{9577}\u{3044}",
        "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}, \u{43c}\u{438}\u{440}",
        "=?utf-8?Q?not_an_encoded_word?=",
        "  leading and trailing  ",
        "\"quoted\", (commented) <bracketed>; \\ back",
        "\u{1f600} smile \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "word ".repeat(300).trim_end(),
        &"x".repeat(3000),
        &"\u{e9}".repeat(3000),
    ] {
        let bytes = bytes_of(&note(subject, "text"));
        assert_eq!(read(&bytes).subject(), Some(subject));
    }
}

#[test]
fn people_are_read_back() {
    let mut note = note("People", "text");
    let long_name = "long name ".repeat(30);
    let people = [
        ("Bob Ray", "bob@example.org"),
        ("Ray, Bob", "ray@example.org"),
        ("J\u{f6}rg \"J\" M\u{fc}ller", "joerg@example.org"),
        ("\u{5c71}\u{7530}\u{592a}\u{90ce}", "yamada@example.org"),
        ("(Comment) @ home; x", "comment@example.org"),
        ("=?utf-8?Q?trap?=", "trap@example.org"),
        (long_name.trim_end(), "long@example.org"),
    ];
    note.recipients = people.iter().map(|(name, address)| recipient(1, name, "SMTP", address)).collect();
    note.recipients.extend((0..500).map(|n| recipient(2, "", "SMTP", &format!("person{n}@example.org"))));
    let bytes = bytes_of(&note);
    let message = read(&bytes);
    let to: Vec<(&str, &str)> = message
        .to()
        .unwrap()
        .iter()
        .map(|person| (person.name().unwrap(), person.address().unwrap()))
        .collect();
    assert_eq!(to, people);
    assert_eq!(message.cc().unwrap().iter().count(), 500);
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("ann@example.org"));
    assert!(message.sender().is_none() && message.bcc().is_none());
}

#[test]
fn bodies_are_read_back() {
    let text = "Caf\u{e9}\r\n\r\n.\r\nFrom me\r\n--=_boundary\r\n trailing blank \r\n=\t\r\n\u{65e5}";
    let html = "<html><body>\r\n<p>Caf\u{e9} \u{65e5}</p>\r\n</body></html>\r\n";
    let note = with(note("Bodies", text), [Property::new(tags::PR_HTML, html.as_bytes().to_vec())]);
    let bytes = bytes_of(&note);
    let message = read(&bytes);
    assert_eq!(message.body_text(0).as_deref(), Some(text));
    assert_eq!(message.body_html(0).as_deref(), Some(html));
}

#[test]
fn html_in_a_code_page_is_read_back() {
    for (code_page, octets, expect) in [
        (1252, &b"<p>Caf\xE9 \x80</p>"[..], "<p>Caf\u{e9} \u{20ac}</p>"),
        (20866, b"<p>\xF0\xD2\xC9\xD7\xC5\xD4</p>", "<p>\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}</p>"),
        (28591, b"<p>\xE9</p>", "<p>\u{e9}</p>"),
        (65001, b"<p>\xE6\x97\xA5</p>", "<p>\u{65e5}</p>"),
        (1200, b"<\0p\0>\0\xE5\x65", "<p>\u{65e5}"),
    ] {
        let note = with(
            note("HTML", ""),
            [Property::new(tags::PR_HTML, octets.to_vec()), Property::new(tags::PR_INTERNET_CPID, code_page)],
        );
        let bytes = bytes_of(&note);
        // A text that is the whole message ends in a line end.
        assert_eq!(read(&bytes).body_html(0).unwrap().trim_end_matches("\r\n"), expect, "{code_page}");
    }
}

#[test]
fn files_are_read_back_with_their_names() {
    let mut note = note("Files", "text");
    let names = [
        "plain.txt".to_owned(),
        "Jahres\u{fc}bersicht \u{65e5}\u{672c}.pdf".to_owned(),
        "quote \" and back\u{2215}slash; x=y.bin".to_owned(),
        format!("{}.doc", "long name ".repeat(20)),
    ];
    let octets = |n: usize| (0..n * 70_001).map(|place| (place * 7 % 256) as u8).collect::<Vec<u8>>();
    note.attachments = names.iter().enumerate().map(|(n, name)| file(n as u32, name, &octets(n))).collect();
    let bytes = bytes_of(&note);
    let message = read(&bytes);
    assert_eq!(message.attachment_count(), names.len());
    for (n, name) in names.iter().enumerate() {
        let part = message.attachment(n as u32).unwrap();
        assert_eq!(part.attachment_name(), Some(name.as_str()));
        assert!(part.contents() == octets(n), "{name}");
    }
}

#[test]
fn sixty_four_messages_deep_is_the_limit() {
    let deep = |depth: usize| {
        let innermost = note("0", "innermost");
        (1..=depth).fold(innermost, |inner, level| {
            let mut outer = note(&level.to_string(), "text");
            outer.attachments.push(embedded(0, inner));
            outer
        })
    };
    let bytes = bytes_of(&deep(64));
    let parsed = read(&bytes);
    let mut message = &parsed;
    for level in (0..64).rev() {
        let PartType::Message(inner) = &message.attachment(0).unwrap().body else { panic!("level {level}") };
        message = inner;
        assert_eq!(message.subject(), Some(level.to_string().as_str()));
    }
    assert_eq!(message.body_text(0).as_deref(), Some("innermost"));
    let error = to_mime(&deep(65), &options()).unwrap_err();
    assert_eq!(error.code(), mapi_defs::ErrorCode::TOO_BIG);
}

#[test]
fn a_blind_copy_is_in_the_bytes_only_when_asked_for() {
    let mut inner = note("Inner", "text");
    inner.recipients.push(recipient(3, "Eve Inner", "SMTP", "eve.inner@example.org"));
    let mut outer = note("Outer", "text");
    outer.recipients.push(recipient(3, "Eve Outer", "EX", "/o=Org/cn=eve.outer"));
    outer.attachments.push(embedded(0, inner));
    for keep_transport_headers in [false, true] {
        let headers = Property::new(
            tags::PR_TRANSPORT_MESSAGE_HEADERS,
            "Bcc: \"Eve\" <eve@example.org>\r\nResent-Bcc: eve@example.org\r\nTo: x@example.org\r\n",
        );
        let options = Options { keep_transport_headers, ..options() };
        let mime = to_mime(&with(outer.clone(), [headers]), &options).unwrap();
        let text = String::from_utf8(mime.bytes).unwrap().to_ascii_lowercase();
        assert!(!text.contains("eve") && !text.contains("bcc"), "{text}");
        assert_eq!(mime.losses.iter().filter(|loss| loss.reason == Reason::BlindCopy).count(), 2);
    }
    let asked = to_mime(&outer, &Options { include_bcc: true, ..options() }).unwrap();
    let text = String::from_utf8(asked.bytes).unwrap();
    assert_eq!(text.matches("\r\nBcc: ").count(), 2, "{text}");
}

#[test]
fn seeds_change_boundaries_alone() {
    let mut note = note("Seeds", "text");
    note.attachments.push(file(0, "a.txt", b"a"));
    let with_seed = |seed| {
        let text = String::from_utf8(to_mime(&note, &Options { seed, ..options() }).unwrap().bytes).unwrap();
        let start = text.find("boundary=\"").unwrap() + 10;
        let boundary = text[start..].split('"').next().unwrap().to_owned();
        (text.replace(&boundary, "BOUNDARY"), boundary)
    };
    let ((one, first), (other, second)) = (with_seed(1), with_seed(2));
    assert_eq!(one, other);
    assert_ne!(first, second);
}

#[test]
fn a_writer_that_fails_is_told() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("no space left"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = write_mime(&note("x", "y"), &options(), &mut Full).unwrap_err();
    assert_eq!(error.code(), mapi_defs::ErrorCode::DISK_ERROR);
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_domain_that_is_none_is_refused() {
    for domain in ["", "a b", "example.org\r\nBcc: x", "a..b", ".", "<a>"] {
        let error = to_mime(&note("x", "y"), &Options { domain: domain.into(), ..options() }).unwrap_err();
        assert_eq!(error.code(), mapi_defs::ErrorCode::INVALID_PARAMETER, "{domain:?}");
    }
}
