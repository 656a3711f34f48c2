//! The words of what is written and not shown. What a window shows, its page puts into words; for a file that the core
//! writes, the core asks for them. The frame says in which voice words are wanted, a page that speaks so asks for the
//! sentences, and its answers are kept for as long as the pack has those sentences. Nothing waits for a page without end:
//! what has no words is English.

use crate::dto::{Direction, SaidPhrase, Voice};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use turndown_phrase::Phrase;

/// So many sentences cross at once. A message of the screens has a limit, and these are far below it.
const AT_ONCE: usize = 100;

/// What the pages have said, and what they are asked for.
#[derive(Debug, Default)]
pub struct Speech {
    /// How the page spoke that began to speak last, or that changed its language last.
    voice: Option<Voice>,
    words: BTreeMap<Phrase, String>,
    wanted: BTreeSet<Phrase>,
}

impl Speech {
    /// How the words are wanted; nothing without a page.
    pub fn voice(&self) -> Option<&Voice> {
        self.voice.as_ref()
    }

    /// The voice in which words are wanted; nothing where none are.
    pub fn wants(&self) -> Option<&Voice> {
        self.voice().filter(|_| !self.is_complete())
    }

    /// Everything that was asked for has been said, or nobody is there to say it.
    pub fn is_complete(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Asks for the words of these sentences. Those of others are forgotten.
    pub fn ask(&mut self, mut phrases: BTreeSet<Phrase>) {
        if self.voice.is_some() {
            self.words.retain(|phrase, _| phrases.remove(phrase));
            self.wanted = phrases;
        }
    }

    /// A page says sentences. Answers what is wanted next. A page that speaks otherwise than the one before has all said
    /// anew.
    pub fn hear(&mut self, voice: Voice, said: Vec<SaidPhrase>) -> Vec<Phrase> {
        if self.voice.as_ref() != Some(&voice) {
            self.voice = Some(voice);
            self.wanted.extend(mem::take(&mut self.words).into_keys());
        }
        let (says, before) = (!said.is_empty(), self.wanted.len());
        for SaidPhrase { phrase, words } in said {
            if self.wanted.remove(&phrase) {
                self.words.insert(phrase, words);
            }
        }
        // A page that says what nobody wants would be asked for the same on and on.
        let goes_on = !says || self.wanted.len() < before;
        self.wanted.iter().filter(|_| goes_on).take(AT_ONCE).cloned().collect()
    }

    /// Nobody will answer any more.
    pub fn end(&mut self) {
        self.wanted.clear();
    }

    /// The words as they are now.
    pub fn words(&self) -> Words {
        let voice = self.voice.clone().filter(|_| !self.words.is_empty());
        Words { voice, said: self.words.clone() }
    }
}

/// The words of sentences in one voice.
#[derive(Debug, Default)]
pub struct Words {
    /// None where they have all to be English.
    voice: Option<Voice>,
    said: BTreeMap<Phrase, String>,
}

impl Words {
    /// The words that a test gives.
    #[cfg(test)]
    pub fn given(voice: Voice, said: impl IntoIterator<Item = (Phrase, String)>) -> Self {
        Speech { voice: Some(voice), words: said.into_iter().collect(), wanted: BTreeSet::new() }.words()
    }

    /// The language that they are of.
    pub fn lang(&self) -> &str {
        self.voice.as_ref().map_or("en", |voice| &voice.lang)
    }

    /// Where its lines begin.
    pub fn dir(&self) -> &'static str {
        match self.voice.as_ref().map(|voice| voice.dir) {
            Some(Direction::Rtl) => "rtl",
            _ => "ltr",
        }
    }

    /// What was said for a sentence, if anything was.
    pub fn of(&self, phrase: &Phrase) -> Option<&str> {
        self.said.get(phrase).map(String::as_str).filter(|words| !words.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(words: &[&str]) -> BTreeSet<Phrase> {
        words.iter().map(|words| Phrase::verbatim(*words)).collect()
    }

    fn voice(lang: &str) -> Voice {
        Voice { lang: lang.into(), dir: Direction::Rtl, digits: "arabext".into(), calendar: "solarHijri".into() }
    }

    fn say(asked: &[Phrase], how: impl Fn(&str) -> String) -> Vec<SaidPhrase> {
        let said = |phrase: &Phrase| SaidPhrase { phrase: phrase.clone(), words: how(&phrase.to_string()) };
        asked.iter().map(said).collect()
    }

    #[test]
    fn nothing_is_asked_where_no_page_speaks_and_all_is_english() {
        let mut speech = Speech::default();
        speech.ask(phrases(&["a"]));
        assert!(speech.is_complete() && speech.wants().is_none());
        assert_eq!((speech.words().lang(), speech.words().dir()), ("en", "ltr"));
        assert!(speech.hear(voice("ps"), vec![]).is_empty());
        speech.ask(phrases(&["a"]));
        assert_eq!(speech.wants(), Some(&voice("ps")));
        assert_eq!((speech.words().lang(), speech.words().dir()), ("en", "ltr"), "nothing has been said yet");
    }

    #[test]
    fn every_sentence_is_asked_for_once_and_again_only_after_it_was_gone() {
        let mut speech = Speech::default();
        let many: Vec<String> = (0..250).map(|n| n.to_string()).collect();
        let all = phrases(&many.iter().map(String::as_str).collect::<Vec<_>>());
        speech.hear(voice("ps"), vec![]);
        speech.ask(all.clone());
        let (mut asked, mut next) = (vec![], speech.hear(voice("ps"), vec![]));
        while !next.is_empty() {
            assert!(next.len() <= AT_ONCE);
            asked.extend(next.clone());
            next = speech.hear(voice("ps"), say(&next, |words| format!("<{words}>")));
        }
        assert_eq!((asked.len(), asked.into_iter().collect::<BTreeSet<_>>()), (all.len(), all));
        assert!(speech.is_complete());
        assert_eq!(speech.words().of(&Phrase::verbatim("7")), Some("<7>"));
        speech.ask(phrases(&["7", "new"]));
        assert_eq!(speech.hear(voice("ps"), vec![]), [Phrase::verbatim("new")]);
        speech.ask(phrases(&["7", "8"]));
        assert_eq!(speech.hear(voice("ps"), vec![]), [Phrase::verbatim("8")], "it was in no pack meanwhile");
    }

    #[test]
    fn who_speaks_otherwise_has_all_said_anew() {
        let mut speech = Speech::default();
        speech.hear(voice("ps"), vec![]);
        speech.ask(phrases(&["a", "b"]));
        let asked = speech.hear(voice("ps"), vec![]);
        assert_eq!(speech.hear(voice("ps"), say(&asked[..1], str::to_uppercase)), asked[1..]);
        let digits = Voice { digits: "latn".into(), ..voice("ps") };
        assert_eq!(speech.hear(digits.clone(), vec![]), asked);
        assert_eq!(speech.words().of(&asked[0]), None);
        // The other window still speaks as before, and what it says now is all in its voice.
        assert!(speech.hear(voice("ps"), say(&asked, str::to_uppercase)).is_empty());
        assert_eq!((speech.words().of(&asked[1]), speech.voice()), (Some("B"), Some(&voice("ps"))));
    }

    #[test]
    fn a_page_that_says_something_else_or_nothing_is_not_asked_on_and_on() {
        let mut speech = Speech::default();
        speech.hear(voice("ps"), vec![]);
        speech.ask(phrases(&["a"]));
        assert!(speech.hear(voice("ps"), say(&[Phrase::verbatim("x")], str::to_uppercase)).is_empty());
        assert!(!speech.is_complete() && speech.words().of(&Phrase::verbatim("x")).is_none());
        assert!(speech.hear(voice("ps"), say(&[Phrase::verbatim("a")], |_| " ".into())).is_empty());
        assert!(speech.is_complete());
        assert_eq!(speech.words().of(&Phrase::verbatim("a")), None, "blank words are none");
    }
}
