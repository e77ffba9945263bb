//! Words and sentence patterns of the generator. All places, houses and newspapers are made up, and
//! look so: Giả Định, Thử Nghiệm, Ví Dụ.
//!
//! In a pattern `{topic}`, `{place}`, `{house}`, `{unit}`, `{count}`, `{percent}` and `{day}` are
//! filled in.

pub(super) const TOPICS: [&str; 16] = [
    "phòng, chống dịch bệnh mùa đông xuân",
    "tiêm chủng mở rộng cho trẻ em",
    "chuyển đổi số y tế",
    "an toàn thực phẩm trong trường học",
    "chăm sóc sức khỏe người cao tuổi",
    "quản lý bệnh không lây nhiễm tại trạm y tế",
    "đào tạo bác sĩ gia đình",
    "cấp cứu ngoại viện",
    "hiến máu tình nguyện",
    "bảo hiểm y tế học sinh, sinh viên",
    "dinh dưỡng 1.000 ngày đầu đời",
    "quản lý chất thải y tế",
    "y học cổ truyền ở cơ sở",
    "phục hồi chức năng dựa vào cộng đồng",
    "kiểm soát nhiễm khuẩn bệnh viện",
    "truyền thông phòng, chống tác hại của thuốc lá",
];

pub(super) const PLACES: [&str; 8] = [
    "tỉnh Giả Định",
    "huyện Thử Nghiệm",
    "xã Ví Dụ",
    "thành phố Mô Phỏng",
    "tỉnh Mẫu Thử",
    "huyện đảo Minh Họa",
    "xã vùng cao Bản Nháp",
    "thị trấn Tạm Thời",
];

pub(super) const HOUSES: [&str; 6] = [
    "Bệnh viện Đa khoa Giả Định",
    "Trung tâm Y tế huyện Thử Nghiệm",
    "Trạm Y tế xã Ví Dụ",
    "Viện Nghiên cứu Mô Phỏng",
    "Trường Cao đẳng Y tế Mẫu Thử",
    "Trung tâm Kiểm soát bệnh tật Giả Định",
];

pub(super) const UNITS: [&str; 6] = [
    "người dân",
    "cán bộ y tế",
    "học sinh",
    "lượt khám",
    "liều vắc xin",
    "hộ gia đình",
];

pub(super) const CREDITS: [&str; 4] = ["A.B", "Tổ Truyền thông mẫu", "TTGD Giả Định", "M.N/GL"];

pub(super) const SOURCES: [&str; 3] = [
    "Theo: Baogialap.test",
    "Nguồn: Baogialap.test",
    "Nguồn:Baogialap.test",
];

pub(super) const TITLES: [&str; 14] = [
    "Hội nghị triển khai {topic} tại {place} (giả lập)",
    "{house} tổng kết một năm {topic} (giả lập)",
    "Giả lập: {place} khám sức khỏe miễn phí cho {count} {unit}",
    "Tập huấn {topic} cho {count} cán bộ của {house} (giả lập)",
    "Đẩy mạnh {topic}, hướng tới mục tiêu {percent}% {unit} được tiếp cận (giả lập)",
    "“{count} {unit} cùng {topic}”: phát động chiến dịch tại {place} (giả lập)",
    "{house} & {place} ký kết phối hợp về {topic} (giả lập)",
    "Kiểm tra công tác {topic} tại {house} (giả lập)",
    "Giả lập: đoàn công tác làm việc với {house} về {topic}",
    "Kỷ niệm {percent} năm thành lập {house} (giả lập)",
    "Họp báo về {topic}: những điều cần biết trước ngày {day} (giả lập)",
    "Hướng dẫn mới về {topic} có hiệu lực từ ngày {day} (giả lập)",
    "{place}: {percent}% trạm y tế đạt chuẩn {topic} (giả lập)",
    "Thông báo lịch tiếp công dân (giả lập)",
];

pub(super) const LEADS: [&str; 6] = [
    "Ngày {day}, tại {place}, {house} tổ chức hội nghị về {topic} với sự tham dự của hơn {count} \
     {unit}; đây là bản tin do máy tạo ra để thử phần mềm, không phải tin thật.",
    "Bản tin giả lập: sáng ngày {day}, {house} công bố kết quả {topic}.",
    "Hơn {count} {unit} tại {place} đã được tư vấn về {topic} trong đợt hoạt động giả lập kéo dài \
     đến ngày {day}, theo số liệu do máy tạo ra của {house}; các con số trong bản tin này không có \
     ý nghĩa nào ngoài việc thử phần mềm lưu trữ tin tức.",
    "Chiều ngày {day}, đoàn công tác giả lập đã kiểm tra việc {topic} tại {house}.",
    "Trong năm qua, {place} ghi nhận {count} {unit} tham gia {topic}, đạt {percent}% kế hoạch (số \
     liệu giả lập).",
    "{house} mời gọi {unit} tham gia {topic}. Bản tin này được tạo tự động.",
];

pub(super) const SENTENCES: [&str; 18] = [
    "Theo báo cáo giả lập của {house}, trong năm qua đã có {count} {unit} tham gia {topic}.",
    "Tỷ lệ bao phủ tại {place} đạt {percent}%, tăng so với cùng kỳ năm 2025.",
    "Đại diện {house} cho biết, công tác {topic} còn gặp nhiều khó khăn về nhân lực và kinh phí.",
    "Hội nghị đã nghe các tham luận về {topic} và chia sẻ kinh nghiệm từ {place}.",
    "Các đơn vị cần hoàn thành kế hoạch trước ngày {day}, bảo đảm đúng tiến độ và chất lượng.",
    "\"Chúng tôi đặt người bệnh ở trung tâm của mọi hoạt động\", đại diện {house} nói.",
    "Kinh phí dự kiến là {count} triệu đồng, trong đó {percent}% từ nguồn xã hội hóa.",
    "Người dân khi có dấu hiệu sốt > 38,5 độ cần đến cơ sở y tế gần nhất để được tư vấn.",
    "Bên cạnh đó, {house} phối hợp với các trường học tổ chức truyền thông về {topic}.",
    "Đến hết quý III, {place} đã thành lập {percent} tổ lưu động, sẵn sàng đáp ứng các tình huống.",
    "Việc ứng dụng công nghệ thông tin giúp giảm thời gian chờ khám từ {percent} phút xuống còn \
     một nửa.",
    "Đợt hoạt động diễn ra từ ngày 01/03 đến ngày {day} tại tất cả các xã, phường.",
    "Trong số này, {count} {unit} thuộc vùng sâu, vùng xa được hỗ trợ toàn bộ chi phí.",
    "Phát biểu kết luận, chủ tọa đề nghị các bên tiếp tục phối hợp chặt chẽ về {topic}.",
    "Chương trình R&D của {house} cũng giới thiệu ba sáng kiến mới.",
    "Các đại biểu đã thăm, tặng quà các gia đình chính sách tại {place}.",
    "Dự kiến đến năm 2030, {percent}% {unit} sẽ được quản lý sức khỏe bằng hồ sơ điện tử.",
    "Đây là hoạt động thiết thực, góp phần nâng cao chất lượng chăm sóc sức khỏe nhân dân.",
];

pub(super) const HEADINGS: [&str; 5] = [
    "Kết quả về {topic}",
    "Khó khăn và giải pháp",
    "Nhiệm vụ đến ngày {day}",
    "Kinh nghiệm từ {place}",
    "Vai trò của {house}",
];

pub(super) const CAPTIONS: [&str; 5] = [
    "Quang cảnh hội nghị tại {place}.",
    "Đại diện {house} phát biểu.",
    "Các đại biểu tham quan mô hình {topic}.",
    "{count} {unit} tham gia hoạt động tại {place}.",
    "Cán bộ {house} tư vấn cho người dân.",
];
