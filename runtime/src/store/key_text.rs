//! Keys as text that a person can read, and that differs where the keys differ.
//!
//! It reads like JSON: `["u1",3]`. But where JSON would write two values of one type alike, this does not: `Some(None)` is
//! `some(null)`, the unit is `()`, bytes are `0x..`, and keys of maps are as they are. Equal values of one type have equal texts as
//! long as their `Serialize` sees to it; hash maps do not.

use std::fmt::{self, Display, Write as _};

use serde_core::Serialize;
use serde_core::ser::{self, SerializeMap};

/// The text of a key; an error if its `Serialize` says so.
pub(crate) fn key_text<K: Serialize + ?Sized>(key: &K) -> Result<String, Unwritable> {
    let mut text = String::new();
    key.serialize(&mut Writer { text: &mut text })?;
    Ok(text)
}

/// A key whose `Serialize` failed.
#[derive(Debug)]
pub(crate) struct Unwritable;

impl Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key could not be written as text")
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl From<fmt::Error> for Unwritable {
    fn from(_: fmt::Error) -> Self {
        Self
    }
}

type Written = Result<(), Unwritable>;

struct Writer<'a> {
    text: &'a mut String,
}

impl Writer<'_> {
    fn string(&mut self, value: &str) {
        self.text.push('"');
        for char in value.chars() {
            match char {
                '"' | '\\' => self.text.extend(['\\', char]),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                char if char.is_control() => {
                    let _ = write!(self.text, "\\u{{{:x}}}", u32::from(char));
                }
                char => self.text.push(char),
            }
        }
        self.text.push('"');
    }

    fn plain(&mut self, value: impl Display) -> Written {
        Ok(write!(self.text, "{value}")?)
    }

    fn list(&mut self, open: &str, between: char, close: &'static str) -> List<'_> {
        self.text.push_str(open);
        List { text: self.text, first: true, between, close }
    }

    fn variant(&mut self, variant: &str) {
        self.text.push('{');
        self.string(variant);
        self.text.push(':');
    }
}

macro_rules! plainly {
    ($($verb:ident: $type:ty)*) => {$(
        fn $verb(self, value: $type) -> Written {
            self.plain(value)
        }
    )*};
}

impl<'a> ser::Serializer for &'a mut Writer<'_> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = List<'a>;
    type SerializeStruct = List<'a>;
    type SerializeStructVariant = List<'a>;

    plainly! {
        serialize_bool: bool
        serialize_i8: i8 serialize_i16: i16 serialize_i32: i32 serialize_i64: i64 serialize_i128: i128
        serialize_u8: u8 serialize_u16: u16 serialize_u32: u32 serialize_u64: u64 serialize_u128: u128
    }

    fn serialize_f32(self, value: f32) -> Written {
        Ok(write!(self.text, "{value:?}")?)
    }

    fn serialize_f64(self, value: f64) -> Written {
        Ok(write!(self.text, "{value:?}")?)
    }

    fn serialize_char(self, value: char) -> Written {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Written {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.text.push_str("0x");
        for byte in value {
            write!(self.text, "{byte:02x}")?;
        }
        Ok(())
    }

    fn serialize_none(self) -> Written {
        self.plain("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        let start = self.text.len();
        value.serialize(&mut *self)?;
        let inner = &self.text[start..];
        if inner == "null" || inner.starts_with("some(") {
            self.text.insert_str(start, "some(");
            self.text.push(')');
        }
        Ok(())
    }

    fn serialize_unit(self) -> Written {
        self.plain("()")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.plain("()")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.string(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.plain('}')
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Unwritable> {
        Ok(self.list("[", ',', "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, Unwritable> {
        Ok(self.list("[", ',', "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, Unwritable> {
        Ok(self.list("[", ',', "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Unwritable> {
        self.variant(variant);
        Ok(self.list("[", ',', "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<List<'a>, Unwritable> {
        Ok(self.list("{", ',', "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<List<'a>, Unwritable> {
        Ok(self.list("{", ',', "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Unwritable> {
        self.variant(variant);
        Ok(self.list("{", ',', "}}"))
    }
}

/// What several parts are written into.
struct List<'a> {
    text: &'a mut String,
    first: bool,
    between: char,
    close: &'static str,
}

impl List<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if !std::mem::take(&mut self.first) {
            self.text.push(self.between);
        }
        value.serialize(&mut Writer { text: self.text })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Written {
        self.part(name)?;
        self.text.push(':');
        value.serialize(&mut Writer { text: self.text })
    }

    fn close(self) {
        self.text.push_str(self.close);
    }
}

macro_rules! parts {
    ($($kind:ident $verb:ident)*) => {$(
        impl ser::$kind for List<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn $verb<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.part(value)
            }

            fn end(self) -> Written {
                self.close();
                Ok(())
            }
        }
    )*};
}
parts! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

impl SerializeMap for List<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.part(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.text.push(':');
        value.serialize(&mut Writer { text: self.text })
    }

    fn end(self) -> Written {
        self.close();
        Ok(())
    }
}

macro_rules! fields {
    ($($kind:ident)*) => {$(
        impl ser::$kind for List<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                self.field(name, value)
            }

            fn end(self) -> Written {
                self.close();
                Ok(())
            }
        }
    )*};
}
fields!(SerializeStruct SerializeStructVariant);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn text<K: Serialize>(key: K) -> String {
        key_text(&key).unwrap()
    }

    #[derive(serde::Serialize)]
    enum Shape {
        Dot,
        Circle(u8),
        Oval(u8, u8),
        Box { width: u8, height: u8 },
    }

    #[derive(serde::Serialize)]
    struct Id(u64);

    #[test]
    fn it_reads_like_json() {
        assert_eq!(text(("u1", 3)), r#"["u1",3]"#);
        assert_eq!(text("say \"hi\"\n\u{1}"), r#""say \"hi\"\n\u{1}""#);
        assert_eq!(text((true, 'c', -1i8, Id(7), 1.5f32)), r#"[true,"c",-1,7,1.5]"#);
        assert_eq!(text(u128::MAX), u128::MAX.to_string());
        assert_eq!(text([Shape::Dot, Shape::Circle(1)]), r#"["Dot",{"Circle":1}]"#);
        assert_eq!(text(Shape::Oval(1, 2)), r#"{"Oval":[1,2]}"#);
        assert_eq!(text(Shape::Box { width: 1, height: 2 }), r#"{"Box":{"width":1,"height":2}}"#);
        assert_eq!(text(BTreeMap::from([((1, 2), "a"), ((3, 4), "b")])), r#"{[1,2]:"a",[3,4]:"b"}"#);
    }

    #[test]
    fn options_within_options_differ() {
        let keys: [Option<Option<Option<u8>>>; 4] = [None, Some(None), Some(Some(None)), Some(Some(Some(1)))];
        assert_eq!(keys.map(text), ["null", "some(null)", "some(some(null))", "1"]);
        assert_eq!([text(None::<()>), text(Some(()))], ["null", "()"]);
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(text(("a\",\"b", "c")), text(("a", "b\",\"c")));
        assert_ne!(text(("a,b", "c")), text(("a", "b,c")));
        assert_ne!(text(vec![vec!["a"], vec![]]), text(vec![vec![], vec!["a"]]));
        assert_ne!(text(vec![String::new()]), text(Vec::<String>::new()));
    }
}
