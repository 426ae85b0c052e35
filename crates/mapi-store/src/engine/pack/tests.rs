//! Packing goes both ways for every type, and broken bytes are refused without harm.

use super::*;
use mapi_defs::{FileTime, Guid};

fn every_type() -> PropList {
    use PropValue as V;
    let values = [
        V::Null,
        V::I2(-2),
        V::Long(i32::MIN),
        V::R4(f32::NAN),
        V::Double(-0.0),
        V::Currency(i64::MAX),
        V::AppTime(36_526.5),
        V::Error(ErrorCode::NOT_FOUND),
        V::Boolean(true),
        V::I8(-1),
        V::Unicode("Grüße\0".into()),
        V::SysTime(FileTime(u64::MAX)),
        V::Clsid(Guid::PS_MAPI),
        V::Binary(vec![0, 255]),
        V::MvI2(vec![1, -1]),
        V::MvLong(vec![]),
        V::MvR4(vec![1.5]),
        V::MvDouble(vec![f64::INFINITY]),
        V::MvCurrency(vec![7]),
        V::MvAppTime(vec![0.25]),
        V::MvI8(vec![i64::MIN]),
        V::MvUnicode(vec!["".into(), "ä".into()]),
        V::MvSysTime(vec![FileTime(1)]),
        V::MvClsid(vec![Guid::NULL]),
        V::MvBinary(vec![vec![], vec![1]]),
    ];
    let tagged = values.into_iter().enumerate();
    tagged
        .map(|(index, value)| Prop::new(PropTag::new(0x6800 + index as u16, PropType::NULL), value))
        .collect()
}

#[test]
fn every_type_comes_back_bit_by_bit() {
    let list = every_type();
    let bytes = pack_list(&list).unwrap();
    let back = unpack_list(&bytes).unwrap();
    assert_eq!(format!("{back:?}"), format!("{list:?}"), "NaN is compared by its words");
    assert_eq!(pack_list(&back).unwrap(), bytes);
    let reader = Reader::new(&bytes).unwrap();
    let text = Prop::new(PropTag::new(0x680A, PropType::UNICODE), "Grüße\0");
    assert_eq!(reader.find(0x680A).unwrap(), Found::Value(text));
    assert_eq!(reader.find(0x6700).unwrap(), Found::Nothing);
    assert_eq!(reader.tags().count(), list.len());
}

#[test]
fn no_cut_and_no_flipped_bit_does_harm() {
    let rows = [Recipient { row_id: 3, props: every_type() }];
    let bytes = pack_recipients(&rows).unwrap();
    for len in 1..bytes.len() {
        assert!(unpack_recipients(&bytes[..len]).is_err(), "cut to {len}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut broken = bytes.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        // Either outcome is right; neither may panic or take long.
        drop(unpack_recipients(&broken));
    }
}
