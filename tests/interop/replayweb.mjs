// replayweb.mjs TOOLS WACZ PAGES ARTICLES OUT: ReplayWeb.page shows articles out of a WACZ in a browser.
//
// TOOLS holds the unpacked npm packages, PAGES the package's pages.jsonl, ARTICLES an export's articles.jsonl.
// A small server on 127.0.0.1 gives ReplayWeb.page and the WACZ, in ranges as it asks for them; Chromium can
// reach no other host. For each chosen article the text of its record must stand in the replayed frame, and archived pictures must show. Leaves a
// picture of each in OUT; exit 0 only if all were found and no other host was asked.
import { createServer } from "node:http";
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [tools, wacz, pagesFile, articlesFile, out] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(join(tools, "playwright-core"));
const lines = (file) => readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const oneLine = (text) => text.normalize("NFC").replace(/\s+/g, " ").trim();
// Where a tag stands there may be a blank or not.
const letters = (text) => text.normalize("NFC").replace(/\s+/g, "");
const ENTITIES = { quot: '"', gt: ">", lt: "<", nbsp: " ", amp: "&" };
// The portal answers with JSON, whose text stands in HTML.
const plain = (text) => text.replace(/\\"/g, '"').replace(/\\n/g, " ").replace(/<[^>]*>/g, " ")
  .replace(/&(quot|gt|lt|nbsp|amp);/g, (_, name) => ENTITIES[name]);
const ARTICLES_OF_A_PLATFORM = 3;
const PATIENCE_MS = 20_000;

// The newest capture of the first articles of each platform whose one version is still there.
const pages = lines(pagesFile).slice(1);
const records = lines(articlesFile).filter(
  (record) => record.versions.length === 1 && record.state === "live" && (record.text ?? "").length > 80);
const chosen = ["liferay", "portal"].flatMap((platform) => records
  .filter((record) => record.platform === platform)
  .sort((one, other) => other.images.length - one.images.length)
  .slice(0, ARTICLES_OF_A_PLATFORM)
  .map((record) => ({ record, page: pages.findLast((page) => page.key === record.key) })));

let ranges = 0;
function serve(request, response) {
  const { pathname } = new URL(request.url, "http://127.0.0.1");
  const files = {
    "/replay/ui.js": [join(tools, "replaywebpage/ui.js"), "text/javascript"],
    "/replay/sw.js": [join(tools, "replaywebpage/sw.js"), "text/javascript"],
    "/a.wacz": [wacz, "application/wacz"],
  };
  if (pathname === "/") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end("<!doctype html><title>khotin</title><script src='/replay/ui.js'></script>");
    return;
  }
  if (!files[pathname]) {
    response.writeHead(404).end();
    return;
  }
  const [file, type] = files[pathname];
  const { size } = statSync(file);
  const headers = { "content-type": type, "accept-ranges": "bytes" };
  const wanted = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  let [start, end] = [0, size - 1];
  if (wanted) {
    ranges += 1;
    start = wanted[1] === "" ? size - Number(wanted[2]) : Number(wanted[1]);
    end = wanted[1] === "" || wanted[2] === "" ? end : Math.min(Number(wanted[2]), end);
    headers["content-range"] = `bytes ${start}-${end}/${size}`;
  }
  response.writeHead(wanted ? 206 : 200, { ...headers, "content-length": end - start + 1 });
  if (request.method === "HEAD") response.end();
  else createReadStream(file, { start, end }).pipe(response);
}

// Pictures that the replayed page shows: loaded, and of some size.
async function picturesOfReplay(page) {
  const shown = page.frames().filter((frame) => /\/replay\/w\/.+\/\d+mp_\//.test(frame.url())).map((frame) => frame
    .evaluate(() => [...document.images].filter((image) => image.complete && image.naturalWidth > 0).length)
    .catch(() => 0));
  return Math.max(0, ...await Promise.all(shown));
}

// The text of the replayed page, as soon as it holds what is looked for; else what there is in the end.
async function textOfReplay(page, expected) {
  let text = "";
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
    for (const frame of page.frames().filter((frame) => /\/replay\/w\/.+\/\d+mp_\//.test(frame.url()))) {
      text = await frame.evaluate(() => document.body?.innerText ?? "").catch(() => "");
      if (letters(text).includes(letters(expected)) || letters(plain(text)).includes(letters(expected))) {
        return { found: true, text };
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { found: false, text };
}

const server = createServer(serve);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const profile = mkdtempSync(join(tmpdir(), "khotin-chromium-"));
mkdirSync(out, { recursive: true });
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  viewport: { width: 1200, height: 900 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
const elsewhere = new Set();
let failed = 0;
let pictures = 0;
try {
  browser.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== origin) elsewhere.add(url.origin);
  });
  for (const [number, { record, page: listed }] of chosen.entries()) {
    const page = await browser.newPage();
    await page.goto(`${origin}/`);
    await page.evaluate(({ url, ts }) => {
      const replay = document.createElement("replay-web-page");
      for (const [name, value] of Object.entries({
        source: "/a.wacz", url, ts, embed: "default", replayBase: "/replay/", style: "height: 95vh; display: block",
      })) replay.setAttribute(name, value);
      document.body.append(replay);
    }, { url: listed.url, ts: listed.ts.replace(/\D/g, "").slice(0, 14) });
    const expected = oneLine(record.text).slice(0, 60);
    const { found, text } = await textOfReplay(page, expected);
    const picture = join(out, `${number + 1}-${record.platform}.png`);
    await page.screenshot({ path: picture });
    console.log(`${found ? "found " : "FAILED"} ${record.key}: "${expected}…" (${picture})`);
    if (!found) console.log(`  the frame says: ${oneLine(text).slice(0, 300)}`);
    failed += found ? 0 : 1;
    pictures += await picturesOfReplay(page);
    await page.close();
  }
  console.log(`${browser.browser()?.version() ?? ""} ${chosen.length} articles, ${failed} failed, ${pictures} pictures, `
    + `${ranges} ranges of the WACZ asked for, ${elsewhere.size} other hosts asked for`);
} finally {
  await browser.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const host of elsewhere) console.log(`  asked for: ${host}`);
process.exit(failed === 0 && chosen.length === 2 * ARTICLES_OF_A_PLATFORM && ranges > 0 && pictures > 0 ? 0 : 1);
