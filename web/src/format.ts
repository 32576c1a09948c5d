// The data of a report: version 1 of the format in docs/report.md. Times are milliseconds after `base_ns`; numbers that
// stand for texts are indices into `strings`.

export type State = "kept" | "dropped" | "sealed" | "refused" | "absent";
export type Direction = "linked" | "linking" | "mixed";

export interface Counts {
  traces: number;
  spans: number;
  bytes?: number;
}

// id, parent (index; -1: none, -2: not here), start after spans_start, duration, service, name, kind, status, message,
// number of links
export type SpanRow = [string, number, number, number, number, number, number, number, number, number];
// index of the span, linked trace (index, or its ID), linked span, type
export type LinkRow = [number, number | string, string, number];
// linking trace, linked trace, links, type, delay
export type EdgeRow = [number, number, number, number, number | null];

export interface Truncation {
  span: number;
  received: number;
  emitted: number;
  dropped: number;
  dropped_upstream: number;
  malformed: number;
  duplicates: number;
  strata: Record<"pinned" | "open" | "closed", [number, number]>;
  threshold_uniform?: string;
  threshold_consistent?: string;
  algorithm: string;
  seed: string;
}

export interface More {
  kept?: number;
  dropped?: number;
  absent?: number;
  unnamed?: number;
}

export interface Trace {
  id: string;
  state: State;
  reason?: string;
  policy?: string;
  loss?: string;
  origin?: boolean;
  revived?: boolean;
  direction?: Direction | "";
  hops?: number;
  origin_id?: string;
  via_id?: string;
  decided?: number;
  span_count?: number;
  revision?: number;
  not_followed?: number;
  links_dropped_upstream?: number;
  linked_total?: number;
  service?: number;
  name?: number;
  start?: number;
  duration?: number;
  errors?: number;
  bytes?: number;
  error?: { service?: number; name?: number; message?: number };
  nearest?: { policy: string; value: number; threshold: number; why: string };
  more?: More;
  spans_start?: number;
  spans?: SpanRow[];
  links?: LinkRow[];
  spans_left_out?: number;
  links_left_out?: number;
  truncated?: Truncation[];
}

export interface Origin {
  trace: number;
  chosen_as: "largest" | "latest" | "unusual";
  traces: number;
  spans: number;
  errors?: number;
  not_kept?: number;
  alike: number;
  last: number;
  linked?: number[];
  linking?: number[];
  mixed?: number[];
}

export interface ReportData {
  format: "entail-report";
  version: number;
  generator: string;
  detail: "full" | "ids";
  source: "engine" | "decisions";
  inputs: string[];
  configuration: string | null;
  input: { requests: number; bytes: number };
  notes: string[];
  base_ns: string;
  totals: { kept: Counts; dropped: Counts; origins: number; revived: number; error_spans: number };
  time: { step_ms: number; kept: [number, number][]; dropped: [number, number][] };
  policies: ({ policy: string } & Counts)[];
  hops: ({ direction: Direction; hops: number } & Counts)[];
  reasons: ({ reason: string } & Counts)[];
  losses: { loss: string; count: number; severity?: "info" | "warning" | "error"; help?: string }[];
  services: { service: string; kept: Counts; dropped: Counts; error_spans: number }[];
  traces: Trace[];
  edges: EdgeRow[];
  origins: Origin[];
  left_out: { origins: number; kept_traces: number; dropped_traces: number; forgotten: number };
  strings: string[];
}

export const FORMAT_VERSION = 1;

// The data in the page, or why there is none.
export function readReport(text: string): ReportData | string {
  let data: ReportData;
  try {
    data = JSON.parse(text) as ReportData;
  } catch {
    return "The data of this page cannot be read: the file is incomplete.";
  }
  if (data.format !== "entail-report") return "This page has no report in it.";
  if (data.version !== FORMAT_VERSION)
    return `This page reads version ${FORMAT_VERSION} of the report format; its data has version ${data.version}.`;
  return data;
}
