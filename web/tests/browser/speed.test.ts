// A report of a million spans: its size, the time to open it and to draw a chain of 500 traces. Prints the figures.
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { close, goTo, launch, open } from "./browser";
import { entail, folder } from "./command";

const runs = 5;
const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

it("opens a report of a million spans and draws a chain of 500 traces", async () => {
  const at = folder("million");
  const load = join(at, "load.otlp");
  const hub = join(at, "hub.otlp");
  entail("generate", "--scenario", "mixed", "--spans", "1000000", "--with", "retry", "--with", "saga", "--with", "batch", "-o", load, "--config", join(at, "config.yaml"));
  entail("generate", "--scenario", "hot-producer", "--consumers", "499", "--seed", "7", "-o", hub);
  const file = join(at, "report.html");
  const begin = Date.now();
  const summary = JSON.parse(entail("report", "-c", join(at, "config.yaml"), load, hub, "-o", file, "--json")) as { traces: { received: number } };
  const written = Date.now() - begin;
  const size = statSync(file).size;
  const browser = await launch();
  const opening: number[] = [];
  const drawing: number[] = [];
  let boxes = 0;
  for (let run = 0; run < runs; ++run) {
    const started = performance.now();
    const watched = await open(browser, file);
    opening.push(performance.now() - started);
    const { page } = watched;
    await goTo(page, "#/chains?q=producer");
    await page.locator("table.list tbody th a").first().click();
    await page.locator("g.box.root").waitFor();
    drawing.push(
      await page.evaluate(async () => {
        const button = [...document.querySelectorAll("button")].find((b) => b.textContent!.startsWith("Expand all"))!;
        const from = performance.now();
        button.click();
        while (document.querySelectorAll("g.box").length < 490) await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame); // laid out and painted
        return performance.now() - from;
      }),
    );
    boxes = await page.locator("g.box:not(.stack)").count();
    if (run === runs - 1 && process.env.ENTAIL_SCREENSHOT) await page.screenshot({ path: process.env.ENTAIL_SCREENSHOT });
    await close(watched);
  }
  await browser.close();
  console.log(
    `${summary.traces.received} traces: written in ${(written / 1000).toFixed(1)} s, ${(size / 1e6).toFixed(1)} MB, ` +
      `opened in ${Math.round(median(opening))} ms (${opening.map(Math.round).join(", ")}), ` +
      `${boxes} traces drawn in ${Math.round(median(drawing))} ms (${drawing.map(Math.round).join(", ")})`,
  );
  expect(boxes).toBe(500);
  expect(size).toBeLessThan(10_000_000);
  expect(median(opening)).toBeLessThan(2000);
  expect(median(drawing)).toBeLessThan(1000);
}, 300_000);
