//! mapisvc.inf as the reference describes it, and as nobody should have written it.

use super::*;
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_MDB_PROVIDER, PR_RESOURCE_FLAGS, PR_SERVICE_NAME, PR_SERVICE_SUPPORT_FILES,
    PR_SERVICE_UID,
};
use mapi_defs::prop::{PropTag, PropValue};
use std::time::{Duration, Instant};

/// A file in the form of the reference's sample, under names of our own.
const SAMPLE: &str = "\
; A comment
[Services]
BOOK=Team Book
Own=Our Service
[Default Services]
Own=Our Service
BOOK=Team Book
[Help File Mappings]
MAPI=mapi.hlp
Own=own.hlp
[BOOK]
PR_DISPLAY_NAME=The Team Book
Providers=Book Provider
PR_SERVICE_DLL_NAME=book.dll
PR_SERVICE_SUPPORT_FILES=book.dll
PR_SERVICE_ENTRY_NAME=BookEntry
PR_RESOURCE_FLAGS=SERVICE_NO_PRIMARY_IDENTITY
66040003=04000000
[Own]
Providers = My Prov One, My Prov Two
Sections=First_Special, Second Special
PR_SERVICE_DLL_NAME=own
PR_RESOURCE_FLAGS=SERVICE_SINGLE_COPY|SERVICE_PRIMARY_IDENTITY
PR_SERVICE_UID=00112233445566778899AABBCCDDEEFF
[Book Provider]
PR_DISPLAY_NAME=Book
PR_PROVIDER_DISPLAY=Book
PR_PROVIDER_DLL_NAME=book.dll
PR_RESOURCE_TYPE=MAPI_AB_PROVIDER
6600001e=/srv/book.txt
[my prov one]
PR_DISPLAY_NAME=One
PR_PROVIDER_DISPLAY=Provider One
PR_PROVIDER_DLL_NAME=own
PR_RESOURCE_TYPE=MAPI_TRANSPORT_PROVIDER
PR_RESOURCE_FLAGS=STATUS_XP_PREFER_LAST|STATUS_PRIMARY_IDENTITY
[My Prov Two]
PR_DISPLAY_NAME=Two
PR_PROVIDER_DISPLAY=Provider Two
PR_PROVIDER_DLL_NAME=own
PR_RESOURCE_TYPE=MAPI_STORE_PROVIDER
PR_RESOURCE_FLAGS=STATUS_NO_DEFAULT_STORE
PR_MDB_PROVIDER=78b2fa70aff711cd9bc800aa002fc45a
660A0003=03000000
[First_Special]
UID=13DB0C8AA05101A9BB000AA002FC45A
66020003=01000000
[Second Special]
UID=13DBB0C8AA05101A9BB000AA002FC45A
66020003=01000000
[Own]
PR_RESOURCE_FLAGS=SERVICE_SINGLE_COPY
";

fn line_of(text: &str) -> usize {
    SAMPLE.lines().position(|line| line == text).unwrap() + 1
}

fn messages(inf: &Inf) -> Vec<(usize, Severity, &str)> {
    inf.diagnostics.iter().map(|one| (one.line, one.severity, one.message.as_str())).collect()
}

#[test]
fn a_file_of_the_reference_is_read_with_its_links_and_constants() {
    let inf = Inf::parse(SAMPLE.as_bytes());
    let names: Vec<_> = inf.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["BOOK", "Own"]);
    assert_eq!(inf.default_services, ["Own", "BOOK"]);
    assert_eq!(inf.help_files[1], ("Own".to_owned(), "own.hlp".to_owned()));
    let book = inf.service("book").unwrap();
    assert_eq!(book.display_name, "The Team Book", "the section's name comes first");
    assert_eq!((book.library(), book.entry_name()), (Some("book.dll"), Some("BookEntry")));
    let files = PropValue::MvUnicode(vec!["book.dll".into()]);
    assert_eq!(book.props.value(PR_SERVICE_SUPPORT_FILES), Some(&files));
    assert_eq!(book.props.long(PropTag(0x6604_0003)), Some(4));
    assert_eq!(book.props.long(PR_RESOURCE_FLAGS), Some(0x20));
    assert_eq!(book.providers[0].kind(), Some(ProviderKind::AddressBook));
    assert_eq!(
        book.providers[0].props.value(PropTag(0x6600_001E)),
        Some(&PropValue::String8("/srv/book.txt".into()))
    );
    let own = inf.service("Own").unwrap();
    assert_eq!(own.display_name, "Our Service");
    assert_eq!(own.props.long(PR_RESOURCE_FLAGS), Some(2), "a section continues, and its last key wins");
    assert_eq!(own.props.value(PR_SERVICE_UID), None);
    assert_eq!(own.libraries(), ["own"]);
    let [one, two] = &own.providers[..] else { panic!("{:?}", own.providers) };
    assert_eq!((one.name.as_str(), one.kind()), ("My Prov One", Some(ProviderKind::Transport)));
    assert_eq!(one.resource_flags(), 0x14);
    assert_eq!((two.name.as_str(), two.kind()), ("My Prov Two", Some(ProviderKind::Store)));
    assert_eq!(two.props.long(PropTag(0x660A_0003)), Some(3), "the lowest byte comes first");
    assert_eq!(two.props.binary(PR_MDB_PROVIDER).unwrap()[..2], [0x78, 0xB2]);
    let [extra] = &own.sections[..] else { panic!("{:?}", own.sections) };
    assert_eq!(extra.name, "Second Special");
    assert_eq!(extra.uid.to_string(), "{C8B0DB13-05AA-1A10-9BB0-00AA002FC45A}");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_the_rest_is_kept() {
    let inf = Inf::parse(SAMPLE.as_bytes());
    let bad_uid = line_of("UID=13DB0C8AA05101A9BB000AA002FC45A");
    let service_uid = line_of("PR_SERVICE_UID=00112233445566778899AABBCCDDEEFF");
    assert_eq!(
        messages(&inf),
        [
            (service_uid, Severity::Warning, "PR_SERVICE_UID is made with each profile and ignored here"),
            (
                line_of("[Book Provider]"),
                Severity::Warning,
                "the provider's section has no PR_RESOURCE_FLAGS"
            ),
            (
                line_of("[First_Special]"),
                Severity::Error,
                "an extra section needs UID= and 32 hex digits; it is left out"
            ),
            (bad_uid, Severity::Error, "an identity has 32 hex digits, not 31"),
        ]
    );
}

/// Reads a file and looks for one diagnostic.
fn check(content: &str, line: usize, severity: Severity, words: &str) -> Inf {
    let inf = Inf::parse(content.as_bytes());
    let is_it =
        |one: &Diagnostic| (one.line, one.severity) == (line, severity) && one.message.contains(words);
    assert!(inf.diagnostics.iter().any(is_it), "{content}\n{:#?}", inf.diagnostics);
    inf
}

#[test]
fn entries_that_make_no_sense_are_told() {
    use Severity::{Error, Warning};
    let provider = "PR_DISPLAY_NAME=p\nPR_PROVIDER_DISPLAY=p\nPR_RESOURCE_FLAGS=00000000\n";
    for (content, line, severity, words) in [
        ("A=1\n[Services]\n", 1, Error, "before the first section"),
        ("[Services]\nA\n", 2, Error, "neither key=value"),
        ("[Services\nA=1\n", 1, Error, "not closed"),
        ("[Services]\nA=a\n", 2, Warning, "no section [A]"),
        ("[Services]\nServices=a\n", 2, Error, "no service's section"),
        ("[Services]\nA,B=a\n", 2, Error, "no comma"),
        ("[Services]\nA=a\n[A]\nProviders=B\n", 4, Error, "no section [B]"),
        ("[Services]\nA=a\n[A]\nProviders=A\n", 4, Error, "lists [A]"),
        ("[Services]\nA=a\n[A]\nPR_NO_SUCH=1\n", 4, Warning, "nobody knows"),
        ("[Services]\nA=a\n[A]\n660000=1\n", 4, Error, "eight hex digits"),
        ("[Services]\nA=a\n[A]\nPR_RESOURCE_FLAGS=NO_SUCH\n", 4, Error, "neither a constant"),
        ("[Services]\nA=a\n[A]\n66000102=abc\n", 4, Error, "pairs of hex digits"),
        ("[Services]\nA=a\n[A]\n66000102=zz\n", 4, Error, "pairs of hex digits"),
        ("[Services]\nA=a\n[A]\n67F0001E=secret\n", 4, Error, "secure"),
        ("[Services]\nA=a\n[A]\nPR_RESOURCE_FLAGS=STATUS_OWN_STORE\n", 4, Warning, "something else"),
        ("[Services]\nA=a\n[A]\nPR_SERVICE_DLL_NAME=a\n", 2, Warning, "no provider"),
        ("[Services]\nA=a\n[A]\nProviders=P\nPR_SERVICE_DLL_NAME=a\n[P]\n", 6, Error, "PR_RESOURCE_TYPE"),
        ("[Services]\nA=a\n[A]\nProviders=P\nPR_SERVICE_DLL_NAME=a\n[P]\n", 6, Error, "DLL_NAME"),
        ("[Services]\nA=a\n[A]\nProviders=P, p\n[P]\n", 4, Warning, "twice"),
        ("[Services]\nA=\u{1}a\n[A]\nUID=00\n", 4, Error, "eight hex digits"),
    ] {
        check(content, line, severity, words);
    }
    let unknown =
        format!("[Services]\nA=a\n[A]\nProviders=P\n[P]\n{provider}PR_RESOURCE_TYPE=MAPI_SPOOLER\n");
    let inf = check(&unknown, 5, Warning, "neither a store");
    assert_eq!(inf.services[0].providers[0].kind(), None);
}

#[test]
fn sections_that_name_each_other_make_no_circle() {
    let circle = "[Services]\nA=a\nB=b\n[A]\nProviders=B, A\nSections=B\n[B]\nProviders=A, B\nUID=00\n";
    let inf = check(circle, 5, Severity::Error, "lists [A]");
    assert_eq!(inf.services.len(), 2);
    assert_eq!(inf.services[0].providers.len(), 1);
    assert!(inf.diagnostics.iter().any(|one| one.message.contains("only a service's section")));
}

#[test]
fn a_file_as_installers_wrote_them_is_read_without_a_complaint() {
    let provider = |name: &str, kind: &str, flags: &str| {
        format!(
            "\r\n[{name}]\r\nPR_PROVIDER_DLL_NAME=acme.dll\r\nPR_RESOURCE_TYPE={kind}\r\n\
             PR_RESOURCE_FLAGS={flags}\r\nPR_DISPLAY_NAME={name}\r\nPR_PROVIDER_DISPLAY=Acme\r\n"
        )
    };
    let text = format!(
        "[Services]\r\nACME=Acme Mail\r\n\r\n[ACME]\r\nPR_SERVICE_DLL_NAME=acme.dll\r\n\
         PR_SERVICE_SUPPORT_FILES=acme.dll,acmeui.dll\r\nPR_SERVICE_DELETE_FILES=acme.dll\r\n\
         PR_SERVICE_ENTRY_NAME=AcmeEntry\r\nProviders=AB,MS,XP\r\nWIZARD_ENTRY_NAME=AcmeWizard\r\n\
         PR_RESOURCE_FLAGS=SERVICE_SINGLE_COPY|SERVICE_PRIMARY_IDENTITY\r\n{}{}{}",
        provider("AB", "MAPI_AB_PROVIDER", "STATUS_PRIMARY_IDENTITY"),
        provider("MS", "MAPI_STORE_PROVIDER", "STATUS_PRIMARY_IDENTITY|STATUS_DEFAULT_STORE"),
        provider("XP", "MAPI_TRANSPORT_PROVIDER", "STATUS_PRIMARY_IDENTITY"),
    );
    let inf = Inf::parse(text.as_bytes());
    assert_eq!(messages(&inf), []);
    let service = &inf.services[0];
    assert_eq!((service.delete_files(), service.support_files().len()), (vec!["acme.dll"], 2));
    let kinds: Vec<_> = service.providers.iter().filter_map(InfProvider::kind).collect();
    assert_eq!(kinds, [ProviderKind::AddressBook, ProviderKind::Store, ProviderKind::Transport]);
}

#[test]
fn the_last_line_for_a_service_counts_at_the_place_of_the_first() {
    let inf = Inf::parse(b"[Services]\nA=one\nB=b\na=two\n[A]\n[B]\n");
    let names: Vec<_> = inf.services.iter().map(|service| service.display_name.as_str()).collect();
    assert_eq!(names, ["two", "b"]);
    assert_eq!(inf.service("A").unwrap().props.value(PR_SERVICE_NAME), None);
}

#[test]
fn lines_and_sections_and_lists_have_bounds() {
    let long = format!("[Services]\nA=a\n[A]\nPR_DISPLAY_NAME={}\nPR_COMMENT=kept\n", "x".repeat(LINE_BYTES));
    let inf = check(&long, 4, Severity::Error, "too long");
    assert_eq!(inf.services[0].props.len(), 1);
    let sections: String = (0..=SECTIONS).map(|number| format!("[S{number}]\n")).collect();
    check(&sections, SECTIONS + 1, Severity::Error, "sections");
    let entries: String = (0..=ENTRIES).map(|number| format!("S{number}=x\n")).collect();
    let inf = check(&format!("[Services]\n{entries}"), ENTRIES + 2, Severity::Error, "entries");
    assert_eq!(inf.services.len(), ENTRIES);
    assert_eq!(inf.diagnostics.len(), DIAGNOSTICS + 1);
    let names: String = (0..=NAMES).map(|number| format!("P{number},")).collect();
    check(&format!("[Services]\nA=a\n[A]\nProviders={names}\n"), 4, Severity::Error, "names");
}

#[test]
fn many_services_that_share_one_large_section_take_bounded_memory() {
    let large: String = (0..100).map(|id| format!("66{id:02X}001E={}\n", "x".repeat(4000))).collect();
    let services: String = (0..500).map(|number| format!("S{number}=s\n")).collect();
    let sections: String = (0..500).map(|number| format!("[S{number}]\nProviders=P\n")).collect();
    let content = format!("[Services]\n{services}{sections}[P]\nPR_RESOURCE_TYPE=MAPI_AB_PROVIDER\n{large}");
    let inf = Inf::parse(content.as_bytes());
    let linked = inf.services.iter().flat_map(|service| &service.providers);
    let bytes: usize =
        linked.flat_map(|provider| provider.props.iter()).map(|prop| prop.value.size_bytes()).sum();
    assert!(bytes <= LINKED_BYTES && bytes > LINKED_BYTES / 2, "{bytes}");
    assert!(inf.diagnostics.iter().any(|one| one.message.contains("together")));
}

/// A small generator with a seed, so that a failure can be repeated.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

fn random(seeded: &mut Seeded) -> Vec<u8> {
    const PARTS: [&str; 22] = [
        "[Services]\n",
        "[Default Services]\n",
        "[A]\n",
        "[B]\n",
        "[",
        "]",
        "=",
        ",",
        "\n",
        "\r\n",
        ";",
        "#",
        "A=",
        "B=b\n",
        "Providers=",
        "Sections=",
        "UID=",
        "PR_DISPLAY_NAME=",
        "6600",
        "0102=",
        "é",
        "\0",
    ];
    let mut content = Vec::new();
    for _ in 0..seeded.below(200) {
        match seeded.below(4) {
            0 => content.push(seeded.next() as u8),
            _ => content.extend(PARTS[seeded.below(PARTS.len())].bytes()),
        }
    }
    content
}

fn mutated(seeded: &mut Seeded) -> Vec<u8> {
    let mut content = SAMPLE.as_bytes().to_vec();
    for _ in 0..=seeded.below(8) {
        let at = seeded.below(content.len());
        let to = (at + seeded.below(40)).min(content.len());
        match seeded.below(4) {
            0 => content[at] = seeded.next() as u8,
            1 => drop(content.drain(at..to)),
            2 => {
                let copy = content[at..to].to_vec();
                let place = seeded.below(content.len());
                content.splice(place..place, copy);
            }
            _ => content.insert(at, b"\n,=[]|\0\xFF"[seeded.below(8)]),
        }
        if content.is_empty() {
            return content;
        }
    }
    content
}

#[test]
fn random_and_damaged_files_are_read_in_bounds_and_written_as_they_are_read() {
    let mut seeded = Seeded(0x1234_5678_9ABC_DEF1);
    let started = Instant::now();
    for round in 0..6_000 {
        let content = if round % 2 == 0 { random(&mut seeded) } else { mutated(&mut seeded) };
        let inf = Inf::parse(&content);
        assert!(inf.diagnostics.len() <= DIAGNOSTICS + 1);
        let lines = content.split(|byte| *byte == b'\n').count();
        assert!(inf.diagnostics.iter().all(|one| one.line <= lines), "round {round}");
        for service in &inf.services {
            assert!(service.providers.len() <= NAMES && service.sections.len() <= NAMES);
            assert!(!service.name.is_empty() && !service.name.contains(','));
            assert_eq!(service.props.value(PR_SERVICE_UID), None);
            assert!(service.props.text(PR_DISPLAY_NAME).is_none_or(|text| !text.contains('\n')));
        }
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn a_service_of_a_damaged_file_is_written_so_that_it_reads_the_same_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut seeded = Seeded(0xFEDC_BA98_7654_3211);
    let mut written = 0;
    for round in 0..100 {
        let path = folder.path().join(format!("{round}.inf"));
        let file = InfFile::at(&path);
        for service in Inf::parse(&mutated(&mut seeded)).services {
            if file.add_service(&service).is_ok() {
                let read = file.read().unwrap();
                assert_eq!(read.service(&service.name), Some(&service), "round {round}");
                written += 1;
            }
        }
    }
    assert!(written > 50, "{written}");
}

#[test]
fn the_longest_hostile_file_is_read_in_a_moment() {
    let started = Instant::now();
    let fill = |unit: &str| unit.repeat(FILE_BYTES as usize / unit.len());
    for hostile in [
        fill("["),
        fill("=\n"),
        fill("[A]\n"),
        fill("A=A,\n"),
        fill("a,"),
        format!("[Services]\nA=a\n[A]\nProviders={}", fill("a,")),
        format!("[Services]\nA=a\n[A]\n66000102={}", fill("f")),
        format!("[Services]\nA=a\n[A]\n{}", fill("66000003=01000000|01000000|01000000\n")),
    ] {
        let inf = Inf::parse(hostile.as_bytes());
        assert!(inf.diagnostics.len() <= DIAGNOSTICS + 1);
    }
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}
