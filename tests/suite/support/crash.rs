//! What a power cut can leave of a directory, worked out from what programs did in it before.
//!
//! Certain is what a file held at its last sync, and which names a folder held at its own. Of what
//! was written since, nothing, all or a piece has reached the disk, or its length without its
//! bytes; of the names that came, changed or went since, any.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file or folder; names are not part of it.
type Id = usize;

/// What is in a file or folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    File(Vec<u8>),
    Folder(BTreeMap<String, Id>),
}

enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
    /// What each of these names leads to from now on.
    Names(Vec<(String, Option<Id>)>),
}

struct Object {
    safe: Content,
    pending: Vec<Change>,
}

/// All files and folders, with what is certain of them and what is not.
pub struct Disk {
    /// The first is the directory itself.
    objects: Vec<Object>,
    ids: BTreeMap<u64, Id>,
}

impl Disk {
    /// A directory, all of which is on the disk.
    pub fn of(directory: &Path) -> Self {
        let mut disk = Self {
            objects: Vec::new(),
            ids: BTreeMap::new(),
        };
        disk.read(directory);
        disk
    }

    fn read(&mut self, path: &Path) -> Id {
        let inode = path.metadata().unwrap().ino();
        if let Some(id) = self.ids.get(&inode) {
            return *id;
        }
        if path.is_file() {
            return self.add(inode, Content::File(fs::read(path).unwrap()));
        }
        let id = self.add(inode, Content::Folder(BTreeMap::new()));
        let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
        let names = entries.map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, self.read(&entry.path()))
        });
        self.objects[id].safe = Content::Folder(names.collect());
        id
    }

    fn add(&mut self, inode: u64, safe: Content) -> Id {
        let id = self.objects.len();
        self.objects.push(Object {
            safe,
            pending: Vec::new(),
        });
        // The inode of a file that is gone can be another's later.
        self.ids.insert(inode, id);
        id
    }

    /// Takes a line of the trace that `stumble.c` writes; one of another directory changes nothing.
    pub fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let Some(&id) = self.ids.get(&words[1].parse().unwrap()) else {
            return;
        };
        let number = |word: &str| word.parse().unwrap();
        let names = |names: &[(&str, Option<Id>)]| {
            let names = names.iter().map(|(name, id)| ((*name).to_owned(), *id));
            Change::Names(names.collect())
        };
        let change = match words[..] {
            ["write", _, start, hex] => {
                let bytes = kaco_ardexa::escape::from_hex(hex).unwrap();
                Change::Write(number(start), bytes)
            }
            ["truncate", _, length] => Change::Length(number(length)),
            ["create", _, inode, name] => {
                let new = self.add(inode.parse().unwrap(), Content::File(Vec::new()));
                names(&[(name, Some(new))])
            }
            ["mkdir", _, inode, name] => {
                let new = self.add(inode.parse().unwrap(), Content::Folder(BTreeMap::new()));
                names(&[(name, Some(new))])
            }
            ["link", _, inode, name] => names(&[(name, Some(self.ids[&inode.parse().unwrap()]))]),
            ["rename", _, inode, from, to] => {
                let moved = self.ids[&inode.parse().unwrap()];
                names(&[(from, None), (to, Some(moved))])
            }
            ["unlink", _, name] => names(&[(name, None)]),
            ["sync", _] => return self.objects[id].sync(),
            _ => panic!("{line}"),
        };
        self.objects[id].pending.push(change);
    }

    /// All that a power cut can leave now.
    pub fn states(&self) -> BTreeSet<State> {
        let mut disks: Vec<Vec<Content>> = vec![Vec::new()];
        for object in &self.objects {
            let outcomes = object.outcomes();
            let with = |disk: &Vec<Content>, outcome: &Content| {
                let mut disk = disk.clone();
                disk.push(outcome.clone());
                disk
            };
            disks = disks
                .iter()
                .flat_map(|disk| outcomes.iter().map(move |outcome| with(disk, outcome)))
                .collect();
        }
        disks.iter().map(|disk| State::of(disk)).collect()
    }
}

impl Object {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            let mut outcomes = change.outcomes(&self.safe);
            self.safe = outcomes.swap_remove(0);
        }
    }

    fn outcomes(&self) -> BTreeSet<Content> {
        let mut outcomes = BTreeSet::from([self.safe.clone()]);
        for change in &self.pending {
            let changed = outcomes.iter().flat_map(|before| change.outcomes(before));
            outcomes = changed.chain(outcomes.iter().cloned()).collect();
        }
        outcomes
    }
}

impl Change {
    /// What can become of it; first what does if all goes well.
    fn outcomes(&self, before: &Content) -> Vec<Content> {
        match (self, before) {
            (Self::Write(start, bytes), Content::File(before)) => torn(bytes)
                .into_iter()
                .map(|bytes| {
                    let mut content = before.clone();
                    content.resize(content.len().max(start + bytes.len()), 0);
                    content[*start..start + bytes.len()].copy_from_slice(&bytes);
                    Content::File(content)
                })
                .collect(),
            (Self::Length(length), Content::File(before)) => {
                let mut content = before.clone();
                content.resize(*length, 0);
                vec![Content::File(content)]
            }
            (Self::Names(names), Content::Folder(before)) => {
                let mut folder = before.clone();
                for (name, id) in names {
                    match id {
                        Some(id) => folder.insert(name.clone(), *id),
                        None => folder.remove(name),
                    };
                }
                vec![Content::Folder(folder)]
            }
            _ => panic!("a change of another kind of thing"),
        }
    }
}

/// All that can be left of a write: itself, its beginning, or NULs instead of some of it.
fn torn(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let ends = lines.flat_map(|(place, _)| [place, place + 1]);
    let places = ends.chain([0, 1, bytes.len() / 2]);
    let nuls = |count: usize| vec![0; count];
    let mut all = vec![bytes.to_vec()];
    for place in places.collect::<BTreeSet<usize>>() {
        let (begin, end) = bytes.split_at(place);
        all.push(begin.to_vec());
        all.push([begin, &nuls(end.len())].concat());
        all.push([&nuls(begin.len()), end].concat());
    }
    all
}

/// What a power cut left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State(Vec<(PathBuf, Found)>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Folder,
    File(String),
    /// A second name of a file.
    Same(PathBuf),
}

impl State {
    fn of(disk: &[Content]) -> Self {
        let mut found = Vec::new();
        list(disk, 0, Path::new(""), &mut BTreeMap::new(), &mut found);
        Self(found)
    }

    /// Makes it, in an empty directory.
    pub fn make(&self, directory: &Path) {
        for (path, found) in &self.0 {
            let path = directory.join(path);
            match found {
                Found::Folder => fs::create_dir(path).unwrap(),
                Found::File(content) => fs::write(path, content).unwrap(),
                Found::Same(other) => fs::hard_link(directory.join(other), path).unwrap(),
            }
        }
    }
}

fn list(
    disk: &[Content],
    folder: Id,
    path: &Path,
    names: &mut BTreeMap<Id, PathBuf>,
    found: &mut Vec<(PathBuf, Found)>,
) {
    let Content::Folder(entries) = &disk[folder] else {
        return;
    };
    for (name, id) in entries {
        let path = path.join(name);
        let here = match (&disk[*id], names.get(id)) {
            (Content::Folder(_), _) => Found::Folder,
            (_, Some(other)) => Found::Same(other.clone()),
            (Content::File(content), None) => {
                names.insert(*id, path.clone());
                Found::File(String::from_utf8(content.clone()).expect("ASCII"))
            }
        };
        found.push((path.clone(), here));
        list(disk, *id, &path, names, found);
    }
}
