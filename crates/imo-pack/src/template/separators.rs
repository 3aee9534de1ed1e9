//! A frozen template: what stands between two neighbours of a conversation.

use imo_model::Role;
use imo_model::tables::{SEPARATORS, separator};

/// A piece of a separator, as [`imo_model::Piece`] but owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplatePiece {
    Control(u32),
    Text(String),
}

/// What stands between two neighbouring parts, as [`imo_model::Separator`] but owned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Separator {
    pub(crate) pieces: Vec<TemplatePiece>,
    pub(crate) trims_before: bool,
    pub(crate) trims_behind: bool,
}

/// The separators of a template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Separators {
    /// Each at the index that [`separator::index`] says.
    all: [Option<Separator>; SEPARATORS],
    /// Whether the template cuts thoughts out of answers, so that these have to come without.
    pub(crate) cuts_thoughts: bool,
}

impl Separators {
    /// No separators yet.
    pub(crate) fn new(cuts_thoughts: bool) -> Self {
        Self { cuts_thoughts, ..Self::default() }
    }

    /// A message of the user, and nothing around it.
    pub(crate) fn none() -> Self {
        let mut none = Self::default();
        none.put(None, Some(Role::User), Separator::default());
        none.put(Some(Role::User), None, Separator::default());
        none
    }

    pub(crate) fn put(&mut self, from: Option<Role>, to: Option<Role>, it: Separator) {
        self.all[separator::index(from, to)] = Some(it);
    }

    /// All of them, in order.
    pub(crate) fn all(&self) -> &[Option<Separator>; SEPARATORS] {
        &self.all
    }

    /// The pieces of all of them.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &TemplatePiece> {
        self.all.iter().flatten().flat_map(|it| &it.pieces)
    }

    /// Puts a control token before every conversation that does not begin with it.
    pub(crate) fn begin_with(&mut self, token: u32) {
        let token = TemplatePiece::Control(token);
        for role in Role::ALL {
            if let Some(it) = &mut self.all[separator::index(None, Some(role))]
                && it.pieces.first() != Some(&token)
            {
                it.pieces.insert(0, token.clone());
            }
        }
    }
}
