//! Reading whole .msg files, against a flat copy of their streams and against another reader.
//!
//! `cargo bench -p mapi-msg` with `MAPI_CORPUS` set; the throughput is in messages. All readers get
//! the same files from memory: those that every one of them reads.
#![allow(missing_docs, reason = "criterion_group! makes a function that nobody can document")]

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use mapi_msg::{MsgFile, ObjectLimits};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// One way to read a file; the number keeps the work from being optimised away.
type Reader = fn(&Arc<[u8]>) -> Option<usize>;

/// Reads everything: properties, recipients, attachments with their bytes, embedded messages.
fn whole(bytes: &Arc<[u8]>) -> Option<usize> {
    let message = MsgFile::from_source(Arc::clone(bytes)).ok()?.message().ok()?;
    let object = message.to_object(&ObjectLimits::default()).ok()?;
    Some(object.properties.len() + object.recipients.len() + object.attachments.len())
}

/// Reads what a list of messages shows: short properties, recipients, attachments without their data.
fn listed(bytes: &Arc<[u8]>) -> Option<usize> {
    let message = MsgFile::from_source(Arc::clone(bytes)).ok()?.message().ok()?;
    let rows: usize = message.recipients().map(|row| row.properties().len()).sum();
    let attachments: usize = message.attachments().map(|one| one.properties().len()).sum();
    Some(message.properties().len() + rows + attachments)
}

/// What another reader makes of the same bytes; it does not descend into embedded messages.
fn other(bytes: &Arc<[u8]>) -> Option<usize> {
    let outlook = msg_parser::Outlook::from_slice(bytes).ok()?;
    Some(outlook.to.len() + outlook.attachments.len())
}

/// The floor: what lies in the file, copied and not understood.
fn copied(bytes: &Arc<[u8]>) -> Option<usize> {
    flat_copy(bytes)
}

/// Copies every stream of a compound file, without trees, names, properties or any check.
fn flat_copy(file: &[u8]) -> Option<usize> {
    let word = |at: usize| file.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let shift = u32::from(*file.get(0x1E)?);
    let sector = 1_usize << shift;
    let at = |number: u32| (number as usize + 1) << shift;
    let mut fat = Vec::new();
    let mut next = word(0x44)?;
    let mut places: Vec<u32> = (0..109).filter_map(|place| word(0x4C + place * 4)).collect();
    while next < 0xFFFF_FFFA {
        places.extend((0..sector / 4 - 1).filter_map(|place| word(at(next) + place * 4)));
        next = word(at(next) + sector - 4)?;
    }
    for number in places.into_iter().filter(|number| *number < 0xFFFF_FFFA) {
        let bytes = file.get(at(number)..at(number) + sector)?;
        fat.extend(
            bytes.chunks_exact(4).map(|link| u32::from_le_bytes([link[0], link[1], link[2], link[3]])),
        );
    }
    let chain = |start: u32| {
        let mut bytes = Vec::new();
        let mut number = start;
        while number < 0xFFFF_FFFA {
            let end = (at(number) + sector).min(file.len());
            bytes.extend_from_slice(file.get(at(number)..end)?);
            number = *fat.get(number as usize)?;
        }
        Some(bytes)
    };
    let directory = chain(word(0x30)?)?;
    let mini_fat = chain(word(0x3C)?)?;
    let field = |entry: &[u8], at: usize| {
        u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]])
    };
    let mini = chain(field(&directory, 116))?;
    let mut total = 0;
    for entry in directory.chunks_exact(128).filter(|entry| entry[66] == 2) {
        let (mut number, size) = (field(entry, 116), field(entry, 120) as usize);
        let mut bytes = if size >= 4096 { chain(number)? } else { Vec::with_capacity(size) };
        while size < 4096 && bytes.len() < size {
            bytes.extend_from_slice(mini.get(number as usize * 64..number as usize * 64 + 64)?);
            number = field(mini_fat.get(number as usize * 4..)?, 0);
        }
        bytes.truncate(size);
        total += black_box(bytes).len();
    }
    Some(total)
}

fn messages(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "msg" || extension == "oft"));
    paths.sort();
    paths
}

fn read(criterion: &mut Criterion) {
    let Some(corpus) = std::env::var_os("MAPI_CORPUS") else {
        eprintln!("SKIPPED (MAPI_CORPUS is not set): reading .msg files");
        return;
    };
    let corpus = Path::new(&corpus);
    let all: Vec<Arc<[u8]>> =
        messages(&corpus.join("msg")).iter().flat_map(std::fs::read).map(Arc::from).collect();
    let reads = |reader: Reader, file: &Arc<[u8]>| {
        catch_unwind(AssertUnwindSafe(|| reader(file))).ok().flatten().is_some()
    };
    let files: Vec<Arc<[u8]>> = all
        .iter()
        .filter(|file| reads(whole, file) && reads(other, file) && reads(copied, file))
        .cloned()
        .collect();
    let bytes: usize = files.iter().map(|file| file.len()).sum();
    println!("{} of {} files, {bytes} bytes", files.len(), all.len());

    let mut group = criterion.benchmark_group("read");
    group.sampling_mode(SamplingMode::Flat).sample_size(20).measurement_time(Duration::from_secs(8));
    group.throughput(Throughput::Elements(files.len() as u64));
    let readers: [(&str, Reader); 4] =
        [("flat copy", copied), ("whole", whole), ("listed", listed), ("msg_parser", other)];
    for (name, reader) in readers {
        group.bench_function(name, |bencher| {
            bencher.iter(|| files.iter().filter_map(|file| reader(black_box(file))).sum::<usize>());
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("hostile");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(Duration::from_secs(1));
    for path in messages(&corpus.join("hostile")) {
        let file: Arc<[u8]> = std::fs::read(&path).unwrap_or_default().into();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| Arc::clone(&file), |file| whole(&file), BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
