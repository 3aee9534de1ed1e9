//! Circles in a graph of files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// For each file the files that it imports, and the path by which it does.
pub(super) type Imports = BTreeMap<String, BTreeMap<String, String>>;

/// The shortest circle of each group of files of which every one leads to every other.
pub(super) fn circles(imports: &Imports) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for start in imports.keys() {
        let group: Vec<&String> = reached(imports, start)
            .into_iter()
            .filter(|it| reached(imports, it).contains(start))
            .collect();
        let is_new = group.iter().all(|it| told.insert(*it));
        let shortest = group.iter().filter_map(|it| circle(imports, it)).min_by_key(Vec::len);
        if let Some(circle) = shortest.filter(|_| is_new) {
            found.push(described(imports, &circle, group.len()));
        }
    }
    found
}

/// The files that a file leads to, itself among them only in a circle.
fn reached<'a>(imports: &'a Imports, start: &str) -> BTreeSet<&'a String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&String> = imports.get(start).into_iter().flatten().map(|it| it.0).collect();
    while let Some(file) = next.pop() {
        if found.insert(file) {
            next.extend(imports.get(file).into_iter().flatten().map(|it| it.0));
        }
    }
    found
}

/// The shortest way from a file back to itself.
fn circle<'a>(imports: &'a Imports, start: &'a String) -> Option<Vec<&'a String>> {
    let mut seen = BTreeSet::new();
    let mut ways = VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        let last = way.last().expect("a way has a start");
        for (file, _) in imports.get(*last).into_iter().flatten() {
            let longer = [way.as_slice(), &[file]].concat();
            if file == start {
                return Some(longer);
            }
            if seen.insert(file) {
                ways.push_back(longer);
            }
        }
    }
    None
}

fn described(imports: &Imports, circle: &[&String], group: usize) -> String {
    let files: Vec<&str> = circle.iter().map(|it| it.as_str()).collect();
    let paths: Vec<&str> = circle.windows(2).map(|it| imports[it[0]][it[1]].as_str()).collect();
    let others = match group + 1 - circle.len() {
        0 => String::new(),
        more => format!(", and {more} more in circles with them"),
    };
    format!("{}, by {}{others}", files.join(" -> "), paths.join(", "))
}
