//! Numbers, names, and the way from the kernel's numbers.

use super::Errno;

#[test]
fn numbers_are_consecutive_from_one() {
    let numbers: Vec<u16> = Errno::ALL.iter().map(|errno| *errno as u16).collect();
    assert_eq!(numbers, (1..=76).collect::<Vec<u16>>());
}

#[test]
fn names_are_the_standard_s() {
    for (errno, name) in [
        (Errno::TooBig, "2big"),
        (Errno::Acces, "acces"),
        (Errno::Noent, "noent"),
        (Errno::Notcapable, "notcapable"),
    ] {
        assert_eq!(errno.name(), name);
    }
}

#[test]
fn the_kernel_s_numbers_have_counterparts() {
    use rustix::io::Errno as Kernel;
    for (kernel, errno) in [
        (Kernel::NOENT, Errno::Noent),
        (Kernel::ACCESS, Errno::Acces),
        (Kernel::XDEV, Errno::Xdev),
        (Kernel::OPNOTSUPP, Errno::Notsup),
        (Kernel::WOULDBLOCK, Errno::Again),
        (Kernel::HWPOISON, Errno::Io),
    ] {
        assert_eq!(Errno::from(kernel), errno, "{kernel:?}");
    }
}

#[test]
fn texts_are_in_the_house_style() {
    for errno in Errno::ALL {
        let text = errno.to_string();
        assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{text}");
    }
}
