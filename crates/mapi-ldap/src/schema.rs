//! `Schema`: which attribute of a directory is which property, which entries are people and which are lists, and
//! where a list names its members. It is data; what is made of it is `entry.rs`, `restriction.rs`, `members.rs`.

use crate::filter::Filter;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_ACCOUNT, PR_BUSINESS_FAX_NUMBER, PR_BUSINESS_HOME_PAGE, PR_BUSINESS_TELEPHONE_NUMBER, PR_COMMENT,
    PR_COMPANY_NAME, PR_COUNTRY, PR_DEPARTMENT_NAME, PR_DISPLAY_NAME, PR_GIVEN_NAME,
    PR_HOME_TELEPHONE_NUMBER, PR_INITIALS, PR_LOCALITY, PR_MOBILE_TELEPHONE_NUMBER, PR_OFFICE_LOCATION,
    PR_PAGER_TELEPHONE_NUMBER, PR_POSTAL_ADDRESS, PR_POSTAL_CODE, PR_SMTP_ADDRESS, PR_STATE_OR_PROVINCE,
    PR_STREET_ADDRESS, PR_SURNAME, PR_TITLE,
};

/// How the directory compares values of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Matching {
    /// At least as loosely as restrictions do: the directory can choose before they are asked.
    Loose,
    /// In some other way: restrictions alone are asked.
    Own,
}

/// One property and the attributes that it is made of; the first that has a value.
pub(crate) struct Mapping {
    pub(crate) tag: PropTag,
    pub(crate) attributes: &'static [&'static str],
    pub(crate) matching: Matching,
}

/// How a list names its members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Naming {
    /// By their names in the directory.
    Name,
    /// So, with an optional bit string behind the name (RFC 4517 3.3.21).
    NameAndBits,
    /// By mail addresses.
    Address,
}

/// One kind of directory.
pub(crate) struct Schema {
    pub(crate) mappings: &'static [Mapping],
    /// The object classes of people, who are shown where they have an address.
    pub(crate) people: &'static [&'static str],
    /// The object classes of lists.
    pub(crate) lists: &'static [&'static str],
    /// True where a list is shown only with an address of its own.
    pub(crate) lists_need_address: bool,
    /// The attribute of addresses.
    pub(crate) address: &'static str,
    /// The attributes that are a whole name: who is called so in full comes before others.
    pub(crate) whole_names: &'static [&'static str],
    /// The attributes of given name and surname.
    pub(crate) given_and_surname: (&'static str, &'static str),
    /// The attribute by which the directory itself looks for a typed name.
    pub(crate) resolution: Option<&'static str>,
    /// Where lists name their members.
    pub(crate) members: &'static [(&'static str, Naming)],
}

/// The attribute that says of which classes an entry is.
pub(crate) const CLASS: &str = "objectClass";

const fn loose(tag: PropTag, attributes: &'static [&'static str]) -> Mapping {
    Mapping { tag, attributes, matching: Matching::Loose }
}

const fn own(tag: PropTag, attributes: &'static [&'static str]) -> Mapping {
    Mapping { tag, attributes, matching: Matching::Own }
}

/// RFC 2798, RFC 4519 and RFC 4524; the lists of RFC 4519 and of mail aliases.
pub(crate) const INET_ORG_PERSON: Schema = Schema {
    mappings: &[
        loose(PR_DISPLAY_NAME, &["displayName", "cn"]),
        loose(PR_SMTP_ADDRESS, &["mail"]),
        loose(PR_ACCOUNT, &["uid"]),
        loose(PR_GIVEN_NAME, &["givenName"]),
        loose(PR_SURNAME, &["sn"]),
        loose(PR_INITIALS, &["initials"]),
        loose(PR_TITLE, &["title"]),
        loose(PR_COMPANY_NAME, &["o"]),
        loose(PR_DEPARTMENT_NAME, &["ou", "departmentNumber"]),
        loose(PR_OFFICE_LOCATION, &["physicalDeliveryOfficeName", "roomNumber"]),
        own(PR_BUSINESS_TELEPHONE_NUMBER, &["telephoneNumber"]),
        own(PR_HOME_TELEPHONE_NUMBER, &["homePhone"]),
        own(PR_MOBILE_TELEPHONE_NUMBER, &["mobile"]),
        own(PR_PAGER_TELEPHONE_NUMBER, &["pager"]),
        own(PR_BUSINESS_FAX_NUMBER, &["facsimileTelephoneNumber"]),
        loose(PR_STREET_ADDRESS, &["street"]),
        own(PR_POSTAL_ADDRESS, &["postalAddress"]),
        loose(PR_LOCALITY, &["l"]),
        loose(PR_STATE_OR_PROVINCE, &["st"]),
        loose(PR_POSTAL_CODE, &["postalCode"]),
        own(PR_COUNTRY, &["co", "c"]),
        own(PR_COMMENT, &["description"]),
        own(PR_BUSINESS_HOME_PAGE, &["labeledURI"]),
    ],
    people: &["person", "inetOrgPerson"],
    lists: &["groupOfNames", "groupOfUniqueNames", "groupOfMembers", "nisMailAlias", "mailGroup"],
    lists_need_address: false,
    address: "mail",
    whole_names: &["displayName", "cn", "mail", "uid"],
    given_and_surname: ("givenName", "sn"),
    resolution: None,
    members: &[
        ("member", Naming::Name),
        ("uniqueMember", Naming::NameAndBits),
        ("rfc822MailMember", Naming::Address),
        ("mgrpRFC822MailMember", Naming::Address),
    ],
};

/// Microsoft's directory, which looks for names by itself (`anr`).
pub(crate) const ACTIVE_DIRECTORY: Schema = Schema {
    mappings: &[
        loose(PR_DISPLAY_NAME, &["displayName", "cn"]),
        loose(PR_SMTP_ADDRESS, &["mail"]),
        loose(PR_ACCOUNT, &["sAMAccountName"]),
        loose(PR_GIVEN_NAME, &["givenName"]),
        loose(PR_SURNAME, &["sn"]),
        loose(PR_INITIALS, &["initials"]),
        loose(PR_TITLE, &["title"]),
        loose(PR_COMPANY_NAME, &["company"]),
        loose(PR_DEPARTMENT_NAME, &["department"]),
        loose(PR_OFFICE_LOCATION, &["physicalDeliveryOfficeName"]),
        own(PR_BUSINESS_TELEPHONE_NUMBER, &["telephoneNumber"]),
        own(PR_HOME_TELEPHONE_NUMBER, &["homePhone"]),
        own(PR_MOBILE_TELEPHONE_NUMBER, &["mobile"]),
        own(PR_PAGER_TELEPHONE_NUMBER, &["pager"]),
        own(PR_BUSINESS_FAX_NUMBER, &["facsimileTelephoneNumber"]),
        loose(PR_STREET_ADDRESS, &["streetAddress"]),
        own(PR_POSTAL_ADDRESS, &["postalAddress"]),
        loose(PR_LOCALITY, &["l"]),
        loose(PR_STATE_OR_PROVINCE, &["st"]),
        loose(PR_POSTAL_CODE, &["postalCode"]),
        own(PR_COUNTRY, &["co", "c"]),
        own(PR_COMMENT, &["info", "description"]),
        own(PR_BUSINESS_HOME_PAGE, &["wWWHomePage"]),
    ],
    people: &["user", "contact"],
    lists: &["group"],
    lists_need_address: true,
    address: "mail",
    whole_names: &["displayName", "cn", "mail", "sAMAccountName"],
    given_and_surname: ("givenName", "sn"),
    resolution: Some("anr"),
    members: &[("member", Naming::Name)],
};

impl Schema {
    /// The schema of this name in a profile.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        match name {
            "inetorgperson" => Some(&INET_ORG_PERSON),
            "ad" => Some(&ACTIVE_DIRECTORY),
            _ => None,
        }
    }

    /// The attributes of a property; none for one that the directory does not know.
    pub(crate) fn mapping(&self, tag: PropTag) -> Option<&'static Mapping> {
        self.mappings.iter().find(|mapping| mapping.tag.id() == tag.id())
    }

    /// The attributes that all properties are made of.
    pub(crate) fn attributes(&self) -> Vec<&'static str> {
        let mut all = vec![CLASS];
        all.extend(self.mappings.iter().flat_map(|mapping| mapping.attributes));
        all
    }

    /// The attributes that a recipient is made of, and by which one is found.
    pub(crate) fn recipient_attributes(&self) -> Vec<&'static str> {
        let mut all = vec![CLASS];
        all.extend(self.whole_names);
        all
    }

    /// Who is shown at all.
    pub(crate) fn listed(&self) -> Filter {
        let of = |class: &&'static str| Filter::Equal(CLASS, (*class).to_owned());
        let people = Filter::Or(self.people.iter().map(of).collect());
        let addressed = |filter| Filter::And(vec![filter, Filter::Present(self.address)]);
        let lists = Filter::Or(self.lists.iter().map(of).collect());
        let lists = if self.lists_need_address { addressed(lists) } else { lists };
        Filter::Or(vec![addressed(people), lists])
    }

    /// Who a typed name may stand for (PR_ANR): those of whom a name or an address begins so.
    pub(crate) fn named_so(&self, name: &str) -> Filter {
        if let Some(attribute) = self.resolution {
            return Filter::Equal(attribute, name.to_owned());
        }
        let (given, surname) = self.given_and_surname;
        let begun = self.whole_names.iter().copied().chain([given, surname]);
        let mut any: Vec<Filter> = begun.map(|attribute| Filter::begins(attribute, name)).collect();
        let words: Vec<&str> = name.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        if let [one, other] = words[..] {
            for (first, last) in [(one, other), (other, one)] {
                any.push(Filter::And(vec![Filter::begins(given, first), Filter::begins(surname, last)]));
            }
        }
        Filter::Or(any)
    }

    /// Who is called so in full.
    pub(crate) fn named_in_full(&self, name: &str) -> Filter {
        Filter::Or(
            self.whole_names.iter().map(|attribute| Filter::Equal(attribute, name.to_owned())).collect(),
        )
    }
}
