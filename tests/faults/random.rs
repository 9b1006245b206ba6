//! Pseudo-random numbers; `SEED=…` gives those of an earlier run.

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

static SEED: LazyLock<u64> = LazyLock::new(|| match std::env::var("SEED") {
    Ok(seed) => seed.parse().expect("SEED is a number"),
    Err(_) => {
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        time.expect("a time").subsec_nanos().into()
    }
});

pub struct Random(u64);

impl Random {
    /// Prints the seed, to repeat a test that failed. Each number gives a row of its own.
    pub fn new(number: u64) -> Self {
        println!("SEED={}", *SEED);
        // Zero would stay zero.
        Self(
            SEED.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .wrapping_add(number)
                | 1,
        )
    }

    /// Any number (xorshift).
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Between nothing and `limit`.
    pub fn duration(&mut self, limit: Duration) -> Duration {
        limit.mul_f64((self.number() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.number().to_le_bytes()[5]).collect()
    }
}

/// Does this so many times at the same time, each with its own numbers.
pub fn in_each<T: Send + 'static>(count: u64, work: fn(Random) -> T) -> Vec<T> {
    println!("SEED={}", *SEED);
    let threads: Vec<_> = (1..=count)
        .map(|number| thread::spawn(move || work(Random::new(2 * number))))
        .collect();
    let results = threads.into_iter().map(thread::JoinHandle::join);
    results
        .map(|result| result.unwrap_or_else(|_| panic!("with SEED={}", *SEED)))
        .collect()
}
