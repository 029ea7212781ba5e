//! Sockets to hand in: listening on an address, or connected to one.
//!
//! Not here: what a guest may do with them (see `holm-wasi`). Invariant: a guest talks to the addresses named on the
//! command line and to no others; it can not make sockets.

use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::failure::Failure;
use crate::{input, terminal};

/// How long a connection may take to come about, for each address of a name.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Opens a listening socket and, if its port was left open, says which it is.
pub(super) fn listen(address: &str) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).map_err(|error| cannot_listen(address, &error))?;
    if address.ends_with(":0")
        && let Ok(address) = listener.local_addr()
    {
        terminal::print_error(&format!("listening on {address}\n"));
    }
    Ok(listener)
}

pub(super) fn cannot_listen(address: &str, error: &io::Error) -> Failure {
    let help = match error.kind() {
        io::ErrorKind::InvalidInput => "write an address and a port, e.g. 127.0.0.1:8080",
        io::ErrorKind::AddrInUse => "choose another port, or stop what listens there",
        io::ErrorKind::PermissionDenied => "choose a port from 1024 up",
        _ => "choose an address of this machine, e.g. 127.0.0.1:8080",
    };
    Failure::start(format!("--listen {address}: {}", input::reason(error))).help(help)
}

/// Connects to an address, or to the first of a name's that answers.
pub(super) fn connect(address: &str) -> Result<TcpStream, Failure> {
    let addresses = address.to_socket_addrs().map_err(|error| cannot_connect(address, &error))?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for one in addresses {
        match TcpStream::connect_timeout(&one, CONNECT_TIME) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(cannot_connect(address, &last))
}

pub(super) fn cannot_connect(address: &str, error: &io::Error) -> Failure {
    let help = match error.kind() {
        io::ErrorKind::InvalidInput => "write an address and a port, e.g. 127.0.0.1:5432",
        io::ErrorKind::ConnectionRefused => "start what should listen there, or correct the port",
        _ => "see that the address is right and can be reached from here",
    };
    Failure::start(format!("--connect {address}: {}", input::reason(error))).help(help)
}
