//! Pages with something wrong in them, made of sound ones: the same for the same seed.

/// Random numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (count as u64)).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// What stands on every real page around its article, and is read by no rule.
const BEFORE: &str = "<header><div class=\"banner\">CỔNG THÔNG TIN GIẢ LẬP, trang của một bộ không có thật</div>\
    <nav class='menu'><ul>\n<li class=\"lvl-1\"><a href=\"/gioi-thieu?a=1&amp;b=2\" title='Giới thiệu'><span class=\"icon\"></span>\
    Giới thiệu</a><ul><li><a href=/x>Đơn vị <b>trực thuộc</b></a></li></ul></li>\n<li><a href=\"/tin\">Tin</a></ul></nav>\
    <script>var menu = \"<div class='contentDetail'>\" + a < b; /* </div> */ if (menu) { document.write(menu); }</script></header>\
    <aside><p>Thăm dò ý kiến của bạn đọc về trang này<form action=\"/poll\"><label>Tốt</label><input type=radio name=a>\
    <select name=c><option>một<option>hai</select><button type=submit>Gửi</button></form><hr></aside>";
const AFTER: &str = "<footer><div>Địa chỉ: số 1, phố Giả Lập, thành phố Không Có, điện thoại 0000</div><!-- visits <p> -->\
    <style>.footer > p { color: red; background: url('/x.png') no-repeat; margin: 0 auto }</style></footer>";

/// What is put somewhere. Each has troubled a parser, or looks like what a rule looks for.
const PUT: [&str; 48] = [
    "<b>",
    "<i><a href='/'>",
    "</b>",
    "<font color=red>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<span>",
    "</span>",
    "</ul>",
    "<li>",
    "<table>",
    "</table>",
    "<tr><td>",
    "</td>",
    "<table><div>",
    "<form>",
    "</form>",
    "<select>",
    "</select>",
    "<option>",
    "<svg><p>",
    "<svg><style>",
    "<math><mi>",
    "<template>",
    "</template>",
    "<!--",
    "-->",
    "<!-->",
    "--!>",
    "<script>",
    "<script><!--<script>",
    "</script>",
    "<textarea>",
    "<title>",
    "<plaintext>",
    "<frameset>",
    "<body class=contentDetail>",
    "<html id=x>",
    "<div class=\"contentDetail\">",
    "<div class=journal-content-article>",
    "<h3>",
    "\0",
    "\"",
    "<a title=\"<p>\">",
    "&lt;div>",
    "<input type=password>",
];

/// The page with menus and boxes around what is in its body.
pub(crate) fn dressed(page: &str) -> String {
    let behind_tag = |at: usize| Some(at + page.get(at..)?.find('>')? + 1);
    let begins = page.find("<body").and_then(behind_tag).unwrap_or(0);
    let (head, rest) = page.split_at(begins);
    let (body, foot) = rest.split_at(rest.rfind("</body>").unwrap_or(rest.len()));
    [head, BEFORE, body, AFTER, foot].concat()
}

/// The page with one to four things wrong.
pub(crate) fn mutated(page: &str, random: &mut Random) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for piece in page.split_inclusive('>') {
        let (text, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        pieces.extend([text.to_owned(), tag.to_owned()]);
    }
    for _ in 0..=random.below(4) {
        let (one, other) = (random.below(pieces.len()), random.below(pieces.len()));
        match random.below(8) {
            0 => pieces[one].clear(),
            1 => pieces[one] = pieces[one].repeat(2),
            2 => pieces.swap(one, other),
            // Moves a part of the page.
            3 => {
                let end = (one + random.below(40)).min(pieces.len());
                let moved: Vec<String> = pieces.drain(one..end).collect();
                let to = random.below(pieces.len() + 1);
                pieces.splice(to..to, moved);
            }
            // Cuts a tag or a text.
            4 => {
                let half = pieces[one].floor_char_boundary(pieces[one].len() / 2);
                pieces[one].truncate(half);
            }
            _ => pieces[one].push_str(random.pick(&PUT)),
        }
        if pieces.is_empty() {
            break;
        }
    }
    pieces.concat()
}
