//! What is asked of bytes that a SunSpec client sends.

use kaco_ardexa::sink::sunspec::codec::{Exception, LONGEST, ParsedRequest, parse, reply};

/// Requests are the same however they arrive; only reads are more than a refusal, and each has a
/// reply that fits a frame.
pub fn requests(bytes: &[u8]) {
    let mut rest = bytes;
    while let ParsedRequest::Whole(request, length) = parse(rest) {
        let (whole, after) = rest.split_at(length);
        assert!(length <= LONGEST);
        for end in 0..length {
            assert_eq!(parse(&whole[..end]), ParsedRequest::Partial);
        }
        let registers = [0x5375; 125];
        let answer = request.wanted.map(|range| {
            assert!(matches!(request.function, 3 | 4));
            assert_eq!(whole[6..8], [request.unit, request.function]);
            &registers[..usize::from(range.count)]
        });
        if !matches!(request.function, 3 | 4) {
            assert_eq!(request.wanted, Err(Exception::Function));
        }
        let mut sent = Vec::new();
        reply(&request, answer, &mut sent);
        assert!((9..=LONGEST).contains(&sent.len()));
        assert_eq!(sent.get(..4), whole.get(..4));
        rest = after;
    }
}
