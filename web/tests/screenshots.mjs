// tools/screenshots: the views of two reports as PNG. usage: node tests/screenshots.mjs REPORTS IMAGES
import { resolve } from "node:path";
import { chromium } from "playwright-core";

const [reports, images] = process.argv.slice(2).map((path) => resolve(path));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

async function shoot(report, name, { dark = false, height = 720, go }) {
  const page = await browser.newPage({ viewport: { width: 1400, height }, colorScheme: dark ? "dark" : "light" });
  await page.goto(`file://${reports}/${report}`);
  await page.waitForSelector("main h1");
  if (go) await go(page);
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${images}/${name}` });
  await page.close();
}

// The chain whose origin has this operation.
const openChain = (words) => async (page) => {
  await page.goto(`${page.url().split("#")[0]}#/chains?q=${encodeURIComponent(words)}`);
  await page.locator("table.list tbody th a").first().click();
  await page.locator("g.box.root").waitFor();
};

await shoot("load.html", "report-overview.png", { height: 780 });
await shoot("saga.html", "report-chain.png", { go: openChain("run step"), height: 600 });
await shoot("saga.html", "report-trace.png", {
  dark: true,
  height: 520,
  go: async (page) => {
    await openChain("run step")(page);
    await page.getByRole("link", { name: "Spans of this trace" }).click();
    await page.locator(".fall-row").first().waitFor();
  },
});
await browser.close();
