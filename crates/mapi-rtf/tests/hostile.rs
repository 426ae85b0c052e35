//! Input made to break a reader: no panic, no memory by a claimed length, time linear in the bytes.

use mapi_rtf::{Defect, Fault, compress, decompress, encapsulate_html, encapsulate_text, extract};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A folder of the corpus, or `None` after saying so.
fn corpus(folder: &str) -> Option<PathBuf> {
    match std::env::var_os("MAPI_CORPUS") {
        Some(corpus) => Some(PathBuf::from(corpus).join(folder)),
        None if std::env::var("MAPI_FORBID_SKIP").as_deref() == Ok("1") => panic!("MAPI_CORPUS is not set"),
        None => {
            // Past the test runner, which would keep it back.
            drop(writeln!(std::io::stderr(), "SKIPPED (MAPI_CORPUS is not set): files of {folder}"));
            None
        }
    }
}

fn hostile_file(name: &str) -> Option<Vec<u8>> {
    let path = corpus("hostile")?.join(name);
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[test]
fn five_bytes_are_too_short() {
    let Some(bytes) = hostile_file("rtf_five_bytes.bin") else { return };
    assert_eq!(decompress(&bytes), Err(Fault::TooShort { present: 5 }));
}

#[test]
fn a_claim_of_two_gigabytes_takes_no_memory() {
    let Some(bytes) = hostile_file("rtf_claims_2g.bin") else { return };
    let read = decompress(&bytes).expect("a header and some bytes");
    assert_eq!(read.rtf, b"{\\rtf1 z");
    assert!(read.rtf.capacity() < 1024);
    assert!(read.defects.contains(&Defect::RawSize { stored: 0x7FFF_FFF0, found: 8 }));
    assert!(read.defects.contains(&Defect::NoEndMark));
}

#[test]
fn an_uncompressed_body_shorter_than_it_says_is_read() {
    let Some(bytes) = hostile_file("rtf_mela_overrun.bin") else { return };
    let read = decompress(&bytes).expect("a header and some bytes");
    assert_eq!(read.rtf, b"{\\rtf1 hi}");
    assert_eq!(read.defects, [Defect::RawSize { stored: 1000, found: 10 }]);
    assert_eq!(extract(&read.rtf).map(mapi_rtf::Extracted::into_string), Ok("hi".to_owned()));
}

/// A megabyte of one shape each.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |piece: &str| piece.repeat(1_000_000 / piece.len());
    let html = |body: String| format!("{{\\rtf1\\ansi\\fromhtml1 {body}").into_bytes();
    vec![
        (
            "fonts",
            html(format!(
                "{{\\fonttbl{}",
                (0..60_000).map(|n| format!("{{\\f{n}\\fcharset204 A;}}")).collect::<String>()
            )),
        ),
        ("one font described again and again", html(format!("{{\\fonttbl{}", repeated("\\f1\\cpg932 ")))),
        ("font changes", html(repeated("\\f1\\'e4\\f2\\'e4"))),
        ("groups side by side", html(repeated("{}"))),
        ("groups with text", html(repeated("{\\b x}"))),
        ("font tables", html(repeated("{\\fonttbl{\\f0 A;}}"))),
        ("tags", html(repeated("{\\*\\htmltag64 <p>}"))),
        ("escapes", html(repeated("\\'93\\'fa"))),
        ("escapes and text", html(repeated("\\'93x"))),
        ("broken escapes", html(repeated("\\'"))),
        ("characters", html(repeated("\\u26085?"))),
        ("half pairs", html(repeated("\\u-10179?"))),
        ("fallbacks of any length", html(format!("\\uc2147483647 {}", repeated("\\u65 x")))),
        ("binary data of every length", html(repeated("\\bin1 {"))),
        ("binary data without end", html(format!("\\bin2147483647 {}", repeated("{")))),
        ("a control word without end", html(format!("\\{}", repeated("a")))),
        ("a number without end", html(format!("\\a{}", repeated("9")))),
        ("backslashes", html(repeated("\\"))),
        ("stars", html(repeated("{\\*}"))),
        ("brackets outside tags", html(repeated("<>"))),
        ("NULs and line ends", html(repeated("\0\r\n"))),
    ]
}

#[test]
fn every_shape_is_read_in_linear_time() {
    for (name, rtf) in shapes() {
        let start = Instant::now();
        let text = extract(&rtf).unwrap_or_else(|fault| panic!("{name}: {fault}")).into_string();
        assert!(text.len() <= rtf.len() * 4, "{name}: {} of {}", text.len(), rtf.len());
        // Quadratic time would take hours; a debug build on a busy machine takes well under a second.
        assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
    }
}

#[test]
fn a_million_groups_deep_is_refused() {
    let rtf = format!("{{\\rtf1 {}", "{".repeat(1_000_000));
    assert_eq!(extract(rtf.as_bytes()), Err(Fault::TooDeep));
}

#[test]
fn writers_are_linear_too() {
    for piece in [
        "<",
        ">",
        "&",
        "&amp",
        "<!--",
        "<p a=\"",
        "<style>",
        "<style></",
        "\r\n",
        "x",
        "ä",
        "{",
        "0",
        "<title></title>",
    ] {
        let text = piece.repeat(500_000 / piece.len());
        let start = Instant::now();
        let rtf = encapsulate_html(&text);
        assert_eq!(extract(&rtf).map(mapi_rtf::Extracted::into_string).as_ref(), Ok(&text), "{piece}");
        assert_eq!(
            extract(&encapsulate_text(&text)).map(mapi_rtf::Extracted::into_string),
            Ok(text),
            "{piece}"
        );
        assert_eq!(decompress(&compress(&rtf)).map(|it| it.rtf), Ok(rtf), "{piece}");
        assert!(start.elapsed() < Duration::from_secs(40), "{piece}: {:?}", start.elapsed());
    }
}

/// A small generator of the same numbers every time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).expect("a length")).expect("below a length")
    }
}

/// Damages bytes in one of the ways that damage comes: flipped, cut, doubled, moved, overwritten by tokens.
fn mutate(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const TOKENS: [&[u8]; 10] = [
        b"{",
        b"}",
        b"\\'",
        b"\\u-10179",
        b"\\bin9999 ",
        b"\\*",
        b"\\htmlrtf ",
        b"\xFF\xFF",
        b"\0\0\0\0",
        b"\\uc9",
    ];
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(8) {
        let at = numbers.below(bytes.len());
        let end = (at + 1 + numbers.below(40)).min(bytes.len());
        match numbers.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            4 => drop(bytes.splice(at..at, TOKENS[numbers.below(TOKENS.len())].iter().copied())),
            _ if at < bytes.len() => bytes[at] = u8::try_from(numbers.below(256)).expect("below 256"),
            _ => {}
        }
    }
    bytes
}

/// How many mutants to try: `MAPI_RTF_MUTANTS`, or a number that a debug build does in seconds.
fn mutants() -> usize {
    std::env::var("MAPI_RTF_MUTANTS").ok().and_then(|it| it.parse().ok()).unwrap_or(8_000)
}

#[test]
fn damaged_bodies_never_panic() {
    let seeds: [&[u8]; 4] = [
        include_bytes!("fixtures/html_mail.rtf"),
        include_bytes!("fixtures/japanese_mail.rtf"),
        include_bytes!("fixtures/text_mail.rtf"),
        include_bytes!("fixtures/native.rtf"),
    ];
    let packed = seeds.map(compress);
    let mut numbers = Numbers(0x6D61_7069_2D72_7466);
    let mut read = 0;
    for round in 0..mutants() {
        let rtf = mutate(seeds[round % 4], &mut numbers);
        if let Ok(text) = extract(&rtf) {
            read += 1;
            assert!(text.into_string().len() <= rtf.len() * 4);
        }
        let bytes = mutate(&packed[round % 4], &mut numbers);
        if let Ok(unpacked) = decompress(&bytes) {
            assert!(unpacked.rtf.len() <= bytes.len() * 9);
            drop(extract(&unpacked.rtf));
        }
    }
    // Most damage leaves a body that can be read; a reader that refused it all would prove nothing.
    assert!(read * 2 > mutants(), "{read} of {} read", mutants());
}
