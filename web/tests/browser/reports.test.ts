// Reports of real captures and of every scenario, opened in Chromium and compared with the decision log of the same
// inputs.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { close, goTo, launch, open, tile } from "./browser";
import { entail, folder, readLog, root, type LogRecord } from "./command";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

interface Case {
  name: string;
  inputs: string[];
  config?: string;
}

const golden = (...path: string[]): string => join(root, "tests/golden", ...path);

function captures(): Case[] {
  const files = (under: string) => readdirSync(golden(under)).filter((file) => /\.(otlp\.bin|otlp\.jsonl|json|jsonl|pb)$/.test(file) && !file.endsWith(".expect.json"));
  const all = ["otel_demo_capture", "sdk", "jaeger", "opentelemetry-proto", "duckdb-otlp"].flatMap((under) =>
    files(under).map((file) => ({ name: `${under}/${file}`, inputs: [golden(under, file)] })),
  );
  return process.env.ENTAIL_SHORT ? all.filter(({ name }) => /^otel_demo|py_batch_batch_error.otlp.bin|cassandra/.test(name)) : all;
}

// The short form: one scenario of each form.
const short = ["batch", "queue", "saga", "scheduled-job", "fan-out", "hot-producer", "mixed"];

function scenarios(): Case[] {
  const list = JSON.parse(entail("generate", "--list", "--json")) as { name: string }[];
  return list.filter(({ name }) => !process.env.ENTAIL_SHORT || short.includes(name)).map(({ name }) => {
    const at = folder(name);
    const size = name === "mixed" ? ["--spans", "20000"] : [];
    entail("generate", "--scenario", name, ...size, "-o", join(at, "in.otlp"), "--config", join(at, "config.yaml"));
    return { name, inputs: [join(at, "in.otlp")], config: join(at, "config.yaml") };
  });
}

// The page shows what the log says of a trace.
async function compareChain(page: Page, origin: LogRecord, log: Map<string, LogRecord>): Promise<void> {
  await goTo(page, `#/chain/${origin.trace_id}`);
  const kept = [...log.values()].filter((record) => record.origin_trace_id === origin.trace_id && record.verdict === "keep" && record.reason === "link");
  await expect.poll(() => page.locator(".chain-head p").innerText()).toMatch(new RegExp(`^${(kept.length + 1).toLocaleString("en-US")} traces? kept by this origin`));
  const expand = page.getByRole("button", { name: /^Expand all/ });
  if (await expand.count()) await expand.click();
  const shown = new Set(await page.locator("g.box[data-box]").evaluateAll((boxes) => boxes.map((box) => (box as SVGElement).dataset.box)));
  for (const record of kept) expect(shown, `${record.trace_id} is kept by ${origin.trace_id}`).toContain(record.trace_id);
  // The path of the farthest one, in the panel.
  const far = kept.sort((a, b) => b.hops! - a.hops! || a.trace_id.localeCompare(b.trace_id))[0];
  if (!far) return;
  await goTo(page, `#/chain/${origin.trace_id}/${far.trace_id}`);
  await page.locator(".panel .id code", { hasText: far.trace_id }).waitFor();
  expect(await page.locator(".panel .path li").count()).toBe(far.path!.length);
  const hrefs = await page.locator(".panel .path li a").evaluateAll((links) => links.map((link) => link.getAttribute("href")!.slice("#/trace/".length)));
  expect(hrefs).toEqual(far.path!.slice(0, -1));
}

async function clickThrough(page: Page, log: Map<string, LogRecord>): Promise<void> {
  await page.getByRole("link", { name: /^Chains/ }).first().click();
  await page.getByRole("heading", { name: "Chains" }).waitFor();
  const first = page.locator("table.list tbody th a").first();
  if (!(await first.count())) return;
  await first.click();
  await page.locator("g.box.root").waitFor();
  const spans = page.getByRole("link", { name: "Spans of this trace" });
  await spans.click();
  const id = await page.locator(".id-line code").innerText();
  const rows = await page.locator(".fall-row").count();
  expect(rows).toBe(Math.min(log.get(id)!.spans, 500));
  const stub = page.locator("a.stub").first();
  if (await stub.count()) {
    const before = page.url();
    await stub.click();
    await page.waitForFunction((url) => location.href !== url, before);
    const linked = await page.locator(".id-line code").innerText();
    // A record names at most 256 linked traces.
    const names = (from: string, to: string) => (log.get(from)?.linked ?? []).includes(to) || log.get(from)?.linked.length === 256;
    expect(names(id, linked) || names(linked, id) || linked === id, `${id} and ${linked} are linked`).toBe(true);
    await page.getByRole("button", { name: "← Back" }).click();
    await page.waitForFunction((url) => location.href === url, before);
  }
  await goTo(page, "#/truncated");
}

async function check(entry: Case): Promise<void> {
  const at = folder(entry.name);
  const config = entry.config ? ["-c", entry.config] : [];
  const file = join(at, "report.html");
  const decisions = join(at, "decisions.jsonl");
  entail("sample", ...config, ...entry.inputs, "-o", join(at, "kept.otlp"), "--decisions", decisions, "--threads", "1");
  const summary = JSON.parse(entail("report", ...config, ...entry.inputs, "-o", file, "--threads", "1", "--json")) as { bytes: number };
  expect(summary.bytes).toBeLessThan(10_000_000);
  const log = readLog(decisions);
  const records = [...log.values()];
  const kept = records.filter((record) => record.verdict === "keep");
  const watched = await open(browser, file);
  const { page } = watched;
  expect(await tile(page, "Traces")).toBe(records.length);
  expect(await tile(page, "Kept")).toBe(kept.length);
  expect(await tile(page, "Kept over links")).toBe(kept.filter((record) => record.reason === "link").length);
  expect(await tile(page, "Dropped")).toBe(records.length - kept.length);
  const origins = kept.filter((record) => record.origin);
  expect(await tile(page, "Origins")).toBe(origins.length);
  for (const origin of origins.slice(0, 3)) await compareChain(page, origin, log);
  await clickThrough(page, log);
  await close(watched);
}

describe("reports of captures", () => {
  for (const entry of captures()) it(entry.name, () => check(entry));
});

describe("reports of scenarios", () => {
  for (const entry of scenarios()) it(entry.name, () => check(entry));
});
