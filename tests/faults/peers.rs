//! What the program is connected to in the tests of this folder: a bus on which every inverter
//! answers, and servers that do anything.

use crate::polling::at_address;
use crate::support::bus::{Bus, Play, at_once};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::spawn;

/// A bus on which each address answers at once.
pub fn answering() -> Bus {
    Bus::start(Box::new(|request, _| answer(request)))
}

/// The reply of the inverter that this request is for.
pub fn answer(request: &str) -> Vec<Play> {
    at_once(&reply(request))
}

/// The bytes of that reply.
pub fn reply(request: &str) -> Vec<u8> {
    at_address("G4-17", request[1..3].parse().unwrap())
}

/// A server that does this with each connection, with the number of earlier ones; its host and
/// port.
pub fn server(play: impl Fn(TcpStream, usize) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    spawn(move || {
        for (count, stream) in listener.incoming().flatten().enumerate() {
            let play = play.clone();
            spawn(move || play(stream, count));
        }
    });
    host
}

/// The same as a gateway; its DEVICE.
pub fn gateway(play: impl Fn(TcpStream, usize) + Clone + Send + 'static) -> String {
    format!("tcp://{}", server(play))
}

/// Takes all that comes and sends nothing.
pub fn mute(mut stream: TcpStream, _: usize) {
    while hears(&mut stream) {}
}

/// Waits for anything to arrive; false at the end of the connection.
pub fn hears(stream: &mut TcpStream) -> bool {
    stream.read(&mut [0; 1000]).is_ok_and(|count| count > 0)
}

/// Sends these bytes as long as the network takes them.
pub fn flood(stream: &mut TcpStream, bytes: &[u8]) {
    while stream.write_all(bytes).is_ok() {}
}
