//! Bytes made to do harm: `from_mime` answers or refuses, within time and memory, whatever they are.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::{PropValue, tags};
use mapi_defs::{ErrorCode, FileTime, Result};
use mapi_mime::{FromOptions, from_mime};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What reading may take of the processor, for each 10 MiB and at least once; unoptimised builds are allowed more.
const ALLOWED: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 });

fn read(bytes: &[u8]) -> Result<MessageObject> {
    let start = worked();
    let read = from_mime(bytes, &FromOptions::new(FileTime(0)));
    let allowed = ALLOWED * u32::try_from(1 + bytes.len() / (10 << 20)).unwrap();
    let took = worked() - start;
    assert!(took <= allowed, "{} octets took {took:?}", bytes.len());
    if let Ok(message) = &read {
        let held = size(message);
        assert!(held <= 16 * bytes.len() + (16 << 20), "{} octets became {held}", bytes.len());
    }
    read
}

/// What this thread has had of the processor: other programs do not count.
fn worked() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

fn size(message: &MessageObject) -> usize {
    let of = |properties: &[Property]| -> usize {
        properties.iter().map(|property| size_of::<Property>() + property.value.size_bytes()).sum()
    };
    let rows: usize = message.recipients.iter().map(|row| of(row)).sum();
    let attachments = message.attachments.iter();
    let attachments: usize = attachments
        .map(|attachment| of(&attachment.properties) + attachment.message.as_deref().map_or(0, size))
        .sum();
    of(&message.properties) + rows + attachments
}

#[track_caller]
fn refused(bytes: &[u8]) {
    assert_eq!(read(bytes).unwrap_err().code(), ErrorCode::TOO_BIG);
}

fn nested_messages(depth: usize) -> Vec<u8> {
    let mut bytes = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n".to_vec();
    bytes.extend(b"Content-Type: message/rfc822\n\nSubject: x\n".repeat(depth));
    bytes.extend_from_slice(b"\ninnermost\n--b--\n");
    bytes
}

#[test]
fn messages_within_messages_are_bounded() {
    refused(&b"Content-Type: message/rfc822\n\n".repeat(100_000));
    // A message whose body is a message: only the bottom says something.
    let chain = |depth: usize| {
        [b"Content-Type: message/rfc822\n\n".repeat(depth), b"Subject: end\n\nx".to_vec()].concat()
    };
    let mut message = read(&chain(64)).unwrap();
    for _ in 0..64 {
        message = *message.attachments.remove(0).message.unwrap();
    }
    assert_eq!(message.text(tags::PR_SUBJECT), Some("end"));
    refused(&chain(65));
    refused(&nested_messages(100_000));
}

#[test]
fn multiparts_within_multiparts_are_bounded() {
    let deep = |depth: usize| -> Vec<u8> {
        let mut text = String::new();
        (0..depth).for_each(|n| {
            text.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}.\n\n--b{n}.\n"))
        });
        text.push_str("\ninnermost\n");
        text.into_bytes()
    };
    assert_eq!(read(&deep(100)).unwrap().text(tags::PR_BODY), Some("innermost\r\n"));
    refused(&deep(101));
    refused(&deep(100_000));
}

#[test]
fn parts_are_bounded() {
    let many = |count: usize, part: &[u8]| {
        [b"Content-Type: multipart/mixed; boundary=b\n\n".to_vec(), part.repeat(count)].concat()
    };
    refused(&many(500_000, b"--b\n\nx\n"));
    assert_eq!(read(&many(99_000, b"--b\n")).unwrap().attachments.len(), 0);
    // Few enough parts, each of which costs a hundred times its octets.
    refused(&many(99_000, b"--b\n\nx\n"));
    assert_eq!(read(&many(5_000, b"--b\n\nx\n")).unwrap().attachments.len(), 4_999);
    let digest =
        [b"Content-Type: multipart/digest; boundary=b\n\n".to_vec(), b"--b\n\nA: 1\n\n".repeat(90_000)]
            .concat();
    refused(&digest);
}

#[test]
fn headers_are_bounded() {
    let message = read(&[b"X-A: b\n".repeat(1_000_000), b"\nx".to_vec()].concat()).unwrap();
    assert_eq!(message.text(tags::PR_BODY), Some("x"));
    let mut distinct = String::new();
    (0..500_000).for_each(|n| distinct.push_str(&format!("X-{n}: b\n")));
    let message = read(distinct.as_bytes()).unwrap();
    assert!(message.properties.len() <= 1_020, "{}", message.properties.len());
    refused(&[b"Subject: ".to_vec(), vec![b'x'; (16 << 20) + 1]].concat());
    refused(&vec![b'x'; 64 << 20]);
    let message = read(&[b"Subject: ".to_vec(), vec![b'x'; 15 << 20]].concat()).unwrap();
    assert_eq!(message.text(tags::PR_SUBJECT).unwrap().len(), 15 << 20);
}

#[test]
fn people_are_bounded() {
    let to = |person: &str, count: usize| format!("To: {}\n\nx", person.repeat(count)).into_bytes();
    refused(&to("a,", 150_000));
    refused(&to("a@b,", 90_000));
    assert_eq!(read(&to("someone <a@example.org>,\n ", 5_000)).unwrap().recipients.len(), 5_000);
    for (open, close) in [("(", ")"), ("<", ">"), ("\"", "\""), ("[", "]")] {
        let nested = [open.repeat(200_000), close.repeat(200_000)].concat();
        read(
            format!("From: {nested} a@x.org\nTo: {nested}\nDate: {nested}\nContent-Type: {nested}\n\nx")
                .as_bytes(),
        )
        .unwrap();
    }
    read(format!("To: {}", "a:".repeat(20_000)).as_bytes()).unwrap();
}

#[test]
fn parameters_in_pieces_are_bounded() {
    let mut pieces = String::from("Content-Disposition: attachment; ");
    (0..100_000).for_each(|n| pieces.push_str(&format!("filename*{n}=a;\n ")));
    let message = read(format!("Content-Type: application/x\n{pieces}\n\nx").as_bytes()).unwrap();
    assert_eq!(message.attachments.len(), 1);
    let words = "=?utf-8?Q?=C3=A9?= ".repeat(100_000);
    let message = read(format!("Subject: {words}\n\nx").as_bytes()).unwrap();
    assert_eq!(message.text(tags::PR_SUBJECT).unwrap().chars().count(), 100_000);
}

#[test]
fn boundaries_may_be_anything() {
    let body = |head: &str, rest: &str| {
        read(format!("Content-Type: multipart/mixed; {head}\n\n{rest}").as_bytes()).unwrap()
    };
    let text = |message: &MessageObject| message.text(tags::PR_BODY).unwrap_or_default().to_owned();
    assert_eq!(text(&body("boundary=\"\"", "--\n\nx\n--\n")), "--\r\n\r\nx\r\n--\r\n");
    assert_eq!(text(&body("charset=x", "--\n\nx")), "--\r\n\r\nx");
    // One boundary begins with the other.
    let rest = "--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\none\n--bb--\n--b\nContent-Disposition: attachment\n\ntwo\n--b--\n";
    let message = body("boundary=b", rest);
    assert_eq!((text(&message).as_str(), message.attachments.len()), ("one", 1));
    let data = message.attachments[0].property(tags::PR_ATTACH_DATA_BIN);
    assert_eq!(data, Some(&PropValue::Binary(b"two".to_vec())));
    // The same boundary twice.
    let rest = "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b--\n";
    assert_eq!(text(&body("boundary=b", rest)), "one");
    assert_eq!(text(&body("boundary=b", &"--".repeat(500_000))).len(), 1_000_000);
    assert_eq!(body("boundary=b", &"--\n".repeat(500_000)).attachments.len(), 0);
    assert_eq!(text(&body(&format!("boundary={}", "b".repeat(1 << 20)), "x")), "x");
}

#[test]
fn octets_may_be_anything() {
    for bytes in [
        b"Subject: a\0b\0\nFrom: \0\n\nx\0y".to_vec(),
        b"Subject: \xFF\xFE\nX-\xFF: y\nTo: \xE9@x.org\n\n\xFF".to_vec(),
        b"Content-Type: text/html; charset=\"\0\"\n\n\0\0<p>".to_vec(),
        b"A: b\r\r\r\n\r\n\r\r\n".to_vec(),
        b"Content-Type: text/plain; charset=utf-16\n\n\xFF".to_vec(),
        b"Content-Transfer-Encoding: base64\n\n====A".to_vec(),
        b"Content-Transfer-Encoding: quoted-printable\n\n==\n=".to_vec(),
    ] {
        let message = read(&bytes).unwrap();
        let texts = message.properties.iter().filter_map(|property| property.value.as_text());
        assert!(texts.into_iter().all(|text| !text.contains('\0')), "{bytes:?}");
    }
    let message = read(&[b"A: b\n\n".to_vec(), vec![b'x'; 64 << 20]].concat()).unwrap();
    assert_eq!(message.text(tags::PR_BODY).unwrap().len(), 64 << 20);
}

/// A small generator of numbers (xorshift), the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

const SEEDS: [&str; 4] = [
    "From: \"Lee, Ann\" <ann@x.org>\r\nTo: =?utf-8?Q?J=C3=B6rg?= <j@x.org>, T: a@x.org, b@x.org;\r\nDate: Fri, 20 Nov 2026 14:02:01 +0000\r\nSubject: Re: =?utf-8?B?Y2Fmw6k=?=\r\n x\r\nX-A: b\r\n\r\ntext\r\n",
    "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nplain\r\n--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<img src=\"cid:i\">\r\n--c--\r\n--b\r\nContent-Type: image/png; name*=utf-8''%C3%A9.png\r\nContent-ID: <i>\r\nContent-Transfer-Encoding: base64\r\n\r\nAQIDBA==\r\n--b--\r\n",
    "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\n1\n--d\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKeQ==\n--d--\n",
    "Content-Type: multipart/signed; boundary=s; protocol=\"application/pkcs7-signature\"\n\n--s\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; format=flowed; charset=iso-8859-1\n\ncaf=E9 =\n x \n--s\nContent-Type: application/pkcs7-signature\n\nMII=\n--s--\n",
];
const PIECES: [&[u8]; 16] = [
    b"\r\n",
    b"\n\n",
    b"--b",
    b"--b--\n",
    b"=?",
    b"?=",
    b"\0",
    b"\xFF",
    b"\"",
    b";",
    b":",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"boundary=",
    b"base64",
    b"=",
];

#[test]
fn changed_bytes_are_read_or_refused() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let (mut kept, mut refused) = (0, 0);
    for round in 0..25_000 {
        let mut bytes = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
        for _ in 0..=numbers.below(8) {
            let place = numbers.below(bytes.len());
            let end = (place + numbers.below(20)).min(bytes.len());
            match numbers.below(5) {
                0 => bytes[place] = numbers.below(256) as u8,
                1 => drop(bytes.drain(place..end)),
                2 => drop(bytes.splice(place..place, PIECES[numbers.below(PIECES.len())].iter().copied())),
                3 => drop(bytes.splice(place..end, bytes.clone()[..end - place].to_vec())),
                _ => bytes.truncate(end.max(1)),
            }
            if bytes.is_empty() {
                bytes.push(b'A');
            }
        }
        match read(&bytes) {
            Ok(message) => {
                assert!(
                    message.properties.is_sorted_by(|a, b| a.order(b).is_lt()),
                    "{:?}",
                    String::from_utf8_lossy(&bytes)
                );
                kept += 1;
            }
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::CORRUPT_DATA, "{:?}", String::from_utf8_lossy(&bytes));
                refused += 1;
            }
        }
    }
    assert!(kept > 20_000 && refused > 0, "{kept} kept, {refused} refused");
}
