//! Shared sessions whose processes are killed and stopped: nobody is stuck for long, and the record is
//! right afterwards.
//!
//! `MAPI_MEMBERS` processes (8 by default) of which `MAPI_STOPPED` (2) are stopped, and `MAPI_KILLS`
//! kills (50) of `MAPI_SEED`, `MAPI_HOST_KILLS` (5) of hosts under load; the full counts are those of `cargo xtask proof shared-sessions`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;
mod players;

use doubles::file_service::file_service;
use mapi::session::shared_session::shared_sessions;
use mapi::{Home, LogonOptions, Mapi, ProfAdmin, Session};
use mapi_defs::flags::{LogoffFlags, LogonFlags};
use players::{Player, is_player, play};
use std::collections::BTreeSet;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Nobody is stuck longer.
const STUCK: Duration = Duration::from_secs(2);
/// Who was not stopped has been told by then.
const TOLD: Duration = Duration::from_secs(1);
/// Members that live while others are killed.
const LIVING: usize = 6;

/// The tests measure, so they run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

struct World {
    home: Home,
    // Dropped in this order: the processes, MAPI, the files.
    _mapi: Mapi,
    _folder: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        ProfAdmin::new(&home).unwrap().create_profile("P", &file_service()).unwrap();
        Self { home, _mapi: mapi, _folder: folder, _alone: alone }
    }

    fn join(&self) -> Session {
        let flags = LogonFlags::EXTENDED | LogonFlags::NO_MAIL;
        Session::logon(LogonOptions::flags(flags).home(&self.home)).unwrap()
    }

    /// Processes in one shared session.
    fn players(&self, count: usize) -> Vec<Player> {
        let mut players: Vec<Player> = (0..count).map(|_| Player::new(&self.home)).collect();
        players.iter_mut().for_each(|player| drop(player.say("logon 8 P")));
        players
    }

    /// The process that hosts the session now.
    fn host(&self) -> Option<u32> {
        let record = std::fs::read_dir(self.home.run().join("sessions")).unwrap().next()?.unwrap().path();
        let names =
            std::fs::read_dir(&record).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let newest = names.filter_map(|name| name.strip_suffix(".host")?.parse::<u64>().ok()).max()?;
        let stream = UnixStream::connect(record.join(format!("{newest}.socket"))).ok()?;
        let host = rustix::net::sockopt::socket_peercred(stream).ok()?.pid;
        Some(host.as_raw_nonzero().get().cast_unsigned())
    }

    /// How long it takes until the record names these processes and no other.
    fn until_the_record_is_right(&self, players: &[Player]) -> Duration {
        let began = Instant::now();
        let living: BTreeSet<u32> = players.iter().map(|player| player.child.id()).collect();
        loop {
            let rows = shared_sessions(&self.home);
            let listed: BTreeSet<u32> = rows.iter().map(|row| row.pid).collect();
            if listed == living && rows.len() == living.len() {
                return began.elapsed();
            }
            let took = began.elapsed();
            assert!(took < STUCK, "after {took:?} the record names {listed:?} in place of {living:?}");
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// The part that other processes play; alone it has nothing to do.
#[test]
fn player() {
    if is_player() {
        play();
    }
}

#[test]
fn members_that_are_stopped_keep_nobody_from_being_told() {
    if is_player() {
        return;
    }
    let (members, stopped) = (number("MAPI_MEMBERS", 8) as usize, number("MAPI_STOPPED", 2) as usize);
    println!("\nfigure: members = {members}, stopped = {stopped}");
    for (what, stops_host) in [("members alone", false), ("the host as well", true)] {
        let world = World::new();
        let mut players = world.players(members);
        let caller = world.join();
        let host = world.host().unwrap();
        let at = players.iter().position(|player| player.child.id() == host).unwrap();
        // The stopped ones stand last, the host among them or first of all.
        let last = players.len() - 1;
        players.swap(at, if stops_host { last } else { 0 });
        let awake = members - stopped;
        players[awake..].iter().for_each(Player::stop);
        let began = Instant::now();
        caller.logoff(LogoffFlags::SHARED).unwrap();
        let returned = began.elapsed();
        for player in &mut players[..awake] {
            assert_eq!(player.line(), "told MAPI_E_END_OF_SESSION");
        }
        let told = began.elapsed();
        println!(
            "figure: stopped: {what} = the other {awake} told after {} ms, Logoff returned after {} ms",
            told.as_millis(),
            returned.as_millis()
        );
        assert!(told <= TOLD, "the last one was told after {told:?}");
        for player in &mut players[awake..] {
            player.go_on();
            assert_eq!(player.line(), "told MAPI_E_END_OF_SESSION", "who goes on is told then");
        }
        players.iter_mut().for_each(|player| drop(player.say("logoff 0")));
        assert!(shared_sessions(&world.home).is_empty());
    }
}

#[test]
fn whoever_is_killed_the_others_go_on_and_the_record_is_right() {
    if is_player() {
        return;
    }
    let (kills, seed) = (number("MAPI_KILLS", 50), number("MAPI_SEED", 0x5EED_0033));
    let world = World::new();
    let mut players = world.players(LIVING);
    let mut random = Random(seed);
    let (mut killed, mut hosts, mut joining) = (0, 0, 0);
    let (mut worst_join, mut worst_record, mut worst_call) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    while killed < kills {
        let victim = match world.host().filter(|_| random.below(2) == 0) {
            Some(host) => {
                let at = players.iter().position(|player| player.child.id() == host);
                hosts += u64::from(at.is_some());
                at.unwrap_or(0)
            }
            None => random.below(players.len()),
        };
        players.swap_remove(victim).kill();
        killed += 1;
        // One more at a moment of its own: while it logs on.
        if random.below(4) == 0 && killed < kills {
            let mut newcomer = Player::new(&world.home);
            newcomer.order("logon 8 P");
            std::thread::sleep(Duration::from_micros(random.below(20_000) as u64));
            newcomer.kill();
            (killed, joining) = (killed + 1, joining + 1);
        }
        // Everybody else works on, whoever comes gets in, and the record says who is there.
        let call = Instant::now();
        let asked = random.below(players.len());
        assert_eq!(players[asked].say("status"), "ok 3");
        worst_call = worst_call.max(call.elapsed());
        let mut newcomer = Player::new(&world.home);
        let join = Instant::now();
        newcomer.say("logon 8 P");
        worst_join = worst_join.max(join.elapsed());
        assert!(join.elapsed() < STUCK, "joining took {:?} after {killed} kills", join.elapsed());
        players.push(newcomer);
        worst_record = worst_record.max(world.until_the_record_is_right(&players));
    }
    let shared: BTreeSet<String> =
        shared_sessions(&world.home).into_iter().map(|row| row.shared_id).collect();
    assert_eq!(shared.len(), 1, "one session all along");
    println!("\nfigure: kills = {killed}, of hosts {hosts}, while logging on {joining}, seed {seed:#x}");
    println!("figure: longest logon after a kill = {} ms", worst_join.as_millis());
    println!("figure: longest call of a member after a kill = {} ms", worst_call.as_millis());
    println!("figure: longest until the record was right = {} ms", worst_record.as_millis());
    // The last word reaches everybody who is left.
    world.join().logoff(LogoffFlags::SHARED).unwrap();
    for player in &mut players {
        assert_eq!(player.line(), "told MAPI_E_END_OF_SESSION");
        player.say("logoff 0");
    }
    assert!(shared_sessions(&world.home).is_empty());
    assert_eq!(std::fs::read_dir(world.home.run().join("sessions")).unwrap().count(), 0, "no trace is left");
}

/// Fault S2 of reliability.md: members at work while their hosts are killed one after the other.
#[test]
fn members_at_work_do_not_notice_that_their_host_dies() {
    if is_player() {
        return;
    }
    const CLIENTS: usize = 8;
    let kills = number("MAPI_HOST_KILLS", 5);
    let world = World::new();
    let mut players = world.players(CLIENTS);
    players.iter_mut().for_each(|player| drop(player.say("work")));
    let mut worst_join = Duration::ZERO;
    for kill in 1..=kills {
        // Who is host is known once the next one has taken over.
        let began = Instant::now();
        let at = loop {
            let host = world.host();
            if let Some(at) = players.iter().position(|player| Some(player.child.id()) == host) {
                break at;
            }
            assert!(began.elapsed() < STUCK, "nobody took over after {kill} kills");
        };
        players.swap_remove(at).kill();
        let began = Instant::now();
        let mut newcomer = Player::new(&world.home);
        newcomer.say("logon 8 P");
        worst_join = worst_join.max(began.elapsed());
        assert!(began.elapsed() < STUCK, "joining took {:?}", began.elapsed());
        newcomer.say("work");
        players.push(newcomer);
    }
    let mut worst = 0;
    for player in &mut players {
        let answer = player.say("rest");
        let mut numbers = answer.split(' ').skip(1).map(|number| number.parse::<u64>().unwrap());
        assert_ne!(numbers.next(), Some(0), "it worked");
        worst = worst.max(numbers.next().unwrap());
    }
    println!("\nfigure: hosts killed under {CLIENTS} members at work = {kills}");
    println!("figure: longest logon after a host's death = {} ms", worst_join.as_millis());
    println!("figure: longest call of a member at work = {} ms", worst / 1_000);
    assert!(worst < STUCK.as_micros() as u64, "a call took {worst} microseconds");
}

/// Fault S6 of reliability.md: some members are stopped, some sit in a sink that never returns.
#[test]
fn an_announced_end_reaches_whoever_can_hear_and_waits_for_nobody_else() {
    if is_player() {
        return;
    }
    let world = World::new();
    let (mut awake, mut stuck, stopped) = (world.players(3), world.players(2), world.players(2));
    stuck.iter_mut().for_each(|player| drop(player.say("block")));
    stopped.iter().for_each(Player::stop);
    let caller = world.join();
    let began = Instant::now();
    caller.logoff(LogoffFlags::SHARED).unwrap();
    let returned = began.elapsed();
    awake.iter_mut().for_each(|player| assert_eq!(player.line(), "told MAPI_E_END_OF_SESSION"));
    for player in &mut stuck {
        assert_eq!(player.line(), "told MAPI_E_END_OF_SESSION");
        assert_eq!(player.line(), "told MAPI_E_END_OF_SESSION", "who stands behind the sink that is stuck");
    }
    let told = began.elapsed();
    println!(
        "\nfigure: deaf and stuck members = told after {} ms, Logoff returned after {} ms",
        told.as_millis(),
        returned.as_millis()
    );
    assert!(told <= TOLD && returned <= STUCK, "told after {told:?}, returned after {returned:?}");
}

/// Numbers that only look random (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}
