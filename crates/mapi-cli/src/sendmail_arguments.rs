//! The command line of sendmail as programs write it: letters together, values with or without a space.
//!
//! What is done with it is `commands/sendmail.rs`. Options that only change how another program's queue works
//! are taken and change nothing.
//!
//! # Source
//! sendmail(1) of Postfix and of Sendmail 8; what cron, mutt and `git send-email` pass.

/// Letters that stand alone and change nothing here.
const ALONE: &str = "GUmnvx";
/// Letters whose value stands in the same word alone, and changes nothing here.
const ATTACHED: &str = "ed";
/// Letters with a value, in the same word or the next one, that changes nothing here.
const VALUED: &str = "ABCLNORVXhp";
/// Modes of -b that are other programs: what is said of each.
const OTHER_MODES: [(char, &str); 8] = [
    ('a', "ARPANET mode"),
    ('d', "a daemon is `mapi spool`"),
    ('D', "a daemon is `mapi spool`"),
    ('i', "there are no alias files"),
    ('p', "the queue is `mapi queue list`"),
    ('s', "SMTP on standard input"),
    ('t', "address tests"),
    ('v', "address checks"),
];

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Asked {
    /// -t: the fields To, Cc and Bcc name recipients.
    pub(crate) reads_recipients: bool,
    /// -i: a line of one dot is a line like others.
    pub(crate) dots_are_text: bool,
    /// -f, -r: who sends it.
    pub(crate) sender: Option<String>,
    /// -F: the name of who sends it.
    pub(crate) full_name: Option<String>,
    /// -odi: the command ends when the message has left the queue, or cannot now.
    pub(crate) waits: bool,
    /// The recipients of the command line.
    pub(crate) recipients: Vec<String>,
}

impl Asked {
    /// Reads the words behind the command's name.
    ///
    /// # Errors
    /// What makes no sense, in words.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut asked = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.strip_prefix('-') {
                Some("-") => asked.recipients.extend(words.by_ref().cloned()),
                Some(letters) if !letters.is_empty() => asked.letters(letters, &mut words)?,
                _ => asked.recipients.push(word.clone()),
            }
        }
        asked.recipients = asked
            .recipients
            .iter()
            .flat_map(|list| list.split(','))
            .map(|one| one.trim().trim_start_matches('<').trim_end_matches('>').to_owned())
            .filter(|one| !one.is_empty())
            .collect();
        Ok(asked)
    }

    fn letters<'a>(
        &mut self,
        letters: &str,
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let attached = &letters[at + letter.len_utf8()..];
            match letter {
                't' => self.reads_recipients = true,
                'i' => self.dots_are_text = true,
                _ if ALONE.contains(letter) => {}
                _ if ATTACHED.contains(letter) => return Ok(()),
                'o' => return self.option(attached),
                'b' => return mode(attached),
                'q' => return Err("-q: what waits is sent by `mapi queue flush`".into()),
                _ if "fFr".contains(letter) || VALUED.contains(letter) => {
                    let mut next =
                        || words.next().cloned().ok_or_else(|| format!("-{letter} lacks its value"));
                    let value = if attached.is_empty() { next()? } else { attached.to_owned() };
                    match letter {
                        'F' => self.full_name = Some(value),
                        'f' | 'r' => self.sender = Some(value),
                        _ => {}
                    }
                    return Ok(());
                }
                other => return Err(format!("-{other} is not known")),
            }
        }
        Ok(())
    }

    /// -o, the old way to set an option: i and d mean something here.
    fn option(&mut self, option: &str) -> Result<(), String> {
        match option {
            "" => return Err("-o lacks its option".into()),
            "i" => self.dots_are_text = true,
            "di" => self.waits = true,
            _ => {}
        }
        Ok(())
    }
}

fn mode(mode: &str) -> Result<(), String> {
    match mode.chars().next() {
        Some('m') => Ok(()),
        Some(letter) => {
            let known = OTHER_MODES.iter().find(|(known, _)| *known == letter);
            let what =
                known.map_or_else(|| "not known".to_owned(), |(_, what)| format!("not supported: {what}"));
            Err(format!("-b{letter} is {what}"))
        }
        None => Err("-b lacks its mode".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Asked, String> {
        Asked::parse(&line.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_programs_pass_is_understood() {
        let cron = parse("-FCronDaemon -i -B8BITMIME -oem kim").unwrap();
        assert_eq!((cron.full_name.as_deref(), cron.dots_are_text), (Some("CronDaemon"), true));
        assert_eq!(cron.recipients, ["kim"]);
        let mutt = parse("-oem -oi -f me@a.org -- kim@b.org lee@c.org").unwrap();
        assert_eq!((mutt.sender.as_deref(), mutt.dots_are_text), (Some("me@a.org"), true));
        assert_eq!(mutt.recipients, ["kim@b.org", "lee@c.org"]);
        let git = parse("-i -f me@a.org kim@b.org,<lee@c.org>").unwrap();
        assert_eq!(git.recipients, ["kim@b.org", "lee@c.org"]);
        let together = parse("-tifme@a.org -odi -bm -G -N never -O Timeout=1 -v").unwrap();
        assert!(together.reads_recipients && together.dots_are_text && together.waits);
        assert_eq!((together.sender.as_deref(), together.recipients.len()), (Some("me@a.org"), 0));
        assert_eq!(parse("-- -odd@a.org").unwrap().recipients, ["-odd@a.org"]);
    }

    #[test]
    fn what_is_another_program_is_refused_by_name() {
        for (line, said) in [
            ("-bs", "SMTP on standard input"),
            ("-bp", "mapi queue list"),
            ("-q", "mapi queue flush"),
            ("-bd", "mapi spool"),
            ("-b", "lacks"),
            ("-f", "lacks its value"),
            ("-k", "not known"),
            ("-bk", "not known"),
        ] {
            let refused = parse(line).unwrap_err();
            assert!(refused.contains(said), "{line}: {refused}");
        }
    }
}
