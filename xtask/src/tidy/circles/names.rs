//! Which file of a crate a path leads to.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::graph::Imports;
use super::parse::{Child, Module, parse};

/// How many names may stand for others in a row; more is a name that stands for itself.
const MOST_ALIASES: usize = 8;

/// The modules of a crate by their paths; the root's is empty.
#[derive(Debug, Default)]
pub(super) struct Crate {
    modules: BTreeMap<Vec<String>, Placed>,
}

/// A module and the file that has its text.
#[derive(Debug)]
struct Placed {
    file: String,
    module: Module,
}

/// Where a path ends: in this module, and there at these names, which are none for the module.
struct Place {
    module: Vec<String>,
    names: Vec<String>,
}

impl Crate {
    /// Reads a crate from its root file, with `read` for the text of a file that exists.
    pub(super) fn load(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut this = Self::default();
        let text = read(root).unwrap_or_else(|| panic!("{root} is missing"));
        let folder = Path::new(root).parent().expect("a file lies in a folder");
        this.add(Vec::new(), root, folder, parse(&text), read);
        this
    }

    /// Adds a module, whose children lie in `folder`, and its children.
    fn add(
        &mut self,
        path: Vec<String>,
        file: &str,
        folder: &Path,
        module: Module,
        read: &dyn Fn(&str) -> Option<String>,
    ) {
        let mut inline = Vec::new();
        let mut placed = Placed { file: file.to_owned(), module };
        for (name, child) in &mut placed.module.children {
            let path = [path.as_slice(), std::slice::from_ref(name)].concat();
            match child {
                Child::Inline(module) => {
                    inline.push((path, folder.join(name), std::mem::take(module)))
                }
                Child::File(place) => {
                    let beside = Path::new(file).parent().expect("a file lies in a folder");
                    let candidates = match place {
                        Some(place) => vec![beside.join(place)],
                        None => vec![
                            folder.join(format!("{name}.rs")),
                            folder.join(name).join("mod.rs"),
                        ],
                    };
                    let found = candidates.iter().find_map(|it| {
                        let it = plain(it);
                        read(&it).map(|text| (it, text))
                    });
                    let (file, text) =
                        found.unwrap_or_else(|| panic!("{file}: no file of mod {name}"));
                    let is_folder = place.is_some() || file.ends_with("/mod.rs");
                    let folder = if is_folder {
                        plain(Path::new(&file).parent().expect("a folder")).into()
                    } else {
                        folder.join(name)
                    };
                    self.add(path, &file, &folder, parse(&text), read);
                }
            }
        }
        self.modules.insert(path, placed);
        for (path, folder, module) in inline {
            self.add(path, file, &folder, module, read);
        }
    }

    /// Which file imports which, and by which path first.
    pub(super) fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (at, Placed { file, module }) in &self.modules {
            let used = module.uses.iter().filter(|it| !it.is_public).map(|it| &it.path);
            // A name alone is something that is defined here, or that a `use` brought in.
            let is_module =
                |path: &[String]| path.len() == 1 && module.children.contains_key(&path[0]);
            let called = module.paths.iter().filter(|it| !is_module(it));
            for path in used.chain(called) {
                let Some(place) = self.walk(at, path, 0) else { continue };
                let target = &self.modules[&place.module].file;
                if target != file {
                    let targets = imports.entry(file.clone()).or_default();
                    targets.entry(target.clone()).or_insert_with(|| path.join("::"));
                }
            }
        }
        imports
    }

    /// Where a path leads that stands in module `at`; nowhere if out of the crate.
    fn walk(&self, at: &[String], path: &[String], aliases: usize) -> Option<Place> {
        match path.first()?.as_str() {
            "crate" => self.enter(&[], &path[1..], aliases),
            "self" if path.len() > 1 => self.enter(at, &path[1..], aliases),
            "super" => self.enter(at, path, aliases),
            name => self.knows(at, name, aliases).then(|| self.enter(at, path, aliases))?,
        }
    }

    /// Where the names `path` lead from inside a module.
    fn enter(&self, module: &[String], path: &[String], aliases: usize) -> Option<Place> {
        let here = || Place { module: module.to_vec(), names: path.to_vec() };
        let Some((name, rest)) = path.split_first() else { return Some(here()) };
        if name == "super" {
            return self.enter(module.split_last()?.1, rest, aliases);
        }
        let scope = &self.modules[module].module;
        let alias = scope.uses.iter().find(|it| it.name == *name);
        // `mod a; pub use a::a;`: a path ends in the item `a`, and goes on through the module.
        if scope.children.contains_key(name) && (alias.is_none() || !rest.is_empty()) {
            return self.enter(&[module, std::slice::from_ref(name)].concat(), rest, aliases);
        }
        if aliases == MOST_ALIASES {
            return None;
        }
        if let Some(alias) = alias {
            return self.walk(module, &[&alias.path, rest].concat(), aliases + 1);
        }
        if scope.items.contains(name) {
            return Some(here());
        }
        let source = self.brought(module, name, aliases);
        source.and_then(|it| self.enter(&it, path, aliases + 1)).or_else(|| Some(here()))
    }

    /// Whether a name means something of this crate inside a module.
    fn knows(&self, module: &[String], name: &str, aliases: usize) -> bool {
        let scope = &self.modules[module].module;
        scope.children.contains_key(name)
            || scope.uses.iter().any(|it| it.name == name)
            || scope.items.iter().any(|it| it == name)
            || self.brought(module, name, aliases).is_some()
    }

    /// The module of which a `use module::*` brings in the name.
    fn brought(&self, module: &[String], name: &str, aliases: usize) -> Option<Vec<String>> {
        if aliases == MOST_ALIASES {
            return None;
        }
        let scope = &self.modules[module].module;
        let globs = scope.uses.iter().filter(|it| it.name == "*");
        let sources = globs.filter_map(|it| self.walk(module, &it.path, aliases + 1));
        sources
            .filter(|it| it.names.is_empty() && it.module != module)
            .find(|it| self.knows(&it.module, name, aliases + 1))
            .map(|it| it.module)
    }
}

/// A path without `..` in it.
fn plain(path: &Path) -> String {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain.display().to_string()
}
