// A report with what the views look up: traces by ID, edges by trace, origins, and the links that lead to each span.
import type { EdgeRow, Origin, ReportData, SpanRow, Trace, Truncation } from "./format";
import * as text from "./text";

export interface Neighbour {
  trace: number;
  edge: EdgeRow;
  // Seen from the trace asked about: `linked` is a cause that it links to, `linking` a consequence that links to it.
  side: "linked" | "linking";
}

export interface IncomingLink {
  trace: number; // that has the link
  span: number; // index in its spans
  type: number;
}

export interface TruncatedSpan {
  trace: number;
  span: SpanRow;
  truncation: Truncation;
}

// Appends to the list of the key.
export function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = lists.get(key);
  if (known) known.push(value);
  else lists.set(key, [value]);
}

export class Report {
  readonly byId = new Map<string, number>();
  readonly originOf = new Map<number, Origin>();
  readonly neighbours: Neighbour[][];
  readonly truncated: TruncatedSpan[] = [];
  readonly baseMs: number;
  readonly hasNames: boolean;
  private incoming: Map<string, IncomingLink[]> | null = null;

  constructor(readonly data: ReportData) {
    this.baseMs = Number(BigInt(data.base_ns) / 1_000_000n);
    this.hasNames = data.detail === "full";
    data.traces.forEach((trace, index) => {
      this.byId.set(trace.id, index);
      for (const truncation of trace.truncated ?? []) {
        const span = trace.spans?.[truncation.span];
        if (span) this.truncated.push({ trace: index, span, truncation });
      }
    });
    this.truncated.sort((a, b) => b.truncation.received - a.truncation.received);
    this.neighbours = data.traces.map(() => []);
    for (const edge of data.edges) {
      this.neighbours[edge[0]]?.push({ trace: edge[1], edge, side: "linked" });
      this.neighbours[edge[1]]?.push({ trace: edge[0], edge, side: "linking" });
    }
    for (const origin of data.origins) this.originOf.set(origin.trace, origin);
  }

  string(index: number | undefined): string {
    return index === undefined ? "" : (this.data.strings[index] ?? "");
  }

  trace(index: number): Trace {
    return this.data.traces[index]!;
  }

  // "checkout · POST /orders"; "" where there are no names.
  names(service: number | undefined, name: number | undefined): string {
    return [this.string(service), this.string(name)].filter((word) => word !== "").join(" · ");
  }

  title(trace: Trace): string {
    return this.names(trace.service, trace.name) || `trace ${text.shortId(trace.id)}`;
  }

  // The message of its first error; without one, where that was, unless the title says it.
  error(trace: Trace): string {
    if (!trace.error) return "";
    const { service, name, message } = trace.error;
    if (this.string(message)) return this.string(message);
    const where = this.names(service, name);
    return where === this.title(trace) ? "" : `in ${where}`;
  }

  // When it began, else when it was decided.
  time(trace: Trace): number | undefined {
    return trace.start ?? trace.spans_start ?? trace.decided;
  }

  moment(ms: number | undefined, withDate = true): string {
    return ms === undefined ? "unknown time" : text.moment(this.baseMs + ms, withDate);
  }

  // Why it was kept or dropped, in a sentence.
  because(trace: Trace): string {
    if (trace.state === "absent") return "Links name this trace, but none of its spans has a decision here.";
    const origin = trace.origin_id ? `origin ${text.shortId(trace.origin_id)}` : "an origin";
    const hops = text.plural(trace.hops ?? 0, "hop");
    if (trace.state === "kept" && trace.reason === "policy")
      return `Kept by policy ${trace.policy ?? "?"}${trace.origin ? ", whose keeps spread over links" : ""}.`;
    if (trace.state === "kept") {
      const way = trace.direction ? ` ${text.directionWord[trace.direction]}` : "";
      return `Kept because of a link: ${hops} from ${origin},${way}${trace.revived ? "; it had been dropped before" : ""}.`;
    }
    if (trace.state === "sealed")
      return `Dropped. A keep from ${origin} came ${hops} too late: its spans had been released, and the chain is broken here.`;
    if (trace.state === "refused") return `Dropped by policy ${trace.policy ?? "?"}, although ${origin} is linked to it.`;
    const reason = text.reasonWord[trace.reason ?? ""] ?? trace.reason ?? "";
    return `Dropped: ${reason}${trace.loss ? ` (${trace.loss})` : ""}.`;
  }

  // Links of shown spans that lead to a span, or to a trace (with an empty span ID).
  linksTo(traceId: string, spanId: string): IncomingLink[] {
    if (!this.incoming) {
      const incoming = new Map<string, IncomingLink[]>();
      this.data.traces.forEach((trace, from) => {
        for (const [span, to, linkedSpan, type] of trace.links ?? []) {
          const key = `${typeof to === "number" ? this.trace(to).id : to}/${linkedSpan}`;
          addTo(incoming, key, { trace: from, span, type });
        }
      });
      this.incoming = incoming;
    }
    return this.incoming.get(`${traceId}/${spanId}`) ?? [];
  }
}
