//! AUTHENTICATE PLAIN, LOGIN and XOAUTH2, and the command LOGIN: what is said, one line after the other.
//!
//! Nothing is said on a connection that is not encrypted.

use super::Offers;
use crate::fault::Fault;
use encodify::base64::STANDARD;
use mapi_wire::{Login, Mechanism};
use zeroize::Zeroizing;

/// The lines of a login, without line ends.
#[derive(Debug)]
pub(super) struct Lines {
    /// The command itself, behind its tag.
    pub(super) command: Zeroizing<String>,
    /// What is said to each continuation, the next one last.
    pub(super) answers: Vec<Zeroizing<String>>,
}

/// How a user logs on to a server that offers this.
///
/// # Errors
/// [`Fault::NoMechanism`].
pub(super) fn lines(login: &Login, offers: &Offers) -> Result<Lines, Fault> {
    let coded = |octets: &[u8]| Zeroizing::new(STANDARD.encode(octets));
    let say = |command: &str, answers| Ok(Lines { command: Zeroizing::new(command.to_owned()), answers });
    match login.mechanism {
        Mechanism::Password | Mechanism::Plain if offers.plain => {
            say("AUTHENTICATE PLAIN", vec![coded(&login.plain())])
        }
        Mechanism::Password | Mechanism::Login if offers.login => {
            let answers = vec![coded(login.secret.expose()), coded(login.user.as_bytes())];
            say("AUTHENTICATE LOGIN", answers)
        }
        Mechanism::Password | Mechanism::Login if !offers.login_disabled => command(login),
        // To a question that is a refusal an empty line is the answer.
        Mechanism::XOAuth2 if offers.xoauth2 => {
            say("AUTHENTICATE XOAUTH2", vec![Zeroizing::new(String::new()), coded(&login.xoauth2())])
        }
        _ => Err(Fault::NoMechanism),
    }
}

/// The command LOGIN, where its arguments can stand between quotation marks.
fn command(login: &Login) -> Result<Lines, Fault> {
    let secret = login.secret.expose_text().ok_or(Fault::NoMechanism)?;
    let quoted = |text: &str| -> Result<Zeroizing<String>, Fault> {
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Fault::NoMechanism);
        }
        let mut out = Zeroizing::new(String::with_capacity(text.len().saturating_mul(2).saturating_add(2)));
        out.push('"');
        for letter in text.chars() {
            if matches!(letter, '"' | '\\') {
                out.push('\\');
            }
            out.push(letter);
        }
        out.push('"');
        Ok(out)
    };
    let (user, secret) = (quoted(&login.user)?, quoted(secret)?);
    let command = Zeroizing::new(["LOGIN ", &user, " ", &secret].concat());
    Ok(Lines { command, answers: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_vault::Secret;

    fn login(secret: &str, mechanism: Mechanism) -> Login {
        Login { user: "ann".to_owned(), secret: Secret::from(secret.to_owned()), mechanism }
    }

    #[test]
    fn each_way_to_log_on_is_taken_where_it_is_offered() {
        let none = Offers::default();
        let offers = |change: fn(&mut Offers)| {
            let mut offers = Offers { login_disabled: true, ..Offers::default() };
            change(&mut offers);
            offers
        };
        let said =
            |login: &Login, offers: &Offers| lines(login, offers).map(|lines| lines.command.to_string());
        let password = login("a\"b\\", Mechanism::Password);
        assert_eq!(said(&password, &none).unwrap(), "LOGIN \"ann\" \"a\\\"b\\\\\"");
        assert_eq!(said(&password, &offers(|_| {})), Err(Fault::NoMechanism));
        assert_eq!(said(&password, &offers(|held| held.plain = true)).unwrap(), "AUTHENTICATE PLAIN");
        let odd = login("a\r\nb", Mechanism::Login);
        assert_eq!(said(&odd, &none), Err(Fault::NoMechanism), "nothing breaks out of the line");
        let lines = lines(&odd, &offers(|held| held.login = true)).unwrap();
        assert_eq!(lines.answers.iter().map(|line| line.as_str()).collect::<Vec<_>>(), ["YQ0KYg==", "YW5u"]);
        let token = login("t", Mechanism::XOAuth2);
        assert_eq!(said(&token, &none), Err(Fault::NoMechanism));
        assert_eq!(said(&token, &offers(|held| held.xoauth2 = true)).unwrap(), "AUTHENTICATE XOAUTH2");
    }
}
