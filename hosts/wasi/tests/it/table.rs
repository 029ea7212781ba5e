//! The table against the standard: names, types, and that each row reads the parameters it names.

use crate::guest::{Arg, Guest, errno};
use holm_wasi::WasiCtx;
use holm_wasi::preview1::{Function, SNAPSHOT_0, SNAPSHOT_1, Word};

/// Every function with its parameters (`i` 32 bits, `I` 64), in the standard's order.
const STANDARD: &str = "
    args_get ii
    args_sizes_get ii
    environ_get ii
    environ_sizes_get ii
    clock_res_get ii
    clock_time_get iIi
    fd_advise iIIi
    fd_allocate iII
    fd_close i
    fd_datasync i
    fd_fdstat_get ii
    fd_fdstat_set_flags ii
    fd_fdstat_set_rights iII
    fd_filestat_get ii
    fd_filestat_set_size iI
    fd_filestat_set_times iIIi
    fd_pread iiiIi
    fd_prestat_get ii
    fd_prestat_dir_name iii
    fd_pwrite iiiIi
    fd_read iiii
    fd_readdir iiiIi
    fd_renumber ii
    fd_seek iIii
    fd_sync i
    fd_tell ii
    fd_write iiii
    path_create_directory iii
    path_filestat_get iiiii
    path_filestat_set_times iiiiIIi
    path_link iiiiiii
    path_open iiiiiIIii
    path_readlink iiiiii
    path_remove_directory iii
    path_rename iiiiii
    path_symlink iiiii
    path_unlink_file iii
    poll_oneoff iiii
    proc_exit i
    proc_raise i
    sched_yield
    random_get ii
    sock_accept iii
    sock_recv iiiiii
    sock_send iiiii
    sock_shutdown ii";

fn described(function: &Function) -> String {
    let letter = |word: &Word| match word {
        Word::I32 => 'i',
        Word::I64 => 'I',
    };
    let params: String = function.params.iter().map(letter).collect();
    format!("{} {params}", function.name).trim_end().to_owned()
}

#[test]
fn snapshot_1_is_the_standard() {
    let standard: Vec<&str> = STANDARD.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let table: Vec<String> = SNAPSHOT_1.iter().map(described).collect();
    assert_eq!(table, standard);
}

#[test]
fn snapshot_0_has_all_but_accept() {
    let expected: Vec<String> =
        SNAPSHOT_1.iter().filter(|f| f.name != "sock_accept").map(described).collect();
    let table: Vec<String> = SNAPSHOT_0.iter().map(described).collect();
    assert_eq!(table, expected);
}

#[test]
fn all_give_an_error_number_but_exit() {
    for function in SNAPSHOT_1.iter().chain(&SNAPSHOT_0) {
        let expected: &[Word] = if function.name == "proc_exit" { &[] } else { &[Word::I32] };
        assert_eq!(function.results, expected, "{}", function.name);
    }
}

/// A row whose function reads a parameter as another type than it has panics here, in builds with assertions.
#[test]
fn each_row_reads_its_own_parameters() {
    for functions in [&SNAPSHOT_1[..], &SNAPSHOT_0[..]] {
        for function in functions {
            let mut guest = Guest::new(WasiCtx::builder().build().unwrap());
            guest.functions = functions;
            let zeros: Vec<Arg<'_>> = function.params.iter().map(|_| Arg::Number(0)).collect();
            let result = guest.call_to_end(function.name, &zeros);
            assert_eq!(result.is_err(), function.name == "proc_exit", "{}", function.name);
        }
    }
}

/// Without any grant a guest has three silent streams, clocks and randomness, and nothing else.
#[test]
fn nothing_is_granted_by_default() {
    let mut guest = Guest::new(WasiCtx::builder().build().unwrap());
    assert_eq!(guest.ctx.open_descriptors(), 3);
    assert_eq!(guest.read(0, 16), Ok(Vec::new()));
    assert_eq!(guest.write(1, b"unheard"), Ok(7));
    assert_eq!(guest.open("anything", 0, 0), Err(errno::BADF));
    for fd in 0..3 {
        assert_eq!(guest.open_at(fd, "anything", 0, 0), Err(errno::NOTDIR), "descriptor {fd}");
    }
}
