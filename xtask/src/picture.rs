//! `cargo xtask picture`: runs the main job on an empty home and draws what a terminal shows of it into
//! `docs/pictures/send.svg`, the picture of the README.

use std::path::Path;
use std::process::Command;

/// Pixels of a line and of a character at this font size.
const LINE: usize = 20;
const CHARACTER: usize = 9;

/// What is run, as a person types it; each in the same home.
const RUNS: &[&[&str]] = &[&["send", "samples/welcome.msg"], &["ls"], &["ls", "/Inbox"]];

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask picture".into());
    }
    let build = ["build", "--release", "--quiet", "--package", "mapi-cli"];
    let built =
        Command::new("cargo").args(build).current_dir(root).status().map_err(|fault| fault.to_string())?;
    if !built.success() {
        return Err("the command does not build".into());
    }
    let home = root.join("target/picture-home");
    // A home of an earlier picture would not be empty.
    drop(std::fs::remove_dir_all(&home));
    let mut lines = Vec::new();
    for arguments in RUNS {
        lines.extend(one(root, &home, arguments)?);
    }
    let path = root.join("docs/pictures/send.svg");
    std::fs::create_dir_all(root.join("docs/pictures")).map_err(|fault| fault.to_string())?;
    std::fs::write(&path, svg(&lines)).map_err(|fault| format!("{}: {fault}", path.display()))
}

fn one(root: &Path, home: &Path, arguments: &[&str]) -> Result<Vec<String>, String> {
    let output = Command::new(root.join("target/release/mapi"))
        .args(arguments)
        .env("MAPI_HOME", home)
        .current_dir(root)
        .output()
        .map_err(|fault| fault.to_string())?;
    let typed = arguments
        .iter()
        .map(|word| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() });
    let mut lines = vec![format!("$ mapi {}", typed.collect::<Vec<_>>().join(" "))];
    for text in [output.stderr, output.stdout] {
        lines.extend(String::from_utf8_lossy(&text).lines().map(str::to_owned));
    }
    lines.push(String::new());
    Ok(lines)
}

/// A dark terminal; what is typed is brighter than what is answered.
fn svg(lines: &[String]) -> String {
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let (width, height) = (columns * CHARACTER + 2 * LINE, (lines.len() + 1) * LINE);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"15\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1f27\"/>\n"
    );
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let (y, colour) = ((index + 1) * LINE + 5, if line.starts_with('$') { "#ffffff" } else { "#b6c2d4" });
        text.push_str(&format!(
            "<text x=\"{LINE}\" y=\"{y}\" fill=\"{colour}\" xml:space=\"preserve\">{}</text>\n",
            escaped(line)
        ));
    }
    text.push_str("</svg>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_drawn_and_never_markup() {
        let drawn = svg(&["$ mapi ls".into(), String::new(), "<a> & b".into()]);
        assert!(drawn.contains("#ffffff\" xml:space=\"preserve\">$ mapi ls<"));
        assert!(drawn.contains("&lt;a&gt; &amp; b") && !drawn.contains("<a>"));
        assert_eq!(drawn.matches("<text").count(), 2);
    }
}
