//! Names: what a citation or a feed says and no record holds, taken from the settings and the profiles.
//! What nobody named stays unnamed.

use std::collections::BTreeMap;

use crate::lang::{Lang, Words, words};
use crate::model::{Article, SiteId};

/// Stands before the title of every article that the demo ministry made up, in both languages, because
/// a title travels alone.
pub(super) const SYNTHETIC: &str = "[DỮ LIỆU GIẢ LẬP / SYNTHETIC]";

/// What may be done with the texts.
pub(super) const RIGHTS: Words = words(
    "The source states no licence. News of the day and administrative documents are outside copyright in \
     Viet Nam (Law on Intellectual Property, article 15); photographs, commentary and reprints may be \
     protected.",
    "Trang nguồn không nêu giấy phép. Tin tức thời sự thuần túy đưa tin và văn bản hành chính không thuộc \
     phạm vi bảo hộ quyền tác giả (Luật Sở hữu trí tuệ, Điều 15); ảnh, bài bình luận và bài đăng lại có thể \
     được bảo hộ.",
);

/// Who runs the archive, and what people call the sites.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Who runs the archive; none where the settings name nobody.
    pub operator: Option<String>,
    /// The sites that have a profile.
    pub sites: BTreeMap<SiteId, SiteNames>,
}

/// What people call a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteNames {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
    /// Its main host.
    pub host: String,
}

impl Names {
    /// The names of an article's site; none without a profile.
    pub(super) fn of(&self, article: &Article) -> Option<&SiteNames> {
        self.sites.get(&article.site)
    }
}

impl SiteNames {
    /// The name in `lang`.
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }

    /// The name in the language in which the article is written: English for English texts, else
    /// Vietnamese, because that is what a ministry calls itself.
    pub(super) fn as_written_in(&self, article: &Article) -> &str {
        let is_english = article
            .language
            .as_deref()
            .is_some_and(|language| language == "en" || language.starts_with("en-"));
        self.in_lang(if is_english { Lang::En } else { Lang::Vi })
    }
}

/// The title, marked where the demo ministry made it up.
pub(super) fn marked_title(article: &Article) -> Option<String> {
    let title = article.title.as_deref();
    match article.synthetic {
        true => Some(title.map_or_else(
            || SYNTHETIC.to_owned(),
            |title| format!("{SYNTHETIC} {title}"),
        )),
        false => title.map(str::to_owned),
    }
}
