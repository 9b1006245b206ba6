//! Topics of the command line, which other levels follow.

/// Bytes of a topic at most; what is put behind it has room.
const LONGEST: usize = 256;

/// A topic that can be published to, without slashes at its ends. `example`: for the error. The
/// error says what to write instead.
pub(crate) fn checked(text: &str, example: &str) -> Result<String, String> {
    let topic = text.trim_matches('/');
    let is_special = |sign: char| "+#".contains(sign) || sign.is_control();
    let is_fit = (1..=LONGEST).contains(&topic.len())
        && !topic.contains(is_special)
        // Topics that begin with it belong to the broker (MQTT 3.1.1, section 4.7.2).
        && !topic.starts_with('$');
    if is_fit {
        Ok(topic.to_owned())
    } else {
        Err(format!(
            "write a topic such as {example}, without + and #, at most {LONGEST} bytes"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_names_levels_and_stands_for_nothing_else() {
        let checked = |text: &str| checked(text, "sensor/inverter");
        assert_eq!(checked("sensor/inverter").as_deref(), Ok("sensor/inverter"));
        assert_eq!(checked("/roof/").as_deref(), Ok("roof"));
        let long = "x".repeat(LONGEST + 1);
        for wrong in ["", "/", "a/#", "+", "$SYS/x", "a\0", "a\n", &long] {
            let error = checked(wrong).err();
            let hint = error.is_some_and(|error| error.contains("such as sensor/inverter"));
            assert!(hint, "{wrong:?}");
        }
    }
}
