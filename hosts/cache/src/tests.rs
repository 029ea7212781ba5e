//! The cache's promises: hits are exact, everything else is a miss, nothing that fails does harm.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::io::Errno;
use tempfile::TempDir;

use crate::disk::fault::{self, Plan};
use crate::{Cache, CacheConfig, Key, Unavailable};

fn temporary() -> TempDir {
    TempDir::new().expect("a directory for a test")
}

fn open(dir: &Path) -> Cache {
    Cache::open(CacheConfig::new(dir.join("cache"))).expect("a cache in a fresh directory")
}

fn open_bounded(dir: &Path, bytes_max: u64) -> Cache {
    let config = CacheConfig { bytes_max, ..CacheConfig::new(dir.join("cache")) };
    Cache::open(config).expect("a cache in a fresh directory")
}

fn key(name: &str) -> Key {
    Key::new(&[("test", name.as_bytes())])
}

fn get(cache: &Cache, key: &Key) -> Option<Vec<u8>> {
    cache.get(key).map(|entry| entry.as_ref().to_vec())
}

/// The files of the cache that hold entries.
fn entry_files(dir: &Path) -> Vec<PathBuf> {
    files(dir)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "holm-code"))
        .collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let items = fs::read_dir(dir.join("cache")).expect("the cache's directory");
    items.map(|item| item.expect("an item of the directory").path()).collect()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .expect("permissions of a test file");
}

#[test]
fn a_hit_is_what_was_put() {
    let dir = temporary();
    let cache = open(dir.path());
    assert_eq!(get(&cache, &key("a")), None);
    cache.put(&key("a"), &[b"one ", b"", b"two"]).unwrap();
    cache.put(&key("b"), &[]).unwrap();
    assert_eq!(get(&cache, &key("a")).unwrap(), b"one two");
    assert_eq!(get(&cache, &key("b")).unwrap(), b"");
    assert_eq!(get(&cache, &key("c")), None);
    cache.put(&key("a"), &[b"three"]).unwrap();
    // Another process sees the same.
    assert_eq!(get(&open(dir.path()), &key("a")).unwrap(), b"three");
}

#[test]
fn keys_tell_parts_apart() {
    let keys = [
        Key::new(&[]),
        Key::new(&[("", b"")]),
        Key::new(&[("a", b"bc")]),
        Key::new(&[("ab", b"c")]),
        Key::new(&[("a", b"b"), ("", b"c")]),
        Key::new(&[("a", b"b"), ("c", b"")]),
        Key::new(&[("c", b""), ("a", b"b")]),
    ];
    for (i, a) in keys.iter().enumerate() {
        assert!(keys[i + 1..].iter().all(|b| a != b), "key {i} is equal to a later one");
    }
    assert_eq!(Key::new(&[("a", b"b")]), Key::new(&[("a", b"b")]));
}

#[test]
fn files_are_private() {
    let dir = temporary();
    open(dir.path()).put(&key("a"), &[b"x"]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&dir.path().join("cache")), 0o700);
    assert_eq!(files(dir.path()).len(), 3, "secret, ledger, entry");
    for file in files(dir.path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// Every flipped bit, every length, and every other entry's bytes.
#[test]
fn a_changed_entry_is_a_miss_and_is_removed() {
    let dir = temporary();
    let cache = open(dir.path());
    cache.put(&key("other"), &[b"contents"]).unwrap();
    let foreign = fs::read(&entry_files(dir.path())[0]).unwrap();
    cache.clear().unwrap();
    cache.put(&key("a"), &[b"payload!"]).unwrap();
    let file = entry_files(dir.path()).remove(0);
    let good = fs::read(&file).unwrap();

    let mut bad: Vec<Vec<u8>> = vec![foreign];
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bad.push(bytes);
    }
    bad.extend((0..good.len()).map(|length| good[..length].to_vec()));
    bad.push([good.as_slice(), b"\0"].concat());
    for bytes in bad {
        fs::write(&file, &bytes).unwrap();
        assert_eq!(get(&cache, &key("a")), None, "{bytes:02x?}");
        assert!(!file.exists(), "{bytes:02x?}");
    }
    fs::write(&file, &good).unwrap();
    set_mode(&file, 0o600);
    assert_eq!(get(&cache, &key("a")).unwrap(), b"payload!");
}

#[test]
fn an_entry_under_another_secret_is_a_miss() {
    let (ours, theirs) = (temporary(), temporary());
    let cache = open(ours.path());
    cache.put(&key("a"), &[b"ours"]).unwrap();
    open(theirs.path()).put(&key("a"), &[b"theirs"]).unwrap();
    let (ours, theirs) = (entry_files(ours.path()).remove(0), entry_files(theirs.path()).remove(0));
    assert_ne!(ours.file_name(), theirs.file_name(), "a name tells nothing about a module");
    fs::copy(theirs, ours).unwrap();
    assert_eq!(get(&cache, &key("a")), None);
}

#[test]
fn what_is_not_a_private_file_is_a_miss() {
    let dir = temporary();
    let cache = open(dir.path());
    cache.put(&key("a"), &[b"x"]).unwrap();
    let file = entry_files(dir.path()).remove(0);
    let good = fs::read(&file).unwrap();
    let elsewhere = dir.path().join("elsewhere");
    fs::write(&elsewhere, &good).unwrap();

    set_mode(&file, 0o620);
    assert_eq!(get(&cache, &key("a")), None, "group may write");
    assert!(!file.exists());

    symlink(&elsewhere, &file).unwrap();
    assert_eq!(get(&cache, &key("a")), None, "a symbolic link");
    assert!(!file.exists() && elsewhere.exists());

    rustix::fs::mknodat(
        rustix::fs::CWD,
        &file,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    assert_eq!(get(&cache, &key("a")), None, "a pipe, which must not block");

    fs::create_dir(&file).unwrap();
    assert_eq!(get(&cache, &key("a")), None, "a directory");
    cache.put(&key("a"), &[b"x"]).unwrap_err();
    cache.put(&key("b"), &[b"y"]).unwrap();
    assert_eq!(get(&cache, &key("b")).unwrap(), b"y");
}

#[test]
fn a_directory_that_others_may_write_is_refused() {
    let dir = temporary();
    drop(open(dir.path()));
    set_mode(&dir.path().join("cache"), 0o770);
    let error = Cache::open(CacheConfig::new(dir.path().join("cache"))).unwrap_err();
    assert!(error.to_string().ends_with("may be written by others: expected 700, found 770"));
    set_mode(&dir.path().join("cache"), 0o755);
    open(dir.path());
}

#[test]
fn what_can_not_be_a_directory_is_refused() {
    let dir = temporary();
    fs::write(dir.path().join("cache"), "").unwrap();
    Cache::open(CacheConfig::new(dir.path().join("cache"))).unwrap_err();
    Cache::open(CacheConfig::new(dir.path().join("cache").join("below"))).unwrap_err();
    Cache::open(CacheConfig::new("/proc/holm")).unwrap_err();
}

#[test]
fn a_damaged_secret_is_replaced() {
    let dir = temporary();
    let secret = dir.path().join("cache").join("holm-secret");
    let damage: [&dyn Fn(); 4] = [
        &|| fs::write(&secret, b"short").unwrap(),
        &|| set_mode(&secret, 0o640),
        &|| fs::remove_file(&secret).unwrap(),
        &|| {
            fs::remove_file(&secret).unwrap();
            symlink("/dev/zero", &secret).unwrap();
        },
    ];
    for damage in damage {
        open(dir.path()).put(&key("a"), &[b"x"]).unwrap();
        let before = fs::read(&secret).unwrap();
        damage();
        let cache = open(dir.path());
        assert_ne!(fs::read(&secret).unwrap(), before);
        assert_eq!(get(&cache, &key("a")), None);
        cache.put(&key("a"), &[b"y"]).unwrap();
        assert_eq!(get(&open(dir.path()), &key("a")).unwrap(), b"y");
    }
}

#[test]
fn least_recently_used_goes_first_and_the_bound_holds() {
    const MAX: u64 = 1 << 20;
    let dir = temporary();
    let cache = open_bounded(dir.path(), MAX);
    let payload = vec![7; 40 << 10];
    let name = |i: u64| key(&i.to_string());
    for i in 0..100 {
        cache.put(&name(i), &[&payload]).unwrap();
        assert!(cache.info().unwrap().bytes <= MAX, "after {i}");
        // Everything there is two days old, what is used now is not.
        for file in entry_files(dir.path()) {
            let file = fs::File::open(file).unwrap();
            if file.metadata().unwrap().modified().unwrap().elapsed().unwrap()
                < Duration::from_secs(60)
            {
                let age = Duration::from_secs((48 * 3600) - i * 60);
                file.set_modified(SystemTime::now() - age).unwrap();
            }
        }
        assert!(cache.get(&name(0)).is_some(), "the entry that is always used, after {i}");
    }
    assert!(cache.get(&name(99)).is_some());
    assert!(cache.get(&name(1)).is_none());
    assert!(cache.info().unwrap().entries > 10);
}

#[test]
fn an_entry_over_half_the_bound_is_not_stored() {
    let dir = temporary();
    let cache = open_bounded(dir.path(), 4096);
    let error = cache.put(&key("a"), &[&[0; 2048]]).unwrap_err();
    assert_eq!(error.to_string(), "entry too large for the cache: 2112 bytes > 2048");
    cache.put(&key("a"), &[&[0; 1984]]).unwrap();
    assert!(cache.get(&key("a")).is_some());
}

#[test]
fn clear_removes_entries_and_leftovers_and_nothing_else() {
    let dir = temporary();
    let cache = open(dir.path());
    let foreign = dir.path().join("cache").join("thesis.tex");
    fs::write(&foreign, "").unwrap();
    let leftover = dir.path().join("cache").join("holm-tmp-0123456789abcdef");
    fs::write(&leftover, "").unwrap();
    cache.put(&key("a"), &[b"x"]).unwrap();
    cache.put(&key("b"), &[b"y"]).unwrap();
    let info = cache.info().unwrap();
    assert_eq!((info.entries, info.bytes), (2, 130));
    assert!(leftover.exists(), "a young file may be being written");
    assert_eq!(cache.clear().unwrap(), 2);
    assert!(foreign.exists() && !leftover.exists());
    assert_eq!(cache.info().unwrap().entries, 0);
    cache.put(&key("a"), &[b"x"]).unwrap();
    assert_eq!(get(&cache, &key("a")).unwrap(), b"x");
}

#[test]
fn old_leftovers_are_swept() {
    let dir = temporary();
    let cache = open_bounded(dir.path(), 4096);
    let leftover = dir.path().join("cache").join("holm-tmp-0123456789abcdef");
    let file = fs::File::create(&leftover).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(7200)).unwrap();
    cache.put(&key("a"), &[b"x"]).unwrap();
    assert!(!leftover.exists());
}

#[test]
fn the_environment_says_where() {
    let from = |variables: &[(&str, &str)]| {
        CacheConfig::from_env(|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into())
        })
        .map(|config| config.dir.display().to_string())
        .map_err(|e: Unavailable| e.to_string())
    };
    let home = ("HOME", "/h");
    assert_eq!(from(&[home]).unwrap(), "/h/.cache/holm");
    assert_eq!(from(&[home, ("XDG_CACHE_HOME", "/x")]).unwrap(), "/x/holm");
    assert_eq!(from(&[home, ("XDG_CACHE_HOME", "relative")]).unwrap(), "/h/.cache/holm");
    assert_eq!(from(&[home, ("HOLM_CACHE_DIR", "c"), ("XDG_CACHE_HOME", "/x")]).unwrap(), "c");
    assert_eq!(from(&[home, ("HOLM_CACHE", "on")]).unwrap(), "/h/.cache/holm");
    assert_eq!(from(&[home, ("HOLM_CACHE", "")]).unwrap(), "/h/.cache/holm");
    assert_eq!(from(&[home, ("HOLM_CACHE", "off")]).unwrap_err(), "switched off by HOLM_CACHE");
    assert_eq!(
        from(&[home, ("HOLM_CACHE", "of")]).unwrap_err(),
        "HOLM_CACHE not understood: expected on or off, found of"
    );
    assert_eq!(from(&[]).unwrap_err(), "none of HOLM_CACHE_DIR, XDG_CACHE_HOME and HOME is set");
}

/// A run as a program makes it: open, look, store. What it makes of failures is its own business.
fn a_run(dir: &Path, payload: &[u8]) -> Result<Option<Vec<u8>>, Unavailable> {
    let config = CacheConfig { bytes_max: 1 << 10, ..CacheConfig::new(dir.join("cache")) };
    let cache = Cache::open(config)?;
    let found = get(&cache, &key("a"));
    cache.put(&key("a"), &[payload])?;
    Ok(found)
}

/// Whatever happened, the next run finds one of the payloads whole or nothing, works, and its successor hits.
fn check_after(dir: &Path, context: &str, allowed: &[&[u8]]) {
    let found = a_run(dir, b"next").unwrap_or_else(|e| panic!("{context}: {e}"));
    if let Some(found) = found {
        assert!(allowed.contains(&found.as_slice()), "{context}: {found:?}");
    }
    assert_eq!(a_run(dir, b"last").unwrap().unwrap(), b"next", "{context}");
}

#[test]
fn dying_at_any_call_leaves_a_valid_cache() {
    let (_, calls) = {
        let dir = temporary();
        fault::with(Plan::Off, || a_run(dir.path(), b"first").unwrap())
    };
    assert!(calls.len() > 25, "{calls:?}");
    for (index, call) in calls.iter().enumerate() {
        let dir = temporary();
        let (result, _) = fault::with(Plan::Die(index), || a_run(dir.path(), b"first"));
        assert!(result.is_err(), "dead at {call}");
        check_after(dir.path(), &format!("dead at {index}, {call}, from nothing"), &[b"first"]);

        // The same over a cache that is there: an old entry is replaced, or stays.
        let dir = temporary();
        a_run(dir.path(), b"old").unwrap();
        let _ = fault::with(Plan::Die(index), || a_run(dir.path(), b"first"));
        check_after(dir.path(), &format!("dead at {index}, {call}"), &[b"old", b"first"]);
    }
}

#[test]
fn a_call_that_fails_does_no_harm() {
    for errno in [Errno::NOSPC, Errno::ROFS, Errno::IO, Errno::MFILE, Errno::PERM, Errno::NOENT] {
        let mut index = 0;
        loop {
            let dir = temporary();
            a_run(dir.path(), b"old").unwrap();
            let (result, calls) =
                fault::with(Plan::Fail(index, errno), || a_run(dir.path(), b"first"));
            if index >= calls.len() {
                break;
            }
            let context = format!("{errno} at {index}, {}", calls[index]);
            if let Ok(Some(found)) = result {
                assert_eq!(found, b"old", "{context}");
            }
            check_after(dir.path(), &context, &[b"old", b"first"]);
            let leftovers = files(dir.path())
                .iter()
                .filter(|file| file.to_string_lossy().contains("holm-tmp-"))
                .count();
            assert!(leftovers <= usize::from(calls[index] == "unlink"), "{context}");
            index += 1;
        }
        assert!(index > 15);
    }
}

#[test]
fn a_hit_makes_few_calls() {
    let dir = temporary();
    a_run(dir.path(), b"x").unwrap();
    let (_, calls) = fault::with(Plan::Off, || {
        assert!(open(dir.path()).get(&key("a")).is_some());
    });
    let expected = ["open", "fstat", "openat", "fstat", "read", "openat", "fstat", "read"];
    assert_eq!(calls, expected);
}

#[test]
fn many_threads_share_a_directory() {
    let dir = temporary();
    let path = dir.path();
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            scope.spawn(move || {
                for round in 0..30_u64 {
                    let cache = open_bounded(path, 64 << 10);
                    let name = (thread + round) % 5;
                    let payload = vec![u8::try_from(name).unwrap(); 9 << 10];
                    if let Some(found) = get(&cache, &key(&name.to_string())) {
                        assert_eq!(found, payload);
                    }
                    cache.put(&key(&name.to_string()), &[&payload]).unwrap();
                }
            });
        }
    });
    assert!(open(path).info().unwrap().entries >= 1);
}
