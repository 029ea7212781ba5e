//! The error numbers of WASI preview 1, and the way to them from the kernel's.
//!
//! One table row per number: the name in the standard, the kernel's constant, a few words. It is the error
//! vocabulary of the whole crate: later interfaces (0.2, 0.3) translate from it, not from the kernel's numbers.
//!
//! Invariant: the discriminants are the numbers of the standard; 0 (success) is not an `Errno`.
//!
//! Read next: `fault.rs`.

macro_rules! errnos {
    ($($variant:ident = $number:literal, $kernel:ident, $text:literal;)*) => {
        /// An error number of WASI preview 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Errno {
            $(#[doc = $text] $variant = $number,)*
            /// capability not granted
            Notcapable = 76,
        }

        impl Errno {
            /// Every error number, in order.
            pub const ALL: &[Errno] = &[$(Errno::$variant,)* Errno::Notcapable];

            /// The name in the standard, in lower case (`noent`).
            #[must_use]
            pub fn name(self) -> String {
                match self {
                    Errno::TooBig => "2big".to_owned(),
                    other => format!("{other:?}").to_ascii_lowercase(),
                }
            }

            fn text(self) -> &'static str {
                match self {
                    $(Errno::$variant => $text,)*
                    Errno::Notcapable => "capability not granted",
                }
            }
        }

        impl From<rustix::io::Errno> for Errno {
            /// Numbers that preview 1 does not have become `io`.
            fn from(errno: rustix::io::Errno) -> Errno {
                match errno {
                    $(rustix::io::Errno::$kernel => Errno::$variant,)*
                    _ => Errno::Io,
                }
            }
        }
    };
}

errnos! {
    TooBig = 1, TOOBIG, "argument list too long";
    Acces = 2, ACCESS, "permission denied";
    Addrinuse = 3, ADDRINUSE, "address in use";
    Addrnotavail = 4, ADDRNOTAVAIL, "address not available";
    Afnosupport = 5, AFNOSUPPORT, "address family not supported";
    Again = 6, AGAIN, "resource unavailable, or the operation would block";
    Already = 7, ALREADY, "connection already in progress";
    Badf = 8, BADF, "bad file descriptor";
    Badmsg = 9, BADMSG, "bad message";
    Busy = 10, BUSY, "device or resource busy";
    Canceled = 11, CANCELED, "operation cancelled";
    Child = 12, CHILD, "no child processes";
    Connaborted = 13, CONNABORTED, "connection aborted";
    Connrefused = 14, CONNREFUSED, "connection refused";
    Connreset = 15, CONNRESET, "connection reset";
    Deadlk = 16, DEADLK, "a deadlock would occur";
    Destaddrreq = 17, DESTADDRREQ, "destination address required";
    Dom = 18, DOM, "argument outside the function's domain";
    Dquot = 19, DQUOT, "disk quota exceeded";
    Exist = 20, EXIST, "file exists";
    Fault = 21, FAULT, "bad address";
    Fbig = 22, FBIG, "file too large";
    Hostunreach = 23, HOSTUNREACH, "host unreachable";
    Idrm = 24, IDRM, "identifier removed";
    Ilseq = 25, ILSEQ, "illegal byte sequence";
    Inprogress = 26, INPROGRESS, "operation in progress";
    Intr = 27, INTR, "interrupted";
    Inval = 28, INVAL, "invalid argument";
    Io = 29, IO, "input or output error";
    Isconn = 30, ISCONN, "socket is connected";
    Isdir = 31, ISDIR, "is a directory";
    Loop = 32, LOOP, "too many levels of symbolic links";
    Mfile = 33, MFILE, "too many open descriptors";
    Mlink = 34, MLINK, "too many links";
    Msgsize = 35, MSGSIZE, "message too large";
    Multihop = 36, MULTIHOP, "multihop attempted";
    Nametoolong = 37, NAMETOOLONG, "file name too long";
    Netdown = 38, NETDOWN, "network is down";
    Netreset = 39, NETRESET, "connection aborted by the network";
    Netunreach = 40, NETUNREACH, "network unreachable";
    Nfile = 41, NFILE, "too many files open in the system";
    Nobufs = 42, NOBUFS, "no buffer space";
    Nodev = 43, NODEV, "no such device";
    Noent = 44, NOENT, "no such file or directory";
    Noexec = 45, NOEXEC, "not an executable";
    Nolck = 46, NOLCK, "no locks available";
    Nolink = 47, NOLINK, "link has been severed";
    Nomem = 48, NOMEM, "not enough memory";
    Nomsg = 49, NOMSG, "no message of the desired type";
    Noprotoopt = 50, NOPROTOOPT, "protocol option not available";
    Nospc = 51, NOSPC, "no space left on the device";
    Nosys = 52, NOSYS, "function not supported";
    Notconn = 53, NOTCONN, "socket not connected";
    Notdir = 54, NOTDIR, "not a directory";
    Notempty = 55, NOTEMPTY, "directory not empty";
    Notrecoverable = 56, NOTRECOVERABLE, "state not recoverable";
    Notsock = 57, NOTSOCK, "not a socket";
    Notsup = 58, NOTSUP, "operation not supported";
    Notty = 59, NOTTY, "inappropriate control operation";
    Nxio = 60, NXIO, "no such device or address";
    Overflow = 61, OVERFLOW, "value too large for its type";
    Ownerdead = 62, OWNERDEAD, "previous owner died";
    Perm = 63, PERM, "operation not permitted";
    Pipe = 64, PIPE, "broken pipe";
    Proto = 65, PROTO, "protocol error";
    Protonosupport = 66, PROTONOSUPPORT, "protocol not supported";
    Prototype = 67, PROTOTYPE, "wrong protocol type for the socket";
    Range = 68, RANGE, "result too large";
    Rofs = 69, ROFS, "read-only grant or file system";
    Spipe = 70, SPIPE, "invalid seek";
    Srch = 71, SRCH, "no such process";
    Stale = 72, STALE, "stale handle";
    Timedout = 73, TIMEDOUT, "connection timed out";
    Txtbsy = 74, TXTBSY, "text file busy";
    Xdev = 75, XDEV, "link across devices";
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Errno {}

#[cfg(test)]
mod tests;
