//! Waiting, clocks, and ends of a guest.

use crate::guest::{Guest, OUT, Scratch, call, errno, rights};
use holm_wasi::preview1::End;
use holm_wasi::{Access, Input, Output, Stopper, Trap, WasiCtx, WasiCtxBuilder};
use std::io::Write;
use std::time::{Duration, Instant};

const IN: u64 = 16384;
const EVENTS: u64 = 32768;
const MS: u64 = 1_000_000;

/// A subscription: what it is for, and whose.
pub(crate) enum Sub {
    /// Clock, nanoseconds, flags.
    Clock(u32, u64, u16),
    Read(u32),
    Write(u32),
    /// A kind that does not exist.
    Odd(u8),
}

/// An event: whose, error, kind, bytes, flags.
pub(crate) type Event = (u64, u16, u8, u64, u16);

/// Lays out subscriptions, with their positions as user data, and gives the events.
pub(crate) fn poll(guest: &mut Guest, subs: &[Sub]) -> Result<Result<Vec<Event>, u32>, End> {
    let old = guest.functions.len() == 45;
    let (size, clock) = if old { (56, 24) } else { (48, 16) };
    for (n, sub) in subs.iter().enumerate() {
        let at = IN + size * n as u64;
        guest.put(at, &vec![0; usize::try_from(size).unwrap()]);
        guest.put(at, &(n as u64).to_le_bytes());
        match sub {
            Sub::Clock(id, time, flags) => {
                guest.put(at + clock, &id.to_le_bytes());
                guest.put(at + clock + 8, &time.to_le_bytes());
                guest.put(at + clock + 24, &flags.to_le_bytes());
            }
            Sub::Read(fd) => {
                guest.put(at + 8, &[1]);
                guest.put(at + 16, &fd.to_le_bytes());
            }
            Sub::Write(fd) => {
                guest.put(at + 8, &[2]);
                guest.put(at + 16, &fd.to_le_bytes());
            }
            Sub::Odd(tag) => guest.put(at + 8, &[*tag]),
        }
    }
    let args = [IN.into(), EVENTS.into(), (subs.len() as u64).into(), OUT.into()];
    let answer = guest.call_to_end("poll_oneoff", &args)?;
    if answer != 0 {
        return Ok(Err(answer));
    }
    let count = u64::from(guest.u32_at(OUT));
    let event = |n: u64| {
        let at = EVENTS + 32 * n;
        let [e0, e1, tag] = *guest.bytes(at + 8, 3).first_chunk().unwrap();
        let error = u16::from_le_bytes([e0, e1]);
        let flags = u16::try_from(guest.u64_at(at + 24)).unwrap();
        (guest.u64_at(at), error, tag, guest.u64_at(at + 16), flags)
    };
    Ok(Ok((0..count).map(event).collect()))
}

fn idle() -> Guest {
    Guest::new(WasiCtx::builder().build().unwrap())
}

fn time(guest: &mut Guest, clock: u32) -> u64 {
    assert_eq!(call!(guest, "clock_time_get", clock, 0u64, OUT), errno::OK);
    guest.u64_at(OUT)
}

#[test]
fn clocks() {
    let mut guest = idle();
    let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let told = Duration::from_nanos(time(&mut guest, 0));
    assert!(told >= real && told < real + Duration::from_secs(60));
    // How long the machine has been up is nobody's business.
    assert!((1..60_000 * MS).contains(&time(&mut guest, 1)));
    for clock in 0..4 {
        let (a, b) = (time(&mut guest, clock), time(&mut guest, clock));
        assert!(a <= b, "clock {clock}");
        assert_eq!(call!(guest, "clock_res_get", clock, OUT), errno::OK);
        assert!((1..=1_000_000_000).contains(&guest.u64_at(OUT)));
    }
    for clock in [4u32, 0xffff_ffff] {
        assert_eq!(call!(guest, "clock_time_get", clock, 0u64, OUT), errno::INVAL);
        assert_eq!(call!(guest, "clock_res_get", clock, OUT), errno::INVAL);
    }
}

#[test]
fn sleeping() {
    let mut guest = idle();
    for (clock, absolute) in [(0, false), (1, false), (0, true), (1, true)] {
        let begin = Instant::now();
        let at = if absolute { time(&mut guest, clock) } else { 0 } + 20 * MS;
        let events = poll(&mut guest, &[Sub::Clock(clock, at, absolute.into())]).unwrap().unwrap();
        assert_eq!(events, [(0, 0, 0, 0, 0)]);
        let slept = begin.elapsed();
        assert!(slept >= Duration::from_millis(19) && slept < Duration::from_secs(5), "{slept:?}");
    }
    // In the past, and the first of several.
    let subs = [Sub::Clock(1, u64::MAX, 0), Sub::Clock(1, 0, 1), Sub::Clock(0, 1, 1)];
    let events = poll(&mut guest, &subs).unwrap().unwrap();
    assert_eq!(events, [(1, 0, 0, 0, 0), (2, 0, 0, 0, 0)]);
}

#[test]
fn bad_subscriptions_are_told_one_by_one() {
    let mut guest = idle();
    let subs = [
        Sub::Clock(2, 1, 0),
        Sub::Clock(9, 1, 0),
        Sub::Clock(1, 1, 2),
        Sub::Read(77),
        Sub::Write(0xffff_ffff),
        Sub::Clock(1, 5000 * MS, 0),
    ];
    let events = poll(&mut guest, &subs).unwrap().unwrap();
    let answers: Vec<_> = events.iter().map(|e| (e.0, u32::from(e.1), e.2)).collect();
    assert_eq!(
        answers,
        [
            (0, errno::NOTSUP, 0),
            (1, errno::INVAL, 0),
            (2, errno::INVAL, 0),
            (3, errno::BADF, 1),
            (4, errno::BADF, 2),
        ]
    );
    assert_eq!(poll(&mut guest, &[Sub::Odd(3)]), Ok(Err(errno::INVAL)));
}

#[test]
fn files_and_buffers_are_always_ready() {
    let scratch = Scratch::new();
    std::fs::write(scratch.join("file"), "0123456789").unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_dir(scratch.path(), "/", Access::ReadWrite).unwrap();
    builder.stdin(Input::bytes("abc")).stdout(Output::memory().0);
    let mut guest = Guest::new(builder.build().unwrap());
    let fd = guest.open("file", 0, rights::ALL).unwrap();
    guest.read(fd, 4).unwrap();
    let subs = [
        Sub::Read(fd),
        Sub::Write(fd),
        Sub::Read(0),
        Sub::Write(1),
        Sub::Read(3),
        Sub::Write(0),
        Sub::Clock(1, 5000 * MS, 0),
    ];
    let events = poll(&mut guest, &subs).unwrap().unwrap();
    let refused = u16::try_from(errno::NOTCAPABLE).unwrap();
    assert_eq!(
        events,
        [
            (0, 0, 1, 6, 0),
            (1, 0, 2, 1, 0),
            (2, 0, 1, 3, 0),
            (3, 0, 2, 1, 0),
            (4, refused, 1, 0, 0),
            (5, refused, 2, 0, 0),
        ]
    );
}

#[test]
fn pipes_become_ready() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let (_kept, full) = std::io::pipe().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(Input::host(reader).unwrap()).stdout(Output::host(full).unwrap());
    let mut guest = Guest::new(builder.build().unwrap());
    let subs = [Sub::Read(0), Sub::Clock(1, 20 * MS, 0)];
    assert_eq!(poll(&mut guest, &subs).unwrap().unwrap(), [(1, 0, 0, 0, 0)]);
    writer.write_all(b"hello").unwrap();
    assert_eq!(poll(&mut guest, &subs).unwrap().unwrap(), [(0, 0, 1, 5, 0)]);
    assert_eq!(poll(&mut guest, &[Sub::Write(1)]).unwrap().unwrap(), [(0, 0, 2, 1, 0)]);
    drop(writer);
    assert_eq!(guest.read(0, 16).unwrap(), b"hello");
    assert_eq!(poll(&mut guest, &subs).unwrap().unwrap(), [(0, 0, 1, 0, 1)]);
    assert_eq!(guest.read(0, 16).unwrap(), b"");
}

#[test]
fn many_subscriptions() {
    let mut guest = idle();
    guest.memory = vec![0; 1 << 20];
    let subs: Vec<Sub> = (0..300).map(|n| Sub::Clock(1, (1 + n) * 1000 * MS, 0)).collect();
    let mut subs = subs;
    subs.push(Sub::Clock(1, MS, 0));
    assert_eq!(poll(&mut guest, &subs).unwrap().unwrap(), [(300, 0, 0, 0, 0)]);
}

/// Whatever a guest waits in, a stop ends it at once.
#[test]
fn a_stop_ends_every_wait() {
    let (reader, _writer) = std::io::pipe().unwrap();
    let (_reader, full) = std::io::pipe().unwrap();
    let stopper = Stopper::new().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(Input::host(reader).unwrap()).stdout(Output::host(full).unwrap());
    builder.listener(std::net::TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
    builder.stopper(stopper.clone());
    let mut guest = Guest::new(builder.build().unwrap());
    type Wait = (&'static str, fn(&mut Guest) -> Result<u32, End>);
    let waits: [Wait; 6] = [
        ("sleep", |g| poll(g, &[Sub::Clock(1, u64::MAX, 0)]).map(|_| 0)),
        ("poll", |g| poll(g, &[Sub::Read(0), Sub::Clock(1, u64::MAX, 0)]).map(|_| 0)),
        ("read", |g| {
            let list = g.vector(8192, 16);
            g.call_to_end("fd_read", &[0u64.into(), list.into(), 1u64.into(), OUT.into()])
        }),
        ("write", |g| {
            let list = g.vector(0, 1 << 20);
            g.call_to_end("fd_write", &[1u64.into(), list.into(), 1u64.into(), OUT.into()])
        }),
        ("accept", |g| g.call_to_end("sock_accept", &[3u64.into(), 0u64.into(), OUT.into()])),
        ("yield", |g| {
            loop {
                g.call_to_end("sched_yield", &[])?;
            }
        }),
    ];
    for (name, wait) in waits {
        stopper.reset();
        let remote = stopper.clone();
        let stop = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            remote.stop();
            Instant::now()
        });
        assert_eq!(wait(&mut guest), Err(End::Trap(Trap::Stopped)), "{name}");
        let late = stop.join().unwrap().elapsed();
        assert!(late < Duration::from_secs(2), "{name} ended {late:?} after the stop");
        assert!(stopper.is_stopped());
    }
}

#[test]
fn ends() {
    let mut guest = idle();
    for code in [0u32, 1, 125, 256, 0xffff_ffff] {
        assert_eq!(guest.call_to_end("proc_exit", &[code.into()]), Err(End::Exit(code)));
    }
    for signal in 0..=31u32 {
        let expected = match signal {
            0 | 13 | 16 | 17 | 22 | 27 => Ok(errno::OK),
            18..=21 => Ok(errno::NOTSUP),
            31 => Ok(errno::INVAL),
            _ => Err(End::Trap(Trap::Raised(u8::try_from(signal).unwrap()))),
        };
        assert_eq!(guest.call_to_end("proc_raise", &[signal.into()]), expected, "{signal}");
    }
    assert_eq!(call!(guest, "sched_yield"), errno::OK);
}

#[test]
fn randomness() {
    let mut guest = idle();
    let all = guest.memory.len() as u64;
    assert_eq!(call!(guest, "random_get", 0u64, all), errno::OK);
    // Every byte value turns up in a mebibyte, and about as often as any other.
    let mut counts = [0u32; 256];
    for byte in &guest.memory {
        counts[usize::from(*byte)] += 1;
    }
    assert!(counts.iter().all(|count| (3500..4700).contains(count)), "{counts:?}");
}
