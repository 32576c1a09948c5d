// The causal graph of one chain: which traces it shows, what is collapsed, and where each box goes.
//
// Columns are hops: causes on the left of the origin, consequences on the right. Every trace hangs at the one through
// which the keep reached it, so the boxes form a tree; the other edges are drawn on top.
import type { EdgeRow, More } from "./format";
import { addTo, type Neighbour, type Report } from "./model";

export interface TraceBox {
  kind: "trace";
  key: string;
  trace: number;
  level: number; // hops; negative: toward causes
  parent: TraceBox | null;
  edge: EdgeRow | null; // to the parent
  children: Box[];
  x: number;
  y: number;
}

export interface StackBox {
  kind: "stack";
  key: string;
  level: number;
  parent: TraceBox;
  shown: number; // traces of its kind that have a box
  hidden: number[]; // traces of the page
  left_out: number; // traces that the page has no entry for
  label: string;
  x: number;
  y: number;
}

export type Box = TraceBox | StackBox;

export interface Graph {
  root: TraceBox;
  boxes: Box[];
  byTrace: Map<number, TraceBox>;
  cross: EdgeRow[]; // edges between shown traces that are not in the tree
  traces: number; // reachable in this page, shown or collapsed
}

// Of the neighbours that look alike, so many are shown; the others are a stack. Of dropped and absent ones fewer.
export const shownOfAKind = 4;
export const shownNotKept = 1;
export const shownPerExpansion = 50;

interface Node {
  trace: number;
  level: number;
  parent: number;
  edge: EdgeRow | null;
  children: number[];
}

// The traces of the chain as a tree over hops. First those whose records say that this origin reached them, and through
// which trace; then causes of causes and consequences of consequences, nearest first; last the neighbours on the other
// side of each, as context.
function spanningTree(report: Report, origin: number): Map<number, Node> {
  const tree = new Map<number, Node>([[origin, { trace: origin, level: 0, parent: -1, edge: null, children: [] }]]);
  const originId = report.trace(origin).id;
  const add = (parent: number, next: Neighbour): void => {
    const node = tree.get(parent)!;
    const level = node.level + (next.side === "linked" ? -1 : 1);
    tree.set(next.trace, { trace: next.trace, level, parent, edge: next.edge, children: [] });
    node.children.push(next.trace);
  };
  const reached = [origin];
  for (let at = 0; at < reached.length; ++at) {
    const id = report.trace(reached[at]!).id;
    for (const next of report.neighbours[reached[at]!]!) {
      const other = report.trace(next.trace);
      if (tree.has(next.trace) || other.origin_id !== originId || other.via_id !== id) continue;
      add(reached[at]!, next);
      reached.push(next.trace);
    }
  }
  for (const side of ["linked", "linking"] as const) {
    const seen = new Set([origin]);
    const queue = [origin];
    for (let at = 0; at < queue.length; ++at) {
      if (report.trace(queue[at]!).state !== "kept") continue;
      for (const next of report.neighbours[queue[at]!]!) {
        if (next.side !== side || seen.has(next.trace)) continue;
        seen.add(next.trace);
        if (!tree.has(next.trace)) add(queue[at]!, next);
        queue.push(next.trace);
      }
    }
  }
  for (const trace of [...tree.keys()]) {
    if (trace === origin || report.trace(trace).state !== "kept") continue;
    for (const next of report.neighbours[trace]!) if (!tree.has(next.trace)) add(trace, next);
  }
  return tree;
}

function kindOf(report: Report, trace: number): string {
  const { state, service, name, errors, origin, error } = report.trace(trace);
  if (state === "dropped" || state === "absent") return "not kept";
  return [state, service, name, errors ? 1 : 0, origin ? 1 : 0, error?.message].join("/");
}

export function buildGraph(report: Report, origin: number, expanded: ReadonlyMap<string, number>): Graph {
  const tree = spanningTree(report, origin);
  const sizes = new Map<number, number>();
  for (const node of [...tree.values()].reverse()) {
    const size = 1 + node.children.reduce((sum, child) => sum + (sizes.get(child) ?? 0), 0);
    sizes.set(node.trace, size);
  }
  const byTrace = new Map<number, TraceBox>();
  const boxes: Box[] = [];
  const make = (node: Node, parent: TraceBox | null): TraceBox => {
    const key = report.trace(node.trace).id;
    const box: TraceBox = {
      kind: "trace", key, trace: node.trace, level: node.level, parent, edge: node.edge, children: [], x: 0, y: 0,
    };
    byTrace.set(node.trace, box);
    boxes.push(box);
    return box;
  };
  const root = make(tree.get(origin)!, null);
  const stack: TraceBox[] = [root];
  while (stack.length > 0) {
    const box = stack.pop()!;
    for (const child of childrenOf(report, tree, sizes, box, expanded, make)) {
      box.children.push(child);
      if (child.kind === "trace") stack.push(child);
      else boxes.push(child);
    }
  }
  const cross = report.data.edges.filter(([linking, linked]) => {
    const a = byTrace.get(linking);
    const b = byTrace.get(linked);
    return a && b && a.parent !== b && b.parent !== a;
  });
  place(root);
  return { root, boxes, byTrace, cross, traces: tree.size };
}

function childrenOf(
  report: Report,
  tree: Map<number, Node>,
  sizes: Map<number, number>,
  box: TraceBox,
  expanded: ReadonlyMap<string, number>,
  make: (node: Node, parent: TraceBox) => TraceBox,
): Box[] {
  const time = (trace: number) => report.time(report.trace(trace)) ?? 0;
  const children: Box[] = [];
  for (const side of [-1, 1]) {
    const nodes = tree
      .get(box.trace)!
      .children.map((child) => tree.get(child)!)
      .filter((node) => Math.sign(node.level - box.level) === side);
    const kinds = new Map<string, Node[]>();
    for (const node of nodes) addTo(kinds, kindOf(report, node.trace), node);
    const shown: Node[] = [];
    const stacks: StackBox[] = [];
    for (const [kind, members] of kinds) {
      const key = `${box.key}/${side}/${kind}`;
      members.sort((a, b) => sizes.get(b.trace)! - sizes.get(a.trace)! || time(a.trace) - time(b.trace));
      const limit = expanded.get("*") ?? expanded.get(key) ?? (kind === "not kept" ? shownNotKept : shownOfAKind);
      const cut = members.length > limit + 1 ? limit : members.length;
      shown.push(...members.slice(0, cut));
      const hidden = members.slice(cut).map((node) => node.trace);
      if (hidden.length > 0) stacks.push(stackOf(box, key, side, { shown: cut, hidden, label: hiddenLabel(report, hidden) }));
    }
    shown.sort((a, b) => time(a.trace) - time(b.trace) || a.trace - b.trace);
    for (const node of shown) children.push(make(node, box));
    children.push(...stacks);
  }
  const { more, state } = report.trace(box.trace);
  if (more && state === "kept") {
    const left = (more.kept ?? 0) + (more.dropped ?? 0) + (more.absent ?? 0) + (more.unnamed ?? 0);
    const side = box.level < 0 ? -1 : 1;
    children.push(stackOf(box, `${box.key}/more`, side, { left_out: left, label: moreLabel(more) }));
  }
  return children;
}

function moreLabel(more: More): string {
  const parts: string[] = [];
  if (more.kept) parts.push("kept");
  if (more.dropped) parts.push("dropped");
  if (more.absent) parts.push("absent");
  if (more.unnamed) parts.push("not named");
  return `${parts.join(", ")}; not in this page`;
}

function hiddenLabel(report: Report, hidden: number[]): string {
  const states = new Set(hidden.map((trace) => report.trace(trace).state));
  if (!states.has("kept")) return [...states].map((state) => (state === "absent" ? "absent" : "dropped")).sort().join(", ");
  return report.title(report.trace(hidden[0]!));
}

function stackOf(parent: TraceBox, key: string, side: number, of: Partial<StackBox> & { label: string }): StackBox {
  return { kind: "stack", key, level: parent.level + side, parent, shown: 0, hidden: [], left_out: 0, x: 0, y: 0, ...of };
}

export const boxWidth = 208;
export const boxHeight = 60;
export const columnStep = 350;
export const rowStep = 74;

// Each side of the origin is a separate tree: leaves one below the other, a parent in the middle of its children.
function place(root: TraceBox): void {
  const sides: [Box[], Box[]] = [[], []];
  for (const child of root.children) sides[child.level < 0 ? 0 : 1].push(child);
  const heights = sides.map((children) => {
    let row = 0;
    const visit: { box: Box; done: boolean }[] = [...children].reverse().map((box) => ({ box, done: false }));
    while (visit.length > 0) {
      const step = visit.pop()!;
      const { box } = step;
      if (box.kind === "stack" || box.children.length === 0) {
        box.y = row++ * rowStep;
      } else if (step.done) {
        box.y = (box.children[0]!.y + box.children[box.children.length - 1]!.y) / 2;
      } else {
        visit.push({ box, done: true });
        for (const child of [...box.children].reverse()) visit.push({ box: child, done: false });
      }
    }
    return Math.max(0, row - 1) * rowStep;
  });
  const height = Math.max(...heights);
  root.y = height / 2;
  sides.forEach((children, side) => {
    const shift = (height - heights[side]!) / 2;
    const visit = [...children];
    while (visit.length > 0) {
      const box = visit.pop()!;
      box.y += shift;
      if (box.kind === "trace") visit.push(...box.children);
    }
  });
  separate(root);
}

// Paths that turn can put two boxes of one column on top of each other: the lower one moves down.
function separate(root: TraceBox): void {
  const columns = new Map<number, Box[]>();
  const visit: Box[] = [root];
  while (visit.length > 0) {
    const box = visit.pop()!;
    box.x = box.level * columnStep;
    addTo(columns, box.level, box);
    if (box.kind === "trace") visit.push(...box.children);
  }
  for (const column of columns.values()) {
    column.sort((a, b) => a.y - b.y);
    for (let i = 1; i < column.length; ++i)
      column[i]!.y = Math.max(column[i]!.y, column[i - 1]!.y + rowStep);
  }
}

// A mark of the time axis.
export interface TimeMark {
  x: number;
  ms: number;
  gap: boolean; // a silence before it was shortened
}

// The same boxes along time: later is further right, with long silences shortened; rows keep boxes apart. Returns the
// marks of the axis.
export function placeByTime(report: Report, graph: Graph): TimeMark[] {
  const timeOf = (box: Box): number =>
    report.time(report.trace(box.kind === "trace" ? box.trace : (box.hidden[0] ?? box.parent.trace))) ?? 0;
  const sorted = [...graph.boxes].sort((a, b) => timeOf(a) - timeOf(b));
  const times = [...new Set(sorted.map(timeOf))];
  const gaps = times.slice(1).map((ms, i) => ms - times[i]!).sort((a, b) => a - b);
  const usual = Math.max(gaps[Math.floor(gaps.length / 2)] ?? 1, 0.001);
  const xOf = new Map<number, number>();
  const marks: TimeMark[] = [];
  let x = 0;
  times.forEach((ms, i) => {
    const gap = i === 0 ? 0 : ms - times[i - 1]!;
    x += i === 0 ? 0 : Math.min(columnStep, 24 + 36 * Math.log2(1 + gap / usual));
    xOf.set(ms, x);
    const last = marks[marks.length - 1];
    if (!last || x - last.x >= 150) marks.push({ x, ms, gap: gap > 8 * usual });
  });
  // Rows by level: causes above, the origin's own in the middle, consequences below.
  let top = 0;
  const levels = [...new Set(sorted.map((box) => box.level))].sort((a, b) => a - b);
  for (const level of levels) {
    const ends: number[] = [];
    for (const box of sorted) {
      if (box.level !== level) continue;
      box.x = xOf.get(timeOf(box))!;
      let lane = ends.findIndex((end) => end + 24 <= box.x);
      if (lane < 0) lane = ends.push(0) - 1;
      ends[lane] = box.x + boxWidth;
      box.y = top + lane * rowStep;
    }
    top += ends.length * rowStep + 18;
  }
  return marks;
}
