//! Renders a template as `transformers` does for a conversation without tools.

use std::cell::Cell;
use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{Captured, Environment, Error, ErrorKind, context, filters};

use super::python;

/// Names of special tokens, by what a template calls them.
pub(crate) type Specials<'a> = BTreeMap<&'static str, &'a str>;

/// Steps, and 64-byte pieces of data, that a template may take, so that a hostile template neither
/// runs on nor fills the memory.
const FUEL: u64 = 2_000_000;
/// As many of all renderings of one template. A template in use takes some millions.
const ALL_FUEL: u64 = 200_000_000;
/// The template's name in its environment.
const NAME: &str = "chat template";

/// A template that was parsed.
pub(super) struct Renderer {
    environment: Environment<'static>,
    /// What is left of [`ALL_FUEL`].
    left: Cell<u64>,
}

impl Renderer {
    pub(super) fn new(source: &str) -> Result<Self, String> {
        let mut environment = Environment::new();
        // The settings with which the templates' own tools render them.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the usual delimiters"));
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(python::method);
        environment.add_filter("trim", python::trim);
        environment.add_test("sequence", python::is_sequence);
        environment.add_test("iterable", python::is_iterable);
        environment.add_function("raise_exception", raise_exception);
        environment.add_filter("tojson", tojson);
        // Jinja ends all lines of a template alike.
        let source = source.replace("\r\n", "\n").replace('\r', "\n");
        environment.add_template_owned(NAME, without_generation_tags(&source)).map_err(failed)?;
        Ok(Self { environment, left: Cell::new(ALL_FUEL) })
    }

    /// Renders messages, each with its role. `opens` asks for the beginning of an answer, too.
    pub(super) fn render(
        &self,
        specials: &Specials<'_>,
        messages: &[(&str, &str)],
        opens: bool,
    ) -> Result<String, String> {
        let message = |&(role, content): &(&str, &str)| context! { role, content };
        let messages: Vec<Value> = messages.iter().map(message).collect();
        let specials: BTreeMap<&str, Value> =
            specials.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
        let specials = Value::from(specials);
        // A loop over none is empty, where Jinja fails. Only templates made for tools have such
        // loops.
        let context = context! {
            messages,
            add_generation_prompt => opens,
            tools => (),
            documents => (),
            ..specials
        };
        let template = self.environment.get_template(NAME).map_err(failed)?;
        let rendered = template.render_captured(context);
        let used = match &rendered {
            Ok(rendered) => rendered.state().fuel_levels().map_or(FUEL, |(used, _)| used),
            Err(_) => FUEL,
        };
        let left = self.left.get().checked_sub(used).ok_or("it takes too long")?;
        self.left.set(left);
        rendered.map(Captured::into_output).map_err(failed)
    }
}

fn failed(error: Error) -> String {
    error.to_string()
}

fn raise_exception(message: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
}

/// JSON as Python writes it. Minijinja's own filter also escapes what HTML would take for markup.
fn tojson(value: &Value, indent: Option<Value>, options: Kwargs) -> Result<Value, Error> {
    let json = filters::tojson(value, indent, options)?.to_string();
    let mut plain = String::new();
    let mut rest = json.as_str();
    while let Some((before, after)) = rest.split_once('\\') {
        plain += before;
        let escapes = [("u003c", '<'), ("u003e", '>'), ("u0026", '&'), ("u0027", '\'')];
        let escape = escapes.into_iter().find(|(escape, _)| after.starts_with(escape));
        let taken = match escape {
            Some((escape, c)) => {
                plain.push(c);
                escape.len()
            }
            None => {
                let escaped = after.chars().next();
                plain.push('\\');
                plain.extend(escaped);
                escaped.map_or(0, char::len_utf8)
            }
        };
        rest = &after[taken..];
    }
    Ok(Value::from(plain + rest))
}

/// Turns `generation` tags, which mark answers for training, into tags without an effect.
fn without_generation_tags(source: &str) -> String {
    let mut plain = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{%") {
        plain += before;
        plain += "{%";
        rest = after;
        let signs = |c: char| c.is_whitespace() || matches!(c, '-' | '+');
        let word = after.trim_start_matches(signs);
        for (tag, same) in [("generation", "if true"), ("endgeneration", "endif")] {
            let tail = word.strip_prefix(tag);
            if let Some(tail) = tail.filter(|it| it.trim_start_matches(signs).starts_with("%}")) {
                plain += &after[..after.len() - word.len()];
                plain += same;
                rest = tail;
            }
        }
    }
    plain + rest
}
