//! What a module may ask of its host, in words.
//!
//! Judged by its imports alone: what is not imported can not be asked for. Not here: whether it will be
//! granted. Invariant: an import is either covered by a sentence or listed as unknown, never dropped.
//! Read next: `listing.rs`.

use holm_module::{Import, ImportKind, Module};

/// The modules that WASI preview 1 is imported from; the second is its earlier form.
const WASI: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// Something a guest can ask for: the sentence, and the functions of WASI that ask for it.
struct Ask {
    sentence: &'static str,
    functions: &'static [&'static str],
}

const ASKS: &[Ask] = &[
    Ask {
        sentence: "reads its arguments (what follows FILE)",
        functions: &["args_get", "args_sizes_get"],
    },
    Ask {
        sentence: "reads environment variables that you pass (--env)",
        functions: &["environ_get", "environ_sizes_get"],
    },
    Ask {
        sentence: "reads from standard input, or from files it has open",
        functions: &["fd_read", "fd_pread"],
    },
    Ask {
        sentence: "writes to standard output and error, or to files it has open",
        functions: &["fd_write", "fd_pwrite"],
    },
    Ask {
        sentence: "opens and looks at files in directories you grant (--dir)",
        functions: &[
            "path_open",
            "path_filestat_get",
            "path_readlink",
            "fd_readdir",
            "fd_prestat_get",
            "fd_prestat_dir_name",
        ],
    },
    Ask {
        sentence: "makes, renames, links and removes files and directories there",
        functions: &[
            "path_create_directory",
            "path_filestat_set_times",
            "path_link",
            "path_remove_directory",
            "path_rename",
            "path_symlink",
            "path_unlink_file",
        ],
    },
    Ask {
        sentence: "looks at, moves about in and closes what it has open",
        functions: &[
            "fd_close",
            "fd_fdstat_get",
            "fd_fdstat_set_flags",
            "fd_fdstat_set_rights",
            "fd_filestat_get",
            "fd_renumber",
            "fd_seek",
            "fd_tell",
        ],
    },
    Ask {
        sentence: "resizes, dates and syncs files it has open",
        functions: &[
            "fd_advise",
            "fd_allocate",
            "fd_datasync",
            "fd_filestat_set_size",
            "fd_filestat_set_times",
            "fd_sync",
        ],
    },
    Ask { sentence: "reads the clock", functions: &["clock_time_get", "clock_res_get"] },
    Ask { sentence: "asks for random bytes", functions: &["random_get"] },
    Ask {
        sentence: "waits for a time, or for input and output",
        functions: &["poll_oneoff", "sched_yield"],
    },
    Ask {
        sentence: "uses network sockets you hand in (--listen, --connect)",
        functions: &["sock_accept", "sock_recv", "sock_send", "sock_shutdown"],
    },
    Ask { sentence: "runs threads (--features threads)", functions: &["thread-spawn"] },
    Ask { sentence: "ends itself, with an exit code", functions: &["proc_exit", "proc_raise"] },
];

/// What a module may ask.
pub(crate) struct Asks<'a> {
    /// Sentences about what Holm can provide.
    pub(crate) sentences: Vec<&'static str>,
    /// Imports that Holm provides to nobody.
    pub(crate) unknown: Vec<&'a Import>,
}

/// Sorts the imports of a module into sentences and unknown ones.
pub(crate) fn asks(module: &Module) -> Asks<'_> {
    let is_known = |import: &Import| {
        let shared = matches!(import.kind, ImportKind::Memory(ty) if ty.shared);
        shared || (is_wasi(import) && covers(&import.name))
    };
    let unknown = module.imports.iter().filter(|import| !is_known(import)).collect();
    let asked = |ask: &&Ask| {
        module
            .imports
            .iter()
            .any(|import| is_wasi(import) && ask.functions.contains(&&*import.name))
    };
    Asks { sentences: ASKS.iter().filter(asked).map(|ask| ask.sentence).collect(), unknown }
}

fn is_wasi(import: &Import) -> bool {
    WASI.contains(&&*import.module) || (&*import.module, &*import.name) == holm_wasi::SPAWN
}

/// Whether a function of WASI has a sentence.
pub(super) fn covers(function: &str) -> bool {
    ASKS.iter().any(|ask| ask.functions.contains(&function))
}
