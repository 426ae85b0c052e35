//! Buffers under threads; alone in its process, since it counts what lives.

use mapi_com::memory::{allocate, allocate_more, free, live};
use std::ffi::c_void;
use std::sync::Barrier;

#[test]
fn a_root_freed_while_threads_link_to_it_leaves_nothing() {
    let before = live();
    let mut linked = 0;
    for _ in 0..500 {
        let root = allocate(1).unwrap().as_ptr() as usize;
        let start = Barrier::new(3);
        linked += std::thread::scope(|scope| {
            let link = || {
                start.wait();
                (0..20).filter(|_| allocate_more(8, root as *mut c_void).is_ok()).count()
            };
            let (one, two) = (scope.spawn(link), scope.spawn(link));
            start.wait();
            free(root as *mut c_void);
            one.join().unwrap() + two.join().unwrap()
        });
    }
    assert_eq!(live(), before, "{linked} buffers were linked in time");
}
