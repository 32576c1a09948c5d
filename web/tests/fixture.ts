// A small report: names, traces and edges by hand.
import type { EdgeRow, Origin, ReportData, Trace } from "../src/format";
import { Report } from "../src/model";

export const idOf = (n: number): string => n.toString(16).padStart(32, "0");
export const spanOf = (n: number): string => n.toString(16).padStart(16, "0");

export interface Parts {
  traces: Partial<Trace>[];
  edges?: EdgeRow[];
  origins?: Partial<Origin>[];
  strings?: string[];
}

export function reportOf(parts: Parts): Report {
  const data: ReportData = {
    format: "entail-report", version: 1, generator: "test", detail: "full", source: "engine", inputs: ["a.jsonl"],
    configuration: null, input: { requests: 1, bytes: 1 }, notes: [], base_ns: "1700000000000000000",
    totals: { kept: { traces: 0, spans: 0 }, dropped: { traces: 0, spans: 0 }, origins: 0, revived: 0, error_spans: 0 },
    time: { step_ms: 1000, kept: [], dropped: [] }, policies: [], hops: [], reasons: [], losses: [], services: [],
    traces: parts.traces.map((trace, n) => ({ id: idOf(n + 1), state: "kept", ...trace })),
    edges: parts.edges ?? [],
    origins: (parts.origins ?? []).map((origin) => ({ trace: 0, chosen_as: "largest", traces: 1, spans: 1, alike: 1, last: 0, ...origin })),
    left_out: { origins: 0, kept_traces: 0, dropped_traces: 0, forgotten: 0 },
    strings: parts.strings ?? [""],
  };
  return new Report(data);
}
