//! How long a body takes, beside a plain copy of the same memory.
//!
//! `copy` is the floor: it moves as many bytes as the RTF has. `decompress`, `extract` and the two together are
//! what opening a message costs; `compress` and `encapsulate` what writing one costs.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mapi_rtf::{compress, decompress, encapsulate_html, extract};
use std::hint::black_box;

/// A mail of the usual kind: a style sheet, and paragraphs of text with some characters beyond ASCII.
fn html_mail() -> String {
    let mut html = String::from("<html>\r\n<head>\r\n<style><!--\r\n");
    for n in 0..40 {
        html += &format!(
            "p.s{n}, li.s{n} {{margin:0cm; font-size:{}.0pt; font-family:\"Calibri\",sans-serif;}}\r\n",
            n + 6
        );
    }
    html += "--></style>\r\n</head>\r\n<body lang=\"DE\">\r\n";
    for n in 0..400 {
        html += &format!(
            "<p class=\"s{}\"><span style='font-size:11.0pt'>Sehr geehrte Damen und Herren, Zeile {n} für Größe \
             &nbsp;und <b>Maß</b>: <a href=\"https://example.com/{}\">hier</a></span></p>\r\n",
            n % 40,
            n * 7919 % 10_007
        );
    }
    html + "</body>\r\n</html>\r\n"
}

fn body(c: &mut Criterion) {
    let html = html_mail();
    let rtf = encapsulate_html(&html);
    let packed = compress(&rtf);
    let cyrillic = format!(
        "{{\\rtf1\\ansi\\ansicpg1251\\fromhtml1 {}}}",
        "\\'cf\\'f0\\'e8\\'e2\\'e5\\'f2, \\'ec\\'e8\\'f0!\\par\r\n".repeat(2_000)
    );
    let mut group = c.benchmark_group("body");
    group.throughput(Throughput::Bytes(u64::try_from(rtf.len()).expect("a length")));
    group.bench_function("copy", |b| {
        b.iter_batched(|| rtf.clone(), |it| black_box(it.to_vec()), BatchSize::LargeInput)
    });
    group.bench_function("decompress", |b| b.iter(|| decompress(black_box(&packed))));
    group.bench_function("extract", |b| b.iter(|| extract(black_box(&rtf))));
    group.bench_function("decompress_and_extract", |b| {
        b.iter(|| extract(&decompress(black_box(&packed)).expect("just compressed").rtf));
    });
    group.bench_function("compress", |b| b.iter(|| compress(black_box(&rtf))));
    group.bench_function("encapsulate", |b| b.iter(|| encapsulate_html(black_box(&html))));
    group.throughput(Throughput::Bytes(u64::try_from(cyrillic.len()).expect("a length")));
    group.bench_function("extract_escapes", |b| b.iter(|| extract(black_box(cyrillic.as_bytes()))));
    group.finish();
}

criterion_group!(benches, body);
criterion_main!(benches);
