//! The layout asserted at compile time, compared with `data/layout.tsv`.

use mapi_com::abi::layout::LAYOUT;

#[test]
fn the_table_in_the_source_is_the_table_in_data() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/layout.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let recorded: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
    let mut ours = Vec::new();
    for structure in LAYOUT {
        ours.push(format!("{}\t-\t{}\t{}", structure.name, structure.align, structure.size));
        for member in structure.members {
            // `type` is a word of Rust.
            let name = member.name.strip_suffix('_').unwrap_or(member.name);
            ours.push(format!("{}\t{name}\t{}\t{}", structure.name, member.offset, member.size));
        }
    }
    assert_eq!(ours, recorded);
    assert!(LAYOUT.len() >= 99, "{} structures", LAYOUT.len());
}
