//! Where things are in the demo ministry: host, sections of the Liferay half, categories of the
//! portal half, and the addresses made from them. Constants and pure functions.
//!
//! The grammar of every address is the real one (dossier, sections 2, 3 and 7); the host, the
//! instance ids and the picture hosts are ours and end in the reserved `.test`.

/// Host name of the demo ministry. It exists in no name service: a `resolve` line of the config
/// sends it to the server.
pub const HOST: &str = "demo.khotin.test";

/// Hosts that reprints' pictures and thumbnails come from, as a content delivery network has them. They
/// take turns whenever noise is made; each may have a robots.txt of its own.
pub const PICTURE_HOSTS: [&str; 3] = ["anh1.khotin.test", "anh2.khotin.test", "anh3.khotin.test"];

/// What every absolute address in a page begins with.
pub const BASE: &str = "http://demo.khotin.test";

/// One section page of the Liferay half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Path segment: `/{page}`.
    pub page: &'static str,
    /// The asset publisher that belongs to the page. Any other is foreign there.
    pub instance: &'static str,
    /// The portlet's title.
    pub name: &'static str,
}

/// All sections of the Liferay half. The third shows what the others mark as a highlight.
pub const SECTIONS: [Section; 4] = [
    Section {
        page: "hoat-dong-cua-lanh-dao-bo",
        instance: "DmLanhDaoBo1",
        name: "HOẠT ĐỘNG CỦA LÃNH ĐẠO BỘ",
    },
    Section {
        page: "tin-tong-hop",
        instance: "DmTongHopTin",
        name: "TIN TỔNG HỢP",
    },
    Section {
        page: "tin-noi-bat",
        instance: "DmNoiBatTin1",
        name: "TIN NỔI BẬT",
    },
    Section {
        page: "hoat-dong-cua-dia-phuong",
        instance: "DmDiaPhuong1",
        name: "HOẠT ĐỘNG CỦA ĐỊA PHƯƠNG",
    },
];

/// Page name of the section of highlights: no article has it as its first section.
pub(super) const HIGHLIGHTS: &str = "tin-noi-bat";

/// One category of the portal half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category {
    /// `MA_DANH_MUC`, the `cid` of addresses.
    pub id: u32,
    /// `TEN_MUC`.
    pub name: &'static str,
    /// The parent's name, printed in brackets behind the name by the detail answer.
    pub parent: &'static str,
}

/// All categories of the portal half. The first shows what the others mark as a highlight.
pub const CATEGORIES: [Category; 4] = [
    Category {
        id: 8358,
        name: "Tin nổi bật",
        parent: "Tin tức - sự kiện",
    },
    Category {
        id: 8351,
        name: "Hoạt động của lãnh đạo Bộ",
        parent: "Tin tức - sự kiện",
    },
    Category {
        id: 8356,
        name: "Tin tổng hợp",
        parent: "Tin tức - sự kiện",
    },
    Category {
        id: 8355,
        name: "Hoạt động của địa phương",
        parent: "Cung cấp thông tin",
    },
];

/// Id of the category of highlights: no article has it as its first category.
pub(super) const PORTAL_HIGHLIGHTS: u32 = 8358;

/// The section of that page name.
pub(super) fn section(page: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.page == page)
}

/// The category of that id.
pub(super) fn category(id: u32) -> Option<&'static Category> {
    CATEGORIES.iter().find(|category| category.id == id)
}

/// Another section's instance id: foreign on `section`'s page.
pub(super) fn foreign_instance(section: &Section) -> &'static str {
    SECTIONS
        .iter()
        .find(|other| other.page == "tin-tong-hop" && other.page != section.page)
        .map_or("DmNoiBatTin1", |other| other.instance)
}

/// Address of an article of the Liferay half. `prefix` is empty or a locale such as `/en`.
pub(super) fn liferay_url(prefix: &str, page: &str, instance: &str, slug: &str) -> String {
    format!("{BASE}{prefix}/{page}/-/asset_publisher/{instance}/content/{slug}")
}

/// Address of an article of the portal half, for people: it answers with an empty shell.
pub(super) fn portal_url(aid: u64, category: u32) -> String {
    format!("{BASE}/index.jsp?pageId=5803&aid={aid}&cid={category}")
}

/// Address of page `number` (from 1) of a section's listing, with the parameters that the real
/// pager carries.
pub(super) fn listing_url(prefix: &str, section: &Section, number: usize) -> String {
    let Section { page, instance, .. } = section;
    format!(
        "{BASE}{prefix}/{page}?p_p_id=101_INSTANCE_{instance}&p_p_lifecycle=0&p_p_state=normal\
         &p_p_mode=view&p_p_col_id=row-0-column-2&p_p_col_count=1&_101_INSTANCE_{instance}_delta=20\
         &_101_INSTANCE_{instance}_keywords=&_101_INSTANCE_{instance}_advancedSearch=false\
         &_101_INSTANCE_{instance}_andOperator=true&p_r_p_564233524_resetCur=false\
         &_101_INSTANCE_{instance}_cur={number}"
    )
}
