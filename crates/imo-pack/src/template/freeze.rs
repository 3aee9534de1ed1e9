//! Finds the separators of a template, and proves them on many conversations.

use std::collections::BTreeMap;

use imo_model::tables::THOUGHTS_END;
use imo_model::{Role, TEMPLATE_LIMIT, is_space};

use super::pieces::split_controls;
use super::render::{Renderer, Specials};
use super::walks::{Kind, Random};
use super::{Separator, Separators, TemplatePiece};

/// Two neighbours: roles, or the beginning and the end of a conversation.
type Pair = (Option<Role>, Option<Role>);

/// Conversations that are drawn whole, after each probe had its turn in each role.
const MIXED: usize = 300;
/// White space before and behind a mark, which no template writes itself.
const SPACES: [char; 2] = ['\u{2009}', '\u{200a}'];

/// A template that is taken apart.
pub(super) struct Subject<'a> {
    pub(super) renderer: &'a Renderer,
    pub(super) specials: &'a Specials<'a>,
    pub(super) controls: &'a [(u32, &'a str)],
    /// Messages to try, the last one of which is the longest.
    pub(super) probes: &'a [String],
    /// Whether answers are tried without the end of thoughts in them.
    pub(super) cuts_thoughts: bool,
}

/// What stands between two neighbours, as text.
struct Between {
    text: String,
    trims_before: Option<bool>,
    trims_behind: Option<bool>,
}

impl Subject<'_> {
    /// The separators of all conversations of a kind; or why the template does not take them.
    pub(super) fn separators(&self, kind: &Kind) -> Result<Separators, String> {
        let mut random = Random(0);
        let walks = kind.walks(&mut random);
        let mut found = BTreeMap::new();
        for walk in &walks {
            self.find_texts(walk, &mut found)?;
        }
        for walk in &walks {
            self.find_trims(walk, &mut found)?;
        }
        self.prove(kind, &found, &mut random)?;
        let mut separators = Separators::new(self.cuts_thoughts);
        for ((from, to), between) in found {
            let pieces = split_controls(&between.text, self.controls);
            if longest_run(&pieces) > TEMPLATE_LIMIT {
                return Err(format!(
                    "it writes more than {TEMPLATE_LIMIT} bytes of its own at once"
                ));
            }
            let [trims_before, trims_behind] =
                [between.trims_before, between.trims_behind].map(|trims| trims == Some(true));
            separators.put(from, to, Separator { pieces, trims_before, trims_behind });
        }
        Ok(separators)
    }

    /// Whether a conversation may have this message.
    fn may_say(&self, role: Role, message: &str) -> bool {
        !(self.cuts_thoughts && role == Role::Assistant && message.contains(THOUGHTS_END))
    }

    fn render(&self, walk: &[Role], messages: &[impl AsRef<str>]) -> Result<String, String> {
        let named = walk.iter().zip(messages).map(|(role, it)| (role.name(), it.as_ref()));
        self.renderer.render(self.specials, &named.collect::<Vec<_>>(), true)
    }

    /// What a template writes around marks, which it should show once each and in order. `message`
    /// makes a message of a mark.
    fn around_marks(
        &self,
        walk: &[Role],
        message: impl Fn(&str) -> String,
    ) -> Result<Vec<String>, String> {
        let marks: Vec<String> =
            (0..walk.len()).map(|index| format!("\u{e000}{index}\u{e001}")).collect();
        let messages: Vec<String> = marks.iter().map(|mark| message(mark)).collect();
        let text = self.render(walk, &messages)?;
        let mut around = Vec::new();
        let mut rest = text.as_str();
        for mark in &marks {
            let split = rest.split_once(mark.as_str());
            let once = split.filter(|_| text.matches(mark.as_str()).count() == 1);
            let (before, after) = once.ok_or_else(|| {
                format!("it does not show {} exactly once, in order", each_message(walk))
            })?;
            around.push(before.to_owned());
            rest = after;
        }
        around.push(rest.to_owned());
        Ok(around)
    }

    fn find_texts(&self, walk: &[Role], found: &mut BTreeMap<Pair, Between>) -> Result<(), String> {
        let around = self.around_marks(walk, str::to_owned)?;
        for (pair, text) in pairs(walk).zip(around) {
            let new = Between { text: text.clone(), trims_before: None, trims_behind: None };
            if found.entry(pair).or_insert(new).text != text {
                return Err(format!("what it writes {} is not always the same", place(pair)));
            }
        }
        Ok(())
    }

    fn find_trims(&self, walk: &[Role], found: &mut BTreeMap<Pair, Between>) -> Result<(), String> {
        let [first, last] = SPACES;
        let around = self.around_marks(walk, |mark| format!("{first}{mark}{last}"))?;
        for (pair, text) in pairs(walk).zip(around) {
            let between = found.get_mut(&pair).expect("texts were found in these conversations");
            let (from, to) = pair;
            let kept_before = text.strip_prefix(last);
            let rest = kept_before.unwrap_or(&text);
            let kept_behind = rest.strip_suffix(first);
            let same = kept_behind.unwrap_or(rest) == between.text
                && agrees(&mut between.trims_before, from, kept_before.is_none())
                && agrees(&mut between.trims_behind, to, kept_behind.is_none());
            if !same {
                return Err(format!("it does not always trim messages alike {}", place(pair)));
            }
        }
        Ok(())
    }

    /// Compares renderings with what the separators give, for many messages.
    fn prove(
        &self,
        kind: &Kind,
        found: &BTreeMap<Pair, Between>,
        random: &mut Random,
    ) -> Result<(), String> {
        for (index, probe) in self.probes.iter().enumerate() {
            for role in kind.roles().filter(|role| self.may_say(*role, probe)) {
                let walk = std::iter::repeat_with(|| kind.walk(random));
                let walk = walk.take(1_000).find(|walk| walk.contains(&role));
                let walk = walk.expect("a role of the kind is in many of its conversations");
                let places: Vec<usize> =
                    (0..walk.len()).filter(|place| walk[*place] == role).collect();
                let mut messages: Vec<String> =
                    (0..walk.len()).map(|place| format!("{index} and {place}")).collect();
                messages[*random.choose(&places)].clone_from(probe);
                if self.render(&walk, &messages)? != joined(found, &walk, &messages) {
                    let whose = role.name();
                    return Err(format!(
                        "it changes or looks into the {whose}'s message {}",
                        short(probe)
                    ));
                }
            }
        }
        let shorter = &self.probes[..self.probes.len() - 1];
        for _ in 0..MIXED {
            let walk = kind.walk(random);
            let mut messages: Vec<&String> = Vec::new();
            for (place, role) in walk.iter().enumerate() {
                // Some templates may ask whether two messages are the same.
                let drawn = std::iter::repeat_with(|| match place > 0 && random.below(4) == 0 {
                    true => messages[random.below(place)],
                    false => random.choose(shorter),
                });
                let fitting = drawn.take(1_000).find(|it| self.may_say(*role, it));
                messages.push(fitting.expect("most probes fit every role"));
            }
            if self.render(&walk, &messages)? != joined(found, &walk, &messages) {
                let roles: Vec<&str> = walk.iter().map(|role| role.name()).collect();
                return Err(format!(
                    "it renders some messages of {} otherwise than one by one",
                    roles.join(", ")
                ));
            }
        }
        Ok(())
    }
}

/// Records whether a template trims on one side of a part, if there is a part. `false` if it did
/// otherwise before.
fn agrees(known: &mut Option<bool>, part: Option<Role>, trims: bool) -> bool {
    part.is_none() || *known.get_or_insert(trims) == trims
}

fn pairs(walk: &[Role]) -> impl Iterator<Item = Pair> {
    let roles = || walk.iter().copied().map(Some);
    std::iter::once(None).chain(roles()).zip(roles().chain([None]))
}

/// Separators and messages in a row.
fn joined(found: &BTreeMap<Pair, Between>, walk: &[Role], messages: &[impl AsRef<str>]) -> String {
    let mut text = String::new();
    let mut message = "";
    for (index, pair) in pairs(walk).enumerate() {
        let between = &found[&pair];
        let trims = between.trims_before == Some(true);
        text += if trims { message.trim_end_matches(is_space) } else { message };
        text += &between.text;
        let trims = between.trims_behind == Some(true);
        message = messages.get(index).map_or("", AsRef::as_ref);
        message = if trims { message.trim_start_matches(is_space) } else { message };
    }
    text
}

fn longest_run(pieces: &[TemplatePiece]) -> usize {
    let runs = pieces.split(|piece| matches!(piece, TemplatePiece::Control(_)));
    let length = |piece: &TemplatePiece| match piece {
        TemplatePiece::Text(text) => text.len(),
        TemplatePiece::Control(_) => 0,
    };
    runs.map(|run| run.iter().map(length).sum()).max().unwrap_or(0)
}

fn each_message(walk: &[Role]) -> String {
    match walk {
        [role] => format!("the {}'s message", role.name()),
        _ => {
            let roles: Vec<&str> = walk.iter().map(|role| role.name()).collect();
            format!("each message of {}", roles.join(", "))
        }
    }
}

/// Where a separator stands, for people.
fn place(pair: Pair) -> String {
    let name = |role: Role| role.name();
    match pair {
        (None, to) => format!("before a first message of {}", to.map_or("none", name)),
        (Some(from), None) => format!("behind a last message of {}", from.name()),
        (Some(from), Some(to)) => format!("between {} and {}", from.name(), to.name()),
    }
}

/// A message for people: quoted, and not too long.
fn short(message: &str) -> String {
    match message.char_indices().nth(60) {
        None => format!("{message:?}"),
        Some((end, _)) => format!("{:?}… of {} bytes", &message[..end], message.len()),
    }
}
