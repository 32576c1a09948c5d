// What the page does with hostile names, the keyboard, colours and screen readers.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { close, goTo, launch, open } from "./browser";
import { entail, folder } from "./command";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const hostile = [
  "<script>window.hit = 1</script>",
  "</script><script>window.hit = 2</script>",
  "<!--<script>window.hit = 3",
  "<img src=x onerror='window.hit = 4'>",
  "\"><svg onload=window.hit=5>",
  "javascript:window.hit=6",
  "'-window.hit=7-'",
  "{{constructor.constructor('window.hit=8')()}}",
  "]]><style>body{display:none}</style>",
  "\u2028window.hit = 9\u2029",
];

const hex = (n: number, size: number) => n.toString(16).padStart(size, "0");

// One trace for each text, which is all of its names; each links the one before.
function hostileInput(): string {
  const text = (value: string) => ({ stringValue: value });
  return JSON.stringify({
    resourceSpans: hostile.map((name, n) => ({
      resource: { attributes: [{ key: "service.name", value: text(name) }] },
      scopeSpans: [{
        spans: [{
          traceId: hex(n + 1, 32), spanId: hex(n + 1, 16), name, kind: 2, startTimeUnixNano: String(1700000000n * 1000000000n + BigInt(n)),
          endTimeUnixNano: String(1700000001n * 1000000000n), status: { code: 2, message: name },
          attributes: [{ key: name, value: text(name) }, { key: "entail.links.received", value: { intValue: "5" } }, { key: "entail.links.algorithm", value: text(name) }],
          links: n === 0 ? [] : [{ traceId: hex(n, 32), spanId: hex(n, 16), attributes: [{ key: "link.type", value: text(name) }] }],
        }],
      }],
    })),
  });
}

async function untouched(page: Page): Promise<void> {
  expect(await page.evaluate(() => (window as { hit?: unknown }).hit)).toBeUndefined();
  expect(await page.evaluate(() => document.scripts.length)).toBe(2);
  expect(await page.locator("img, iframe, object, embed, [onerror], [onload], a[href^='javascript']").count()).toBe(0);
}

describe("names full of markup", () => {
  it("are shown as text, and nothing in them runs", async () => {
    const at = folder("hostile");
    const input = join(at, "a<img src=x onerror=hit>.jsonl");
    writeFileSync(input, `${hostileInput()}\n`);
    const config = join(at, "c.yaml");
    writeFileSync(config, `tail_sampling:\n  decision_wait: 1s\n  policies:\n    - {name: "<b>errors</b><script>hit</script>", type: status_code, status_code: {status_codes: [ERROR]}}\n`);
    const file = join(at, "report.html");
    entail("report", "-c", config, input, "-o", file);
    expect(readFileSync(file, "utf8").match(/<script/g)).toHaveLength(2);
    const watched = await open(browser, file);
    const { page } = watched;
    await untouched(page);
    expect(await page.locator("header .source").innerText()).toBe("a<img src=x onerror=hit>.jsonl");
    await goTo(page, "#/chains");
    await untouched(page);
    const words = await page.locator("table.list").innerText();
    for (const name of hostile.slice(0, 9)) expect(words).toContain(name);
    expect(words).toContain("<b>errors</b><script>hit</script>");
    for (let n = 1; n <= hostile.length; ++n) {
      await goTo(page, `#/chain/${hex(n, 32)}`);
      await untouched(page);
      await goTo(page, `#/trace/${hex(n, 32)}`);
      await untouched(page);
    }
    await goTo(page, "#/truncated");
    await goTo(page, `#/chains?q=${encodeURIComponent(hostile[0]!)}`);
    await untouched(page);
    await close(watched);
  });

  it("cannot load or run anything even if they became elements", async () => {
    const watched = await open(browser, makeSaga());
    const refused = await watched.page.evaluate(async () => {
      const script = document.createElement("script");
      let blocked = "";
      addEventListener("securitypolicyviolation", (event) => (blocked += `${event.effectiveDirective} `));
      try {
        script.text = "window.hit = 1";
      } catch {
        blocked += "trusted-types ";
      }
      const image = new Image();
      image.src = "https://example.invalid/x.png";
      await fetch("https://example.invalid/").catch(() => undefined);
      await new Promise((done) => setTimeout(done, 100));
      return { blocked, hit: (window as { hit?: unknown }).hit };
    });
    expect(refused.hit).toBeUndefined();
    for (const directive of ["trusted-types", "img-src", "connect-src"]) expect(refused.blocked).toContain(directive);
    await watched.page.context().close();
  });
});

function makeSaga(): string {
  const at = folder("saga-page");
  const file = join(at, "report.html");
  entail("generate", "--scenario", "saga", "--steps", "6", "--compensation", "fails", "-o", join(at, "in.otlp"), "--config", join(at, "c.yaml"));
  entail("report", "-c", join(at, "c.yaml"), join(at, "in.otlp"), "-o", file);
  return file;
}

describe("the keyboard", () => {
  it("reaches the graph, walks along its arrows, opens a trace, follows a link and returns", async () => {
    const watched = await open(browser, makeSaga());
    const { page } = watched;
    await page.keyboard.press("/");
    await page.keyboard.type("run step");
    await page.keyboard.press("Enter");
    await page.waitForURL(/#\/chains\?q=/);
    await page.locator("table.list tbody th a").first().focus();
    await page.keyboard.press("Enter");
    await page.locator("g.box.root").waitFor();
    await page.locator("g.box[tabindex='0']").focus();
    const focused = () => page.evaluate(() => (document.activeElement as unknown as SVGElement).dataset.box);
    const origin = await focused();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(focused).not.toBe(origin);
    const cause = await focused();
    expect(await page.locator(".panel .id code").innerText()).toBe(cause);
    await page.keyboard.press("ArrowRight");
    await expect.poll(focused).toBe(origin);
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`#/trace/${origin}`));
    await page.locator(".fall-row[tabindex='0']").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.hash.startsWith("#/trace/") && !url.hash.includes(origin!));
    await page.locator(".fall-row[tabindex='0']").focus();
    await page.keyboard.press("Backspace");
    await page.waitForURL(new RegExp(`#/trace/${origin}`));
    await close(watched);
  });

  it("expands a hub", async () => {
    const at = folder("hub");
    entail("generate", "--scenario", "hot-producer", "--consumers", "300", "--max-links-followed", "1000", "-o", join(at, "in.otlp"), "--config", join(at, "c.yaml"));
    entail("report", "-c", join(at, "c.yaml"), join(at, "in.otlp"), "-o", join(at, "report.html"));
    const watched = await open(browser, join(at, "report.html"));
    const { page } = watched;
    await goTo(page, "#/chains");
    await page.locator("table.list tbody th a").first().click();
    const stack = page.locator("g.box.stack");
    await expect.poll(() => stack.innerHTML()).toContain("and 296 more");
    const before = await page.locator("g.box:not(.stack)").count();
    await stack.focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("g.box:not(.stack)").count()).toBe(before + 50);
    await expect.poll(() => stack.innerHTML()).toContain("and 246 more");
    await close(watched);
  });
});

function luminance(colour: string): number {
  const [r, g, b] = colour.match(/\d+(\.\d+)?/g)!.slice(0, 3).map((part) => Number(part) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

describe("light and dark", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    it(`${colorScheme} colours can be read, and axe finds no fault in any view`, async () => {
      const file = makeSaga();
      const watched = await open(browser, file, { colorScheme, bypassCSP: true });
      const { page } = watched;
      const colours = await page.evaluate(() => {
        const probe = document.createElement("span");
        document.body.append(probe);
        const of = (name: string) => {
          probe.style.color = `var(${name})`;
          return getComputedStyle(probe).color;
        };
        return Object.fromEntries(["--bg", "--surface", "--text", "--dim", "--accent", "--error"].map((name) => [name, of(name)]));
      });
      for (const ground of ["--bg", "--surface"])
        for (const ink of ["--text", "--dim", "--accent", "--error"]) {
          const [a, b] = [luminance(colours[ground]!), luminance(colours[ink]!)];
          const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          expect(contrast, `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        }
      const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
      await page.evaluate(axe);
      const origin = await page.evaluate(() => {
        const data = JSON.parse(document.getElementById("report")!.textContent!) as { traces: { id: string }[]; origins: { trace: number }[] };
        return data.traces[data.origins[0]!.trace]!.id;
      });
      for (const hash of ["#/", "#/chains", `#/chain/${origin}`, `#/trace/${origin}`, "#/truncated"]) {
        await goTo(page, hash);
        const faults = await page.evaluate(async () => {
          // Boxes shorten long names, whose full text is the label.
          const options = { rules: { "label-content-name-mismatch": { enabled: false } } };
          type Results = { violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] };
          const run = (window as unknown as { axe: { run(options: object): Promise<Results> } }).axe;
          return (await run.run(options)).violations.map((v) => `${v.id}: ${v.nodes[0]!.html.slice(0, 200)} ${v.nodes[0]!.failureSummary ?? ""}`);
        });
        expect(faults, hash).toEqual([]);
      }
      await close(watched);
    });
  }
});
