//! File names out of mails, made harmless: one part, no controls, no reserved word, not too long.

/// The longest name, in bytes: what Linux file systems take, less room for a number.
const NAME_MAX_BYTES: usize = 200;

/// A name for a file in a chosen folder, made of what a mail says; `fallback` where nothing is left.
///
/// Path parts go with either slash, since the mail may come from any system; so do controls, marks
/// that change the direction of text, and characters and words that a common system reserves.
pub fn harmless(name: &str, fallback: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| is_harmless(*c)).collect();
    let trimmed = kept.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    let cut = cut_to(trimmed, NAME_MAX_BYTES);
    if cut.is_empty() || is_reserved(&cut) { format!("{fallback}{}", reserved_suffix(&cut)) } else { cut }
}

fn is_harmless(c: char) -> bool {
    let steers_direction =
        matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || steers_direction || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{FEFF}'))
}

/// Device names that some systems open whatever their ending.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

fn reserved_suffix(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("-{name}") }
}

/// Cuts a name at a character boundary and keeps its ending.
fn cut_to(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (stem, ending) = match name.rfind('.') {
        Some(dot) if name.len() - dot <= 16 => name.split_at(dot),
        _ => (name, ""),
    };
    let mut end = most - ending.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &stem[..end])
}

/// The name with a number before its ending, for the second and later files of that name.
pub fn numbered(name: &str, number: usize) -> String {
    match name.rfind('.') {
        Some(dot) if dot > 0 => format!("{} ({number}){}", &name[..dot], &name[dot..]),
        _ => format!("{name} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_folder() {
        for (name, expected) in [
            ("../../x", "x"),
            ("/etc/x", "x"),
            ("C:\\x", "x"),
            ("..", "a"),
            (".", "a"),
            ("", "a"),
            ("x\0.txt", "x.txt"),
            ("con", "a-con"),
            ("CON.txt", "a-CON.txt"),
            ("com1.log", "a-com1.log"),
            ("common.log", "common.log"),
            (".bashrc", "bashrc"),
            ("a\nb", "ab"),
            ("gpj.\u{202E}exe", "gpj.exe"),
            ("trailing. ", "trailing"),
            ("C:", "C"),
            ("r\u{e9}sum\u{e9}.pdf", "r\u{e9}sum\u{e9}.pdf"),
        ] {
            assert_eq!(harmless(name, "a"), expected, "{name:?}");
        }
        let long = harmless(&format!("{}.txt", "\u{e9}".repeat(5_000)), "a");
        assert!(long.len() <= 200 && long.ends_with(".txt"), "{long}");
    }

    #[test]
    fn equal_names_are_numbered_before_the_ending() {
        assert_eq!(numbered("a.txt", 2), "a (2).txt");
        assert_eq!(numbered("a", 2), "a (2)");
    }
}
