//! Every decoder of the server's messages. The input is a message: its type, then its body.

#![no_main]

use ferropq::wire::backend::{
    Authentication, BackendKeyData, CommandComplete, CopyResponse, DataRow, ErrorFields,
    FunctionCallResponse, NegotiateProtocolVersion, NotificationResponse, ParameterDescription,
    ParameterStatus, ReadyForQuery, RowDescription, empty,
};
use ferropq::wire::tag::backend as tag;
use ferropq::wire::{Element, HEADER_LEN, Header, List, Malformed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some(header) = input.first_chunk::<HEADER_LEN>() {
        let _ = Header::decode(header);
    }
    if let Some((tag, body)) = input.split_first() {
        let _ = decode(*tag, body);
    }
});

fn decode(tag: u8, body: &[u8]) -> Result<(), Malformed> {
    match tag {
        tag::AUTHENTICATION => authentication(Authentication::decode(body)?),
        tag::BACKEND_KEY_DATA => assert_eq!(BackendKeyData::decode(body)?.key, &body[4..]),
        tag::COMMAND_COMPLETE => {
            let message = CommandComplete::decode(body)?;
            assert_eq!([message.tag, b"\0"].concat(), body);
        }
        tag::COPY_IN_RESPONSE | tag::COPY_OUT_RESPONSE | tag::COPY_BOTH_RESPONSE => {
            walk(CopyResponse::decode(body)?.column_formats);
        }
        tag::DATA_ROW => walk(DataRow::decode(body)?.values),
        tag::ERROR_RESPONSE | tag::NOTICE_RESPONSE => {
            let fields = ErrorFields::decode(body)?;
            let lengths = fields.iter().map(|(_, value)| value.len() + 2);
            assert_eq!(lengths.sum::<usize>() + 1, body.len());
            let _ = format!("{fields:?}");
        }
        tag::FUNCTION_CALL_RESPONSE => {
            let value = FunctionCallResponse::decode(body)?.value;
            assert_eq!(value.map_or(0, <[u8]>::len) + 4, body.len());
        }
        tag::NEGOTIATE_PROTOCOL_VERSION => walk(NegotiateProtocolVersion::decode(body)?.options),
        tag::NOTIFICATION_RESPONSE => {
            let message = NotificationResponse::decode(body)?;
            assert_eq!(
                message.channel.len() + message.payload.len() + 6,
                body.len()
            );
        }
        tag::PARAMETER_DESCRIPTION => walk(ParameterDescription::decode(body)?.types),
        tag::PARAMETER_STATUS => {
            let message = ParameterStatus::decode(body)?;
            assert_eq!(message.name.len() + message.value.len() + 2, body.len());
        }
        tag::READY_FOR_QUERY => drop(ReadyForQuery::decode(body)?),
        tag::ROW_DESCRIPTION => walk(RowDescription::decode(body)?.fields),
        _ => empty(body)?,
    }
    Ok(())
}

fn authentication(request: Authentication<'_>) {
    if let Authentication::Sasl(mechanisms) = request {
        assert!(mechanisms.iter().all(|name| !name.is_empty()));
    }
    let _ = format!("{request:?}");
}

/// A list that was taken must hold as many elements as it says.
fn walk<'a, T: Element<'a>>(list: List<'a, T>) {
    assert_eq!(list.iter().count(), list.len());
}
