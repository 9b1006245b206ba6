use super::*;

const BUS_TABLE: &str = "[[bus]]\ndevice = \"/dev/ttyUSB0\"\naddresses = \"2,4-7\"\n";

fn mistakes(text: &str) -> String {
    match PlantFile::parse("plant.toml", text) {
        Ok(plant) => format!("no mistake: {plant:?}"),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[test]
fn every_mistake_names_line_key_and_fix() {
    let after_bus = |text: &str| format!("{BUS_TABLE}{text}");
    let before_bus = |text: &str| format!("{text}\n{BUS_TABLE}");
    let mqtt = |text: &str| format!("{BUS_TABLE}[mqtt]\nurl = \"mqtt://host\"\n{text}");
    let influx = |text: &str| format!("{BUS_TABLE}[influx]\nurl = \"http://host\"\n{text}");
    let two = |one: &str, other: &str| {
        format!(
            "sunspec = \"0.0.0.0:502\"\n\
             [[bus]]\nname = \"a\"\ndevice = \"/dev/a\"\naddresses = \"1-31\"\n{one}\n\
             [[bus]]\nname = \"b\"\ndevice = \"/dev/b\"\naddresses = \"1-31\"\n{other}\n"
        )
    };
    // A line and 23 times three lines.
    let sunspec_hybrids = |count| {
        let hybrid = |last| format!("[[kstar]]\nname = \"{last}\"\nip = \"10.0.0.{last}\"\n");
        let hybrids: String = (1..=count).map(hybrid).collect();
        format!("sunspec = \"0.0.0.0:502\"\n{hybrids}")
    };
    for (text, due) in [
        (
            String::new(),
            "1: there is neither a [[bus]] nor a [[kstar]]",
        ),
        ("[[bus]\n".to_owned(), "1: this is not TOML"),
        (before_bus("name = 1\nname = 2"), "2: this is not TOML"),
        (
            "[bus]\ndevice = \"sim:\"\n".to_owned(),
            "1: key 'bus': write [[bus]] in two brackets",
        ),
        (
            "bus = [\n{ device = \"sim:\", addresses = \"2\" },\n3,\n]\n".to_owned(),
            "3: key 'bus': write [[bus]] in two brackets",
        ),
        (
            "[[bus]]\ndevice = \"/dev/a\"\nadresses = \"2\"\n".to_owned(),
            "3: key 'adresses' is not known; did you mean 'addresses'?",
        ),
        (
            "[[bus]]\ndevice = \"/dev/a\"\n".to_owned(),
            "1: key 'addresses' is missing in [[bus]]; write for example addresses = \"2,4-7\"",
        ),
        (
            "[[bus]]\naddresses = \"2\"\n".to_owned(),
            "1: key 'device' is missing in [[bus]]; write for example device = \"/dev/ttyUSB0\"",
        ),
        (
            "[[bus]]\ndevice = \"/dev/a\"\naddresses = 2\n".to_owned(),
            "3: key 'addresses': expected a text such as \"2,4-7\", found a number",
        ),
        (
            "[[bus]]\ndevice = \"/dev/a\"\naddresses = \"7-4\"\n".to_owned(),
            "3: key 'addresses': `7-4` runs backwards; write 4-7",
        ),
        (
            "[[bus]]\ndevice = \"/dev/a\"\naddresses = \"2,4-7,5\"\n".to_owned(),
            "3: key 'addresses': address 05 is listed twice; remove one",
        ),
        (
            "[[bus]]\ndevice = \"\"\naddresses = \"2\"\n".to_owned(),
            "2: key 'device': no device given",
        ),
        (
            "[[bus]]\ndevice = \"tcp://host\"\naddresses = \"2\"\n".to_owned(),
            "2: key 'device': `tcp://host` is not a gateway address; expected tcp://HOST:PORT",
        ),
        (
            after_bus("name = \"a b\"\n"),
            "4: key 'name': a bus is named with 1 to 32 letters",
        ),
        (
            after_bus("pace = \"fast\"\n"),
            "4: key 'pace': `fast` is not a duration; write for example 1s",
        ),
        (
            after_bus("timeout = 0\n"),
            "4: key 'timeout': it must be longer than nothing",
        ),
        (
            after_bus("gap = true\n"),
            "4: key 'gap': expected a duration such as \"1.5s\", found true or false",
        ),
        (after_bus("gap = 0x10\n"), "4: key 'gap': `0x10` is not"),
        (
            after_bus("attempts = 0xff\n"),
            "4: key 'attempts': `0xff` is not a whole number",
        ),
        (
            after_bus("kwp = { 2 = 0x10 }\n"),
            "4: key 'kwp': 02: `0x10` is not a peak power",
        ),
        (
            after_bus("attempts = 0\n"),
            "4: key 'attempts': `0` is not a whole number of 1 to 100",
        ),
        (
            after_bus("counters = \"yes\"\n"),
            "4: key 'counters': expected true or false, without quotes, found a text",
        ),
        (
            after_bus("names = \"south\"\n"),
            "4: key 'names': expected a table such as { 2 = \"south\" }, found a text",
        ),
        (
            after_bus("names = { 9 = \"south\" }\n"),
            "4: key 'names': address 09 is not in 'addresses' of this bus; add it there",
        ),
        (
            after_bus("names = { x = \"south\" }\n"),
            "4: key 'names': `x` is not an address",
        ),
        (
            after_bus("names = { 2 = \"\" }\n"),
            "4: key 'names': 02: a name has 1 to 64 characters",
        ),
        (
            format!("log = \"~/logs\"\n{BUS_TABLE}"),
            "1: key 'log': ~ is not replaced here; write the whole path",
        ),
        (
            after_bus("kwp = { 2 = 9900 }\n"),
            "4: key 'kwp': 02: `9900` is not a peak power; write kilowatts such as 9.9",
        ),
        (
            after_bus("kwp = { 2 = -1 }\n"),
            "4: key 'kwp': 02: `-1` is not a peak power; write kilowatts such as 9.9",
        ),
        (
            after_bus("every = \"5s\"\n"),
            "4: key 'every' is not known here; it belongs in the top of the file",
        ),
        (
            before_bus("every = \"0s\""),
            "1: key 'every': it must be longer than nothing",
        ),
        (
            before_bus("every = 2026-11-20"),
            "1: key 'every': expected a duration such as \"1.5s\", found a date",
        ),
        (
            before_bus("device = \"/dev/a\""),
            "1: key 'device' is not known here; it belongs in [[bus]]",
        ),
        (
            before_bus("sunspec = 502"),
            "1: key 'sunspec': expected a text such as \"0.0.0.0:502\", found a number",
        ),
        (
            before_bus("http = \"localhost\""),
            "1: key 'http': `localhost` is not ADDRESS:PORT",
        ),
        (
            before_bus("strict = 1"),
            "1: key 'strict': expected true or false",
        ),
        (before_bus("log = \"\""), "1: key 'log': expected a path"),
        (
            before_bus("password = \"hunter2\""),
            "1: key 'password' is not allowed: secrets do not belong in this file",
        ),
        (
            before_bus("mqtt = \"host\""),
            "1: key 'mqtt': write the table [mqtt]",
        ),
        (
            after_bus("[mqtt]\nqos = 1\n"),
            "4: key 'url' is missing in [mqtt]",
        ),
        (
            after_bus("[mqtt]\nurl = \"mqtt://me:hunter2@host\"\n"),
            "5: key 'url': there is a password in it",
        ),
        (
            mqtt("password = \"hunter2\"\n"),
            "6: key 'password' is not allowed",
        ),
        (
            mqtt("user = \"me\"\n"),
            "6: key 'user' is not known; the user belongs in 'url'",
        ),
        (
            mqtt("qos = 2\n"),
            "6: key 'qos': `2` is not a whole number of 0 to 1",
        ),
        (
            mqtt("prefix = \"a/#\"\n"),
            "6: key 'prefix': write a topic such as plants/roof",
        ),
        (
            mqtt("cert = \"/c.pem\"\n"),
            "6: key 'key' is missing in [mqtt]: a certificate and its key are named together",
        ),
        (
            mqtt("qos = 1\nkey = \"/k.pem\"\n"),
            "7: key 'cert' is missing in [mqtt]: a certificate and its key are named together",
        ),
        (
            mqtt("zzz = 1\n"),
            "6: key 'zzz' is not known; [mqtt] can have: url, password-file",
        ),
        (
            before_bus("influx = \"http://host\""),
            "1: key 'influx': write the table [influx]",
        ),
        (
            after_bus("[influx]\nca = \"x\"\n"),
            "4: key 'url' is missing in [influx]",
        ),
        (
            after_bus("[influx]\nurl = \"http://me:hunter2@host\"\n"),
            "5: key 'url': there is a password in it",
        ),
        (
            after_bus("[influx]\nurl = \"http://host/write?p=hunter2\"\n"),
            "5: key 'url': `p` does not belong in the URL",
        ),
        (
            influx("token = \"hunter2\"\n"),
            "6: key 'token' is not allowed",
        ),
        (
            influx("user = \"me\"\n"),
            "6: key 'user' is not known; the user belongs in 'url': http://user@host",
        ),
        (
            influx("since = \"May\"\n"),
            "6: key 'since': `May` is not a day such as 2026-05-03",
        ),
        (
            "[[kstar]]\nname = \"house\"\n".to_owned(),
            "1: key 'ip' is missing in [[kstar]]",
        ),
        (
            "[[kstar]]\nip = \"0.0.0.0\"\n".to_owned(),
            "2: key 'ip': `0.0.0.0` is not the address",
        ),
        (
            "[[kstar]]\nip = \"10.0.0.1\"\n[[kstar]]\nip = \"10.0.0.1\"\n".to_owned(),
            "3: key 'ip': 10.0.0.1 is the inverter of line 1 too",
        ),
        (
            format!("{BUS_TABLE}[[bus]]\nname = \"b\"\ndevice = \"/dev/b\"\naddresses = \"2\"\n"),
            "1: key 'name' is missing: with two buses each needs one",
        ),
        (
            two("", "sunspec-offset = 100").replace("\"b\"", "\"a\""),
            "7: key 'name': a bus is called 'a' in line 2 too",
        ),
        (
            after_bus("names = { 2 = \"south\", 4 = \"south\" }\n")
                .replace("addresses = \"2\"", "addresses = \"2,4\""),
            "4: key 'names': 02 and 04 are both called 'south'; give one another name",
        ),
        (
            "[[kstar]]\nname = \"hut\"\nip = \"10.0.0.1\"\n\
             [[kstar]]\nname = \"hut\"\nip = \"10.0.0.2\"\n"
                .to_owned(),
            "4: key 'name': the inverter of line 1 is called 'hut' too",
        ),
        (
            before_bus("sunspec = \"0.0.0.0:8080\"\nhttp = \"127.0.0.1:8080\""),
            "2: key 'http': 127.0.0.1:8080 is the port of 'sunspec' too; choose another port",
        ),
        (
            two("", "sunspec-offset = 200").replace("/dev/b", "/dev/a"),
            "7: key 'device': /dev/a is the bus of line 2 too",
        ),
        (
            two("", ""),
            "7: key 'sunspec-offset': SunSpec unit 1 of address 01 is taken by the bus of line 2",
        ),
        (
            two("", "sunspec-offset = 230"),
            "7: key 'sunspec-offset': SunSpec unit 248 of address 18 is too large: units end at 247",
        ),
        (
            sunspec_hybrids(23) + "[[kstar]]\nip = \"10.0.0.99\"\n",
            "71: no SunSpec unit is left for 10.0.0.99",
        ),
    ] {
        let reported = mistakes(&text);
        let due = format!("plant.toml:{due}");
        let is_reported = reported.lines().any(|line| line.starts_with(&due));
        assert!(is_reported, "{text}\n{reported}\ninstead of\n{due}");
        assert!(!reported.contains("hunter2"), "{reported}");
    }
}

#[test]
fn a_database_has_its_keys() -> Result<(), Mistakes> {
    let keys = "url = \"http://me@host\"\ntoken-file = \"/t\"\nca = \"/c\"\nsince = 2026-05-03\n";
    let plant = PlantFile::parse("plant.toml", &format!("{BUS_TABLE}[influx]\n{keys}"))?;
    let influx = plant.influx.map(|influx| {
        let day = influx.since.map(|day| day.to_string());
        (influx.database.user, influx.token_file, influx.ca, day)
    });
    let due = (
        "me".to_owned(),
        "/t".into(),
        "/c".into(),
        "2026-05-03".to_owned(),
    );
    let (user, token, ca, day) = due;
    assert_eq!(influx, Some((Some(user), Some(token), Some(ca), Some(day))));
    Ok(())
}

#[test]
fn all_mistakes_are_reported_in_the_order_of_the_file() {
    let reported = mistakes("pase = 1\n[[bus]]\ndevice = 1\nadresses = \"2\"\n");
    let lines: Vec<_> = reported
        .lines()
        .filter_map(|line| line.split(':').nth(1))
        .collect();
    assert_eq!(lines, ["1", "2", "3", "4"], "{reported}");
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    for (line, due) in [
        (r#"device = "/dev/\u001b[2J""#, "invisible characters"),
        (r#"device = "tcp://\u202e""#, "invisible characters"),
        (r#"addresses = "2\u001b[2J""#, "invisible characters"),
        (r#"record = "/tmp/\r""#, "invisible characters"),
        (r#"names = { 2 = "\u001b[2J" }"#, "invisible characters"),
        (
            r#"names = { "\u001b[2J" = "south" }"#,
            r"`\u{1b}[2J` is not",
        ),
        (r#"pace = "\u001b[2J""#, r"`\u{1b}[2J` is not"),
        (r#""\u001b[2J" = 1"#, r"'\u{1b}[2J' is not"),
    ] {
        let reported = mistakes(&format!("[[bus]]\n{line}\n"));
        let is_visible = |line: &str| !line.chars().any(|c| c.is_control() || c == '\u{202e}');
        assert!(reported.lines().all(is_visible), "{line}: {reported:?}");
        assert!(reported.contains(due), "{line}: {reported}");
    }
}

#[test]
fn keys_of_a_bus_count_more_than_those_at_the_top() -> Result<(), Mistakes> {
    let text =
        format!("counters = true\npace = 2\n{BUS_TABLE}pace = \"250ms\"\nkwp = {{ 2 = 9.9 }}\n");
    let plant = PlantFile::parse("plant.toml", &text)?;
    let bus = plant.buses.first();
    let polling = bus.map(|bus| (bus.polling.pace, bus.polling.counters));
    assert_eq!(
        polling,
        Some((Some(Duration::from_millis(250)), Some(true)))
    );
    let kwp = bus.and_then(|bus| bus.kwp.values().next());
    assert_eq!(kwp.map(ToString::to_string).as_deref(), Some("9.9"));
    Ok(())
}

#[test]
fn examples_for_owners_are_right() {
    let page = include_str!("../../docs/plant.md");
    let blocks: Vec<_> = page.split("```toml\n").skip(1).collect();
    assert_eq!(blocks.len(), 2);
    let example = include_str!("../../packaging/examples/example.toml");
    let blocks = blocks
        .iter()
        .map(|block| block.split("```").next().unwrap_or_default());
    for text in blocks.chain([example]) {
        // A program without TLS refuses what needs it.
        let scheme = if cfg!(feature = "tls") {
            "mqtts:"
        } else {
            "mqtt:"
        };
        let text = text.replace("mqtts:", scheme);
        assert!(PlantFile::parse("plant.toml", &text).is_ok(), "{text}");
    }
    for (title, keys) in section::KINDS.iter().map(|kind| (kind.title, kind.keys)) {
        let is_told = |key: &&&str| {
            page.contains(&format!("`{key}`")) || ["mqtt", "influx", "bus", "kstar"].contains(*key)
        };
        let untold: Vec<_> = keys.iter().filter(|key| !is_told(key)).collect();
        assert!(untold.is_empty(), "{title}: {untold:?}");
    }
}
