//! Messages in files as IMessage, and the sessions that close them together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::ErrorCode;
use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags};
use mapi_defs::guids::PS_INTERNET_HEADERS;
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_BIN, PR_ATTACH_DATA_OBJ, PR_ATTACH_LONG_FILENAME, PR_BODY, PR_DISPLAY_BCC,
    PR_RTF_COMPRESSED, PR_SUBJECT,
};
use mapi_defs::prop::{NamedProp, Prop, PropType, PropValue};
use mapi_defs::recipient::RecipientType;
use mapi_msg::{MsgFile, MsgSession};
use mapi_spi::message::Message as IMessage;
use mapi_spi::stream::StreamCursor;
use std::io::Read;

fn file(name: &str) -> MsgFile {
    MsgFile::open(files::samples().into_iter().find(|path| path.ends_with(name)).unwrap()).unwrap()
}

#[test]
fn a_message_in_a_file_answers_as_every_message_does() {
    let message = file("welcome.msg").message().unwrap();
    let message: &dyn IMessage = &message;
    let asked = [PR_SUBJECT.with_type(PropType::STRING8), PR_DISPLAY_BCC, PR_ATTACH_DATA_BIN];
    let props = message.props(Some(&asked)).unwrap();
    assert_eq!(props[0].value, PropValue::String8("Welcome to OpenMAPI".into()));
    assert_eq!(props[1].value, PropValue::Unicode("Carol Example".into()));
    assert_eq!(props[2].value, PropValue::Error(ErrorCode::NOT_FOUND));
    let name = NamedProp::text(PS_INTERNET_HEADERS, "x-mailer");
    let id = message.ids(std::slice::from_ref(&name), false).unwrap()[0].unwrap();
    assert_eq!(message.names(&[id, 0xFFF0]).unwrap(), [Some(name), None]);
    let kinds: Vec<RecipientType> = message.recipients().unwrap().iter().map(|row| row.kind()).collect();
    assert_eq!(kinds, [RecipientType::To, RecipientType::To, RecipientType::Bcc]);
    let stream = message.open_stream(PR_RTF_COMPRESSED, StreamFlags::NONE).unwrap();
    let mut bytes = Vec::new();
    StreamCursor::new(stream).read_to_end(&mut bytes).unwrap();
    assert_eq!(mapi_rtf::decompress(&bytes).unwrap().defects, []);
    let no_interface = message.open_stream(PR_ATTACH_DATA_OBJ, StreamFlags::NONE).map(|_| ()).unwrap_err();
    assert_eq!(no_interface.code(), ErrorCode::INTERFACE_NOT_SUPPORTED);
}

#[test]
fn attachments_and_the_message_in_one_are_opened_by_number() {
    let message = file("welcome.msg").message().unwrap();
    let message: &dyn IMessage = &message;
    assert_eq!(message.attachments().unwrap(), [0, 1]);
    let picture = message.open_attach(0, OpenFlags::NONE).unwrap();
    let props = picture.props(Some(&[PR_ATTACH_LONG_FILENAME, PR_ATTACH_DATA_BIN])).unwrap();
    assert_eq!(props[0].value, PropValue::Unicode("picture.png".into()));
    assert!(matches!(&props[1].value, PropValue::Binary(bytes) if bytes.starts_with(b"\x89PNG")));
    assert_eq!(picture.open_message(false).map(|_| ()).unwrap_err().code(), ErrorCode::NOT_FOUND);
    let inner = message.open_attach(1, OpenFlags::NONE).unwrap().open_message(false).unwrap();
    assert_eq!(
        inner.props(Some(&[PR_SUBJECT])).unwrap()[0].value,
        PropValue::Unicode("An earlier note".into())
    );
    assert_eq!(inner.attachments().unwrap(), [0]);
    assert_eq!(message.open_attach(2, OpenFlags::NONE).map(|_| ()).unwrap_err().code(), ErrorCode::NOT_FOUND);
}

#[test]
fn a_message_in_a_file_is_not_changed() {
    let message = file("plain.msg").message().unwrap();
    let message: &dyn IMessage = &message;
    let refused = [
        message.set_props(&[Prop::new(PR_SUBJECT, "x")]).map(|_| ()),
        message.delete_props(&[PR_SUBJECT]).map(|_| ()),
        message.create_attach().map(|_| ()),
        message.delete_attach(0),
        message.save_changes(SaveFlags::NONE),
        message.open_stream(PR_BODY, StreamFlags::MODIFY).map(|_| ()),
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().code(), ErrorCode::NO_ACCESS);
    }
}

#[test]
fn closing_a_session_ends_every_message_opened_in_it() {
    let session = MsgSession::open();
    let welcome = session.open_message(&file("welcome.msg")).unwrap();
    let plain = session.open_message(&file("plain.msg")).unwrap();
    let attachment = welcome.live().unwrap().open_attach(1, OpenFlags::NONE).unwrap();
    let attachment = welcome.child(attachment, "IAttach", "attachment 1".to_owned());
    assert!(attachment.live().unwrap().prop_list().unwrap().contains(&PR_ATTACH_DATA_OBJ));
    drop(plain);
    let end = session.close();
    assert_eq!((end.opened, end.closed, end.left_open.len()), (3, 1, 2));
    assert_eq!(welcome.live().map(|_| ()).unwrap_err().code(), ErrorCode::INVALID_OBJECT);
    assert_eq!(attachment.live().map(|_| ()).unwrap_err().code(), ErrorCode::INVALID_OBJECT);
    let late = session.open_message(&file("plain.msg")).map(|_| ()).unwrap_err();
    assert_eq!(late.code(), ErrorCode::INVALID_OBJECT);
    assert_eq!(session.close().opened, 3);
}
