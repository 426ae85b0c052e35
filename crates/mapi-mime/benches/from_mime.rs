//! How fast Internet messages become MAPI messages, beside what mail-parser needs to parse them.
#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mail_parser::MessageParser;
use mapi_defs::FileTime;
use mapi_mime::{FromOptions, from_mime};
use std::hint::black_box;

fn message(lines: usize, html_lines: usize, file_bytes: usize) -> Vec<u8> {
    let mut text = String::from(
        "Received: from a.example.org by b.example.org; Fri, 20 Nov 2026 14:02:31 +0000\r\n\
         From: \"Lee, Ann\" <ann@example.org>\r\nTo: Bob <bob@example.org>, =?utf-8?Q?J=C3=B6rg?= <joerg@example.org>\r\n\
         Subject: Re: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= aus dem Norden\r\nDate: Fri, 20 Nov 2026 14:02:01 +0000\r\n\
         Message-ID: <1.2.3@example.org>\r\nReferences: <1@example.org>\r\n <2@example.org>\r\nX-Mailer: Bench\r\n\
         MIME-Version: 1.0\r\n",
    );
    let line = "The quick brown fox jumps over the lazy dog, caf=C3=A9 au lait and all.\r\n";
    let part = "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text";
    if html_lines == 0 {
        text.push_str(&format!("{part}/plain; charset=utf-8\r\n\r\n{}", line.repeat(lines)));
        return text.into_bytes();
    }
    text.push_str(&format!(
        "Content-Type: multipart/mixed; boundary=\"m\"\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=\"a\"\r\n\r\n\
         --a\r\n{part}/plain; charset=utf-8\r\n\r\n{}\r\n--a\r\n{part}/html; charset=utf-8\r\n\r\n{}\r\n--a--\r\n",
        line.repeat(lines),
        line.repeat(html_lines)
    ));
    if file_bytes > 0 {
        text.push_str(
            "--m\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n",
        );
        let octets: Vec<u8> = (0..file_bytes).map(|place| (place * 31 % 256) as u8).collect();
        text.push_str(&String::from_utf8_lossy(&encodify::base64::MIME.encode(octets).into_bytes()));
    }
    text.push_str("\r\n--m--\r\n");
    text.into_bytes()
}

fn conversion(criterion: &mut Criterion) {
    let options = FromOptions::new(FileTime::from_unix_seconds(1_600_000_000));
    for (name, bytes) in [
        ("text 2 KB", message(30, 0, 0)),
        ("text and HTML 24 KB", message(30, 300, 0)),
        ("attachment 1 MB", message(30, 300, 1 << 20)),
        ("attachment 50 MB", message(30, 300, 50 << 20)),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20).throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("from_mime", |bencher| {
            bencher.iter(|| black_box(from_mime(black_box(&bytes), &options)));
        });
        group.bench_function("mail-parser alone", |bencher| {
            bencher.iter(|| black_box(MessageParser::default().parse(black_box(&bytes))));
        });
        group.finish();
    }
}

criterion_group!(benches, conversion);
criterion_main!(benches);
