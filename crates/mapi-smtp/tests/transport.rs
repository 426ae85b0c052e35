//! The transport through MAPI's face: whose messages it takes, what stands on the wire, and that
//! connections are kept, watched and given up.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host;

use host::{Draft, Host, message, words};
use mapi_defs::ErrorCode;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_smtp::settings::{ADDRESSES, OTHER_SENDERS};
use mapi_spi::provider::transport::{RecipientOutcome, RecipientState, TransportNotify};
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn send(script: Script, message: &Draft) -> (Vec<RecipientOutcome>, Heard) {
    let server = Server::start(script);
    let logon = Arc::new(Host::plain(server.port)).logon();
    let outcomes = logon.submit_message(message, 1).unwrap();
    logon.logoff().unwrap();
    (outcomes, server.end())
}

fn text(heard: &Heard) -> String {
    String::from_utf8(heard.messages[0].clone()).unwrap()
}

#[test]
fn a_message_arrives_as_it_was_written() {
    let (outcomes, heard) = send(Script::default(), &message(&["bob@example.com", "eve@example.com"]));
    assert_eq!(words(&outcomes), ["sent", "sent"]);
    assert!(outcomes.iter().all(|outcome| outcome.reply == "250 2.0.0 queued as 1"));
    let size = heard.messages[0].len() - ".\r\n".len() - ".".len();
    assert_eq!(
        heard.commands,
        [
            "EHLO client.example.org".to_owned(),
            format!("MAIL FROM:<ann@example.org> SIZE={size}"),
            "RCPT TO:<bob@example.com>".to_owned(),
            "RCPT TO:<eve@example.com>".to_owned(),
            "DATA".to_owned(),
            "QUIT".to_owned(),
        ]
    );
    let text = text(&heard);
    assert!(
        text.contains("From: ann@example.org\r\n") || text.contains("From: <ann@example.org>\r\n"),
        "{text}"
    );
    assert!(text.contains("Subject: Lunch\r\n") && text.contains("\r\nMessage-ID: <"), "{text}");
    assert!(text.ends_with("At noon?\r\n..\r\nAnn\r\n.\r\n"), "{text}");
}

#[test]
fn a_long_text_goes_out_in_blocks_and_arrives_whole() {
    let mut draft = message(&["bob@example.com"]);
    let lines: String = (0..12_000).map(|number| format!(".{number} of many lines\r\n")).collect();
    draft.props.set(PR_BODY, lines.as_str());
    let (outcomes, heard) = send(Script::default(), &draft);
    assert_eq!(words(&outcomes), ["sent"]);
    let text = text(&heard);
    assert!(text.len() > 4 * 64 * 1024, "{}", text.len());
    let body = text.split_once("\r\n\r\n").unwrap().1.replace("\r\n..", "\r\n.");
    assert_eq!(body.strip_prefix('.').unwrap().strip_suffix(".\r\n").unwrap(), lines);
}

#[test]
fn no_property_writes_a_line_of_its_own() {
    let inject = "x\r\nX-Injected: yes\r\n\r\n.\r\nMAIL FROM:<evil@example.net>\r\n\0\n\rend";
    let texts: Vec<PropTag> = vec![
        PR_SUBJECT,
        PR_NORMALIZED_SUBJECT,
        PR_BODY,
        PR_SENDER_NAME,
        PR_SENT_REPRESENTING_NAME,
        PR_INTERNET_MESSAGE_ID,
        PR_IN_REPLY_TO_ID,
        PR_INTERNET_REFERENCES,
        PR_CONVERSATION_TOPIC,
        PR_TRANSPORT_MESSAGE_HEADERS,
        PR_REPLY_RECIPIENT_NAMES,
        PR_DISPLAY_TO,
        PR_MESSAGE_CLASS,
        PR_SENDER_EMAIL_ADDRESS,
        PR_SENT_REPRESENTING_EMAIL_ADDRESS,
        PR_SENDER_SMTP_ADDRESS,
    ];
    let mut sent = 0;
    for tag in texts {
        let mut draft = message(&["bob@example.com"]);
        draft.props.set(tag, inject);
        draft.recipients[0].props.set(Recipient::DISPLAY_NAME, inject);
        let (outcomes, heard) = send(Script::default(), &draft);
        let injected: Vec<&String> = heard.commands.iter().filter(|line| line.contains("evil")).collect();
        assert!(injected.is_empty(), "{tag}: {injected:?}");
        assert_eq!(heard.verbs().iter().filter(|verb| **verb == "MAIL").count(), heard.messages.len());
        if words(&outcomes) == ["refused"] {
            assert!(heard.messages.is_empty(), "{tag}: nothing is sent in part");
            continue;
        }
        sent += 1;
        let text = text(&heard);
        let header = text.split("\r\n\r\n").next().unwrap();
        assert!(!header.contains("\r\nX-Injected"), "{tag}: {header}");
        assert!(!text.contains('\0'), "{tag}");
    }
    assert!(sent > 10, "{sent}");
}

#[test]
fn an_address_that_could_be_a_command_is_refused_alone() {
    let hostile = [
        "a@b.example\r\nRCPT TO:<evil@example.net>",
        "a@b.example> SIZE=1",
        "<a@b.example>",
        "a b@c.example",
        "a\0@b.example",
        "a@b.example\n",
        "",
        "nobody",
    ];
    let mut addresses = hostile.to_vec();
    addresses.push("bob@example.com");
    let (outcomes, heard) = send(Script::default(), &message(&addresses));
    let (last, others) = outcomes.split_last().unwrap();
    assert_eq!(last.state, RecipientState::Sent);
    assert_eq!(others.len(), hostile.len());
    for outcome in others {
        assert_eq!(outcome.state, RecipientState::Refused(ErrorCode::INVALID_PARAMETER));
        assert!(outcome.reply.starts_with("not sent: the address"), "{}", outcome.reply);
    }
    assert_eq!(heard.verbs(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    let (outcomes, heard) = send(Script::default(), &message(&hostile));
    assert!(words(&outcomes).iter().all(|word| *word == "refused"));
    assert_eq!(heard.commands, [] as [&str; 0], "no connection is made for nobody");
}

#[test]
fn blind_copies_are_in_the_envelope_alone() {
    let mut draft = message(&["bob@example.com", "secret@example.com"]);
    draft.recipients[1].props.set(Recipient::TYPE, 3);
    draft.recipients[1].props.set(Recipient::DISPLAY_NAME, "Secret");
    let (outcomes, heard) = send(Script::default(), &draft);
    assert_eq!(words(&outcomes), ["sent", "sent"]);
    assert!(heard.commands.contains(&"RCPT TO:<secret@example.com>".to_owned()));
    assert!(!text(&heard).to_lowercase().contains("secret"), "{}", text(&heard));
}

#[test]
fn what_a_server_cannot_carry_is_refused_before_it_begins() {
    let mut large = message(&["bob@example.com"]);
    large.props.set(PR_BODY, "A line.\r\n".repeat(300));
    let (outcomes, heard) = send(Script::default().without("SIZE").offering("SIZE 1000"), &large);
    assert_eq!(outcomes[0].state, RecipientState::Refused(ErrorCode::TOO_BIG));
    assert_eq!(heard.verbs(), ["EHLO", "QUIT"]);
    let (outcomes, heard) = send(Script::default().without("SIZE").offering("SIZE"), &large);
    assert_eq!(words(&outcomes), ["sent"]);
    assert!(heard.commands[1].contains(" SIZE="));

    let foreign = message(&["jürgen@example.com", "bob@example.com"]);
    let (outcomes, heard) = send(Script::default().without("SMTPUTF8"), &foreign);
    assert_eq!(outcomes[0].state, RecipientState::Refused(ErrorCode::BAD_CHARWIDTH));
    assert!(outcomes[0].reply.contains("SMTPUTF8"));
    assert_eq!(outcomes[1].state, RecipientState::Sent);
    assert!(!heard.commands[1].contains("SMTPUTF8"));
    let (outcomes, heard) = send(Script::default(), &foreign);
    assert_eq!(words(&outcomes), ["sent", "sent"]);
    assert!(heard.commands[1].ends_with(" SMTPUTF8"), "{heard:?}");
    assert_eq!(heard.commands[2], "RCPT TO:<jürgen@example.com>");
}

#[test]
fn what_a_server_withdraws_after_starting_is_not_used() {
    // Each EHLO counts for itself; a server that offers nothing is spoken to in the plainest way.
    let bare = Script { offers: Vec::new(), ..Script::default() };
    let (outcomes, heard) = send(bare, &message(&["bob@example.com"]));
    assert_eq!(words(&outcomes), ["sent"]);
    assert_eq!(heard.commands[1], "MAIL FROM:<ann@example.org>");
    let old = Script::default().on("EHLO", Act::say("500 5.5.1 what?"));
    let (outcomes, heard) = send(old, &message(&["bob@example.com"]));
    assert_eq!(words(&outcomes), ["sent"]);
    assert_eq!(heard.verbs(), ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT"]);
}

#[test]
fn reports_are_asked_for_where_the_message_wants_them_and_the_server_knows_them() {
    let mut draft = message(&["bob+x@example.com"]);
    draft.props.set(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true);
    let (_, heard) = send(Script::default(), &draft);
    assert!(heard.commands[1].ends_with(" RET=HDRS ENVID=30313233343536373839616263646566"), "{heard:?}");
    let notify = "RCPT TO:<bob+x@example.com> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;bob+2Bx@example.com";
    assert_eq!(heard.commands[2], notify);
    let (_, heard) = send(Script::default().without("DSN"), &draft);
    assert_eq!(heard.commands[2], "RCPT TO:<bob+x@example.com>");
}

#[test]
fn each_account_sends_what_is_its_own() {
    let server = Server::start(Script::default());
    let mut ann = Host::plain(server.port);
    ann.section.set(OTHER_SENDERS, false);
    ann.section.set(ADDRESSES, PropValue::MvUnicode(vec!["Ann.Other@example.org".into()]));
    let mut ben = Host::plain(server.port);
    ben.section.set(PR_SMTP_ADDRESS, "ben@example.net");
    let (ann, ben) = (Arc::new(ann).logon(), Arc::new(ben).logon());
    let from = |address: &str| {
        let mut draft = message(&["bob@example.com"]);
        draft.props.set(PR_SENT_REPRESENTING_ADDRTYPE, "SMTP");
        draft.props.set(PR_SENT_REPRESENTING_EMAIL_ADDRESS, address);
        draft
    };
    assert_eq!(words(&ann.submit_message(&from("ann.other@EXAMPLE.org"), 1).unwrap()), ["sent"]);
    let error = ann.submit_message(&from("ben@example.net"), 2).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NOT_ME);
    assert_eq!(words(&ben.submit_message(&from("ben@example.net"), 2).unwrap()), ["sent"]);
    assert_eq!(words(&ben.submit_message(&from("stranger@example.net"), 3).unwrap()), ["sent"]);
    ann.logoff().unwrap();
    ben.logoff().unwrap();
    let heard = server.end();
    let senders: Vec<&str> = heard
        .commands
        .iter()
        .filter_map(|line| line.strip_prefix("MAIL FROM:<")?.split('>').next())
        .collect();
    assert_eq!(senders, ["ann.other@EXAMPLE.org", "ben@example.net", "ben@example.net"]);
}

#[test]
fn only_open_smtp_recipients_are_answered_for() {
    let mut draft = message(&["taken@example.com", "orig@example.com", "fax", "bob@example.com"]);
    draft.recipients[0].props.set(Recipient::RESPONSIBILITY, true);
    draft.recipients[1].props.set(Recipient::TYPE, 0);
    draft.recipients[2].props.set(Recipient::ADDRTYPE, "FAX");
    let (outcomes, heard) = send(Script::default(), &draft);
    assert_eq!(outcomes.iter().map(|outcome| outcome.row_id).collect::<Vec<_>>(), [3]);
    assert_eq!(heard.verbs().iter().filter(|verb| **verb == "RCPT").count(), 1);
    draft.recipients.pop();
    let logon = Arc::new(Host::plain(1)).logon();
    assert_eq!(logon.submit_message(&draft, 1).unwrap_err().code(), ErrorCode::NOT_ME);
    assert_eq!(logon.address_types().unwrap().types, ["SMTP"]);
}

#[test]
fn a_connection_serves_many_messages_and_a_dead_one_is_replaced_unnoticed() {
    let server = Server::start(Script::default());
    let logon = Arc::new(Host::plain(server.port)).logon();
    for reference in 0..250 {
        let outcomes = logon.submit_message(&message(&["bob@example.com"]), reference).unwrap();
        assert_eq!(words(&outcomes), ["sent"]);
    }
    logon.logoff().unwrap();
    let heard = server.end();
    assert_eq!((heard.connections, heard.messages.len()), (3, 250), "100 messages each");

    // It ends every connection after one message, without a word.
    let server = Server::start(Script::default().on(".", Act::last("250 2.0.0 queued as 1")));
    let logon = Arc::new(Host::plain(server.port)).logon();
    for reference in 0..20 {
        let outcomes = logon.submit_message(&message(&["bob@example.com"]), reference).unwrap();
        assert_eq!(words(&outcomes), ["sent"]);
    }
    logon.logoff().unwrap();
    assert_eq!(server.end().messages.len(), 20);
}

#[test]
fn many_recipients_go_out_in_windows_and_each_is_answered() {
    let addresses: Vec<String> = (0..300).map(|number| format!("u{number}@example.com")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    for script in [Script::default(), Script::default().without("PIPELINING")] {
        let answer = |line: &str| line.starts_with("RCPT TO:<u77@").then(|| Act::say("452 4.5.3 too many"));
        let (outcomes, heard) = send(Script { answer: Arc::new(answer), ..script }, &message(&addresses));
        let words = words(&outcomes);
        assert_eq!(words.iter().filter(|word| **word == "sent").count(), 299);
        assert_eq!(words[77], "retry");
        assert_eq!(heard.messages.len(), 1);
    }
}

#[test]
fn a_message_under_way_is_stopped_by_its_cancellation_and_by_the_end_of_the_logon() {
    for is_cancel in [true, false] {
        let server = Server::start(Script::default().on("MAIL", Act::Silence));
        let logon = Arc::new(Host::plain(server.port)).logon();
        let other = logon.clone();
        let sending = std::thread::spawn(move || other.submit_message(&message(&["bob@example.com"]), 7));
        // The server has heard MAIL, so the message is under way.
        while !server.heard().verbs().contains(&"MAIL") {
            std::thread::yield_now();
        }
        if is_cancel {
            logon.notify(TransportNotify::CancelMessage(7)).unwrap();
        } else {
            logon.logoff().unwrap();
        }
        let error = sending.join().unwrap().unwrap_err();
        let expected = if is_cancel { ErrorCode::CANCEL } else { ErrorCode::NETWORK_ERROR };
        assert_eq!(error.code(), expected, "{error}");
        logon.logoff().unwrap();
        assert!(server.end().messages.is_empty());
    }
}

#[test]
fn the_status_row_follows_what_happens() {
    let server = Server::start(Script { greeting: Act::last("554 5.3.2 closed"), ..Script::default() });
    let host = Arc::new(Host::plain(server.port));
    let logon = host.logon();
    logon.notify(TransportNotify::BeginOutbound).unwrap();
    assert_eq!(logon.notify(TransportNotify::BeginInbound).unwrap_err().code(), ErrorCode::NO_SUPPORT);
    logon.submit_message(&message(&["bob@example.com"]), 1).unwrap_err();
    logon.idle().unwrap();
    logon.logoff().unwrap();
    logon.logoff().unwrap();
    let rows = host.status.lock().unwrap().clone();
    let codes: Vec<i32> = rows.iter().map(|row| row.long(PR_STATUS_CODE).unwrap()).collect();
    assert_eq!(codes, [0x1, 0x10_0001, 0x10_0004, 0x2]);
    assert!(rows[2].text(PR_STATUS_STRING).unwrap().contains("554 5.3.2 closed"));
    let ended = logon.submit_message(&message(&["bob@example.com"]), 1).unwrap_err();
    assert_eq!(ended.code(), ErrorCode::INVALID_OBJECT);
}

/// A server that grants so many connections at once; answers its port, the texts taken, and the connections refused.
fn modest(most: usize) -> (u16, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, taken, refused) =
        (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let (texts, too_many) = (taken.clone(), refused.clone());
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if open.fetch_add(1, Ordering::SeqCst) >= most {
                open.fetch_sub(1, Ordering::SeqCst);
                refused.fetch_add(1, Ordering::SeqCst);
                (&stream).write_all(b"421 4.3.2 too many connections\r\n").unwrap();
                continue;
            }
            let (open, taken) = (open.clone(), taken.clone());
            std::thread::spawn(move || {
                drop(speak(&stream, &taken));
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (port, texts, too_many)
}

fn speak(stream: &TcpStream, taken: &AtomicUsize) -> std::io::Result<()> {
    let (mut lines, mut to) = (BufReader::new(stream).lines(), stream);
    to.write_all(b"220 ready\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        match line.get(..4).unwrap_or_default() {
            "EHLO" => to.write_all(b"250 here\r\n")?,
            "DATA" => {
                to.write_all(b"354 go on\r\n")?;
                while lines.next().transpose()?.is_some_and(|line| line != ".") {}
                // Long enough for everybody to be here at once.
                std::thread::sleep(Duration::from_millis(30));
                taken.fetch_add(1, Ordering::SeqCst);
                to.write_all(b"250 2.0.0 taken\r\n")?;
            }
            _ => to.write_all(b"250 2.0.0 ok\r\n")?,
        }
    }
    Ok(())
}

#[test]
fn a_server_that_grants_two_connections_gets_eight_messages_over_them() {
    const MESSAGES: u32 = 8;
    let (port, taken, refused) = modest(2);
    let logon = Arc::new(Host::plain(port)).logon();
    assert_eq!(logon.at_once(), MESSAGES as usize);
    for round in 1..=2_usize {
        let all_sent = &|reference: u32| {
            let outcomes = logon.submit_message(&message(&["bob@example.com"]), reference).unwrap();
            assert_eq!(words(&outcomes), ["sent"], "{outcomes:?}");
        };
        std::thread::scope(|scope| (0..MESSAGES).for_each(|one| drop(scope.spawn(move || all_sent(one)))));
        assert_eq!(taken.load(Ordering::SeqCst), MESSAGES as usize * round);
    }
    let refused = refused.load(Ordering::SeqCst);
    assert!((1..=MESSAGES as usize).contains(&refused), "{refused} were tried beyond what is granted");
    logon.logoff().unwrap();
}
