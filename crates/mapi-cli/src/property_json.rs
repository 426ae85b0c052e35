//! Properties and whole messages as JSON, in the command's fixed form.

use crate::moment;
use mapi_defs::hex;
use mapi_defs::lookup::{named_property, tag_name};
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::{Name, PropTag, PropType, PropValue};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// PR_MESSAGE_CLASS.
const MESSAGE_CLASS: PropTag = PropTag::new(0x001A, PropType::UNICODE);

/// How values are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// Longer texts and binaries are shown as their length and SHA-256.
    pub(crate) max_bytes: Option<usize>,
}

impl Shape {
    /// A message with everything in it.
    pub(crate) fn message(self, message: &MessageObject) -> Value {
        let recipients: Vec<Value> =
            message.recipients.iter().map(|row| json!({ "properties": self.properties(row) })).collect();
        let attachments: Vec<Value> = message.attachments.iter().map(|one| self.attachment(one)).collect();
        json!({
            "class": message.text(MESSAGE_CLASS),
            "properties": self.properties(&message.properties),
            "recipients": recipients,
            "attachments": attachments,
        })
    }

    fn attachment(self, attachment: &AttachmentObject) -> Value {
        let mut object = Map::new();
        object.insert("number".into(), json!(attachment.number));
        object.insert("properties".into(), Value::Array(self.properties(&attachment.properties)));
        if let Some(message) = &attachment.message {
            object.insert("message".into(), self.message(message));
        }
        Value::Object(object)
    }

    /// Properties in their order: plain ones by tag, then named ones by set and name.
    pub(crate) fn properties(self, properties: &[Property]) -> Vec<Value> {
        let mut sorted: Vec<&Property> = properties.iter().collect();
        sorted.sort_by(|one, other| one.order(other));
        sorted.into_iter().map(|property| self.property(property)).collect()
    }

    /// One property.
    pub(crate) fn property(self, property: &Property) -> Value {
        let mut object = Map::new();
        object.insert("tag".into(), json!(property.tag.to_string()));
        let name = match &property.named {
            Some(named) => named_property(named).map(|known| known.name),
            None => tag_name(property.tag),
        };
        object.insert("name".into(), json!(name));
        object.insert("type".into(), json!(property.value.ptype().to_string()));
        if let Some(named) = &property.named {
            let mut name = Map::new();
            name.insert("set".into(), json!(named.set.to_string()));
            match &named.name {
                Name::Id(id) => name.insert("id".into(), json!(id)),
                Name::Text(text) => name.insert("name".into(), json!(text)),
            };
            object.insert("named".into(), Value::Object(name));
        }
        object.insert("value".into(), self.value(&property.value));
        if property.lossy {
            object.insert("lossy".into(), json!(true));
        }
        Value::Object(object)
    }

    fn value(self, value: &PropValue) -> Value {
        match value {
            PropValue::Null | PropValue::Object => Value::Null,
            PropValue::I2(number) => json!(number),
            PropValue::Long(number) => json!(number),
            PropValue::R4(number) => float(f64::from(*number), &number.to_le_bytes()),
            PropValue::Double(number) => float(*number, &number.to_le_bytes()),
            PropValue::Currency(amount) => json!(currency(*amount)),
            PropValue::AppTime(days) => text_or_raw(moment::app_time(*days), &days.to_le_bytes()),
            PropValue::Error(code) => json!(format!("0x{:08X}", code.as_u32())),
            PropValue::Boolean(truth) => json!(truth),
            PropValue::I8(number) => json!(number.to_string()),
            PropValue::String8(text) | PropValue::Unicode(text) => self.text(text),
            PropValue::SysTime(time) => text_or_raw(moment::file_time(*time), &time.0.to_le_bytes()),
            PropValue::Clsid(id) => json!(id.to_string()),
            PropValue::Binary(bytes) => self.binary(bytes),
            many => self.values(many),
        }
    }

    fn values(self, many: &PropValue) -> Value {
        let values: Vec<Value> = match many {
            PropValue::MvI2(all) => all.iter().map(|one| self.value(&PropValue::I2(*one))).collect(),
            PropValue::MvLong(all) => all.iter().map(|one| self.value(&PropValue::Long(*one))).collect(),
            PropValue::MvR4(all) => all.iter().map(|one| self.value(&PropValue::R4(*one))).collect(),
            PropValue::MvDouble(all) => all.iter().map(|one| self.value(&PropValue::Double(*one))).collect(),
            PropValue::MvCurrency(all) => {
                all.iter().map(|one| self.value(&PropValue::Currency(*one))).collect()
            }
            PropValue::MvAppTime(all) => {
                all.iter().map(|one| self.value(&PropValue::AppTime(*one))).collect()
            }
            PropValue::MvI8(all) => all.iter().map(|one| self.value(&PropValue::I8(*one))).collect(),
            PropValue::MvString8(all) | PropValue::MvUnicode(all) => {
                all.iter().map(|one| self.text(one)).collect()
            }
            PropValue::MvSysTime(all) => {
                all.iter().map(|one| self.value(&PropValue::SysTime(*one))).collect()
            }
            PropValue::MvClsid(all) => all.iter().map(|one| json!(one.to_string())).collect(),
            PropValue::MvBinary(all) => all.iter().map(|one| self.binary(one)).collect(),
            single => vec![self.value(single)],
        };
        Value::Array(values)
    }

    fn text(self, text: &str) -> Value {
        if self.is_too_long(text.len()) { digest(text.as_bytes()) } else { json!(text) }
    }

    fn binary(self, bytes: &[u8]) -> Value {
        if self.is_too_long(bytes.len()) { digest(bytes) } else { json!(hex::encode(bytes)) }
    }

    fn is_too_long(self, bytes: usize) -> bool {
        self.max_bytes.is_some_and(|most| bytes > most)
    }
}

fn float(number: f64, bytes: &[u8]) -> Value {
    // JSON has no infinities and no NaN.
    serde_json::Number::from_f64(number).map_or_else(|| json!({ "raw": hex::encode(bytes) }), Value::Number)
}

fn text_or_raw(text: Option<String>, bytes: &[u8]) -> Value {
    text.map_or_else(|| json!({ "raw": hex::encode(bytes) }), Value::String)
}

fn currency(amount: i64) -> String {
    let (sign, amount) = if amount < 0 { ("-", amount.unsigned_abs()) } else { ("", amount.unsigned_abs()) };
    format!("{sign}{}.{:04}", amount / 10_000, amount % 10_000)
}

fn digest(bytes: &[u8]) -> Value {
    json!({ "length": bytes.len(), "sha256": hex::encode(&Sha256::digest(bytes)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::prop::NamedProp;
    use mapi_defs::{ErrorCode, FileTime, Guid};

    fn check(value: PropValue, expected: Value) {
        assert_eq!(Shape::default().value(&value), expected, "{value:?}");
    }

    #[test]
    fn values_have_their_fixed_forms() {
        check(PropValue::I8(i64::MIN), json!("-9223372036854775808"));
        check(PropValue::Currency(-12_345), json!("-1.2345"));
        check(PropValue::Currency(i64::MIN), json!("-922337203685477.5808"));
        check(PropValue::Double(f64::NAN), json!({ "raw": "000000000000f87f" }));
        check(PropValue::SysTime(FileTime(u64::MAX)), json!({ "raw": "ffffffffffffffff" }));
        check(PropValue::Error(ErrorCode::NOT_FOUND), json!("0x8004010F"));
        check(PropValue::Clsid(Guid::PS_MAPI), json!("{00020328-0000-0000-C000-000000000046}"));
        check(PropValue::Binary(vec![0, 0xAB]), json!("00ab"));
        check(PropValue::Object, Value::Null);
        check(PropValue::MvLong(vec![1, -1]), json!([1, -1]));
        check(PropValue::MvBinary(vec![vec![1], vec![]]), json!(["01", ""]));
    }

    #[test]
    fn long_values_become_their_digest() {
        let shape = Shape { max_bytes: Some(3) };
        assert_eq!(shape.value(&PropValue::from("abc")), json!("abc"));
        let digest = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589";
        assert_eq!(shape.value(&PropValue::from("abcd")), json!({ "length": 4, "sha256": digest }));
    }

    #[test]
    fn a_named_property_says_its_set_and_name() {
        let set = Guid::PS_PUBLIC_STRINGS;
        let property =
            Property::named(NamedProp::text(set, "Keywords"), PropValue::MvUnicode(vec!["a".into()]));
        let json = Shape::default().property(&property);
        assert_eq!(json["named"], json!({ "set": set.to_string(), "name": "Keywords" }));
        assert_eq!((&json["name"], &json["type"]), (&json!("PidNameKeywords"), &json!("PT_MV_UNICODE")));
    }
}
