//! What the tests of the decoders have in common.

/// Decodes the whole message, and checks that every shorter one and a longer one are refused.
macro_rules! exact {
    ($body:expr, $decode:expr) => {{
        let body: &[u8] = $body;
        for len in 0..body.len() {
            let result = $decode(&body[..len]);
            assert!(result.is_err(), "taken with {len} bytes: {result:?}");
        }
        let longer = [body, b"\0"].concat();
        let refused = $decode(&longer).unwrap_err();
        assert_eq!(refused, crate::wire::Malformed::EXTRANEOUS);
        $decode(body).unwrap()
    }};
}

/// Decodes a message whose last field goes up to its end, and checks that it is refused where it
/// has fewer than `fixed` bytes, and only there.
macro_rules! open_ended {
    ($body:expr, $fixed:expr, $decode:expr) => {{
        let body: &[u8] = $body;
        for len in 0..body.len() {
            let result = $decode(&body[..len]);
            assert_eq!(
                result.is_ok(),
                len >= $fixed,
                "with {len} bytes: {result:?}"
            );
        }
        $decode(body).unwrap()
    }};
}

pub(crate) use {exact, open_ended};
