//! A browser: headless Chromium, driven over the pipe of its DevTools protocol, with a profile of
//! its own.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Time for an answer: it starts slowly where much else runs.
const PATIENCE: Duration = Duration::from_secs(60);

/// One tab of a browser; the browser ends with it.
pub struct Tab {
    browser: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// What the browser told that was not an answer, since the page was opened.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Tab {
    /// Starts a browser with an empty tab.
    pub fn open() -> Self {
        let profile = TempDir::new().unwrap();
        let options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-crash-reporter",
            "--hide-scrollbars",
            "--no-first-run",
            "--no-proxy-server",
            "--remote-debugging-pipe",
        ];
        // The protocol is spoken on the descriptors 3 and 4.
        let script = r#"exec chromium "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;
        let mut browser = Command::new("sh")
            .args(["-c", script, "sh"])
            .args(options)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(browser.stdout.take().unwrap());
        let (sender, messages) = channel();
        spawn(move || {
            let texts = answers.split(0).map_while(Result::ok);
            texts
                .filter_map(|text| serde_json::from_slice(&text).ok())
                .try_for_each(|message| sender.send(message))
        });
        let mut tab = Self {
            requests: browser.stdin.take().unwrap(),
            browser,
            messages,
            session: None,
            last: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = tab.call("Target.createTarget", json!({"url": "about:blank"}));
        let target = &target["targetId"];
        let attach = json!({"targetId": target, "flatten": true});
        let session = tab.call("Target.attachToTarget", attach);
        tab.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab
    }

    /// Asks the browser, and waits for the answer.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut request = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let mut bytes = request.to_string().into_bytes();
        bytes.push(0);
        self.requests
            .write_all(&bytes)
            .expect("chromium is needed (tests/all.sh installs it)");
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left);
            let message = message.unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] != self.last {
                self.events.push(message);
                continue;
            }
            assert!(message["error"].is_null(), "{method}: {}", message["error"]);
            return message["result"].clone();
        }
    }

    /// The width of the window, and the reader's scheme of colours.
    pub fn look(&mut self, width: u32, height: u32, is_dark: bool) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Opens a page, and waits until it is there.
    #[track_caller]
    pub fn go(&mut self, address: &str) {
        self.events.clear();
        let parameters = json!({"url": address});
        let mut gone = self.call("Page.navigate", parameters.clone());
        // Other runs beside this one make and remove network interfaces.
        while gone["errorText"] == "net::ERR_NETWORK_CHANGED" {
            self.events.clear();
            gone = self.call("Page.navigate", parameters.clone());
        }
        assert!(gone["errorText"].is_null(), "{address}: {gone}");
        self.until("document.readyState == 'complete'");
    }

    /// What a line of script gives.
    #[track_caller]
    pub fn run(&mut self, script: &str) -> Value {
        let parameters = json!({"expression": script, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until a line of script gives true.
    #[track_caller]
    pub fn until(&mut self, script: &str) {
        let end = Instant::now() + PATIENCE;
        while self.run(script) != json!(true) {
            assert!(Instant::now() < end, "never: {script}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses the tabulator.
    pub fn tabulate(&mut self) {
        for kind in ["keyDown", "keyUp"] {
            let key =
                json!({"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9});
            self.call("Input.dispatchKeyEvent", key);
        }
    }

    /// The page as PNG, in base64.
    pub fn picture(&mut self) -> String {
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        picture["data"].as_str().unwrap().to_owned()
    }

    /// What the browser complained about since the page was opened, on its console and elsewhere.
    pub fn complaints(&self) -> Vec<&Value> {
        let is_bad = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] == "error",
            Some("Log.entryAdded") => event["params"]["entry"]["level"] != "verbose",
            _ => false,
        };
        self.events.iter().filter(is_bad).collect()
    }

    /// The addresses that were asked for since the page was opened.
    pub fn requested(&self) -> impl Iterator<Item = &str> {
        let is_request = |event: &&Value| event["method"] == "Network.requestWillBeSent";
        let requests = self.events.iter().filter(is_request);
        requests.filter_map(|event| event["params"]["request"]["url"].as_str())
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        // Without its pipe it ends by itself, with all its processes.
        let _ = self
            .requests
            .write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let end = Instant::now() + Duration::from_secs(5);
        while matches!(self.browser.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}
