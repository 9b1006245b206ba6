//! A folder that is held open: what is done in it is done there and nowhere else. No symbolic link
//! in it is followed, whenever it was put there; a pipe or device instead of a file is refused.

use rustix::fs::{AtFlags, CWD, Dir, DirEntry, FileType, Mode, OFlags, Stat};
use rustix::fs::{linkat, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Files are readable for all: the agent that picks them up is another user. The umask can take
/// rights away.
const FILE: Mode = Mode::from_raw_mode(0o644);
/// As [`FILE`], for directories.
const DIRECTORY: Mode = Mode::from_raw_mode(0o755);

/// What has the name of a file or folder of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongKind {
    /// A symbolic link.
    #[error("it is a symbolic link, and none is followed here")]
    Link,
    /// A directory, pipe, socket or device.
    #[error("it is not an ordinary file")]
    Special,
}

impl From<WrongKind> for io::Error {
    fn from(kind: WrongKind) -> Self {
        Self::other(kind)
    }
}

/// A folder held open.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// Opens a folder by a path of the user, in which links are followed. An error if it is
    /// missing, not a folder, or closed to this user.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            path: path.to_owned(),
            handle: openat(CWD, path, flags, Mode::empty())?.into(),
        })
    }

    /// Opens a folder in this one; `None` if there is none.
    pub(crate) fn inside(&self, name: &str) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let handle = self.open_at(name, flags, Mode::empty())?;
        Ok(handle.map(|handle| Self {
            path: self.path_of(name),
            handle,
        }))
    }

    /// Makes a folder in this one, and flushes it to disk.
    pub(crate) fn make(&self, name: &str) -> io::Result<()> {
        mkdirat(&self.handle, name, DIRECTORY)?;
        self.sync()
    }

    /// Opens a file for reading; `None` if there is none. A disk that is read-only by now can still
    /// be read.
    pub(crate) fn file(&self, name: &str) -> io::Result<Option<File>> {
        self.opened(name, OFlags::RDONLY)
    }

    /// Opens a file for reading and writing; `None` if there is none.
    pub(crate) fn writable(&self, name: &str) -> io::Result<Option<File>> {
        self.opened(name, OFlags::RDWR)
    }

    fn opened(&self, name: &str, access: OFlags) -> io::Result<Option<File>> {
        // Without waiting, as opening a pipe that has no writer would block for ever.
        let file = self.open_at(name, access | OFlags::NONBLOCK, Mode::empty())?;
        match file {
            Some(file) if !file.metadata()?.is_file() => Err(WrongKind::Special.into()),
            file => Ok(file),
        }
    }

    /// All that is in a file; `None` if there is none.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(mut file) = self.file(name)? else {
            return Ok(None);
        };
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        Ok(Some(content))
    }

    /// Makes a new file, whole and on the disk. One of this name that a killed run left is removed
    /// before.
    pub(crate) fn create(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.remove_if_there(name)?;
        // Exclusively: a link that is put there after the removal is an error, not followed.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let file = self.open_at(name, flags, FILE)?;
        let mut file = file.ok_or(io::ErrorKind::NotFound)?;
        file.write_all(content)?;
        file.sync_all()
    }

    /// Gives a file another name; a file that had that name is removed.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.handle, from, &self.handle, to)?)
    }

    /// Gives a file a second name. Fails also where the disk has no hard links.
    pub(crate) fn link(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(linkat(
            &self.handle,
            from,
            &self.handle,
            to,
            AtFlags::empty(),
        )?)
    }

    /// Removes a file or a link.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    /// Removes a file or a link, if there is one.
    pub(crate) fn remove_if_there(&self, name: &str) -> io::Result<()> {
        match self.remove(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// What has this name, not what a link of this name leads to; `None` if nothing has.
    pub(crate) fn stat(&self, name: &str) -> Option<Stat> {
        statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW).ok()
    }

    /// Whether a symbolic link has this name.
    pub(crate) fn is_link(&self, name: &str) -> bool {
        let kind = |stat: Stat| FileType::from_raw_mode(stat.st_mode);
        self.stat(name).map(kind) == Some(FileType::Symlink)
    }

    /// The names of what is in it, in no order.
    pub(crate) fn names(&self) -> io::Result<impl Iterator<Item = String>> {
        let entries = Dir::read_from(&self.handle)?;
        let name = |entry: DirEntry| Some(entry.file_name().to_str().ok()?.to_owned());
        Ok(entries.flatten().filter_map(name))
    }

    /// Whether this is no longer what its path leads to: it was removed or moved, or a disk was
    /// mounted over it.
    pub(crate) fn is_gone(&self) -> bool {
        let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let here = self.handle.metadata().ok().map(identity);
        let there = self.path.metadata().ok().map(identity);
        here.is_none() || here != there
    }

    /// Flushes names that were made, changed or removed to disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    /// Flushes the names of all folders on the way to this one. Those that can't be read or flushed
    /// were not made by a run.
    pub(crate) fn sync_way(&self) {
        for above in self.path.ancestors().skip(1) {
            let here = Path::new(".");
            // The last ancestor of a relative path is the empty one.
            let is_here = above.as_os_str().is_empty();
            if let Ok(above) = Self::open(if is_here { here } else { above }) {
                drop(above.sync());
            }
        }
    }

    /// The folder itself, to lock it.
    pub(crate) const fn handle(&self) -> &File {
        &self.handle
    }

    /// Its path, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it, for messages.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn open_at(&self, name: &str, flags: OFlags, mode: Mode) -> io::Result<Option<File>> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&self.handle, name, flags, mode) {
            Ok(handle) => Ok(Some(handle.into())),
            Err(Errno::NOENT) if !flags.contains(OFlags::CREATE) => Ok(None),
            // The error differs: ELOOP for a file, ENOTDIR with `O_DIRECTORY`.
            Err(_) if self.is_link(name) => Err(WrongKind::Link.into()),
            Err(error) => Err(error.into()),
        }
    }
}
