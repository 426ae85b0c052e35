//! What a session costs: logon, default store, Inbox counts, logoff — beside the least that any
//! program must do: open the same file with SQLite, ask one thing, close it.
//!
//! The file that SQLite opens is the store's own, so that its size and mode are the same.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on panics")]

use criterion::{Criterion, criterion_group, criterion_main};
use mapi::{Home, LogoffFlags, LogonOptions, Mapi, Session};
use mapi_spi::spooler::section::FILE;
use std::hint::black_box;

fn sessions(criterion: &mut Criterion) {
    mapi_services::register();
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let (profile, _) = mapi_services::default_profile(&home).unwrap();
    let options = LogonOptions::profile(&profile).home(&home);
    let services = mapi::ProfAdmin::new(&home).unwrap().services(&profile).unwrap();
    let row = services.services().into_iter().find(|row| row.name == mapi_services::STORE).unwrap();
    let file = services.section(row.uid).unwrap().text(FILE).unwrap().to_owned();

    // The first session gives a new file its journal; SQLite alone then opens the very same file.
    let first = Session::logon(options.clone().no_mail()).unwrap();
    drop(first.open_default_store().unwrap());
    first.logoff(LogoffFlags::NONE).unwrap();

    let mut group = criterion.benchmark_group("session");
    group.bench_function("sqlite_open_query_close", |bencher| {
        bencher.iter(|| {
            let connection = rusqlite::Connection::open(&file).unwrap();
            let count: i64 =
                connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
            connection.close().unwrap();
            black_box(count)
        });
    });
    group.bench_function("logon_counts_logoff_no_mail", |bencher| {
        bencher.iter(|| {
            let session = Session::logon(options.clone().no_mail()).unwrap();
            let store = session.open_default_store().unwrap();
            let counts = store.inbox().unwrap().counts().unwrap();
            drop(store);
            black_box((counts, session.logoff(LogoffFlags::NONE).unwrap()))
        });
    });
    group.bench_function("logon_counts_logoff", |bencher| {
        bencher.iter(|| {
            let session = Session::logon(options.clone()).unwrap();
            let store = session.open_default_store().unwrap();
            let counts = store.inbox().unwrap().counts().unwrap();
            drop(store);
            black_box((counts, session.logoff(LogoffFlags::NONE).unwrap()))
        });
    });
    group.finish();
}

criterion_group!(benches, sessions);
criterion_main!(benches);
