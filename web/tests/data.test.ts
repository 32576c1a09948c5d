import { describe, expect, it } from "vitest";
import { readReport } from "../src/format";
import { listChains, matches } from "../src/groups";
import { hashOf, parseRoute, type Route } from "../src/route";
import * as text from "../src/text";
import { pathOf } from "../src/views/parts";
import { uniformShare } from "../src/views/truncated_view";
import { waterfallOf } from "../src/waterfall";
import { idOf, reportOf, spanOf } from "./fixture";

describe("reading", () => {
  it("says what is wrong with data that it cannot show", () => {
    expect(readReport('{"format":"entail-report","version":0}')).toMatch(/version 1.*has version 0/);
    expect(readReport('{"format":"x"}')).toMatch(/no report/);
    expect(readReport('{"format":')).toMatch(/incomplete/);
    expect(readReport(JSON.stringify(reportOf({ traces: [] }).data))).toBeTypeOf("object");
  });
});

describe("words", () => {
  it("shows durations with three digits that mean something", () => {
    const cases: [number, string][] = [
      [0, "0 ms"], [0.00025, "250 ns"], [0.0125, "12.5 µs"], [1.234, "1.23 ms"], [999, "999 ms"], [1500, "1.5 s"],
      [59_900, "59.9 s"], [90_000, "1 min 30 s"], [3_600_000, "1 h"], [3_599_900, "1 h"], [86_401_000, "1 d"], [-2500, "−2.5 s"],
    ];
    for (const [ms, words] of cases) expect(text.duration(ms)).toBe(words);
  });
  it("shows shares and sizes", () => {
    expect(text.share(1, 3)).toBe("33 %");
    expect(text.share(1, 100_000)).toBe("< 0.1 %");
    expect(text.share(0, 0)).toBe("0 %");
    expect(text.bytes(1536)).toBe("1.5 KiB");
    expect(text.compact(12_480)).toBe("12.5 k");
    expect(text.moment(1_700_000_000_123)).toBe("2023-11-14 22:13:20.123");
    expect(text.moment(Number.NaN)).toBe("unknown time");
  });
  it("labels time axes in 24 hours", () => {
    const evening = Date.UTC(2024, 9, 30, 22, 5, 30);
    expect(text.tickWords(evening, 30_000)).toBe("22:05:30");
    expect(text.tickWords(evening, 300_000)).toBe("22:05");
    expect(text.tickWords(Date.UTC(2024, 9, 31), 3_600_000)).toBe("10-31");
  });
  it("reads a threshold as a probability", () => {
    expect(uniformShare("8000000000000000")).toBe(0.5);
    expect(uniformShare("80")).toBeNull();
  });
});

describe("routes", () => {
  it("come back as they were written", () => {
    const routes: Route[] = [
      { view: "overview" }, { view: "chains", query: "" }, { view: "chains", query: "service:a&b error:50% #1" },
      { view: "chain", id: idOf(5) }, { view: "chain", id: idOf(5), selected: idOf(6) }, { view: "trace", id: idOf(5), span: spanOf(7) },
      { view: "truncated" }, { view: "truncated", id: idOf(5), span: spanOf(7) },
    ];
    for (const route of routes) expect(parseRoute(hashOf(route))).toEqual(route);
  });
  it("that make no sense lead to the overview", () => {
    for (const hash of ["", "#", "#/nowhere", "#/trace/<script>", "#/chain/123"]) expect(parseRoute(hash)).toEqual({ view: "overview" });
    expect(parseRoute("#/chains?q=%E0%A4%A")).toEqual({ view: "chains", query: "" });
  });
});

describe("chains", () => {
  const strings = ["", "orders", "POST /order", "order 17 failed", "order 4711 failed", "mail", "send", "no such user"];
  const report = reportOf({
    strings,
    traces: [
      { origin: true, policy: "errors", service: 1, name: 2, error: { service: 1, name: 2, message: 3 } },
      { origin: true, policy: "errors", service: 1, name: 2, error: { service: 1, name: 2, message: 4 } },
      { origin: true, policy: "slow", service: 5, name: 6, error: { service: 5, name: 6, message: 7 } },
    ],
    origins: [{ trace: 0, traces: 2, last: 1, alike: 2 }, { trace: 1, traces: 3, last: 2, alike: 2 }, { trace: 2, traces: 4, last: 0, alike: 1 }],
  });
  it("are grouped by what failed, whatever the numbers in the message", () => {
    const groups = listChains(report, "", "largest", true);
    expect(groups.map((group) => [group.title, group.traces, group.chains.map((chain) => chain.trace)])).toEqual([
      ["orders · POST /order", 5, [1, 0]], ["mail · send", 4, [2]],
    ]);
    expect(listChains(report, "", "largest", false).map((group) => group.chains[0]!.trace)).toEqual([2, 1, 0]);
  });
  it("are ordered by time and by rarity", () => {
    expect(listChains(report, "", "latest", false).map((group) => group.chains[0]!.trace)).toEqual([1, 0, 2]);
    expect(listChains(report, "", "unusual", false)[0]!.chains[0]!.trace).toBe(2);
  });
  it("are searched by words and by field", () => {
    const found = (query: string) => report.data.origins.filter((origin) => matches(report, origin, query)).map((o) => o.trace);
    expect(found("order")).toEqual([0, 1]);
    expect(found("ORDER 4711")).toEqual([1]);
    expect(found("service:mail")).toEqual([2]);
    expect(found("name:order service:mail")).toEqual([]);
    expect(found("policy:slow user")).toEqual([2]);
    expect(found(`id:${idOf(1)}`)).toEqual([0]);
    expect(found("unknown:word")).toEqual([]);
  });
});

describe("a waterfall", () => {
  it("orders spans as a tree, and has stubs for links in both directions", () => {
    const report = reportOf({
      strings: ["", "a", "retry_of"],
      traces: [
        {
          spans_start: 10,
          spans: [
            [spanOf(3), 1, 5, 1, 0, 0, 0, 0, 0, 0], [spanOf(1), -1, 0, 9, 1, 1, 2, 2, 0, 1], [spanOf(2), 1, 2, 2, 0, 0, 0, 0, 0, 0],
            [spanOf(4), -2, 1, 20, 0, 0, 0, 0, 0, 0],
          ],
          links: [[1, 1, spanOf(9), 2], [1, idOf(77), spanOf(8), 0]],
        },
        { spans: [[spanOf(9), -1, 0, 1, 0, 0, 0, 0, 0, 1]], links: [[0, 0, spanOf(2), 0]] },
      ],
    });
    const fall = waterfallOf(report, report.trace(0));
    expect(fall.lines.map((line) => [line.index, line.depth, line.orphan])).toEqual([[1, 0, false], [2, 1, false], [0, 1, false], [3, 0, true]]);
    expect(fall.length).toBe(21);
    expect(fall.lines[0]!.out).toEqual([
      { trace: 1, traceId: idOf(2), spanId: spanOf(9), type: 2 }, { trace: -1, traceId: idOf(77), spanId: spanOf(8), type: 0 },
    ]);
    expect(fall.lines[1]!.into).toEqual([{ trace: 1, traceId: idOf(2), spanId: spanOf(9), type: 0 }]);
  });
  it("shows every span once, also those that are each other's parents", () => {
    const report = reportOf({
      traces: [{ spans: [[spanOf(1), 1, 0, 1, 0, 0, 0, 0, 0, 0], [spanOf(2), 0, 0, 1, 0, 0, 0, 0, 0, 0], [spanOf(3), 2, 0, 1, 0, 0, 0, 0, 0, 0]] }],
    });
    expect(waterfallOf(report, report.trace(0)).lines.map((line) => line.index).sort()).toEqual([0, 1, 2]);
  });
});

describe("a path", () => {
  it("leads from the origin through the records", () => {
    const report = reportOf({
      traces: [{ origin: true }, { origin_id: idOf(1), via_id: idOf(1), hops: 1 }, { origin_id: idOf(1), via_id: idOf(2), hops: 2 }],
    });
    expect(pathOf(report, report.trace(2))).toEqual([0, 1]);
    expect(pathOf(report, report.trace(0))).toEqual([]);
  });
  it("ends where the page has no entry, or where the records form a cycle", () => {
    const report = reportOf({
      traces: [{ origin_id: idOf(9), via_id: idOf(8), hops: 3 }, { origin_id: idOf(9), via_id: idOf(3) }, { origin_id: idOf(9), via_id: idOf(2) }],
    });
    expect(pathOf(report, report.trace(0))).toEqual([idOf(9), idOf(8)]);
    expect(pathOf(report, report.trace(1)).length).toBeLessThan(5);
  });
});
