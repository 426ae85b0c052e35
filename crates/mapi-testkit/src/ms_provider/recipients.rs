//! Recipients: the four ways of changing them, and their table.

use super::*;
use mapi_spi::table::Bookmark;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("added_recipients_get_numbers", added_recipients_get_numbers),
    ("recipients_are_modified_and_removed_by_number", recipients_are_modified_and_removed_by_number),
    ("replacing_leaves_only_the_new_ones", replacing_leaves_only_the_new_ones),
    ("strangers_cannot_be_modified", strangers_cannot_be_modified),
    ("recipients_are_permanent_at_the_save", recipients_are_permanent_at_the_save),
    ("display_names_are_computed", display_names_are_computed),
    ("the_recipient_table_shows_the_rows", the_recipient_table_shows_the_rows),
];

fn names(message: &dyn Message) -> Vec<String> {
    let rows = message.recipients().unwrap();
    assert!(rows.windows(2).all(|pair| pair[0].row_id < pair[1].row_id), "ascending and unique");
    rows.iter().map(|row| row.display_name().unwrap_or_default().to_owned()).collect()
}

fn three(open: &Open) -> Arc<dyn Message> {
    let message = open.inbox().create_message(false).unwrap();
    let rows = vec![
        recipient("Ann", RecipientType::To),
        recipient("Bob", RecipientType::Cc),
        recipient("Cleo", RecipientType::Bcc),
    ];
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    message
}

/// PR_ROWID is given by the store, whatever the caller wrote, and never twice.
pub fn added_recipients_get_numbers(make: Make<'_>) {
    let open = make().open();
    let message = three(&open);
    let mut late = recipient("Dan", RecipientType::To);
    late.row_id = message.recipients().unwrap()[0].row_id;
    message.modify_recipients(ModifyRecipients::Add, vec![late]).unwrap();
    assert_eq!(names(&*message), ["Ann", "Bob", "Cleo", "Dan"]);
    let rows = message.recipients().unwrap();
    assert_eq!(rows[1].kind(), RecipientType::Cc);
    assert_eq!(rows[2].props.text(PR_EMAIL_ADDRESS), Some("cleo@example.org"));
}

/// MODRECIP_MODIFY replaces a row whole, MODRECIP_REMOVE takes it away.
pub fn recipients_are_modified_and_removed_by_number(make: Make<'_>) {
    let open = make().open();
    let message = three(&open);
    let rows = message.recipients().unwrap();
    let mut changed = recipient("Bert", RecipientType::To);
    changed.row_id = rows[1].row_id;
    changed.props.remove(PR_ADDRTYPE.id());
    message.modify_recipients(ModifyRecipients::Modify, vec![changed]).unwrap();
    assert_eq!(names(&*message), ["Ann", "Bert", "Cleo"]);
    assert_eq!(message.recipients().unwrap()[1].props.text(PR_ADDRTYPE), None, "the whole row");
    message.modify_recipients(ModifyRecipients::Remove, vec![rows[0].clone(), rows[2].clone()]).unwrap();
    assert_eq!(names(&*message), ["Bert"]);
    save(&*message);
    let again = open.message(&entry_id(&*message));
    assert_eq!(names(&*again), ["Bert"]);
    assert_eq!(again.recipients().unwrap()[0].row_id, rows[1].row_id, "a row keeps its number");
}

/// 0 replaces the whole list.
pub fn replacing_leaves_only_the_new_ones(make: Make<'_>) {
    let open = make().open();
    let message = three(&open);
    let rows = vec![recipient("Eve", RecipientType::To)];
    message.modify_recipients(ModifyRecipients::ReplaceAll, rows).unwrap();
    assert_eq!(names(&*message), ["Eve"]);
    message.modify_recipients(ModifyRecipients::ReplaceAll, Vec::new()).unwrap();
    assert!(names(&*message).is_empty());
}

/// A number that is not there is an error, and nothing is changed.
pub fn strangers_cannot_be_modified(make: Make<'_>) {
    let open = make().open();
    let message = three(&open);
    let mut stranger = recipient("Zoe", RecipientType::To);
    stranger.row_id = 4_000_000;
    for how in [ModifyRecipients::Modify, ModifyRecipients::Remove] {
        let rows = vec![message.recipients().unwrap()[0].clone(), stranger.clone()];
        assert_eq!(code(message.modify_recipients(how, rows)), ErrorCode::NOT_FOUND);
    }
    assert_eq!(names(&*message), ["Ann", "Bob", "Cleo"]);
}

/// Others see the change once the message is saved.
pub fn recipients_are_permanent_at_the_save(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let message = three(&open);
    save(&*message);
    let id = entry_id(&*message);
    message
        .modify_recipients(ModifyRecipients::ReplaceAll, vec![recipient("Eve", RecipientType::To)])
        .unwrap();
    assert_eq!(names(&*open.message(&id)), ["Ann", "Bob", "Cleo"]);
    drop(message);
    let other = fixture.open();
    assert_eq!(names(&*other.message(&id)), ["Ann", "Bob", "Cleo"], "never saved");
    let rows = other.message(&id).recipients().unwrap();
    assert_eq!(rows[0].props.text(PR_ADDRTYPE), Some("SMTP"), "with all their properties");
}

/// PR_DISPLAY_TO and its like are the names of each kind.
pub fn display_names_are_computed(make: Make<'_>) {
    let open = make().open();
    let message = three(&open);
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Dan", RecipientType::To)]).unwrap();
    save(&*message);
    assert_eq!(text(&*message, PR_DISPLAY_TO), "Ann; Dan");
    assert_eq!(text(&*message, PR_DISPLAY_CC), "Bob");
    assert_eq!(text(&*message, PR_DISPLAY_BCC), "Cleo");
    let problems = message.set_props(&[Prop::new(PR_DISPLAY_TO, "me")]).unwrap();
    assert_eq!((problems.len(), problems[0].code), (1, ErrorCode::COMPUTED));
}

/// The table has a row for each, with its number.
pub fn the_recipient_table_shows_the_rows(make: Make<'_>) {
    let open = make().open();
    let message = three(&open);
    let table = message.recipient_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[PR_ROWID, PR_DISPLAY_NAME, PR_RECIPIENT_TYPE]).unwrap();
    let shown: Vec<i32> = rows.iter().map(|row| row.long(PR_ROWID).unwrap()).collect();
    let held: Vec<i32> = message.recipients().unwrap().iter().map(|row| row.row_id.cast_signed()).collect();
    assert_eq!(shown, held);
    assert_eq!(rows[2].text(PR_DISPLAY_NAME), Some("Cleo"));
    assert_eq!(rows[2].long(PR_RECIPIENT_TYPE), Some(RecipientType::Bcc.value()));
    assert_eq!(table.seek_row(Bookmark::Beginning, 9).unwrap(), 3);
}
