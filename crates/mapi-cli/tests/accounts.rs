//! `mapi account` as a script sees it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, document};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// A server that takes mail of anybody, and what it was told.
struct Server {
    port: u16,
    heard: Receiver<String>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, heard) = channel();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = told.clone();
                std::thread::spawn(move || serve(stream, &|line| told.send(line).unwrap_or(())));
            }
        });
        Self { port, heard }
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.try_iter().collect()
    }
}

fn serve(stream: TcpStream, told: &dyn Fn(String)) {
    let mut say = stream.try_clone().unwrap();
    let mut answer = move |line: &str| say.write_all(format!("{line}\r\n").as_bytes()).is_ok();
    answer("220 test");
    let mut is_text = false;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if is_text {
            is_text = line != ".";
            if !is_text {
                answer("250 taken");
            }
            continue;
        }
        told(line.clone());
        is_text = line == "DATA";
        answer(if is_text { "354 go on" } else { "250 ok" });
    }
}

/// Options of an account that needs no login.
fn open<'a>(address: &'a str, server: &'a str) -> Vec<&'a str> {
    let add = ["account", "add", address, "--protocol", "none", "--no-login"];
    [&add[..], &["--outgoing", server, "--outgoing-security", "plain"]].concat()
}

#[test]
fn an_account_made_by_one_command_sends() {
    let (home, server) = (Home::with_profile(), Server::start());
    let added = home.ok(&open("ann@example.org", &server.address()));
    let account = &added["added"];
    assert_eq!(account["address"], "ann@example.org");
    assert_eq!((&account["type"], &account["default"]), (&json!("mapi"), &json!(true)));
    assert_eq!(account["outgoing"]["port"], server.port);
    assert!(server.heard().iter().any(|line| line.starts_with("EHLO")), "the server was tried");
    let sent = home.ok(&["send", "--to", "ben@far.example", "--subject", "Hello", "--body", "x"]);
    assert_eq!(sent["submitted"][0]["recipients"][0]["state"], "sent", "{sent}");
    assert!(server.heard().contains(&"MAIL FROM:<ann@example.org>".to_owned()));
}

#[test]
fn each_account_sends_what_is_its_own() {
    let (home, one, two) = (Home::with_profile(), Server::start(), Server::start());
    home.ok(&open("ann@example.org", &one.address()));
    home.ok(&open("ben@example.net", &two.address()));
    one.heard();
    two.heard();
    let send = |from: &str| {
        home.ok(&["send", "--from", from, "--to", "x@far.example", "--subject", "s", "--body", "b"]);
        [&one, &two].map(|server| server.heard().iter().any(|line| line.starts_with("MAIL FROM")))
    };
    assert_eq!(send("ann@example.org"), [true, false]);
    assert_eq!(send("ben@example.net"), [false, true]);
    assert_eq!(send("nobody@example.com"), [false, true], "the last sends for others");
    home.ok(&["account", "order", "ben@example.net"]);
    assert_eq!(send("nobody@example.com"), [true, false]);
    home.ok(&["account", "remove", "ann@example.org"]);
    assert_eq!(send("nobody@example.com"), [false, true]);
}

#[test]
fn accounts_are_listed_shown_changed_ordered_and_removed() {
    let home = Home::with_profile();
    assert_eq!(home.ok(&["account", "list"]), json!([]));
    for (address, name) in [("ann@example.org", "Work"), ("ben@example.net", "Home")] {
        home.ok(&[&open(address, "mail.example:2525")[..], &["--no-test", "--name", name]].concat());
    }
    let names = |rows: &Value| -> Vec<String> {
        rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&home.ok(&["account", "list"])), ["Work", "Home"]);
    assert_eq!(names(&home.ok(&["account", "order", "Home"])), ["Home", "Work"]);
    let change = ["account", "set", "Work", "--no-test", "name=Office", "outgoing=new.example:587"];
    let changed = home.ok(&change);
    assert_eq!(changed["changed"]["outgoing"]["server"], "new.example");
    assert_eq!(changed["changed"]["outgoing"]["port"], 587);
    assert_eq!(changed["changed"]["outgoing"]["security"], "starttls");
    let shown = home.ok(&["account", "show", "ann@example.org"]);
    assert_eq!((&shown["name"], &shown["default"]), (&json!("Office"), &json!(false)));
    assert_eq!(home.ok(&["service", "list"]).as_array().unwrap().len(), 5, "each has its service");
    home.ok(&["account", "remove", "2"]);
    assert_eq!(home.ok(&["account", "show", "Office"])["default"], true);
    assert_eq!(home.ok(&["service", "list"]).as_array().unwrap().len(), 4);
    home.fails(&["account", "show", "Home"], 66, "E_ACCT_NOT_FOUND");
    home.fails(&["account", "set", "Office", "nosuch=1"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["account", "set", "Office", "password=hunter2"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["--read-only", "account", "remove", "Office"], 77, "MAPI_E_NO_ACCESS");
    let synced = home.ok(&["account", "list", "--sync"]);
    assert_eq!(synced.as_array().unwrap().len(), 4, "services without an account have one now");
}

#[test]
fn a_server_that_refuses_or_is_not_there_is_named_and_nothing_is_kept() {
    let home = Home::with_profile();
    // Bound and let go again: nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let failed = home.fails(&open("ann@example.org", &free), 1, "MAPI_E_NETWORK_ERROR");
    assert!(failed["message"].as_str().unwrap().contains("outgoing server 127.0.0.1"), "{failed}");
    assert_eq!(home.ok(&["account", "list"]), json!([]));
    assert_eq!(home.ok(&["service", "list"]).as_array().unwrap().len(), 3);
}

#[test]
fn nothing_is_asked_where_nobody_sits_at_a_terminal() {
    let home = Home::with_profile();
    home.fails(&["account", "add", "ann@gmail.com"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["account", "add", "ann"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["account", "add", "ann\u{1b}@gmail.com"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["account", "add", "ann@nowhere.example", "--no-dns"], 69, "MAPI_E_NOT_FOUND");
    let add = ["--json", "account", "add", "ann@gmail.com", "--password", "--no-test"];
    let output = home.with_input(&add, "hunter2\n");
    let added = document(&output);
    assert_eq!(output.status.code(), Some(0), "{added}");
    assert_eq!(added["added"]["outgoing"]["server"], "smtp.gmail.com");
    assert_eq!(
        (&added["added"]["type"], &added["added"]["incoming"]["user"]),
        (&json!("imap"), &json!("ann@gmail.com"))
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("app password"));
    assert!(!format!("{added}{}", home.ok(&["account", "show", "1"])).contains("hunter2"));
}

#[test]
fn servers_come_from_an_autoconfig_file() {
    let home = Home::with_profile();
    let server = |element: &str, kind: &str, host: &str, port: u16| {
        format!(
            "<{element} type='{kind}'><hostname>{host}</hostname><port>{port}</port><socketType>SSL</socketType>\
             <username>%EMAILLOCALPART%</username></{element}>"
        )
    };
    let incoming = server("incomingServer", "pop3", "pop.%EMAILDOMAIN%", 995);
    let outgoing = server("outgoingServer", "smtp", "out.example.org", 465);
    let file = home.write(
        "config.xml",
        format!("<clientConfig><emailProvider id='x'>{incoming}{outgoing}</emailProvider></clientConfig>"),
    );
    let add = ["account", "add", "ann@example.org", "--autoconfig", &file, "--no-test"];
    let added = home.ok(&[&add[..], &["--password-command", "pass show mail"]].concat());
    let account = &added["added"];
    assert_eq!(
        (&account["type"], &account["incoming"]["server"]),
        (&json!("pop3"), &json!("pop.example.org"))
    );
    assert_eq!((&account["incoming"]["user"], &account["outgoing"]["port"]), (&json!("ann"), &json!(465)));
    let bad = home.write("bad.xml", "<html/>");
    let add = ["account", "add", "ann@example.org", "--autoconfig", &bad, "--no-login"];
    home.fails(&add, 65, "MAPI_E_CORRUPT_DATA");
    let add = ["account", "add", "ann@example.org", "--autoconfig", "/nowhere", "--no-login"];
    home.fails(&add, 66, "MAPI_E_NOT_FOUND");
}
