//! A sentence for a person, kept apart from what is put into it.
//!
//! Whoever knows what happened says it once, in plain English, as a template in ICU message syntax with named
//! arguments. `Display` is that English, for logs, the command line and the service's answers; the screens look the
//! template up in their language. Every template is a literal of [`phrase!`], which is how the list of them is gathered
//! for the screens (`make bindings`), and that the arguments are those of the template is looked at while it compiles.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// What stands in the place of a template where somebody's own words are shown as they are.
const VERBATIM: &str = "{words}";

/// A sentence, or a part of one. It is one pointer long, because errors carry it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Phrase(#[cfg_attr(feature = "ts", ts(inline))] Box<Sentence>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
struct Sentence {
    /// The English sentence in ICU message syntax. Screens translate by it.
    template: Cow<'static, str>,
    /// What is put into it.
    args: BTreeMap<Cow<'static, str>, Arg>,
    /// What somebody else said of the same in English, where that is known more exactly.
    said: Option<String>,
}

/// Something that is put into a sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Arg {
    /// Data as it is: a name, a room's number, a note.
    Text(String),
    /// A number.
    Number(#[cfg_attr(feature = "ts", ts(type = "number"))] u64),
    /// A moment (RFC 3339 in UTC).
    Time(String),
    /// A day (ISO date).
    Day(String),
    /// A time of day (`HH:MM`, local).
    Clock(String),
    /// Words of the trade, or another sentence.
    Phrase(Phrase),
}

impl Phrase {
    /// Only [`phrase!`] calls this: a template that it has not seen is in no language.
    #[doc(hidden)]
    pub fn of_template<const N: usize>(template: &'static str, args: [(&'static str, Arg); N]) -> Self {
        let args = args.into_iter().map(|(name, arg)| (Cow::Borrowed(name), arg)).collect();
        Self(Box::new(Sentence { template: Cow::Borrowed(template), args, said: None }))
    }

    /// Somebody's own words, which are data.
    pub fn verbatim(words: impl Into<String>) -> Self {
        Self::of_template(VERBATIM, [("words", Arg::Text(words.into()))])
    }

    /// The same, where somebody has said it in English already and more exactly.
    #[must_use]
    pub fn as_said(mut self, words: &str) -> Self {
        self.0.said = Some(words.to_owned()).filter(|words| !words.is_empty());
        self
    }

    /// The same with its moments written by whoever knows what a clock on the wall shows: English is read without a
    /// screen, too.
    #[must_use]
    pub fn with_moments(mut self, write: &dyn Fn(&str) -> String) -> Self {
        for arg in self.0.args.values_mut() {
            match arg {
                Arg::Time(at) => *arg = Arg::Text(write(at)),
                Arg::Phrase(inner) => *inner = inner.clone().with_moments(write),
                _ => {}
            }
        }
        self
    }
}

impl Arg {
    /// A moment (RFC 3339 in UTC).
    pub fn time(at: impl Into<String>) -> Self {
        Self::Time(at.into())
    }

    /// A day (ISO date).
    pub fn day(day: impl Into<String>) -> Self {
        Self::Day(day.into())
    }

    /// A time of day (`HH:MM`, local).
    pub fn clock(time: impl Into<String>) -> Self {
        Self::Clock(time.into())
    }
}

/// Declares a sentence: `phrase!("{person} gave it up: {reason}", person = name, reason)`.
#[macro_export]
macro_rules! phrase {
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        const { assert!($crate::fits($template, &[$(stringify!($name)),*]), "the arguments are not those of the template") };
        $crate::Phrase::of_template($template, [$((stringify!($name), $crate::phrase!(@arg $name $(= $value)?))),*])
    }};
    (@arg $name:ident) => { $crate::Arg::from($name) };
    (@arg $name:ident = $value:expr) => { $crate::Arg::from($value) };
}

macro_rules! arg_from {
    ($($type:ty => |$value:ident| $arg:expr;)*) => { $(
        impl From<$type> for Arg {
            fn from($value: $type) -> Self {
                $arg
            }
        }
    )* };
}

arg_from! {
    &str => |text| Self::Text(text.to_owned());
    &String => |text| Self::Text(text.clone());
    String => |text| Self::Text(text);
    u64 => |number| Self::Number(number);
    u32 => |number| Self::Number(number.into());
    u16 => |number| Self::Number(number.into());
    usize => |number| Self::Number(number as u64);
    Phrase => |phrase| Self::Phrase(phrase);
    &Phrase => |phrase| Self::Phrase(phrase.clone());
}

impl From<Phrase> for String {
    fn from(phrase: Phrase) -> Self {
        phrase.to_string()
    }
}

impl PartialEq<str> for Phrase {
    fn eq(&self, english: &str) -> bool {
        self.to_string().as_str() == english
    }
}

impl PartialEq<&str> for Phrase {
    fn eq(&self, english: &&str) -> bool {
        self == *english
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Time(text) | Self::Day(text) | Self::Clock(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Phrase(phrase) => fmt::Display::fmt(phrase, f),
        }
    }
}

/// In English.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.said {
            Some(said) => f.write_str(said),
            None => self.0.write(f, &self.0.template, None),
        }
    }
}

impl Sentence {
    fn write(&self, f: &mut fmt::Formatter<'_>, template: &str, counted: Option<&Arg>) -> fmt::Result {
        let mut rest = template;
        while let Some(at) = rest.find(['{', '#']) {
            f.write_str(&rest[..at])?;
            rest = &rest[at..];
            if rest.starts_with('#') {
                match counted {
                    Some(count) => write!(f, "{count}")?,
                    None => f.write_str("#")?,
                }
                rest = &rest[1..];
                continue;
            }
            let inside = in_braces(rest);
            rest = rest.get(inside.len() + 2..).unwrap_or_default();
            let (name, forms) = inside.split_once(',').unwrap_or((inside, ""));
            let Some(arg) = self.args.get(name.trim()) else { continue };
            match forms.split_once(',') {
                Some((_, forms)) => {
                    let form = if *arg == Arg::Number(1) { "one" } else { "other" };
                    let chosen = forms.find(&format!("{form} {{")).map(|at| in_braces(&forms[at + form.len() + 1..]));
                    self.write(f, chosen.unwrap_or_default(), Some(arg))?;
                }
                None => write!(f, "{arg}")?,
            }
        }
        f.write_str(rest)
    }
}

/// What stands between the brace that a text begins with and the one that closes it.
fn in_braces(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return &text[1..at],
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.get(1..).unwrap_or_default()
}

/// Whether these are the arguments of a template, no more and no fewer. A plural's form is told from an argument by
/// having more than one word.
#[doc(hidden)]
#[must_use]
pub const fn fits(template: &str, names: &[&str]) -> bool {
    let text = template.as_bytes();
    let mut at = 0;
    let mut found: u64 = 0;
    while at < text.len() {
        if text[at] == b'{' {
            let begin = at + 1;
            let mut end = begin;
            while end < text.len() && (text[end].is_ascii_lowercase() || text[end] == b'_') {
                end += 1;
            }
            if end > begin && end < text.len() && matches!(text[end], b'}' | b',') {
                let mut name = 0;
                while name < names.len() && !is_at(text, begin, end, names[name].as_bytes()) {
                    name += 1;
                }
                if name == names.len() {
                    return false;
                }
                found |= 1 << name;
            }
        }
        at += 1;
    }
    found == (1 << names.len()) - 1
}

const fn is_at(text: &[u8], begin: usize, end: usize, name: &[u8]) -> bool {
    if end - begin != name.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if text[begin + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_its_english_sentence_with_everything_put_in() {
        let task = phrase!("departure clean");
        assert_eq!(
            phrase!("Gave the {task} to {person}", task, person = "Rosa {x}"),
            "Gave the departure clean to Rosa {x}"
        );
        for (count, expected) in [(1_u64, "1 action of Rosa"), (0, "0 actions of Rosa"), (12, "12 actions of Rosa")] {
            let phrase = phrase!(
                "{count, plural, one {# action of {person}} other {# actions of {person}}}",
                count,
                person = "Rosa"
            );
            assert_eq!(phrase, expected);
        }
        assert_eq!(Phrase::verbatim("#1 {as it is}"), "#1 {as it is}");
    }

    #[test]
    fn what_somebody_has_said_in_english_is_said_in_english() {
        let known = phrase!("The room is out of order.");
        assert_eq!(known.clone().as_said("Room 12 is out of order."), "Room 12 is out of order.");
        assert_eq!(known.as_said(""), "The room is out of order.");
    }

    #[test]
    fn moments_are_written_by_the_clock_that_is_given_also_deep_inside_and_days_and_times_of_day_stay() {
        let at = || Arg::time("2016-03-25T22:30:00Z");
        let inner = phrase!("from {at} on", at = at());
        let phrase = phrase!(
            "{day}, {clock}: {inner}, {at}",
            day = Arg::day("2016-03-25"),
            clock = Arg::clock("14:30"),
            inner,
            at = at()
        );
        let local = phrase.with_moments(&|at| format!("<{}>", &at[11..16]));
        assert_eq!(local, "2016-03-25, 14:30: from <22:30> on, <22:30>");
    }

    #[test]
    fn a_template_takes_its_own_arguments_and_no_others() {
        let plural = "{count, plural, one {# room of {person}} other {# rooms of {person}}}";
        for (template, names, expected) in [
            ("Room {number}", &["number"][..], true),
            ("Room {number}", &[][..], false),
            ("Room", &["number"][..], false),
            ("Room {number}", &["numbers"][..], false),
            (plural, &["person", "count"][..], true),
            (plural, &["count"][..], false),
        ] {
            assert_eq!(fits(template, names), expected, "{template} {names:?}");
        }
    }

    #[test]
    fn a_phrase_crosses_with_what_every_argument_is() {
        let phrase = phrase!("Began {day} at {at}", day = Arg::day("2016-03-26"), at = phrase!("{n} doors", n = 2_u32));
        let json = serde_json::json!({
            "template": "Began {day} at {at}",
            "args": {
                "at": {"phrase": {"template": "{n} doors", "args": {"n": {"number": 2}}, "said": null}},
                "day": {"day": "2016-03-26"},
            },
            "said": null,
        });
        assert_eq!(serde_json::to_value(&phrase).expect("it can be written"), json);
        assert_eq!(serde_json::from_value::<Phrase>(json).expect("it can be read"), phrase);
    }
}
