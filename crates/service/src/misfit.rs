//! What is wrong with JSON that does not fit, in words for whoever sent it.

/// Says what was expected, and where. What stood there instead is not repeated: it may be a PIN or a code, and be as
/// long as the body. What it should have been is named as JSON has it, and not as this program does.
pub(crate) fn misfit(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The last one is not the sender's: nothing of theirs comes behind it.
    let Some((_, expected)) = text.rsplit_once(", expected ") else { return text };
    let expected = expected.split(" at line ").next().unwrap_or_default();
    let is_object = expected.starts_with("struct ") || expected.contains("tagged enum");
    let expected = if is_object { "an object" } else { expected };
    // What was read from a value that was JSON already has no place in a text.
    match error.line() {
        0 => format!("expected {expected}"),
        line => format!("expected {expected} at line {line} column {}", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use turndown_protocol::{ChangePin, EventsRequest};

    #[test]
    fn what_was_sent_is_not_repeated_and_where_it_stood_is_said() {
        let said =
            |text: &str| misfit(&serde_json::from_str::<ChangePin>(text).map(|_| ()).expect_err("it does not fit"));
        assert_eq!(said(r#"{"staff_id":"lea","pin":481516}"#), "expected a string at line 1 column 30");
        assert_eq!(said(r#"{"pi, expected x":1}"#), "expected one of `staff_id`, `pin`, `new_pin` at line 1 column 17");
        assert_eq!(said(r#"{"pin":"1"}"#), "missing field `staff_id` at line 1 column 11");
        assert_eq!(said("{"), "EOF while parsing an object at line 1 column 1");
        let value = serde_json::json!(["481516, expected "]);
        let error = serde_json::from_value::<EventsRequest>(value).map(|_| ()).expect_err("it does not fit");
        assert!(!misfit(&error).contains("481516"), "{}", misfit(&error));
        let error = serde_json::from_str::<EventsRequest>("7").map(|_| ()).expect_err("it does not fit");
        assert_eq!(misfit(&error), "expected an object at line 1 column 1");
    }
}
