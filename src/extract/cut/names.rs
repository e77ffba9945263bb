//! Names: what an element means to the parser, by its name. Only names of which the argument in
//! [`super`] holds have a sort of their own; all others are [`Sort::Other`].

/// How html5ever's tree builder treats an element in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Ends an open `p` and is ended by its own end tag: `div`.
    Block,
    /// `ul`, `ol`, `menu`: a block in which `li` stands.
    List,
    /// `li`.
    Item,
    /// `p`.
    Paragraph,
    /// `h1` to `h6`.
    Heading,
    /// `form`.
    Form,
    /// Runs in the line, nothing else: `span`.
    Inline,
    /// Kept in the list of active formatting elements: `b`.
    Formatting,
    /// `a`, which is one of these and never stands in itself.
    Anchor,
    /// `button`.
    Button,
    /// `select`.
    Select,
    /// `option`.
    Choice,
    /// Has neither content nor end tag: `img`.
    Void,
    /// `hr`: the same, and ends an open `p`.
    Rule,
    /// Its content is text up to its own end tag: `script`.
    Raw,
    /// The same, but only known well enough to find its end: `title`.
    OtherRaw,
    /// Without content, and not known well enough: `meta`.
    OtherVoid,
    /// All that follows is text.
    Plaintext,
    /// Not known well enough.
    Other,
}

/// The sort of an element.
pub(super) fn sort_of(name: &[u8]) -> Sort {
    let mut lower = [0; 16];
    let Some(lower) = lower.get_mut(..name.len()) else {
        return Sort::Other;
    };
    for (to, from) in lower.iter_mut().zip(name) {
        *to = from.to_ascii_lowercase();
    }
    match &*lower {
        b"div" | b"address" | b"article" | b"aside" | b"blockquote" | b"center" | b"figcaption"
        | b"figure" | b"footer" | b"header" | b"main" | b"nav" | b"section" => Sort::Block,
        b"ul" | b"ol" | b"menu" => Sort::List,
        b"li" => Sort::Item,
        b"p" => Sort::Paragraph,
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Sort::Heading,
        b"form" => Sort::Form,
        b"span" | b"label" | b"time" | b"abbr" | b"cite" | b"sub" | b"sup" => Sort::Inline,
        b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"s" | b"small" | b"strike"
        | b"strong" | b"tt" | b"u" => Sort::Formatting,
        b"a" => Sort::Anchor,
        b"button" => Sort::Button,
        b"select" => Sort::Select,
        b"option" => Sort::Choice,
        b"img" | b"br" | b"wbr" | b"input" => Sort::Void,
        b"hr" => Sort::Rule,
        b"script" | b"style" | b"noscript" | b"iframe" => Sort::Raw,
        b"title" | b"textarea" | b"xmp" | b"noembed" | b"noframes" => Sort::OtherRaw,
        b"area" | b"base" | b"basefont" | b"bgsound" | b"col" | b"embed" | b"frame" | b"image"
        | b"keygen" | b"link" | b"meta" | b"param" | b"source" | b"track" => Sort::OtherVoid,
        b"plaintext" => Sort::Plaintext,
        _ => Sort::Other,
    }
}

impl Sort {
    /// Nothing but its own end tag ends it, apart from what its end tag ends with it.
    pub(super) fn is_container(self) -> bool {
        matches!(self, Self::Block | Self::List | Self::Item | Self::Form)
    }

    /// True for elements whose start tag ends an open `p`.
    pub(super) fn ends_paragraph(self) -> bool {
        matches!(
            self,
            Self::Block
                | Self::List
                | Self::Item
                | Self::Paragraph
                | Self::Heading
                | Self::Form
                | Self::Rule
        )
    }
}
