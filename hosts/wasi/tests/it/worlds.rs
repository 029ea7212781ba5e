//! The same tree of files behind every kind of directory that can be granted.
//!
//! A world has `inside`, which is granted, and `outside`, which must never be reached. The tree is made on the host and
//! then put where a backend wants it: into memory, an archive, or under an overlay.
//!
//! Invariant: what a guest finds inside is the same whatever the backend.

use crate::guest::{Guest, Scratch};
use holm_wasi::{Access, Space, VirtualDir, VirtualDirOptions, WasiCtxBuilder};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a directory is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Real,
    Memory,
    Tar,
    Zip,
    Overlay,
}

pub(crate) const BACKENDS: [Backend; 5] =
    [Backend::Real, Backend::Memory, Backend::Tar, Backend::Zip, Backend::Overlay];

pub(crate) const ROOM: u64 = 64 << 20;

/// A place with an inside and an outside.
pub(crate) struct World {
    pub(crate) scratch: Scratch,
    /// Where directories in memory take their room from.
    pub(crate) space: Space,
}

impl World {
    pub(crate) fn new(scratch: Scratch) -> World {
        for tree in ["inside", "outside"] {
            fs::create_dir_all(scratch.join(tree)).unwrap();
        }
        World { scratch, space: Space::new(ROOM) }
    }

    /// A world in a place that exists; it stays when this goes.
    pub(crate) fn at(place: PathBuf) -> World {
        World { scratch: Scratch::borrowed(place), space: Space::new(ROOM) }
    }

    pub(crate) fn inside(&self) -> PathBuf {
        self.scratch.join("inside")
    }

    pub(crate) fn outside(&self) -> PathBuf {
        self.scratch.join("outside")
    }

    /// A guest whose descriptor 3 is the inside.
    pub(crate) fn guest(&self, backend: Backend, access: Access) -> Guest {
        let mut builder = WasiCtxBuilder::new();
        self.grant(&mut builder, backend, access);
        Guest::new(builder.build().unwrap())
    }

    /// Grants the inside.
    pub(crate) fn grant(&self, builder: &mut WasiCtxBuilder, backend: Backend, access: Access) {
        let inside = self.inside();
        let options = VirtualDirOptions { space: self.space.clone(), counts_time: false };
        let dir = match backend {
            Backend::Real => {
                builder.preopened_dir(&inside, "/", access).unwrap();
                return;
            }
            Backend::Memory => {
                let dir = VirtualDir::memory(&options);
                fill(&dir, &inside, "");
                dir
            }
            Backend::Tar => {
                let path = self.scratch.join("inside.tar");
                write_tar(&inside, &path);
                VirtualDir::archive(path, &options).unwrap()
            }
            Backend::Zip => {
                let path = self.scratch.join("inside.zip");
                write_zip(&inside, &path);
                VirtualDir::archive(path, &options).unwrap()
            }
            Backend::Overlay => VirtualDir::overlay(&inside, &options).unwrap(),
        };
        builder.virtual_dir(&dir, "/", access);
    }
}

/// Each entry below a directory, parents first: its path from there, and where it is.
fn entries(directory: &Path, prefix: &str) -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap()).collect();
    names.sort_by_key(fs::DirEntry::file_name);
    for entry in names {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        all.push((name.clone(), entry.path()));
        if entry.file_type().unwrap().is_dir() {
            all.extend(entries(&entry.path(), &format!("{name}/")));
        }
    }
    all
}

fn fill(dir: &VirtualDir, from: &Path, prefix: &str) {
    for (name, path) in entries(from, prefix) {
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            dir.create_dir_all(&name).unwrap();
        } else if kind.is_symlink() {
            dir.symlink(fs::read_link(&path).unwrap().to_str().unwrap(), &name).unwrap();
        } else if kind.is_file() {
            dir.write(&name, &fs::read(&path).unwrap()).unwrap();
        }
    }
}

pub(crate) fn write_tar(from: &Path, to: &Path) {
    let mut archive = tar::Builder::new(File::create(to).unwrap());
    archive.follow_symlinks(false);
    archive.append_dir_all(".", from).unwrap();
    archive.finish().unwrap();
}

pub(crate) fn write_zip(from: &Path, to: &Path) {
    let mut archive = rawzip::ZipArchiveWriter::new(File::create(to).unwrap());
    for (index, (name, path)) in entries(from, "").into_iter().enumerate() {
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            archive.new_dir(&*format!("{name}/")).create().unwrap();
            continue;
        }
        let (mode, bytes) = if kind.is_symlink() {
            (0o120_777, fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec())
        } else {
            (0o100_644, fs::read(&path).unwrap())
        };
        // Every other file is stored as it is.
        let method = match index % 2 {
            0 => rawzip::CompressionMethod::DEFLATE,
            _ => rawzip::CompressionMethod::STORE,
        };
        let builder = archive.new_file(&*name).unix_permissions(mode).compression_method(method);
        let (mut entry, config) = builder.start().unwrap();
        let descriptor = if method == rawzip::CompressionMethod::DEFLATE {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, Default::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(&bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(&bytes).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
}
