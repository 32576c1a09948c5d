// The list of chains: searched, and with chains of the same kind together.
import type { Origin } from "./format";
import type { Report } from "./model";

export type Order = "largest" | "latest" | "unusual";

export interface ChainGroup {
  key: string;
  title: string;
  error: string;
  policy: string;
  chains: Origin[]; // in the order asked for
  traces: number;
  spans: number;
}

// Digits and hexadecimal runs differ between two errors of the same kind.
const kindOf = (message: string): string => message.replace(/[0-9a-f]{8,}|\d+/gi, "#");

function comparator(order: Order): (a: Origin, b: Origin) => number {
  if (order === "latest") return (a, b) => b.last - a.last || b.traces - a.traces;
  if (order === "unusual") return (a, b) => a.alike - b.alike || b.traces - a.traces;
  return (a, b) => b.traces - a.traces || b.spans - a.spans;
}

// Every word must occur in one of the fields of the origin, or in the field that it names, as in `service:mail`.
export function matches(report: Report, origin: Origin, query: string): boolean {
  const trace = report.trace(origin.trace);
  const fields: Record<string, string> = {
    id: trace.id,
    policy: trace.policy ?? "",
    service: `${report.string(trace.service)} ${report.string(trace.error?.service)}`,
    name: `${report.string(trace.name)} ${report.string(trace.error?.name)}`,
    error: report.error(trace),
  };
  for (const key of Object.keys(fields)) fields[key] = fields[key]!.toLowerCase();
  const all = Object.values(fields).join("\n");
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .every((word) => {
      const colon = word.indexOf(":");
      const field = colon > 0 ? fields[word.slice(0, colon)] : undefined;
      return field === undefined ? all.includes(word) : field.includes(word.slice(colon + 1));
    });
}

export function listChains(report: Report, query: string, order: Order, grouped: boolean): ChainGroup[] {
  const chains = report.data.origins.filter((origin) => matches(report, origin, query)).sort(comparator(order));
  const groups = new Map<string, ChainGroup>();
  for (const chain of chains) {
    const trace = report.trace(chain.trace);
    const title = report.title(trace);
    const error = report.error(trace);
    const key = grouped ? `${title}\n${kindOf(error)}\n${trace.policy}` : trace.id;
    const group = groups.get(key) ?? { key, title, error, policy: trace.policy ?? "", chains: [], traces: 0, spans: 0 };
    group.chains.push(chain);
    group.traces += chain.traces;
    group.spans += chain.spans;
    groups.set(key, group);
  }
  const list = [...groups.values()];
  // A group stands where its first chain does, but by size it counts as a whole.
  return order === "largest" ? list.sort((a, b) => b.traces - a.traces) : list;
}
