//! Text whose lines may be joined again: `format=flowed` (RFC 3676).

/// The text with its flowed lines joined; `delete_space` is DelSp.
pub(crate) fn unflowed(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // How deep the line that is still flowing is quoted.
    let mut flowing: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').map_or((line, false), |line| (line, true));
        let (content, has_end) = (line.0.strip_suffix('\r').unwrap_or(line.0), line.1);
        let depth = content.bytes().take_while(|byte| *byte == b'>').count();
        let content = content.get(depth..).unwrap_or_default();
        let content = content.strip_prefix(' ').unwrap_or(content);
        if flowing != Some(depth) {
            if flowing.is_some() {
                out.push_str("\r\n");
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let flows = has_end && content.ends_with(' ') && content != "-- ";
        let kept = if flows && delete_space { content.strip_suffix(' ').unwrap_or(content) } else { content };
        out.push_str(kept);
        flowing = flows.then_some(depth);
        if has_end && !flows {
            out.push_str("\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined_within_their_quote() {
        assert_eq!(
            unflowed("one \r\ntwo\r\n\r\n> a \r\n> b\r\n>> c \r\n last", false),
            "one two\r\n\r\n> a b\r\n>> c \r\nlast"
        );
        assert_eq!(unflowed("on \ne", true), "one");
        assert_eq!(unflowed("-- \r\nAnn\r\n stuffed", false), "-- \r\nAnn\r\nstuffed");
        assert_eq!(unflowed("", false), "");
    }
}
