//! What each codec is.

use std::sync::Arc;

use cachetools::store::{
    Bytes, Codec, CodecError, Compressed, Json, Memory, MessagePack, Null, Postcard, Signed, Store, Text, TypedStore,
};

fn encoded<V>(codec: &impl Codec<V>, value: &V) -> Vec<u8> {
    codec.encode(value).unwrap()
}

// AI-59..AI-64, AI-111, PC-29
#[test]
fn their_bytes_are_what_others_expect() {
    assert_eq!(encoded(&Json, &("hi".to_owned(), 1)), br#"["hi",1]"#);
    assert_eq!(encoded(&Json, &None::<u8>), b"null");
    assert_eq!(encoded(&MessagePack, &"hi".to_owned()), [0xa2, b'h', b'i']);
    assert_eq!(encoded(&Postcard, &"hi".to_owned()), [2, b'h', b'i']);
    assert_eq!(encoded(&Text, &1), b"1");
    assert_eq!(encoded(&Text, &true), b"true");
    assert_eq!(encoded(&Bytes, &b"hi".to_vec()), b"hi");
}

#[test]
fn what_is_left_over_is_an_error() {
    let decode = |bytes: &[u8]| {
        [
            Codec::<u8>::decode(&Json, bytes).is_err(),
            Codec::<u8>::decode(&MessagePack, bytes).is_err(),
            Codec::<u8>::decode(&Postcard, bytes).is_err(),
        ]
    };
    assert_eq!(decode(b"11 x"), [true; 3]);
    assert_eq!(decode(&[]), [true; 3]);
    assert!(Codec::<String>::decode(&Text, &[0xff]).is_err());
}

#[test]
fn what_a_stranger_wrote_does_not_make_a_codec_panic() {
    type Value = Vec<(String, Option<f64>)>;
    let mut random: u64 = 42;
    for length in 0..2000 {
        let bytes: Vec<u8> = (0..length % 97)
            .map(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 56) as u8
            })
            .collect();
        let _ = Codec::<Value>::decode(&Json, &bytes);
        let _ = Codec::<Value>::decode(&MessagePack, &bytes);
        let _ = Codec::<Value>::decode(&Postcard, &bytes);
        let _ = Codec::<Value>::open(&Compressed::new(Json), "k", bytes.clone().into());
        let _ = Codec::<Value>::open(&Signed::new(Json, "secret"), "k", bytes.into());
    }
}

#[tokio::test]
async fn compression_makes_smaller_what_repeats_itself() {
    let bytes = Arc::new(Memory::new(10));
    let store = TypedStore::new(bytes.clone()).codec(Compressed::new(Text));
    let long = "again and ".repeat(1000);
    store.set("k", &long).await.unwrap();
    assert!(bytes.get("k").await.unwrap().unwrap().len() < 200);
    assert_eq!(store.get("k").await, Ok(Some(long)));
    store.set("short", &"x".to_owned()).await.unwrap();
    assert_eq!(bytes.get("short").await.unwrap().unwrap().len(), 16 + 1 + 1);
    assert_eq!(store.get("short").await, Ok(Some("x".to_owned())));
}

#[tokio::test]
async fn a_value_that_unpacks_beyond_the_limit_is_not_read() {
    let bytes = Arc::new(Memory::new(10));
    let large = TypedStore::new(bytes.clone()).codec(Compressed::new(Bytes));
    let small = TypedStore::new(bytes).codec(Compressed::new(Bytes).limit(1000));
    large.set("k", &vec![0_u8; 100_000]).await.unwrap();
    assert_eq!(small.get::<Vec<u8>>("k").await, Ok(None));
    assert_eq!(small.rejected().undecodable, 1);
    assert!(small.set("k", &vec![0_u8; 1001]).await.is_err());
}

#[tokio::test]
async fn a_value_under_another_key_is_not_signed() {
    let bytes = Arc::new(Memory::new(10));
    let store = TypedStore::new(bytes.clone()).codec(Signed::new(Json, "secret"));
    store.set("mine", &1).await.unwrap();
    let stored = bytes.get("mine").await.unwrap().unwrap();
    bytes.set("yours", &stored, None).await.unwrap();
    assert_eq!(store.get::<u8>("mine").await, Ok(Some(1)));
    assert_eq!(store.get::<u8>("yours").await, Ok(None));
    assert_eq!(store.rejected().undecodable, 1);
}

#[tokio::test]
async fn a_counter_that_anybody_could_have_written_is_not_read_as_signed() {
    let store = TypedStore::new(Memory::new(10)).codec(Signed::new(Json, "secret"));
    store.increment("n", 1).await.unwrap();
    assert_eq!(store.get::<u8>("n").await, Ok(None));
}

#[tokio::test]
async fn an_earlier_secret_is_accepted_if_it_is_named() {
    let bytes = Arc::new(Memory::new(10));
    let with = |codec| TypedStore::new(bytes.clone()).codec(codec);
    with(Signed::new(Json, "old")).set("k", &1).await.unwrap();
    assert_eq!(with(Signed::new(Json, "new")).get::<u8>("k").await, Ok(None));
    assert_eq!(with(Signed::new(Json, "new").also("old")).get::<u8>("k").await, Ok(Some(1)));
    assert!(!format!("{:?}", Signed::new(Json, "hidden")).contains("hidden"));
}

/// A codec that knows no bytes.
struct Unwritable;

impl Codec<u8> for Unwritable {
    fn name(&self) -> std::borrow::Cow<'static, str> {
        "unwritable".into()
    }

    fn encode(&self, _: &u8) -> Result<Vec<u8>, CodecError> {
        Err(CodecError::new("no form as bytes"))
    }

    fn decode(&self, _: &[u8]) -> Result<u8, CodecError> {
        Err(CodecError::new("no value"))
    }
}

#[tokio::test]
async fn a_value_without_a_form_is_an_error_of_the_write() {
    let error = TypedStore::new(Null).codec(Unwritable).set("k", &1).await.unwrap_err();
    assert_eq!(error.to_string(), "no form as bytes");
}
