//! What servers answer, and what they do in place of it, from the Outbox to the verdict on disk: store,
//! spooler, SMTP, and another session that reads. What SMTP alone makes of it is tested in `mapi-smtp`.
//!
//! `MAPI_CUT_STEP` is the step through the octets of a text at which the network is cut (20 unless set).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;

use account::{Account, Verdict};
use mapi_smtp::deadlines::Deadlines;
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::sync::Arc;
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
    let mut count = 0;
    for pipelining in [true, false] {
        for (stage, transient, permanent, positive) in [
            ("greeting", "queued", "queued", "queued"),
            ("EHLO", "queued", "queued", "sent"),
            ("MAIL", "queued", "refused", "sent"),
            ("RCPT", "queued", "refused", "sent"),
            ("DATA", "queued", "refused", "queued"),
            (".", "queued", "refused", "sent"),
        ] {
            for (reply, expected) in [
                ("421 4.3.2 going down", transient),
                ("450 4.2.1 busy", transient),
                ("451 4.3.0 fault", transient),
                ("550 5.7.1 no", permanent),
                ("554 5.0.0 no", permanent),
                ("250 2.0.0 fine", positive),
            ] {
                let script = Script::default();
                let script = if pipelining { script } else { script.without("PIPELINING") };
                let script = match stage {
                    "greeting" => Script { greeting: Act::say(reply), ..script },
                    stage => script.on(stage, Act::say(reply)),
                };
                let (verdict, heard) = attempt(&account, script, &TWO, "Figures.\r\n.\r\n");
                let what = format!("{stage} {reply} pipelining {pipelining}: {verdict:?}");
                assert_eq!(verdict.words(), [expected; 2], "{what}");
                assert_eq!(verdict.is_queued, expected == "queued", "{what}");
                assert!(expected != "sent" || heard.messages.len() == 1, "{what}");
                count += 1;
            }
        }
    }
    println!("figure: replies at stages = {count}, wrong verdicts = 0");
    assert_eq!(count, 72);
}

#[test]
fn each_of_three_recipients_has_a_verdict_of_its_own() {
    let account = account();
    let replies = [("250 2.1.5 ok", "sent"), ("451 4.2.0 later", "queued"), ("550 5.1.1 nobody", "refused")];
    for number in 0..27 {
        let chosen = [number % 3, number / 3 % 3, number / 9].map(|index| replies[index]);
        let answer = move |line: &str| {
            let index = ["RCPT TO:<a@", "RCPT TO:<b@", "RCPT TO:<c@"]
                .iter()
                .position(|start| line.starts_with(start));
            index.map(|index| Act::say(chosen[index].0))
        };
        let script = Script { answer: Arc::new(answer), ..Script::default() };
        let addresses = ["a@example.com", "b@example.com", "c@example.com"];
        let (verdict, heard) = attempt(&account, script, &addresses, "Figures.");
        assert_eq!(verdict.words(), chosen.map(|(_, word)| word), "{number}: {verdict:?}");
        let waits = chosen.iter().any(|(_, word)| *word == "queued");
        assert_eq!(verdict.is_queued, waits, "{number}: {verdict:?}");
        let is_taken = chosen.iter().any(|(_, word)| *word == "sent");
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
