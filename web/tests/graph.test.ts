import { describe, expect, it } from "vitest";
import type { EdgeRow } from "../src/format";
import { boxHeight, buildGraph, columnStep, placeByTime, rowStep, shownOfAKind, shownPerExpansion, type Box } from "../src/graph";
import { idOf, reportOf } from "./fixture";

const edge = (linking: number, linked: number): EdgeRow => [linking, linked, 1, 0, null];
const none = new Map<string, number>();

function overlaps(boxes: Box[]): number {
  let pairs = 0;
  for (const a of boxes)
    for (const b of boxes) if (a !== b && a.x === b.x && Math.abs(a.y - b.y) < boxHeight - 20) ++pairs;
  return pairs;
}

describe("the causal graph", () => {
  it("puts causes on the left and consequences on the right, a column for each hop", () => {
    // 2 links 1 links 0 (the origin) links 3 links 4
    const report = reportOf({
      traces: [{ origin: true }, {}, {}, {}, {}],
      edges: [edge(1, 0), edge(2, 1), edge(0, 3), edge(3, 4)],
    });
    const graph = buildGraph(report, 0, none);
    const levels = [0, 1, 2, 3, 4].map((trace) => graph.byTrace.get(trace)!.level);
    expect(levels).toEqual([0, 1, 2, -1, -2]);
    for (const box of graph.boxes) expect(box.x).toBe(box.level * columnStep);
    expect(graph.cross).toEqual([]);
  });

  it("hangs a trace at the one through which its record says that the keep came", () => {
    // 3 links both 1 and 2, which link the origin; its record names 2.
    const report = reportOf({
      traces: [{ origin: true }, { origin_id: idOf(1), via_id: idOf(1) }, { origin_id: idOf(1), via_id: idOf(1) },
        { origin_id: idOf(1), via_id: idOf(3) }],
      edges: [edge(1, 0), edge(2, 0), edge(3, 1), edge(3, 2)],
    });
    const graph = buildGraph(report, 0, none);
    expect(graph.byTrace.get(3)!.parent!.trace).toBe(2);
    expect(graph.cross).toEqual([edge(3, 1)]);
  });

  it("follows a path that turns when the record says so, and shows other siblings as context only", () => {
    // The origin links 1; 2 and 3 link 1, too; 4 links 3. Only 2 was kept by this origin (mode: component).
    const report = reportOf({
      traces: [{ origin: true }, { origin_id: idOf(1), via_id: idOf(1) }, { origin_id: idOf(1), via_id: idOf(2) }, {}, {}],
      edges: [edge(0, 1), edge(2, 1), edge(3, 1), edge(4, 3)],
    });
    const graph = buildGraph(report, 0, none);
    expect([...graph.byTrace.keys()].sort()).toEqual([0, 1, 2, 3]);
    expect(graph.byTrace.get(2)!.level).toBe(0);
    expect(overlaps(graph.boxes)).toBe(0);
  });

  it("ends at traces that were not kept", () => {
    const report = reportOf({
      traces: [{ origin: true }, { state: "sealed" }, {}],
      edges: [edge(0, 1), edge(1, 2)],
    });
    expect([...buildGraph(report, 0, none).byTrace.keys()]).toEqual([0, 1]);
  });

  it("collapses a hub, and expands it step by step and as a whole", () => {
    const consumers = 300;
    const report = reportOf({
      traces: [{ origin: true, more: { dropped: 12_480 } }, ...Array.from({ length: consumers }, (_, i) => ({ start: i }))],
      edges: Array.from({ length: consumers }, (_, i) => edge(i + 1, 0)),
    });
    const graph = buildGraph(report, 0, none);
    const stacks = graph.boxes.filter((box) => box.kind === "stack");
    expect(graph.boxes.filter((box) => box.kind === "trace")).toHaveLength(1 + shownOfAKind);
    expect(stacks.map((box) => [box.hidden.length, box.left_out])).toEqual([[consumers - shownOfAKind, 0], [0, 12_480]]);
    const more = buildGraph(report, 0, new Map([[stacks[0]!.key, shownOfAKind + shownPerExpansion]]));
    expect(more.boxes.filter((box) => box.kind === "trace")).toHaveLength(1 + shownOfAKind + shownPerExpansion);
    const all = buildGraph(report, 0, new Map([["*", Infinity]]));
    expect(all.boxes.filter((box) => box.kind === "trace")).toHaveLength(1 + consumers);
    expect(overlaps(all.boxes)).toBe(0);
  });

  it("orders siblings by time", () => {
    const report = reportOf({
      traces: [{ origin: true }, { start: 30 }, { start: 10 }, { start: 20 }],
      edges: [edge(1, 0), edge(2, 0), edge(3, 0)],
    });
    const graph = buildGraph(report, 0, none);
    const rows = [2, 3, 1].map((trace) => graph.byTrace.get(trace)!.y);
    expect(rows).toEqual([rows[0], rows[0]! + rowStep, rows[0]! + 2 * rowStep]);
  });

  it("ends on a cycle", () => {
    const report = reportOf({
      traces: [{ origin: true }, {}, {}],
      edges: [edge(0, 1), edge(1, 2), edge(2, 0)],
    });
    const graph = buildGraph(report, 0, none);
    expect(graph.traces).toBe(3);
    expect(graph.cross).toHaveLength(1);
  });
});

describe("the graph along time", () => {
  it("puts later traces further right, shortens silences, and keeps boxes apart", () => {
    const report = reportOf({
      traces: [{ origin: true, start: 0 }, { start: 100 }, { start: 200 }, { start: 86_400_000 }],
      edges: [edge(1, 0), edge(2, 0), edge(3, 2)],
    });
    const graph = buildGraph(report, 0, none);
    const marks = placeByTime(report, graph);
    const xs = [0, 1, 2, 3].map((trace) => graph.byTrace.get(trace)!.x);
    expect([...xs].sort((a, b) => a - b)).toEqual(xs);
    expect(xs[3]! - xs[2]!).toBeLessThanOrEqual(columnStep);
    expect(marks.some((mark) => mark.gap)).toBe(true);
    for (const a of graph.boxes)
      for (const b of graph.boxes)
        if (a !== b && a.y === b.y) expect(Math.abs(a.x - b.x)).toBeGreaterThan(200);
  });
});
