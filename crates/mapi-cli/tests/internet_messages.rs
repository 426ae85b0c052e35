//! Internet messages as inputs, as a script sees them: shown, listed, converted, imported, sent; and mailboxes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, value};

const LETTER: &str = "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: Re: =?utf-8?Q?caf=C3=A9?=\r\n\
    Date: Fri, 20 Nov 2026 14:02:01 +0000\r\nMessage-ID: <1@example.org>\r\nX-Colour: red\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nAt noon?\r\n--b\r\n\
    Content-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAQID\r\n--b--\r\n";

#[test]
fn a_message_is_read_whatever_its_name() {
    let home = Home::new();
    for name in ["letter.eml", "letter.msg", "letter"] {
        let file = home.write(name, LETTER);
        let props = home.ok(&["props", &file]);
        assert_eq!(
            (&props["class"], value(&props, "0x0037001F")),
            (&"IPM.Note".into(), &"Re: caf\u{e9}".into())
        );
        assert_eq!(value(&props, "0x1000001F"), "At noon?");
        assert_eq!(home.ok(&["show", &file])["subject"], "Re: caf\u{e9}");
        let attachments = home.ok(&["attachments", &file]);
        assert_eq!((&attachments[0]["name"], &attachments[0]["size"]), (&"p.png".into(), &3.into()));
    }
    let junk = home.write("junk.eml", b"no header here\n\nx");
    assert_eq!(home.run(&["props", &junk]).status.code(), Some(65));
    assert!(!home.run(&["props", home.path("none.eml").to_str().unwrap()]).status.success());
}

#[test]
fn a_message_becomes_a_msg_file_and_mime_again() {
    let home = Home::new();
    let file = home.write("letter.eml", LETTER);
    let (msg, eml) = (home.path("out.msg"), home.path("again.eml"));
    home.ok(&["convert", &file, "--to", "msg", "-o", msg.to_str().unwrap()]);
    assert!(std::fs::read(&msg).unwrap().starts_with(b"\xD0\xCF\x11\xE0"));
    home.ok(&["convert", msg.to_str().unwrap(), "--to", "eml", "-o", eml.to_str().unwrap()]);
    let text = std::fs::read_to_string(&eml).unwrap();
    for line in [
        "From: \"Ann\" <ann@example.org>",
        "To: bob@example.org",
        "Message-ID: <1@example.org>",
        "x-colour: red",
        "AQID",
    ] {
        assert!(text.contains(&format!("{line}\r\n")), "{line}: {text}");
    }
}

#[test]
fn a_message_is_imported_with_everything_in_it() {
    let home = Home::new();
    let file = home.write("letter.eml", LETTER);
    let imported = home.ok(&["import", &file]);
    assert_eq!(imported["outputs"][0]["subject"], "Re: caf\u{e9}");
    let entry = imported["outputs"][0]["entry_id"].as_str().unwrap();
    let copy = home.ok(&["props", entry]);
    assert_eq!(value(&copy, "0x0C1F001F"), "ann@example.org");
    assert_eq!(value(&copy, "0x0E04001F"), "bob@example.org");
    assert_eq!(value(&copy, "0x0E1D001F"), "caf\u{e9}");
    assert_eq!(copy["recipients"].as_array().unwrap().len(), 1);
    assert_eq!(copy["attachments"].as_array().unwrap().len(), 1);
    assert_eq!(home.ok(&["store", "check"])["sound"], true);
}

#[test]
fn a_message_is_sent() {
    let home = Home::new();
    let file = home.write("letter.eml", LETTER);
    let sent = home.ok(&["send", &file]);
    assert_eq!(sent["submitted"][0]["subject"], "Re: caf\u{e9}", "{sent}");
    assert_eq!(sent["submitted"][0]["recipients"][0]["address"], "bob@example.org", "{sent}");
}

#[test]
fn mailboxes_are_imported_message_by_message() {
    let home = Home::new();
    let mbox = "From a Fri Nov 20\nSubject: one\nFrom: a@x.org\nStatus: RO\n\n>From me\n\nFrom b Sat\nSubject: two\nTo: c@x.org\n\ny\n";
    let mbox = home.write("mail/box", mbox);
    home.write("mail/dir/new/1.a", b"Subject: three\n\nx");
    home.write("mail/dir/cur/0.b:2,S", b"Subject: four\n\nx");
    home.write("mail/dir/tmp/2.c", b"Subject: unfinished\n\nx");
    let dir = home.path("mail/dir");
    let imported = home.ok(&["import", &mbox, dir.to_str().unwrap()]);
    let outputs = imported["outputs"].as_array().unwrap();
    let subjects: Vec<&str> = outputs.iter().map(|done| done["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["one", "two", "four", "three"]);
    let flags = |place: usize| {
        let copy = home.ok(&["props", outputs[place]["entry_id"].as_str().unwrap()]);
        (
            value(&copy, "0x0E070003").as_i64().unwrap() & 1,
            value(&copy, "0x1000001F").as_str().unwrap().to_owned(),
        )
    };
    assert_eq!([flags(0).0, flags(1).0, flags(2).0, flags(3).0], [1, 0, 1, 0]);
    assert_eq!(flags(0).1, "From me\r\n");
}
