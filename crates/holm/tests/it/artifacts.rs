//! Code compiled ahead of time, and caches.

use crate::support::*;
use holm::{CodeCache, ErrorKind, Linker, Module, SharedBytes, Store};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const GUEST: &str = r#"(module $guest
    (memory (export "m") 1)
    (data (i32.const 8) "kept")
    (data $later "later")
    (func $init (export "init") (memory.init $later (i32.const 16) (i32.const 0) (i32.const 5)))
    (func $boom (export "boom") unreachable)
    (global (export "g") (mut i64) (i64.const 77))
    (@custom "note" "hello"))"#;

fn check_guest(module: &Module) {
    let mut store = Store::new(module.engine(), ());
    let instance = Linker::new(module.engine()).instantiate(&mut store, module).unwrap();
    instance.get_typed_func::<(), ()>(&mut store, "init").unwrap().call(&mut store, ()).unwrap();
    let memory = instance.get_memory(&store, "m").unwrap();
    assert_eq!(&memory.data(&store)[8..12], b"kept");
    assert_eq!(&memory.data(&store)[16..21], b"later");
    assert_eq!(instance.get_global(&store, "g").unwrap().get(&store).i64(), Some(77));
    let boom = instance.get_typed_func::<(), ()>(&mut store, "boom").unwrap();
    let error = error(boom.call(&mut store, ()));
    assert!(error.backtrace().unwrap().to_string().ends_with("guest!boom"));
    assert_eq!(module.custom_section("note"), Some(&b"hello"[..]));
}

#[test]
fn an_artifact_is_the_module() {
    for engine in &*ENGINES {
        let compiled = module(engine, GUEST);
        check_guest(&compiled);
        let artifact = engine.precompile(GUEST).unwrap();
        assert_eq!(artifact, compiled.artifact().unwrap());
        let loaded = Module::from_trusted_artifact(engine, artifact.clone()).unwrap();
        check_guest(&loaded);
        assert_eq!(loaded.artifact().unwrap(), artifact);
        let shared = SharedBytes::new(Arc::new(artifact));
        check_guest(&Module::from_trusted_artifact(engine, shared).unwrap());
    }
}

#[test]
fn artifacts_of_others_are_refused() {
    let artifact = ENGINE.precompile(GUEST).unwrap();
    let error = error(Module::from_trusted_artifact(&ENGINES[3], artifact.clone()));
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("compile it again"), "{error}");
    assert!(error.to_string().contains("fuel=true"), "{error}");
    assert_eq!(
        text(Module::new(&ENGINE, &artifact)),
        "this is a precompiled artifact: load it with `from_trusted_artifact`"
    );
    assert_eq!(
        text(Module::from_trusted_artifact(&ENGINE, b"\0asm\x01\0\0\0".to_vec())),
        "not a holm artifact: the magic number is missing"
    );
    let id = holm::BUILD_ID.as_bytes();
    let at = artifact.windows(id.len()).position(|window| window == id).unwrap();
    let mut other = artifact;
    other[at + id.len() - 2] ^= 1;
    assert!(text(Module::from_trusted_artifact(&ENGINE, other)).contains("compile it again"));
}

/// Cut short, an artifact is an error and never a panic. (Changed bytes may mean anything: it is trusted.)
#[test]
fn artifacts_that_were_cut_are_refused() {
    let artifact = ENGINE.precompile(GUEST).unwrap();
    for length in (0..artifact.len()).step_by(7) {
        assert!(Module::from_trusted_artifact(&ENGINE, artifact[..length].to_vec()).is_err());
    }
}

#[derive(Default)]
pub(crate) struct Shelf {
    kept: Mutex<BTreeMap<Vec<Vec<u8>>, Vec<u8>>>,
    hits: AtomicUsize,
}

impl CodeCache for Shelf {
    fn get(&self, key: &[&[u8]]) -> Option<SharedBytes> {
        let key: Vec<Vec<u8>> = key.iter().map(|part| part.to_vec()).collect();
        let found = self.kept.lock().unwrap().get(&key).cloned()?;
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(found.into())
    }

    fn put(&self, key: &[&[u8]], artifact: &[&[u8]]) {
        let key = key.iter().map(|part| part.to_vec()).collect();
        self.kept.lock().unwrap().insert(key, artifact.concat());
    }
}

#[test]
fn a_cache_is_asked_first() {
    let shelf = Arc::new(Shelf::default());
    let cached =
        || engine(|config| config.code_cache(Some(Arc::clone(&shelf) as Arc<dyn CodeCache>)));
    check_guest(&module(&cached(), GUEST));
    assert_eq!((shelf.kept.lock().unwrap().len(), shelf.hits.load(Ordering::Relaxed)), (1, 0));
    check_guest(&module(&cached(), GUEST));
    assert_eq!((shelf.kept.lock().unwrap().len(), shelf.hits.load(Ordering::Relaxed)), (1, 1));
    // Other settings and other modules have other keys.
    let fuel = engine(|config| {
        config.fuel(true).code_cache(Some(Arc::clone(&shelf) as Arc<dyn CodeCache>))
    });
    check_guest(&module(&fuel, GUEST));
    module(&cached(), "(module)");
    assert_eq!((shelf.kept.lock().unwrap().len(), shelf.hits.load(Ordering::Relaxed)), (3, 1));
    // What cannot be used is compiled again.
    for artifact in shelf.kept.lock().unwrap().values_mut() {
        artifact.truncate(100);
    }
    check_guest(&module(&cached(), GUEST));
    check_guest(&module(&cached(), GUEST));
}
