//! What servers answer, and what they do in place of it, from the Outbox to the verdict on disk: store,
//! spooler, SMTP, and another session that reads. What SMTP alone makes of it is tested in `mapi-smtp`.
//!
//! `MAPI_CUT_STEP` is the step through the octets of a text at which the network is cut (20 unless set).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;

use account::{Account, Verdict};
use mapi_smtp::deadlines::Deadlines;
use mapi_testkit::reply_matrix::{Case, Mixture, Says, THREE, mixtures, replies_at_stages};
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::time::{Duration, Instant};

const TWO: [&str; 2] = ["bob@example.com", "eve@example.com"];
/// The deadlines of RFC 5321 so many times shorter: 300 ms for the greeting, 600 ms after the dot.
const BRISK: u32 = 1000;
/// No try takes longer: the longest of those deadlines, and the machine's other work.
const LONGEST: Duration = Duration::from_secs(20);

fn account() -> Account {
    Account::with_deadlines(Deadlines::default().scaled(BRISK))
}

fn attempt(account: &Account, script: Script, addresses: &[&str], body: &str) -> (Verdict, Heard) {
    let server = Server::start(script);
    let begun = Instant::now();
    let verdict = account.try_once(server.port, addresses, body);
    assert!(begun.elapsed() < LONGEST, "it hung for {:?}", begun.elapsed());
    (verdict, server.end())
}

#[test]
fn every_reply_at_every_stage_leaves_its_verdict_on_disk() {
    let account = account();
    let cases = replies_at_stages();
    let count = cases.len();
    for Case { stage, reply, says, script } in cases {
        let expected = match (says, stage) {
            (Says::No, "MAIL" | "RCPT" | "DATA" | ".") => "refused",
            (Says::Yes, "EHLO" | "MAIL" | "RCPT" | ".") => "sent",
            _ => "queued",
        };
        let (verdict, heard) = attempt(&account, script, &TWO, "Figures.\r\n.\r\n");
        let what = format!("{stage} {reply}: {verdict:?}");
        assert_eq!(verdict.words(), [expected; 2], "{what}");
        assert_eq!(verdict.is_queued, expected == "queued", "{what}");
        assert!(expected != "sent" || heard.messages.len() == 1, "{what}");
    }
    println!("figure: replies at stages = {count}, wrong verdicts = 0");
    assert_eq!(count, 72);
}

#[test]
fn each_of_three_recipients_has_a_verdict_of_its_own() {
    let account = account();
    // That pipelining makes no difference is shown in `mapi-smtp`.
    for (number, Mixture { replies, script }) in mixtures().into_iter().take(27).enumerate() {
        let expected = replies.map(|(_, says)| match says {
            Says::Yes => "sent",
            Says::Later => "queued",
            Says::No => "refused",
        });
        let (verdict, heard) = attempt(&account, script, &THREE, "Figures.");
        assert_eq!(verdict.words(), expected, "{number}: {verdict:?}");
        assert_eq!(verdict.is_queued, expected.contains(&"queued"), "{number}: {verdict:?}");
        let is_taken = expected.contains(&"sent");
        assert_eq!(heard.messages.len(), usize::from(is_taken), "{number}: who took it has it once");
    }
    println!("figure: mixed recipients = 27, wrong verdicts = 0");
}

#[test]
fn broken_servers_are_given_up_in_time_and_never_believed() {
    let account = account();
    let raw = |bytes: &[u8]| Act::Say(bytes.to_vec());
    let greeted = |greeting| Script { greeting, ..Script::default() };
    let at = |stage, act| Script::default().on(stage, act);
    let huge = [&b"250 "[..], &[b'a'; 1 << 20]].concat();
    let cases = [
        ("nothing at all", "queued", greeted(Act::Silence)),
        ("an end at once", "queued", greeted(Act::Last(Vec::new()))),
        ("an endless greeting by drops", "queued", greeted(Act::Drip(b"220-x\r\n".to_vec()))),
        ("half a greeting", "queued", greeted(Act::Last(b"220 mx.exa".to_vec()))),
        ("another protocol", "queued", greeted(raw(b"HTTP/1.1 400 Bad Request\r\n"))),
        ("line ends of LF", "queued", greeted(raw(b"220 a\n"))),
        ("an endless reply", "queued", at("EHLO", Act::Flood(b"250-x\r\n".repeat(1000)))),
        ("a line of 1 MiB", "queued", at("EHLO", raw(&huge))),
        ("a NUL", "queued", at("EHLO", raw(b"250 a\0b\r\n"))),
        ("silence at EHLO", "queued", at("EHLO", Act::Silence)),
        ("silence at MAIL", "queued", at("MAIL", Act::Silence)),
        ("silence at RCPT", "queued", at("RCPT", Act::Silence)),
        ("silence at DATA", "queued", at("DATA", Act::Silence)),
        ("an end at DATA", "queued", at("DATA", Act::Last(Vec::new()))),
        ("thanks in advance", "queued", at("DATA", raw(b"354 go on\r\n250 got it\r\n"))),
        ("silence after the dot", "in_doubt", at(".", Act::Silence)),
        ("an end after the dot", "in_doubt", at(".", Act::Last(Vec::new()))),
        ("half a reply after the dot", "in_doubt", at(".", Act::Last(b"250 2.0".to_vec()))),
        ("drops after the dot", "in_doubt", at(".", Act::Drip(b"250-x\r\n".to_vec()))),
        ("two codes after the dot", "in_doubt", at(".", raw(b"250-ok\r\n550 no\r\n"))),
    ];
    let count = cases.len();
    for (name, expected, script) in cases {
        let (verdict, heard) = attempt(&account, script, &TWO, "Figures.");
        assert_eq!(verdict.words(), [expected; 2], "{name}: {verdict:?}");
        assert!(verdict.is_queued, "{name}: {verdict:?}");
        assert_eq!(heard.messages.len(), usize::from(expected == "in_doubt"), "{name}");
    }
    println!("figure: silent and broken servers = {count}, wrong verdicts = 0, hangs = 0");
    assert_eq!(count, 20);
}

#[test]
fn a_network_that_is_cut_at_any_octet_of_the_text_leaves_nothing_sent_or_lost() {
    let step = std::env::var("MAPI_CUT_STEP").map_or(20, |text| text.parse().unwrap());
    let account = account();
    let body = "A line of text.\r\n.\r\n".repeat(140);
    let (verdict, heard) = attempt(&account, Script::default(), &TWO[..1], &body);
    assert_eq!(verdict.words(), ["sent"]);
    let whole = heard.messages[0].len();
    assert!(whole > 3000, "{whole}");
    let (mut cuts, mut in_doubt) = (0, 0);
    for cut in (0..whole).step_by(step) {
        let script = Script { cut_after: Some(cut), ..Script::default() };
        let (verdict, heard) = attempt(&account, script, &TWO[..1], &body);
        assert!(heard.messages.is_empty() && verdict.is_queued, "{cut}: {verdict:?}");
        assert!(matches!(verdict.words()[..], ["queued" | "in_doubt"]), "{cut}: {verdict:?}");
        in_doubt += usize::from(verdict.words() == ["in_doubt"]);
        cuts += 1;
    }
    println!("figure: cuts of {whole} octets = {cuts}, of these in doubt = {in_doubt}, sent or lost = 0");
}
