// The spans of one trace as rows of a waterfall: a tree by parent, siblings by start.
import type { Trace } from "./format";
import type { Report } from "./model";

export interface SpanLink {
  trace: number; // -1: the page has no entry for it
  traceId: string;
  spanId: string;
  type: number;
}

export interface SpanLine {
  index: number; // in Trace.spans
  depth: number;
  orphan: boolean; // its parent is not here
  hasChildren: boolean;
  out: SpanLink[]; // links of the span
  into: SpanLink[]; // links of other traces to it
}

export interface Waterfall {
  lines: SpanLine[];
  start: number; // of the earliest span, after base
  length: number; // to the latest end, at least 1 ns
}

export function waterfallOf(report: Report, trace: Trace): Waterfall {
  const spans = trace.spans ?? [];
  const children: number[][] = spans.map(() => []);
  const roots: number[] = [];
  spans.forEach((span, index) => {
    if (span[1] >= 0 && span[1] !== index) children[span[1]]!.push(index);
    else roots.push(index);
  });
  const byStart = (a: number, b: number) => spans[a]![2] - spans[b]![2] || a - b;
  roots.sort(byStart);
  const out: SpanLink[][] = spans.map(() => []);
  for (const [span, to, spanId, type] of trace.links ?? []) {
    const index = typeof to === "number" ? to : -1;
    out[span]?.push({ trace: index, traceId: index >= 0 ? report.trace(index).id : (to as string), spanId, type });
  }
  const lines: SpanLine[] = [];
  const seen = new Set<number>();
  const visit = (first: number[]) => {
    const stack = first.map((index) => ({ index, depth: 0 })).reverse();
    while (stack.length > 0) {
      const { index, depth } = stack.pop()!;
      if (seen.has(index)) continue;
      seen.add(index);
      const below = children[index]!.sort(byStart);
      lines.push({
        index, depth, orphan: spans[index]![1] === -2, hasChildren: below.length > 0, out: out[index]!,
        into: report.linksTo(trace.id, spans[index]![0]).map((link) => ({
          trace: link.trace,
          traceId: report.trace(link.trace).id,
          spanId: report.trace(link.trace).spans?.[link.span]?.[0] ?? "",
          type: link.type,
        })),
      });
      for (const child of [...below].reverse()) stack.push({ index: child, depth: depth + 1 });
    }
  };
  visit(roots);
  visit(spans.map((_, index) => index)); // spans that are each other's parents
  const ends = spans.map((span) => span[2] + Math.max(0, span[3]));
  return { lines, start: trace.spans_start ?? 0, length: ends.reduce((a, b) => Math.max(a, b), 1e-6) };
}
