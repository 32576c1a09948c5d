// Runs the built command, and reads its decision log.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = process.env.ENTAIL_ROOT!;
const program = process.env.ENTAIL_COMMAND!;

export const scratch = mkdtempSync(join(tmpdir(), "entail-web-"));

export function folder(name: string): string {
  const path = join(scratch, name.replace(/[^\w.-]/g, "_"));
  mkdirSync(path, { recursive: true });
  return path;
}

// Exit code 1 is fine: some captures have lines that no reader takes.
export function entail(...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 });
  } catch (error) {
    const failure = error as { status?: number; stdout?: string; stderr?: string };
    if (failure.status === 1) return failure.stdout ?? "";
    throw new Error(`entail ${args.join(" ")}: exit ${failure.status}\n${failure.stderr}`);
  }
}

export interface LogRecord {
  trace_id: string;
  revision: number;
  verdict: "keep" | "drop";
  reason: string;
  policy: string | null;
  origin: boolean;
  origin_trace_id: string | null;
  hops: number | null;
  path: string[] | null;
  loss: string | null;
  spans: number;
  linked: string[];
}

// The record of the highest revision of each trace.
export function readLog(path: string): Map<string, LogRecord> {
  const records = new Map<string, LogRecord>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "") continue;
    const record = JSON.parse(line) as LogRecord;
    const known = records.get(record.trace_id);
    if (!known || record.revision >= known.revision) records.set(record.trace_id, record);
  }
  return records;
}
