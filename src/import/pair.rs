//! Pair: which request record belongs to which answer. In: the records of a file one after the other. Out:
//! each answer with its request, as soon as it is known which. Pure, and holds one answer at most.
//!
//! Some programs write the request before its answer, some behind it, and both name the other in
//! `WARC-Concurrent-To` or do not. Where nobody names anybody, a request belongs to the answer beside it
//! that has its address: the oldest, and none where several wait that ask for different things.

use std::collections::VecDeque;

/// Requests that came before their answers are remembered so far (our choice; they stand beside them).
const REMEMBERED: usize = 16;

/// What a record says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Its id.
    pub id: Option<String>,
    /// `WARC-Concurrent-To`, every value.
    pub concurrent_to: Vec<String>,
    /// `WARC-Target-URI`.
    pub uri: String,
}

/// The question that an answer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the request record says of itself.
    pub names: Names,
    /// Its method.
    pub method: String,
    /// Its body, if all of it is there.
    pub body: Option<Vec<u8>>,
}

impl Question {
    fn belongs_to(&self, answer: &Names) -> bool {
        self.is_named_with(answer) || self.may_belong_to(answer)
    }

    /// One of them names the other.
    fn is_named_with(&self, answer: &Names) -> bool {
        let names = |one: &Names, other: &Names| {
            let id = other.id.as_ref();
            id.is_some_and(|id| one.concurrent_to.contains(id))
        };
        names(&self.names, answer) || names(answer, &self.names)
    }

    /// Neither names anybody, and they have one address.
    fn may_belong_to(&self, answer: &Names) -> bool {
        self.names.concurrent_to.is_empty()
            && answer.concurrent_to.is_empty()
            && self.names.uri == answer.uri
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        (&self.method, &self.body) == (&other.method, &other.body)
    }
}

/// Brings answers and their questions together.
#[derive(Debug)]
pub struct Pairs<A> {
    questions: VecDeque<Question>,
    waiting: Option<(Names, A)>,
}

impl<A> Default for Pairs<A> {
    fn default() -> Self {
        Self {
            questions: VecDeque::new(),
            waiting: None,
        }
    }
}

impl<A> Pairs<A> {
    /// A request record. It may be the one that the answer before it waits for.
    pub fn question(&mut self, question: Question) -> Option<(A, Option<Question>)> {
        let is_its = |(names, _): &mut (Names, A)| question.belongs_to(names);
        if let Some((_, answer)) = self.waiting.take_if(is_its) {
            return Some((answer, Some(question)));
        }
        if self.questions.len() == REMEMBERED {
            self.questions.pop_front();
        }
        self.questions.push_back(question);
        None
    }

    /// An answer. The one before it waits no longer, and this one comes at once if its request was there.
    pub fn answer(&mut self, names: Names, answer: A) -> Vec<(A, Option<Question>)> {
        let mut ready: Vec<_> = self.end().into_iter().collect();
        let mut questions = self.questions.iter();
        let named = questions.rposition(|question| question.is_named_with(&names));
        let place = named.or_else(|| {
            self.doubt(&names);
            let mut questions = self.questions.iter();
            questions.position(|question| question.may_belong_to(&names))
        });
        match place.and_then(|place| self.questions.remove(place)) {
            Some(question) => ready.push((answer, Some(question))),
            None => self.waiting = Some((names, answer)),
        }
        ready
    }

    /// Where several questions may be that of an answer and ask for different things, nobody knows which
    /// is: their bodies are forgotten, so that none of them is taken for what it may not be.
    fn doubt(&mut self, answer: &Names) {
        let mut of = self
            .questions
            .iter()
            .filter(|one| one.may_belong_to(answer));
        let Some(first) = of.next().cloned() else {
            return;
        };
        let Some(other) = of.find(|other| !other.asks_the_same(&first)) else {
            return;
        };
        // A GET has no body that could be missing.
        let method = match first.method == "GET" {
            true => other.method.clone(),
            false => first.method,
        };
        for question in &mut self.questions {
            if question.may_belong_to(answer) {
                question.method.clone_from(&method);
                question.body = None;
            }
        }
    }

    /// The file ends: the last answer has no request.
    pub fn end(&mut self) -> Option<(A, Option<Question>)> {
        self.waiting.take().map(|(_, answer)| (answer, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(id: &str, concurrent_to: &[&str], uri: &str) -> Names {
        Names {
            id: (!id.is_empty()).then(|| id.to_owned()),
            concurrent_to: concurrent_to.iter().map(|id| (*id).to_owned()).collect(),
            uri: uri.to_owned(),
        }
    }

    /// `?` is a request, everything else an answer: kind, id, whom it names, address.
    fn paired(records: &[(char, &str, &[&str], &str)]) -> Vec<(String, Option<String>)> {
        let mut pairs = Pairs::default();
        let mut ready = Vec::new();
        for (kind, id, concurrent_to, uri) in records {
            let names = names(id, concurrent_to, uri);
            if *kind == '?' {
                let question = Question {
                    names,
                    method: "POST".to_owned(),
                    body: Some(id.as_bytes().to_vec()),
                };
                ready.extend(pairs.question(question));
            } else {
                ready.extend(pairs.answer(names, (*id).to_owned()));
            }
        }
        ready.extend(pairs.end());
        ready
            .into_iter()
            .map(|(answer, question)| (answer, question.and_then(|question| question.names.id)))
            .collect()
    }

    #[test]
    fn every_habit_of_writers_gives_the_same_pairs() {
        let pair = |answer: &str, question: &str| (answer.to_owned(), Some(question.to_owned()));
        let alone = |answer: &str| (answer.to_owned(), None);
        type Records<'a> = &'a [(char, &'a str, &'a [&'a str], &'a str)];
        #[rustfmt::skip]
        type Expected = Vec<(String, Option<String>)>;
        let table: &[(&str, Records<'_>, Expected)] = &[
            (
                "the request first, named by it",
                &[('?', "q", &["a"], "u"), ('!', "a", &[], "u")],
                vec![pair("a", "q")],
            ),
            (
                "the request first, named by the answer",
                &[('?', "q", &[], "u"), ('!', "a", &["q"], "u")],
                vec![pair("a", "q")],
            ),
            (
                "the answer first",
                &[('!', "a", &[], "u"), ('?', "q", &["a"], "u")],
                vec![pair("a", "q")],
            ),
            (
                "nobody names anybody",
                &[
                    ('!', "a", &[], "u"),
                    ('?', "q", &[], "u"),
                    ('?', "r", &[], "v"),
                    ('!', "b", &[], "v"),
                ],
                vec![pair("a", "q"), pair("b", "r")],
            ),
            (
                "the same address asked twice",
                &[
                    ('?', "q", &["a"], "u"),
                    ('!', "a", &[], "u"),
                    ('?', "r", &["b"], "u"),
                    ('!', "b", &[], "u"),
                ],
                vec![pair("a", "q"), pair("b", "r")],
            ),
            (
                "two at once",
                &[
                    ('?', "q", &["a"], "u"),
                    ('?', "r", &["b"], "u"),
                    ('!', "a", &[], "u"),
                    ('!', "b", &[], "u"),
                ],
                vec![pair("a", "q"), pair("b", "r")],
            ),
            (
                "another's request is not taken",
                &[
                    ('?', "q", &["x"], "u"),
                    ('!', "a", &[], "u"),
                    ('!', "b", &[], "u"),
                ],
                vec![alone("a"), alone("b")],
            ),
            (
                "no request at all",
                &[('!', "a", &[], "u")],
                vec![alone("a")],
            ),
            (
                "no ids",
                &[('?', "", &[], "u"), ('!', "", &[], "u")],
                vec![(String::new(), None)],
            ),
        ];
        for (what, records, expected) in table {
            assert_eq!(paired(records), *expected, "{what}");
        }
    }

    #[test]
    fn questions_that_nobody_names_are_never_swapped() {
        let question = |body: &str| Question {
            names: names("", &[], "u"),
            method: "POST".to_owned(),
            body: Some(body.as_bytes().to_vec()),
        };
        for (what, bodies, expected) in [
            ("different bodies", ["1", "2"], [None, None]),
            ("the same body", ["1", "1"], [Some("1"), Some("1")]),
        ] {
            let mut pairs = Pairs::default();
            for body in bodies {
                assert_eq!(pairs.question(question(body)), None);
            }
            let mut found = Vec::new();
            for answer in ["a", "b"] {
                found.extend(pairs.answer(names("", &[], "u"), answer));
            }
            let found: Vec<_> = found
                .into_iter()
                .map(|(_, question)| {
                    let question = question.unwrap();
                    assert_eq!(question.method, "POST", "{what}");
                    question.body
                })
                .collect();
            let expected = expected.map(|body| body.map(|body| body.as_bytes().to_vec()));
            assert_eq!(found, expected, "{what}");
            assert_eq!(pairs.question(question("3")), None);
            let after = pairs.answer(names("", &[], "u"), "c").pop().unwrap().1;
            assert_eq!(
                after,
                Some(question("3")),
                "{what}: nothing is left of them"
            );
        }
    }

    #[test]
    fn few_requests_are_remembered() {
        let ids: Vec<String> = (0..=REMEMBERED).map(|number| number.to_string()).collect();
        let mut records: Vec<(char, &str, &[&str], &str)> = ids
            .iter()
            .map(|id| ('?', id.as_str(), &[] as &[&str], id.as_str()))
            .collect();
        records.push(('!', "first", &[], "0"));
        records.push(('!', "second", &[], "1"));
        let second = Some("1".to_owned());
        assert_eq!(
            paired(&records),
            [("first".to_owned(), None), ("second".to_owned(), second)]
        );
    }
}
