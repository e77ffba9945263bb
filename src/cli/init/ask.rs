//! Ask: the questions of `init`, one line each, on any reader and writer. An empty line takes the default
//! in brackets; a wrong answer is told and asked again; what a flag said is not asked.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::bail;

use super::answers::{Answers, NO_CONTACT, read_formats, read_nights, read_sites};
use crate::Lang;
use crate::cli::contact::is_contact;
use crate::cli::problem::UsageError;
use crate::cli::say::say;
use crate::config::{Config, Sites};
use crate::lang::{Words, words};

/// Asks for all that `given` does not say.
///
/// # Errors
/// [`UsageError`] if the answers end before the questions do: then nothing is made.
pub(super) fn ask(
    given: Answers,
    sites: &Sites,
    asks_lang: bool,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> anyhow::Result<Answers> {
    let mut answers = given;
    let defaults = Config::default();
    if asks_lang {
        let question = words("Language / Ngôn ngữ: en, vi", "Language / Ngôn ngữ: en, vi");
        let mut asking = Asking::new(answers.lang, input, out);
        answers.lang = asking.ask(question, answers.lang.as_str(), |text| {
            let wrong = words("en or vi / en hoặc vi", "en or vi / en hoặc vi");
            text.parse::<Lang>().map_err(|_| wrong)
        })?;
    }
    let mut asking = Asking::new(answers.lang, input, out);
    if answers.contact.is_none() {
        let question = words(
            "E-mail address or URL at which a webmaster reaches you (empty: later)",
            "Thư điện tử hoặc URL để quản trị trang liên hệ với bạn (bỏ trống: để sau)",
        );
        let contact = asking.ask(question, "", |text| {
            match text.is_empty() || is_contact(text) {
                true => Ok(text.to_owned()),
                false => Err(NO_CONTACT),
            }
        })?;
        answers.contact = Some(contact).filter(|contact| !contact.is_empty());
    }
    if answers.name.is_none() {
        let question = words(
            "Who runs this archive: a person or an institution (empty: later)",
            "Ai vận hành kho này: cá nhân hay cơ quan (bỏ trống: để sau)",
        );
        let name = asking.ask(question, "", |text| Ok(text.to_owned()))?;
        answers.name = Some(name).filter(|name| !name.is_empty());
    }
    if answers.sites.is_empty() {
        let known: Vec<&str> = sites.iter().map(|site| site.profile.id.as_str()).collect();
        let known = known.join(", ");
        asking.tell(
            words("Known sites: {known}", "Các trang đã biết: {known}"),
            &known,
        )?;
        let default = joined(defaults.crawl.sites.iter().map(|site| site.as_str()));
        let question = words("Sites to crawl", "Trang sẽ thu thập");
        answers.sites = asking.ask(question, &default, |text| read_sites(text, sites))?;
    }
    if answers.output.is_none() {
        let question = words(
            "Folder of archive, database and exports",
            "Thư mục của kho, cơ sở dữ liệu và tệp xuất",
        );
        let default = defaults.paths.output.display().to_string();
        answers.output = Some(asking.ask(question, &default, |text| Ok(PathBuf::from(text)))?);
    }
    if answers.formats.is_empty() {
        let question = words(
            "Formats of exports and nightly dumps",
            "Định dạng của tệp xuất và bản kết xuất hằng đêm",
        );
        let default = joined(defaults.export.formats.iter().map(|format| format.as_str()));
        answers.formats = asking.ask(question, &default, read_formats)?;
    }
    if answers.keep_daily.is_none() {
        let question = words(
            "Nights whose dumps are kept, beside one a month",
            "Giữ bản kết xuất của bao nhiêu đêm, ngoài mỗi tháng một bản",
        );
        let default = defaults.nightly.keep_daily.to_string();
        answers.keep_daily = Some(asking.ask(question, &default, read_nights)?);
    }
    Ok(answers)
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

struct Asking<'a> {
    lang: Lang,
    input: &'a mut dyn BufRead,
    out: &'a mut dyn Write,
}

impl<'a> Asking<'a> {
    fn new(lang: Lang, input: &'a mut dyn BufRead, out: &'a mut dyn Write) -> Self {
        Self { lang, input, out }
    }

    fn tell(&mut self, sentence: Words, known: &str) -> std::io::Result<()> {
        let text = say(sentence).with("known", known).in_lang(self.lang);
        writeln!(self.out, "{text}")
    }

    /// Asks until the answer can be read. What a terminal sent as control characters is no part of it.
    fn ask<T>(
        &mut self,
        question: Words,
        default: &str,
        read: impl Fn(&str) -> Result<T, Words>,
    ) -> anyhow::Result<T> {
        loop {
            let question = self.lang.of(question);
            match default {
                "" => write!(self.out, "{question}: ")?,
                default => write!(self.out, "{question} [{default}]: ")?,
            }
            self.out.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line)? == 0 {
                bail!(UsageError::new(
                    "the answers ended before the questions: nothing was made",
                    "run the same command again, or give the answers as flags with --yes",
                ));
            }
            let text: String = line.chars().filter(|c| !c.is_control()).collect();
            let answer = match text.trim() {
                "" => default,
                text => text,
            };
            match read(answer) {
                Ok(answer) => return Ok(answer),
                Err(wrong) => writeln!(self.out, "  {}", self.lang.of(wrong))?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Format;
    use crate::model::SiteId;

    fn asked(given: Answers, asks_lang: bool, lines: &str) -> (anyhow::Result<Answers>, String) {
        let sites = Sites::load(None).unwrap();
        let mut out = Vec::new();
        let answers = ask(given, &sites, asks_lang, &mut lines.as_bytes(), &mut out);
        (answers, String::from_utf8(out).unwrap())
    }

    #[test]
    fn empty_lines_take_the_defaults() {
        let (answers, said) = asked(Answers::default(), true, "\n\n\n\n\n\n\n");
        let expected = Answers {
            lang: Lang::En,
            contact: None,
            name: None,
            sites: vec![SiteId::new("moh")],
            output: Some("output".into()),
            formats: Format::DEFAULT.to_vec(),
            keep_daily: Some(14),
            keep_monthly: None,
        };
        assert_eq!(answers.unwrap(), expected);
        assert!(said.contains("Sites to crawl [moh]: "), "{said}");
        assert_eq!(said.matches("]: ").count(), 5, "{said}");
    }

    #[test]
    fn a_wrong_answer_is_told_in_the_chosen_language_and_asked_again() {
        let lines = "vi\nnobody\nkho@example.vn\r\nViện \u{1b}[31mX\nmohh\nmoh demo\nkho\npdf\ncsv\nmany\n7\n";
        let (answers, said) = asked(Answers::default(), true, lines);
        let answers = answers.unwrap();
        assert_eq!(answers.lang, Lang::Vi);
        assert_eq!(answers.contact.as_deref(), Some("kho@example.vn"));
        assert_eq!(answers.name.as_deref(), Some("Viện [31mX"));
        assert_eq!(answers.sites.len(), 2);
        assert_eq!(answers.output, Some("kho".into()));
        assert_eq!(answers.formats, [Format::Csv]);
        assert_eq!(answers.keep_daily, Some(7));
        for words in [
            "không phải địa chỉ thư điện tử",
            "có trang chưa biết",
            "có định dạng chưa biết",
            "không phải số từ 1",
        ] {
            assert_eq!(said.matches(words).count(), 1, "{words}: {said}");
        }
    }

    #[test]
    fn what_flags_said_is_not_asked() {
        let given = Answers {
            contact: Some("a@example.org".to_owned()),
            name: Some("X".to_owned()),
            sites: vec![SiteId::new("demo")],
            output: Some("o".into()),
            formats: vec![Format::Jsonl],
            keep_daily: Some(3),
            ..Answers::default()
        };
        let (answers, said) = asked(given.clone(), false, "");
        assert_eq!(answers.unwrap(), given);
        assert_eq!(said, "");
    }

    #[test]
    fn answers_that_end_too_early_are_an_error() {
        let (answers, _) = asked(Answers::default(), false, "a@example.org\n");
        let error = answers.unwrap_err().to_string();
        assert!(error.contains("nothing was made"), "{error}");
    }
}
