//! What each character counts as.

use std::sync::LazyLock;

use imo_model::tables::Class;
use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Ranges of characters of one class, ascending: (first, last, class). They are found once, because
/// looking at every character takes longer than packing a tiny model.
pub(super) static CHARACTER_CLASSES: LazyLock<Vec<[u32; 3]>> = LazyLock::new(character_classes);

fn character_classes() -> Vec<[u32; 3]> {
    let mut ranges: Vec<[u32; 3]> = Vec::new();
    for c in '\0'..=char::MAX {
        let class = class_of(c) as u32;
        let code = u32::from(c);
        match ranges.last_mut() {
            _ if class == Class::Other as u32 => {}
            Some([_, last, of]) if *of == class && *last + 1 == code => *last = code,
            _ => ranges.push([code, code, class]),
        }
    }
    ranges
}

fn class_of(c: char) -> Class {
    if c.is_whitespace() {
        return Class::Space;
    }
    match get_general_category(c) {
        Category::UppercaseLetter
        | Category::LowercaseLetter
        | Category::TitlecaseLetter
        | Category::ModifierLetter
        | Category::OtherLetter => Class::Letter,
        Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber => Class::Number,
        _ => Class::Other,
    }
}
