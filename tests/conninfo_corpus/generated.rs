//! Random connection strings, the same in every run.

/// Pieces of which connection strings consist, and some of which they had better not.
const PIECES: [&[u8]; 55] = [
    b"host",
    b"port",
    b"user",
    b"dbname",
    b"options",
    b"requiressl",
    b"sslmode",
    b"ssl",
    b"true",
    b"password",
    b"nope",
    b"=",
    b"=",
    b"=",
    b"=",
    b" ",
    b" ",
    b" ",
    b"  ",
    b"\t",
    b"\n",
    b"'",
    b"'",
    b"\\",
    b"\"",
    b"a",
    b"b",
    b"1",
    b"5432",
    b",",
    b"/",
    b"/",
    b"?",
    b"?",
    b"&",
    b"&",
    b"@",
    b"@",
    b":",
    b":",
    b"[",
    b"]",
    b"::1",
    b"%",
    b"%20",
    b"%41",
    b"%00",
    b"%zz",
    b"#",
    b"+",
    b"\xff",
    b"\xc3\xa4",
    b"postgresql://",
    b"postgres://",
    b"localhost",
];

/// Some pieces glued together, half of the time as a URI.
pub(crate) fn strings(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    (0..count).map(move |_| {
        let mut text = Vec::new();
        if random.below(2) == 0 {
            text.extend_from_slice(b"postgresql://");
        }
        for _ in 0..random.below(14) {
            text.extend_from_slice(PIECES[random.below(PIECES.len())]);
        }
        text
    })
}

/// Marsaglia's xorshift: random enough, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }
}
