//! The provider over a real directory server.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod host;

use host::{code, contents, equal, logon, names, open, plain, resolve, root, typed};
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_ACCOUNT, PR_ADDRTYPE, PR_BUSINESS_TELEPHONE_NUMBER, PR_COMPANY_NAME, PR_CONTAINER_CONTENTS,
    PR_CONTROL_FLAGS, PR_CONTROL_STRUCTURE, PR_CONTROL_TYPE, PR_CREATE_TEMPLATES, PR_DETAILS_TABLE,
    PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE, PR_SMTP_ADDRESS, PR_SURNAME,
};
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::restriction::{Fuzzy, Loose, Restriction};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode};
use mapi_ldap::settings::{AUTHORITIES, BASE, HOST, PASSWORD, PORT, REFERRALS, SCHEMA, SECURITY, USER};
use mapi_spi::address_book::Resolution;
use mapi_spi::display::{COLUMNS, Control, ControlFlags};
use mapi_spi::provider::address_book::AbLogon;
use mapi_spi::table::query_all_rows;
use mapi_testkit::slapd::{self, Slapd};

const ENTRIES: &str = "\
dn: cn=Ann Smith,dc=example,dc=org
objectClass: inetOrgPerson
cn: Ann Smith
sn: Smith
givenName: Ann
uid: asmith
mail: ann@example.org
mail: ann.smith@example.org
telephoneNumber: +1 555 0100
o: Example Ltd

dn: cn=Ann Jones,dc=example,dc=org
objectClass: inetOrgPerson
cn: Ann Jones
displayName: Annie Jones
sn: Jones
givenName: Ann
mail: jones@example.org

dn: cn=Ann,dc=example,dc=org
objectClass: inetOrgPerson
cn: Ann
sn: Only
mail: only@example.org

dn: cn=A\\2C \\22odd\\22 (name*)\\5C+uid=odd,dc=example,dc=org
objectClass: inetOrgPerson
cn: A, \"odd\" (name*)\\
sn: Odd
uid: odd
mail: odd@example.org

dn: cn=Zoë Ångström,dc=example,dc=org
objectClass: inetOrgPerson
cn: Zoë Ångström
sn: Ångström
mail: zoe@example.org

dn: cn=No Address,dc=example,dc=org
objectClass: inetOrgPerson
cn: No Address
sn: Address

dn: cn=team,dc=example,dc=org
objectClass: groupOfNames
cn: team
member: cn=Ann Smith,dc=example,dc=org
member: CN = ann smith , dc=example,dc=org
member: cn=Ann Jones,dc=example,dc=org
member: cn=Gone,dc=example,dc=org
member: cn=board,dc=example,dc=org
member: cn=team,dc=example,dc=org

dn: cn=board,dc=example,dc=org
objectClass: groupOfUniqueNames
cn: board
uniqueMember: cn=team,dc=example,dc=org
uniqueMember: cn=Ann,dc=example,dc=org#'0101'B

dn: cn=helpdesk,dc=example,dc=org
objectClass: nisMailAlias
cn: helpdesk
rfc822MailMember: one@example.net
rfc822MailMember: ONE@example.net
rfc822MailMember: local
rfc822MailMember: two@example.net

dn: ou=closed,dc=example,dc=org
objectClass: organizationalUnit
ou: closed

dn: cn=Secret Agent,ou=closed,dc=example,dc=org
objectClass: inetOrgPerson
cn: Secret Agent
sn: Agent
mail: secret@example.org
";

/// The section of somebody who logs on by STARTTLS.
fn secured(server: &Slapd) -> PropList {
    let mut section = plain(server.port);
    section.remove(SECURITY.id());
    section.set(AUTHORITIES, server.authorities().to_str().unwrap());
    section.set(USER, slapd::ADMIN);
    section.set(PASSWORD, slapd::PASSWORD);
    section
}

fn id(props: &PropList) -> EntryId {
    EntryId::from_bytes(props.binary(PR_ENTRYID).unwrap())
}

fn expanded(logon: &dyn AbLogon, id: &EntryId) -> Vec<String> {
    logon.expand_list(id).unwrap().iter().map(|member| member.display_name().unwrap().to_owned()).collect()
}

#[test]
fn names_are_resolved_or_ambiguous_or_left() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let logon = logon(plain(server.port)).unwrap();
    use Resolution::{Ambiguous, Resolved, Unresolved};
    for (name, flag, found) in [
        ("ann", Resolved, "Ann"),
        ("ANN SMITH", Resolved, "Ann Smith"),
        (" annie ", Resolved, "Annie Jones"),
        ("smi", Resolved, "Ann Smith"),
        ("Smith, An", Resolved, "Ann Smith"),
        ("ann.smith@example.org", Resolved, "Ann Smith"),
        ("asmith", Resolved, "Ann Smith"),
        ("an", Ambiguous, "an"),
        ("A, \"odd\" (name*)\\", Resolved, "A, \"odd\" (name*)\\"),
        ("zoë å", Resolved, "Zoë Ångström"),
        ("team", Resolved, "team"),
        ("No Address", Unresolved, "No Address"),
        ("Secret Agent", Unresolved, "Secret Agent"),
        ("nobody", Unresolved, "nobody"),
        ("*", Unresolved, "*"),
        ("*)(objectClass=*", Unresolved, "*)(objectClass=*"),
        ("", Unresolved, ""),
    ] {
        let (got, recipient) = resolve(&*logon, name).unwrap();
        assert_eq!(got, flag, "{name}");
        assert_eq!(recipient.display_name().unwrap_or_default(), found, "{name}");
    }
    let (_, ann) = resolve(&*logon, "ann smith").unwrap();
    assert_eq!(ann.props.text(PR_SMTP_ADDRESS), Some("ann@example.org"));
    assert_eq!(ann.props.text(PR_ADDRTYPE), Some("SMTP"));

    // Several at once; what was resolved before is left alone, and so is what was ambiguous.
    let mut recipients = ["ann smith", "an", "nobody", "annie", "annie"].map(host::named);
    let mut flags = [Unresolved, Unresolved, Unresolved, Resolved, Ambiguous];
    root(&*logon).resolve_names(&mut recipients, &mut flags).unwrap();
    assert_eq!(flags, [Resolved, Ambiguous, Unresolved, Resolved, Ambiguous]);
    assert_eq!(recipients[3], host::named("annie"));
    let unequal = root(&*logon).resolve_names(&mut recipients, &mut flags[..1]);
    assert_eq!(code(unequal), ErrorCode::INVALID_PARAMETER);
    logon.logoff().unwrap();
    assert_eq!(code(resolve(&*logon, "ann")), ErrorCode::INVALID_OBJECT);
}

#[test]
fn an_entry_opens_by_its_identifier_in_every_logon() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let first = logon(plain(server.port)).unwrap();
    let (_, odd) = resolve(&*first, "odd").unwrap();
    let (_, ann) = resolve(&*first, "ann smith").unwrap();
    first.logoff().unwrap();

    // Another base would be another directory; another way to reach the same one is not.
    let second = logon(secured(&server)).unwrap();
    assert_eq!(second.uids(), first.uids());
    let asked = [PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ACCOUNT, PR_SURNAME, PR_COMPANY_NAME];
    let texts = |id: &EntryId| -> Vec<Option<String>> {
        let props = open(&*second, id).unwrap().props(Some(&asked)).unwrap();
        props.iter().map(|prop| prop.value.as_text().map(str::to_owned)).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    let expected = ["Ann Smith", "ann@example.org", "asmith", "Smith", "Example Ltd"].map(some);
    assert_eq!(texts(&id(&ann.props)), expected);
    assert_eq!(
        texts(&id(&odd.props))[..4],
        ["A, \"odd\" (name*)\\", "odd@example.org", "odd", "Odd"].map(some)
    );
    let phone =
        open(&*second, &id(&ann.props)).unwrap().props(Some(&[PR_BUSINESS_TELEPHONE_NUMBER])).unwrap();
    assert_eq!(phone[0].value.as_text(), Some("+1 555 0100"));
    let narrow = PR_DISPLAY_NAME.with_type(mapi_defs::prop::PropType::STRING8);
    let narrow = open(&*second, &id(&ann.props)).unwrap().props(Some(&[narrow])).unwrap();
    assert_eq!(narrow[0].value, PropValue::String8("Ann Smith".into()));

    assert_eq!(code(second.open_entry(&id(&ann.props), OpenFlags::MODIFY)), ErrorCode::NO_ACCESS);
    let mut gone = id(&ann.props).as_bytes().to_vec();
    gone.splice(24..27, *b"Eve");
    assert_eq!(code(open(&*second, &EntryId::from_bytes(gone))), ErrorCode::NOT_FOUND);
    let mut broken = id(&ann.props).as_bytes().to_vec();
    broken.truncate(24);
    assert_eq!(code(open(&*second, &EntryId::from_bytes(broken))), ErrorCode::INVALID_ENTRYID);
    let foreign = EntryId::new(mapi_defs::Guid([7; 16]), b"\x01cn=x");
    assert_eq!(code(open(&*second, &foreign)), ErrorCode::INVALID_ENTRYID);
    assert_eq!(code(second.open_container(&id(&ann.props), OpenFlags::NONE)), ErrorCode::NOT_FOUND);
    assert!(second.compare_entry_ids(&id(&ann.props), &id(&ann.props)).unwrap());
    assert!(!second.compare_entry_ids(&id(&ann.props), &id(&odd.props)).unwrap());
}

#[test]
fn the_hierarchy_has_one_container_and_its_contents_are_searched() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let logon = logon(plain(server.port)).unwrap();
    let hierarchy = root(&*logon).hierarchy_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*hierarchy, &[PR_ENTRYID, PR_OBJECT_TYPE]).unwrap();
    assert_eq!(rows.len(), 1);
    let one = EntryId::from_bytes(rows[0].binary(PR_ENTRYID).unwrap());
    let container = logon.open_container(&one, OpenFlags::NONE).unwrap();
    assert_eq!(container.hierarchy_table(TableFlags::NONE).unwrap().row_count().unwrap(), 0);
    let table = container.contents_table(TableFlags::NONE).unwrap();
    let everybody = [
        "A, \"odd\" (name*)\\",
        "Ann",
        "Ann Smith",
        "Annie Jones",
        "board",
        "helpdesk",
        "team",
        "Zoë Ångström",
    ];
    assert_eq!(names(&*table).unwrap(), everybody);
    assert_eq!(code(container.contents_table(TableFlags(0x1000))), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(code(container.create_entry(&EntryId::default(), 0)), ErrorCode::NO_ACCESS);
    assert_eq!(code(container.delete_entries(&[])), ErrorCode::NO_ACCESS);

    let content = |tag, fuzzy, text: &str, ignore_case| Restriction::Content {
        fuzzy,
        loose: Loose { ignore_case, ..Loose::default() },
        tag,
        value: text.into(),
    };
    let not = |restriction| Restriction::Not(Box::new(restriction));
    for (restriction, expected) in [
        (typed("ann"), &["Ann", "Ann Smith", "Annie Jones"][..]),
        (typed("asm"), &["Ann Smith"]),
        (content(PR_DISPLAY_NAME, Fuzzy::Prefix, "ANN ", true), &["Ann Smith"]),
        (content(PR_DISPLAY_NAME, Fuzzy::Prefix, "ANN ", false), &[]),
        (content(PR_DISPLAY_NAME, Fuzzy::SubString, "(name*)", true), &["A, \"odd\" (name*)\\"]),
        (content(PR_DISPLAY_NAME, Fuzzy::SubString, "*", true), &["A, \"odd\" (name*)\\"]),
        (content(PR_SMTP_ADDRESS, Fuzzy::FullString, "jones@example.org", true), &["Annie Jones"]),
        (equal(PR_EMAIL_ADDRESS, "odd@example.org"), &["A, \"odd\" (name*)\\"]),
        (equal(PR_DISPLAY_NAME, "Ann Jones"), &[]),
        (equal(PR_OBJECT_TYPE, 8), &["board", "helpdesk", "team"]),
        (
            Restriction::And(vec![typed("ann"), not(equal(PR_DISPLAY_NAME, "Ann"))]),
            &["Ann Smith", "Annie Jones"],
        ),
        (Restriction::Or(vec![typed("zo"), equal(PR_DISPLAY_NAME, "team")]), &["team", "Zoë Ångström"]),
    ] {
        table.restrict(Some(restriction.clone())).unwrap();
        assert_eq!(names(&*table).unwrap(), expected, "{restriction:?}");
    }
    table.restrict(None).unwrap();
    assert_eq!(table.row_count().unwrap(), 8);
    table.find_row(&typed("bo"), mapi_spi::table::Bookmark::Beginning, false).unwrap();
    assert_eq!(table.position().unwrap().row, 4);
    let pattern = Restriction::Property {
        op: mapi_defs::restriction::RelOp::Like,
        tag: PR_DISPLAY_NAME,
        value: "x".into(),
    };
    assert_eq!(code(table.restrict(Some(pattern))), ErrorCode::TOO_COMPLEX);
    let long = Restriction::Or(
        (0..5000).map(|number| equal(PR_DISPLAY_NAME, format!("name {number}").as_str())).collect(),
    );
    assert_eq!(code(table.restrict(Some(long))), ErrorCode::TOO_COMPLEX);
    assert_eq!(table.row_count().unwrap(), 8, "a restriction that is refused changes nothing");
}

#[test]
fn lists_name_their_members_once_and_cycles_end() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let logon = logon(plain(server.port)).unwrap();
    let list = |name| id(&resolve(&*logon, name).unwrap().1.props);
    assert_eq!(expanded(&*logon, &list("team")), ["Ann Smith", "Annie Jones", "board"]);
    assert_eq!(expanded(&*logon, &list("board")), ["team", "Ann"]);
    assert_eq!(expanded(&*logon, &list("helpdesk")), ["one@example.net", "two@example.net"]);
    let members = logon.expand_list(&list("team")).unwrap();
    assert_eq!(members[2].props.text(PR_ADDRTYPE), Some("MAPIPDL"));
    assert_eq!(id(&members[2].props), list("board"), "whoever expands lists knows one by its identifier");

    let team = logon.open_container(&list("team"), OpenFlags::NONE).unwrap();
    let table = team.contents_table(TableFlags::NONE).unwrap();
    assert_eq!(names(&*table).unwrap(), ["Ann Smith", "Annie Jones", "board"]);
    table.restrict(Some(typed("ann"))).unwrap();
    assert_eq!(names(&*table).unwrap(), ["Ann Smith", "Annie Jones"]);
    assert_eq!(code(logon.expand_list(&list("ann smith"))), ErrorCode::NOT_FOUND);
    assert_eq!(code(logon.expand_list(&EntryId::default())), ErrorCode::NOT_FOUND);
    assert_eq!(code(team.delete_entries(&[])), ErrorCode::NO_ACCESS);
}

#[test]
fn details_of_people_and_lists_are_shown_and_nothing_of_them_is_edited() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let logon = logon(plain(server.port)).unwrap();
    let list = id(&resolve(&*logon, "team").unwrap().1.props);
    let controls = |object: &dyn mapi_spi::prop::MapiProp| -> Vec<(Control, i32)> {
        let rows = query_all_rows(&*object.open_table(PR_DETAILS_TABLE).unwrap(), &COLUMNS).unwrap();
        let long = |row: &Row, tag| row.value(tag).unwrap().as_long().unwrap();
        let kind = |row: &Row| long(row, PR_CONTROL_TYPE).cast_unsigned();
        let structure = |row: &Row| row.binary(PR_CONTROL_STRUCTURE).unwrap().to_vec();
        let control = |row: &Row| Control::read(kind(row), &structure(row)).unwrap();
        rows.iter().map(|row| (control(row), long(row, PR_CONTROL_FLAGS))).collect()
    };
    let person = open(&*logon, &id(&resolve(&*logon, "ann smith").unwrap().1.props)).unwrap();
    let of_person = controls(&*person);
    assert_eq!(of_person[0].0, Control::Page { label: "General".to_owned() });
    for shown in [PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_BUSINESS_TELEPHONE_NUMBER] {
        assert!(of_person.contains(&(Control::edit(shown), 0)), "{shown}");
    }
    let members = (Control::ListBox { set: PropTag(0), table: PR_CONTAINER_CONTENTS }, 0);
    assert!(!of_person.contains(&members));
    let of_list = controls(&*logon.open_container(&list, OpenFlags::NONE).unwrap());
    assert!(of_list.contains(&members) && of_list.contains(&(Control::edit(PR_DISPLAY_NAME), 0)));
    let editable = ControlFlags::EDITABLE.0.cast_signed();
    assert!(of_person.iter().chain(&of_list).all(|(_, flags)| flags & editable == 0));
    assert_eq!(code(person.open_table(PR_CREATE_TEMPLATES)), ErrorCode::NOT_FOUND);
    assert_eq!(code(root(&*logon).open_table(PR_DETAILS_TABLE)), ErrorCode::NOT_FOUND);
}

#[test]
fn a_login_is_encrypted_and_what_is_wrong_with_it_is_said() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let seen = |section| resolve(&*logon(section).unwrap(), "Secret Agent").unwrap().0;
    assert_eq!(seen(secured(&server)), Resolution::Resolved, "STARTTLS is what is usual");
    let mut implicit = secured(&server);
    implicit.set(SECURITY, "tls");
    implicit.set(PORT, i32::from(server.tls_port));
    assert_eq!(seen(implicit), Resolution::Resolved);
    let mut anonymous = secured(&server);
    anonymous.remove(USER.id());
    anonymous.remove(PASSWORD.id());
    assert_eq!(seen(anonymous), Resolution::Unresolved);

    let changed = |change: &dyn Fn(&mut PropList)| {
        let mut section = secured(&server);
        change(&mut section);
        logon(section).map(drop).unwrap_err()
    };
    let wrong = changed(&|section| drop(section.set(PASSWORD, "canary-4711")));
    assert_eq!(wrong.code(), ErrorCode::LOGON_FAILED);
    assert!(!wrong.to_string().contains("canary"), "{wrong}");
    let nobody = changed(&|section| drop(section.set(USER, "cn=nobody,dc=example,dc=org")));
    assert_eq!(nobody.code(), ErrorCode::LOGON_FAILED);
    let stranger = changed(&|section| drop(section.set(HOST, "127.0.0.1")));
    assert_eq!(stranger.code(), ErrorCode::NETWORK_ERROR, "the certificate is made out to localhost");
    let untrusted = changed(&|section| drop(section.remove(AUTHORITIES.id())));
    assert_eq!(untrusted.code(), ErrorCode::NETWORK_ERROR);
    let clear = changed(&|section| drop(section.set(SECURITY, "plain")));
    assert_eq!(clear.code(), ErrorCode::UNCONFIGURED, "nobody logs on in the clear");
    let empty = changed(&|section| drop(section.set(PASSWORD, "")));
    assert_eq!(empty.code(), ErrorCode::UNCONFIGURED, "a name without a password is nobody");
    let odd = changed(&|section| drop(section.set(SCHEMA, "x500")));
    assert_eq!(odd.code(), ErrorCode::UNCONFIGURED);
    let odd = changed(&|section| drop(section.set(BASE, "example.org")));
    assert_eq!(odd.code(), ErrorCode::UNCONFIGURED);
}

#[test]
fn the_server_names_its_base_where_the_profile_does_not() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let mut section = plain(server.port);
    section.remove(BASE.id());
    let found = logon(section).unwrap();
    assert_eq!(resolve(&*found, "ann smith").unwrap().0, Resolution::Resolved);
    assert_eq!(found.uids(), logon(plain(server.port)).unwrap().uids());
}

#[test]
fn a_large_directory_is_read_page_by_page() {
    let Some(server) = Slapd::start(&slapd::people(1200)) else { return };
    let logon = logon(plain(server.port)).unwrap();
    let table = contents(&*logon);
    assert_eq!(table.row_count().unwrap(), 1200, "more than two pages, and than the server gives at once");
    table.restrict(Some(typed("person11"))).unwrap();
    assert_eq!(table.row_count().unwrap(), 111);
    assert_eq!(resolve(&*logon, "person11").unwrap().0, Resolution::Resolved, "its name in full");
    assert_eq!(resolve(&*logon, "person").unwrap().0, Resolution::Ambiguous);
}

#[test]
fn another_server_is_asked_where_the_profile_says_so() {
    let Some(there) = Slapd::start(ENTRIES) else { return };
    let url = format!("ldap://localhost:{}/dc=example,dc=org", there.port);
    let link = format!(
        "dn: ou=there,dc=example,dc=org\nobjectClass: referral\nobjectClass: extensibleObject\nou: there\nref: {url}\n"
    );
    let Some(here) = Slapd::start(&link) else { return };
    let mut section = secured(&here);
    // Both are signed by authorities of their own: what is trusted is said in one file.
    let both = tempfile::tempdir().unwrap();
    let file = both.path().join("authorities.pem");
    let read = |server: &Slapd| std::fs::read_to_string(server.authorities()).unwrap();
    std::fs::write(&file, read(&here) + &read(&there)).unwrap();
    section.set(AUTHORITIES, file.to_str().unwrap());
    assert_eq!(resolve(&*logon(section.clone()).unwrap(), "ann smith").unwrap().0, Resolution::Unresolved);
    section.set(REFERRALS, true);
    let logon = logon(section).unwrap();
    assert_eq!(resolve(&*logon, "ann smith").unwrap().0, Resolution::Resolved);
    assert_eq!(resolve(&*logon, "Secret Agent").unwrap().0, Resolution::Unresolved, "nobody logs on there");
    assert_eq!(names(&*contents(&*logon)).unwrap().len(), 8);
}

#[test]
fn many_threads_ask_one_directory_at_once() {
    let Some(server) = Slapd::start(&slapd::people(400)) else { return };
    let logon = logon(plain(server.port)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let logon = &logon;
            scope.spawn(move || {
                for number in (thread..400).step_by(8 * 5) {
                    let (flag, found) = resolve(&**logon, &format!("person{number}@example.org")).unwrap();
                    assert_eq!(flag, Resolution::Resolved);
                    assert_eq!(found.display_name().unwrap(), format!("Person {number} Family{number}"));
                }
                assert_eq!(contents(&**logon).row_count().unwrap(), 400);
            });
        }
    });
}

#[test]
fn a_connection_that_was_lost_is_replaced() {
    let Some(server) = Slapd::start(ENTRIES) else { return };
    let logon = logon(plain(server.port)).unwrap();
    assert_eq!(resolve(&*logon, "ann smith").unwrap().0, Resolution::Resolved);
    drop(server);
    assert_eq!(code(resolve(&*logon, "ann smith")), ErrorCode::NETWORK_ERROR);
}
