//! Reads a .msg file and prints who wrote what to whom, and what is attached.
//!
//! `cargo run -p mapi-msg --example read_msg -- samples/welcome.msg`

use mapi_defs::prop::tags::{PR_ATTACH_LONG_FILENAME, PR_DISPLAY_NAME, PR_SENDER_NAME, PR_SUBJECT};
use mapi_msg::MsgFile;

fn main() -> mapi_defs::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "samples/welcome.msg".to_owned());
    let file = MsgFile::open(&path)?;
    let message = file.message()?;
    println!("subject: {}", message.properties().text(PR_SUBJECT).unwrap_or("(none)"));
    println!("from:    {}", message.properties().text(PR_SENDER_NAME).unwrap_or("(nobody)"));
    for recipient in message.recipients() {
        println!("to:      {}", recipient.properties().text(PR_DISPLAY_NAME).unwrap_or("(no name)"));
    }
    for attachment in message.attachments() {
        let name = attachment.properties().text(PR_ATTACH_LONG_FILENAME).unwrap_or("(no name)");
        match attachment.message()? {
            Some(inner) => println!("message: {}", inner.properties().text(PR_SUBJECT).unwrap_or(name)),
            None => println!("file:    {name}, {} bytes", attachment.data()?.map_or(0, |data| data.len())),
        }
    }
    // What was tolerated in the file is told, not hidden.
    file.notes().iter().chain(message.notes()).for_each(|note| println!("note:    {note}"));
    Ok(())
}
