//! Shared sessions among processes: who joins, who is told, and what is left of who is killed.
//!
//! Each process is this test program run again as a [`Player`], which does what it reads on its
//! standard input and answers in lines.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;
mod players;

use doubles::file_service::file_service;
use mapi::session::shared_session::shared_sessions;
use mapi::{ErrorCode, Home, LogonOptions, Mapi, ProfAdmin, Session};
use mapi_defs::flags::{LogoffFlags, LogonFlags};
use mapi_defs::notification::{EventMask, Notification};
use players::{Player, is_player, play};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);

/// A home with the profiles P1 and P2.
fn home() -> (tempfile::TempDir, Home, Mapi) {
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    let services = file_service();
    admin.create_profile("P1", &services).unwrap();
    admin.create_profile("P2", &services).unwrap();
    (folder, home, mapi)
}

fn logon(home: &Home, flags: LogonFlags, profile: Option<&str>) -> mapi::Result<Session> {
    let options = LogonOptions::flags(LogonFlags::EXTENDED | LogonFlags::NO_MAIL | flags).home(home);
    Session::logon(match profile {
        Some(name) => options.named(name),
        None => options,
    })
}

/// The session's own events, whatever `mask` says.
fn listen(session: &Session, mask: EventMask) -> Receiver<Notification> {
    let (tell, hear) = channel();
    let sink = move |events: &[Notification]| events.iter().for_each(|event| drop(tell.send(event.clone())));
    session.advise(mask, Arc::new(sink)).unwrap();
    hear
}

fn assert_asked_to_log_off(hear: &Receiver<Notification>) {
    match hear.recv_timeout(LONG).unwrap() {
        Notification::CriticalError { entry_id, code, message } => {
            assert_eq!((entry_id.as_bytes(), code), (&[][..], ErrorCode::END_OF_SESSION));
            assert!(!message.is_empty());
        }
        other => panic!("{other:?}"),
    }
}

/// Waits until the record says so.
fn eventually(
    home: &Home,
    what: &str,
    is_so: impl Fn(&[mapi::session::shared_session::SharedSession]) -> bool,
) {
    let until = Instant::now() + LONG;
    loop {
        let rows = shared_sessions(home);
        if is_so(&rows) {
            return;
        }
        assert!(Instant::now() < until, "{what}: {rows:#?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The part that other processes play; alone it has nothing to do.
#[test]
fn player() {
    if is_player() {
        play();
    }
}

#[test]
fn lc_12_a_logon_without_flags_joins_the_shared_session() {
    let (_folder, home, _mapi) = home();
    let x = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P1")).unwrap();
    let y = logon(&home, LogonFlags::NONE, None).unwrap();
    assert_ne!(x.id(), y.id());
    assert_eq!(y.profile_name().unwrap(), "P1");
    let mut z = Player::new(&home);
    assert_eq!(z.say("logon 0 P2").split(' ').nth(2), Some("P1"), "the name of who joins is ignored");
    let rows = shared_sessions(&home);
    assert_eq!(rows.len(), 3, "{rows:#?}");
    assert!(rows.iter().all(|row| row.shared_id == x.id() && row.profile == "P1" && row.members == 3));
    assert!(rows.iter().all(|row| row.is_open && row.no_mail && !row.is_kept && row.open_objects == Some(0)));
    assert_eq!(rows.iter().filter(|row| row.pid == std::process::id()).count(), 2);
    // The one who made it leaves, and it goes on.
    x.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(logon(&home, LogonFlags::NONE, None).unwrap().profile_name().unwrap(), "P1");
    y.logoff(LogoffFlags::NONE).unwrap();
    z.say("logoff 0");
    assert!(shared_sessions(&home).is_empty());
    assert_eq!(logon(&home, LogonFlags::NONE, None).unwrap_err().code(), ErrorCode::LOGON_FAILED);
}

#[test]
fn lc_13_a_new_session_does_not_join() {
    let (_folder, home, _mapi) = home();
    let mut x = Player::new(&home);
    x.say("logon 8 P1");
    let y = logon(&home, LogonFlags::NEW_SESSION, Some("P2")).unwrap();
    assert_eq!(y.profile_name().unwrap(), "P2");
    let willing = logon(&home, LogonFlags::NEW_SESSION | LogonFlags::ALLOW_OTHERS, Some("P2")).unwrap();
    assert_eq!(willing.profile_name().unwrap(), "P2");
    assert_eq!(shared_sessions(&home).len(), 1, "the one published first stays the one");
    let joined = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P2")).unwrap();
    assert_eq!(joined.profile_name().unwrap(), "P1");
    x.say("logoff 0");
}

#[test]
fn lc_37_a_shared_logoff_is_announced() {
    let (_folder, home, _mapi) = home();
    let x = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P1")).unwrap();
    let told = listen(&x, EventMask(0));
    let extended = listen(&x, EventMask::EXTENDED);
    let y = logon(&home, LogonFlags::NONE, None).unwrap();
    let own = listen(&y, EventMask(0));
    let mut z = Player::new(&home);
    z.say("logon 0");
    y.logoff(LogoffFlags::SHARED).unwrap();
    assert_asked_to_log_off(&told);
    assert_asked_to_log_off(&extended);
    assert_eq!(extended.recv_timeout(LONG).unwrap(), Notification::Extended { event: 0, parameters: vec![] });
    assert_eq!(z.line(), "told MAPI_E_END_OF_SESSION");
    assert!(own.recv().is_err(), "the caller's own sink is let go without a word");
    // Closed to joiners; another may be published beside it.
    assert_eq!(logon(&home, LogonFlags::NONE, None).unwrap_err().code(), ErrorCode::LOGON_FAILED);
    let other = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P2")).unwrap();
    assert_eq!(logon(&home, LogonFlags::NONE, None).unwrap().profile_name().unwrap(), "P2");
    z.say("logoff 1");
    x.logoff(LogoffFlags::NONE).unwrap();
    assert!(told.recv().is_err(), "told a second time");
    eventually(&home, "the closed one is gone", |rows| rows.iter().all(|row| row.shared_id == other.id()));
}

#[test]
fn lc_38_a_notified_member_keeps_working() {
    let world = doubles::World::new();
    let x = logon(&world.home, LogonFlags::ALLOW_OTHERS, Some("P")).unwrap();
    let told = listen(&x, EventMask(0));
    let y = logon(&world.home, LogonFlags::NONE, None).unwrap();
    y.logoff(LogoffFlags::SHARED).unwrap();
    assert_asked_to_log_off(&told);
    x.msg_stores_table().unwrap();
    x.open_default_store().unwrap();
    assert_eq!(shared_sessions(&world.home).len(), 1);
    x.logoff(LogoffFlags::NONE).unwrap();
    assert!(shared_sessions(&world.home).is_empty());
}

#[test]
fn lc_43_a_dead_member_leaves_no_trace() {
    let (_folder, home, _mapi) = home();
    let x = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P1")).unwrap();
    let told = listen(&x, EventMask(0));
    let mut y = Player::new(&home);
    y.say("logon 0");
    assert_eq!(shared_sessions(&home).len(), 2);
    y.kill();
    eventually(&home, "the dead member is out", |rows| rows.len() == 1);
    x.msg_stores_table().unwrap();
    let mut z = Player::new(&home);
    assert_eq!(z.say("logon 0").split(' ').nth(2), Some("P1"));
    z.say("logoff 0");
    x.logoff(LogoffFlags::NONE).unwrap();
    assert!(told.recv().is_err(), "nobody is told of a death");
    assert_eq!(logon(&home, LogonFlags::NONE, None).unwrap_err().code(), ErrorCode::LOGON_FAILED);
}

#[test]
fn lc_55_critical_errors_come_unasked() {
    let (_folder, home, _mapi) = home();
    let mut x = Player::new(&home);
    x.say("logon 8 P1");
    let y = logon(&home, LogonFlags::NONE, None).unwrap();
    let hear = listen(&y, EventMask::NEW_MAIL);
    x.say("logoff 1");
    assert_asked_to_log_off(&hear);
    y.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn the_next_member_takes_over_from_a_host_that_is_killed() {
    let (_folder, home, _mapi) = home();
    let mut host = Player::new(&home);
    host.say("logon 8 P1");
    let mut others = [Player::new(&home), Player::new(&home)];
    others.iter_mut().for_each(|other| drop(other.say("logon 0")));
    host.kill();
    let began = Instant::now();
    let joined = logon(&home, LogonFlags::NONE, None).unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "joining took {:?}", began.elapsed());
    eventually(&home, "all three are members", |rows| rows.len() == 3);
    joined.logoff(LogoffFlags::SHARED).unwrap();
    for other in &mut others {
        assert_eq!(other.line(), "told MAPI_E_END_OF_SESSION");
    }
}

#[test]
fn a_host_that_was_stopped_holds_nobody_up_and_comes_back_as_a_member() {
    let (_folder, home, _mapi) = home();
    let mut host = Player::new(&home);
    host.say("logon 8 P1");
    let mut other = Player::new(&home);
    other.say("logon 0");
    host.stop();
    let began = Instant::now();
    let joined = logon(&home, LogonFlags::NONE, None).unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "joining took {:?}", began.elapsed());
    joined.logoff(LogoffFlags::SHARED).unwrap();
    assert_eq!(other.line(), "told MAPI_E_END_OF_SESSION");
    assert!(began.elapsed() < Duration::from_secs(4), "telling took {:?}", began.elapsed());
    host.go_on();
    assert_eq!(host.line(), "told MAPI_E_END_OF_SESSION", "who was stopped hears of it afterwards");
    eventually(&home, "both are there", |rows| rows.len() == 2 && rows.iter().all(|row| !row.is_open));
    assert_eq!(host.say("status"), "ok 3");
}

#[test]
fn a_session_whose_members_are_all_dead_is_no_session() {
    let (_folder, home, _mapi) = home();
    let mut players = [Player::new(&home), Player::new(&home)];
    players[0].say("logon 8 P1");
    players[1].say("logon 0");
    players.iter_mut().for_each(Player::kill);
    let began = Instant::now();
    assert_eq!(logon(&home, LogonFlags::NONE, None).unwrap_err().code(), ErrorCode::LOGON_FAILED);
    assert!(began.elapsed() < Duration::from_secs(1), "nobody is waited for: {:?}", began.elapsed());
    let left: Vec<_> = std::fs::read_dir(home.run().join("sessions")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(logon(&home, LogonFlags::ALLOW_OTHERS, Some("P2")).unwrap().profile_name().unwrap(), "P2");
}

#[test]
fn of_many_that_publish_at_once_one_does_and_the_others_join() {
    let (_folder, home, _mapi) = home();
    let mut players: Vec<Player> = (0..6).map(|_| Player::new(&home)).collect();
    for (number, player) in players.iter_mut().enumerate() {
        player.order(if number % 2 == 0 { "logon 8 P1" } else { "logon 8 P2" });
    }
    let profiles: Vec<String> =
        players.iter_mut().map(|player| player.line().split(' ').nth(2).unwrap().to_owned()).collect();
    assert!(profiles.iter().all(|name| *name == profiles[0]), "{profiles:?}");
    let rows = shared_sessions(&home);
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row.shared_id == rows[0].shared_id && row.members == 6));
}

#[test]
fn a_home_with_a_long_path_can_be_shared() {
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(&folder.path().join("long".repeat(30)).join("home")).unwrap();
    ProfAdmin::new(&home).unwrap().create_profile("P1", &file_service()).unwrap();
    let x = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P1")).unwrap();
    let y = logon(&home, LogonFlags::NONE, None).unwrap();
    assert_eq!(shared_sessions(&home).len(), 2);
    let hear = listen(&x, EventMask(0));
    y.logoff(LogoffFlags::SHARED).unwrap();
    assert_asked_to_log_off(&hear);
}

#[test]
fn whatever_is_said_to_a_host_the_session_goes_on() {
    let (_folder, home, _mapi) = home();
    let x = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P1")).unwrap();
    let frame =
        |version: u8, length: u32, body: &[u8]| [&length.to_le_bytes()[..], &[version], body].concat();
    let observe = br#"{"is":"observe"}"#;
    let mut words = vec![
        Vec::new(),
        frame(1, u32::MAX, b"x"),
        frame(9, 2, b"{}"),
        frame(1, 2, b"{}"),
        frame(1, 4_096, b"half"),
        frame(1, 16, br#"{"is": "close" }"#),
        frame(1, observe.len() as u32, observe),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
    ];
    let mut talkative = frame(1, observe.len() as u32, observe);
    talkative.extend(frame(1, 13, br#"{"is":"list"}"#).repeat(2_000));
    words.push(talkative);
    let socket = || home.run().join("sessions").join(x.id()).join("1.socket");
    let mut streams = Vec::new();
    for word in words.iter().cycle().take(300) {
        let mut stream = UnixStream::connect(socket()).unwrap();
        // Who is let go at once may be unable to say more.
        stream.write_all(word).ok();
        streams.push(stream);
    }
    let began = Instant::now();
    let y = logon(&home, LogonFlags::NONE, None).unwrap();
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(shared_sessions(&home).len(), 2);
    let hear = listen(&x, EventMask(0));
    y.logoff(LogoffFlags::SHARED).unwrap();
    assert_asked_to_log_off(&hear);
}

#[test]
fn another_version_is_answered_with_a_word() {
    use std::io::Read;
    let (_folder, home, _mapi) = home();
    let x = logon(&home, LogonFlags::ALLOW_OTHERS, Some("P1")).unwrap();
    let socket = home.run().join("sessions").join(x.id()).join("1.socket");
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(&[2, 0, 0, 0, 9, b'{', b'}']).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(&answer[5..], br#"{"is":"other_version"}"#);
    assert_eq!(answer[4], 1, "the version that is spoken");
}
