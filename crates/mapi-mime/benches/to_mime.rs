//! How fast messages become MIME, beside copying the same number of bytes.
#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mapi_defs::FileTime;
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::tags;
use mapi_mime::{Options, to_mime};
use std::hint::black_box;

fn note(text: &str, html: Option<&str>, attachment_bytes: Option<usize>) -> MessageObject {
    let properties = vec![
        Property::new(tags::PR_MESSAGE_CLASS, "IPM.Note"),
        Property::new(tags::PR_SUBJECT, "Gr\u{fc}\u{df}e aus K\u{f6}ln"),
        Property::new(tags::PR_CLIENT_SUBMIT_TIME, FileTime::from_unix_seconds(1_795_183_321)),
        Property::new(tags::PR_SENDER_NAME, "Ann Lee"),
        Property::new(tags::PR_SENDER_ADDRTYPE, "SMTP"),
        Property::new(tags::PR_SENDER_EMAIL_ADDRESS, "ann@example.org"),
        Property::new(tags::PR_BODY, text),
        Property::new(tags::PR_INTERNET_CPID, 65001),
        Property::new(tags::PR_SEARCH_KEY, vec![7; 16]),
    ];
    let mut message = MessageObject { properties, ..MessageObject::default() };
    if let Some(html) = html {
        message.properties.push(Property::new(tags::PR_HTML, html.as_bytes().to_vec()));
    }
    message.properties.sort_by(Property::order);
    message.recipients = (0..3)
        .map(|n| {
            vec![
                Property::new(tags::PR_RECIPIENT_TYPE, 1),
                Property::new(tags::PR_DISPLAY_NAME, format!("Person {n}")),
                Property::new(tags::PR_ADDRTYPE, "SMTP"),
                Property::new(tags::PR_EMAIL_ADDRESS, format!("person{n}@example.org")),
            ]
        })
        .collect();
    if let Some(length) = attachment_bytes {
        let octets: Vec<u8> = (0..length).map(|place| (place * 31 % 256) as u8).collect();
        message.attachments.push(AttachmentObject {
            number: 0,
            properties: vec![
                Property::new(tags::PR_ATTACH_DATA_BIN, octets),
                Property::new(tags::PR_ATTACH_METHOD, 1),
                Property::new(tags::PR_ATTACH_LONG_FILENAME, "file.bin"),
            ],
            ..AttachmentObject::default()
        });
    }
    message
}

fn conversion(criterion: &mut Criterion) {
    let options = Options::new(FileTime::from_unix_seconds(1_795_183_321), "example.org");
    let text = "The quick brown fox jumps over the lazy dog, caf\u{e9} au lait and all that.\r\n".repeat(30);
    let html =
        format!("<html><body>{}</body></html>", "<p>Caf\u{e9} au lait and all that.</p>\r\n".repeat(600));
    for (name, message) in [
        ("text 2 KB", note(&text, None, None)),
        ("text and HTML 24 KB", note(&text, Some(&html), None)),
        ("attachment 1 MB", note(&text, Some(&html), Some(1 << 20))),
        ("attachment 50 MB", note(&text, None, Some(50 << 20))),
    ] {
        let bytes = to_mime(&message, &options).map(|mime| mime.bytes).unwrap_or_default();
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20).throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("to_mime", |bencher| {
            bencher.iter(|| black_box(to_mime(black_box(&message), &options)));
        });
        group.bench_function("copying the result", |bencher| {
            bencher.iter_batched(|| (), |()| black_box(bytes.clone()), BatchSize::PerIteration);
        });
        group.finish();
    }
}

criterion_group!(benches, conversion);
criterion_main!(benches);
