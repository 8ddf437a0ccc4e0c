//! Whatever happens to a stored value, it is read as it was written, or not at all.

use std::borrow::Cow;
use std::sync::Arc;

use cachetools::store::{
    Bytes, Codec, CodecError, Compressed, Json, Memory, MessagePack, Postcard, Signed, Store, Text, TypedStore,
};

/// How often each is damaged.
const TIMES: u32 = 5000;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// What a disk, a network or somebody else may do to bytes.
    fn damage(&mut self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        let at = self.below(bytes.len());
        match self.below(8) {
            0 | 1 => damaged[at] ^= 1 << self.below(8),
            2 => damaged.truncate(at),
            3 => drop(damaged.drain(..at)),
            4 => damaged.extend((0..=self.below(40)).map(|_| self.byte())),
            5 => damaged.insert(at, self.byte()),
            6 => damaged[at..].fill(self.byte()),
            // The beginning of this one and the end of another.
            _ => damaged.splice(at.., other[at.min(other.len())..].iter().copied()).for_each(drop),
        }
        damaged
    }
}

type Value = Vec<(String, Option<i32>)>;

fn value() -> Value {
    (0..20).map(|number| (format!("name {}", number % 3), (number % 4 > 0).then_some(number * 1000))).collect()
}

fn other() -> Value {
    vec![("another".to_owned(), None); 40]
}

/// What `codec` makes of `value` and `other` is damaged in all ways: it is a miss, or nothing has changed.
async fn damaged_values_are_misses<C, V>(codec: C, value: V, other: V)
where
    C: Codec<V>,
    V: Clone + Send + Sync + PartialEq + std::fmt::Debug,
{
    let bytes = Arc::new(Memory::new(10));
    let store = TypedStore::new(bytes.clone()).codec(codec).version(3);
    store.set("k", &value).await.unwrap();
    store.set("other", &other).await.unwrap();
    let key = store.full_key("k").unwrap();
    let sound = bytes.get(&key).await.unwrap().unwrap();
    let another = bytes.get(&store.full_key("other").unwrap()).await.unwrap().unwrap();
    let mut random = Random(42);
    for time in 0..TIMES {
        let damaged = random.damage(&sound, &another);
        bytes.set(&key, &damaged, None).await.unwrap();
        let read = store.get::<V>("k").await.unwrap();
        if damaged == sound {
            assert_eq!(read.as_ref(), Some(&value));
        } else if damaged == another {
            // It is whole, and of the same namespace. Only a signature tells.
            assert!(read.is_none() || read.as_ref() == Some(&other));
        } else {
            assert_eq!(read, None, "damage {time}: {damaged:?}");
        }
    }
    let rejected = store.rejected();
    let counts = [rejected.foreign, rejected.codec, rejected.version, rejected.damaged];
    assert!(counts.iter().all(|&count| count > 0), "{rejected:?}");
}

#[tokio::test]
async fn of_every_codec() {
    damaged_values_are_misses(Json, value(), other()).await;
    damaged_values_are_misses(MessagePack, value(), other()).await;
    damaged_values_are_misses(Postcard, value(), other()).await;
    damaged_values_are_misses(Text, "a text ".repeat(20), "another".repeat(30)).await;
    damaged_values_are_misses(Bytes, vec![7_u8; 200], vec![8_u8; 300]).await;
    damaged_values_are_misses(Compressed::new(Json), value(), other()).await;
    damaged_values_are_misses(Signed::new(Postcard, "secret"), value(), other()).await;
    damaged_values_are_misses(Signed::new(Compressed::new(MessagePack), "secret"), value(), other()).await;
    damaged_values_are_misses(Compressed::new(Signed::new(Json, "secret")), value(), other()).await;
}

/// Writes bytes under another codec's name, and with a checksum that is right: as somebody would who means it.
struct Forged(Cow<'static, str>);

impl Codec<Vec<u8>> for Forged {
    fn name(&self) -> Cow<'static, str> {
        self.0.clone()
    }

    fn encode(&self, bytes: &Vec<u8>) -> Result<Vec<u8>, CodecError> {
        Ok(bytes.clone())
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
        Ok(bytes.to_vec())
    }
}

/// What `codec` makes is damaged, and gets a checksum that is right. Returns what was read all the same.
async fn forged<C: Codec<V> + Clone, V: Clone + Send + Sync>(codec: C, value: &V, other: &V) -> Vec<V> {
    let bytes = Arc::new(Memory::new(10));
    let forger = TypedStore::new(bytes.clone()).codec(Forged(codec.name()));
    let store = TypedStore::new(bytes).codec(codec.clone());
    let body = |value: &V| codec.seal("k", codec.encode(value).unwrap()).unwrap();
    let (sound, another) = (body(value), body(other));
    let (mut random, mut read) = (Random(7), Vec::new());
    for _ in 0..TIMES {
        let damaged = random.damage(&sound, &another);
        if damaged != sound && damaged != another {
            forger.set("k", &damaged).await.unwrap();
            read.extend(store.get::<V>("k").await.unwrap());
        }
    }
    read
}

#[tokio::test]
async fn with_a_checksum_that_is_right_nothing_panics_and_nothing_signed_is_read() {
    // Some of them are other values: that is what signatures are for.
    forged(Json, &value(), &other()).await;
    forged(MessagePack, &value(), &other()).await;
    forged(Postcard, &value(), &other()).await;
    for unpacked in forged(Compressed::new(Bytes).limit(2000), &vec![7_u8; 1000], &vec![8_u8; 1500]).await {
        assert!(unpacked.len() <= 2000);
    }
    assert_eq!(forged(Signed::new(Json, "secret"), &value(), &other()).await, [] as [Value; 0]);
    assert_eq!(forged(Signed::new(Compressed::new(Postcard), "secret"), &value(), &other()).await, [] as [Value; 0]);
    let inside = Compressed::new(Signed::new(MessagePack, "secret"));
    // What is packed in another way and unpacks to the same is the same.
    assert!(forged(inside, &value(), &other()).await.iter().all(|read| *read == value() || *read == other()));
}

#[tokio::test]
async fn a_bomb_is_not_unpacked_beyond_the_limit() {
    let bytes = Arc::new(Memory::new(10));
    let codec = Compressed::new(Bytes).limit(1 << 20);
    let name = Codec::<Vec<u8>>::name(&codec);
    let (forger, store) = (TypedStore::new(bytes.clone()).codec(Forged(name)), TypedStore::new(bytes).codec(codec));
    let pack = |size| Codec::<Vec<u8>>::seal(&Compressed::new(Bytes).limit(1 << 30), "k", vec![0; size]).unwrap();
    let large = pack(60 << 20);
    assert!(large.len() < 10_000, "{}", large.len());
    // Small packages one behind the other, none of which is too large.
    let many = [&[1][..], &pack(1 << 19)[1..].repeat(1000)].concat();
    for bomb in [large, many] {
        forger.set("k", &bomb).await.unwrap();
        assert_eq!(store.get::<Vec<u8>>("k").await, Ok(None));
    }
    assert_eq!(store.rejected().undecodable, 2);
    forger.set("k", &pack(1 << 20)).await.unwrap();
    assert_eq!(store.get::<Vec<u8>>("k").await, Ok(Some(vec![0; 1 << 20])));
}

#[tokio::test]
async fn what_was_signed_for_another_key_namespace_or_version_is_a_miss() {
    let bytes = Arc::new(Memory::new(10));
    let all = TypedStore::new(bytes.clone()).codec(Signed::new(Json, "secret"));
    let store = all.clone().namespace("ns").version(1);
    store.set("mine", &1).await.unwrap();
    let stored = bytes.get("ns:v1:mine").await.unwrap().unwrap();
    let others = [
        (store.clone(), "yours"),
        (store.clone(), "min"),
        (store.clone().namespace("other"), "mine"),
        (store.clone().version(2), "mine"),
        (all, "mine"),
    ];
    for (other, key) in others {
        bytes.set(&other.full_key(key).unwrap(), &stored, None).await.unwrap();
        assert_eq!(other.get::<u8>(key).await, Ok(None), "{other:?} {key}");
    }
    assert_eq!(store.get::<u8>("mine").await, Ok(Some(1)));
}
