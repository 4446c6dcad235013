import { type SpanNode, stemOf } from "../analyse/mod.ts";

/** A line of the timeline: one span, or many of the same name. */
export interface Row {
  readonly label: string;
  /** How far it is indented. */
  readonly depth: number;
  /** The spans in it: more than one when it is folded. */
  readonly nodes: readonly SpanNode[];
}

/** What has a line only when it has something of its own to say: its tasks stand for it. */
const TRANSPARENT = new Set(["gather", "race", "map", "asCompleted", "wait"]);

/** Fewer are not worth folding. */
const FEWEST = 3;

/** A row that may be folded, or has been. */
class Draft {
  readonly nodes: SpanNode[];
  readonly depth: number;
  children: Draft[] = [];
  folded = false;

  constructor(node: SpanNode, depth: number) {
    this.nodes = [node];
    this.depth = depth;
  }

  get label(): string {
    const { span } = this.nodes[0]!;
    return this.folded ? `${stemOf(span)} × ${this.nodes.length}` : span.name;
  }

  /** How many lines it takes. */
  lines(): number {
    return this.folded ? 1 : 1 + this.children.reduce((sum, child) => sum + child.lines(), 0);
  }
}

/**
 * Choose the lines that fit: where there are too many, brothers of the same name are folded into one, the most first.
 *
 * @param top The spans at the top.
 * @param most How many lines there may be.
 * @returns The rows, and how many spans had to be left out in the end.
 */
export function rowsOf(top: readonly SpanNode[], most: number): { rows: Row[]; left: number } {
  const drafts = top.flatMap((node) => draft(node, 0));
  let lines = drafts.reduce((sum, each) => sum + each.lines(), 0);
  const roots = { children: drafts };
  const families = lines > most ? familiesIn(roots) : [];
  families.sort((a, b) => b.lines - a.lines);
  for (const { parent, members } of families) {
    if (lines <= most) break;
    // Its parent may have been folded away meanwhile.
    if (!isShown(parent, roots)) continue;
    const first = members[0]!;
    for (const { nodes } of members.slice(1)) first.nodes.push(...nodes);
    first.folded = true;
    const gone = new Set(members.slice(1));
    parent.children = parent.children.filter((child) => !gone.has(child));
    lines = roots.children.reduce((sum, each) => sum + each.lines(), 0);
  }
  const rows = list(roots.children);
  const shown = rows.slice(0, rows.length > most ? most - 1 : most);
  return { rows: shown, left: rows.slice(shown.length).reduce((sum, { nodes }) => sum + nodes.length, 0) };
}

interface Parent {
  children: Draft[];
}

interface Family {
  readonly parent: Parent;
  readonly members: Draft[];
  readonly lines: number;
}

function draft(node: SpanNode, depth: number): Draft[] {
  if (TRANSPARENT.has(node.span.kind)) return node.children.flatMap((child) => draft(child, depth));
  const row = new Draft(node, depth);
  row.children = node.children.flatMap((child) => draft(child, depth + 1));
  return [row];
}

/** Brothers of the same name. */
function familiesIn(roots: Parent): Family[] {
  const families: Family[] = [];
  const stack: Parent[] = [roots];
  for (let parent = stack.pop(); parent !== undefined; parent = stack.pop()) {
    const byStem = Map.groupBy(parent.children, ({ nodes }) => stemOf(nodes[0]!.span));
    for (const members of byStem.values()) {
      const lines = members.reduce((sum, each) => sum + each.lines(), 0);
      if (members.length >= FEWEST) families.push({ parent, members, lines });
    }
    for (const child of parent.children) stack.push(child);
  }
  return families;
}

function isShown(parent: Parent, roots: Parent): boolean {
  const stack: Parent[] = [roots];
  for (let each = stack.pop(); each !== undefined; each = stack.pop()) {
    if (each === parent) return true;
    if (each instanceof Draft && each.folded) continue;
    for (const child of each.children) stack.push(child);
  }
  return false;
}

function list(drafts: readonly Draft[]): Row[] {
  return drafts.flatMap((each) => [
    { label: each.label, depth: each.depth, nodes: each.nodes },
    ...(each.folded ? [] : list(each.children)),
  ]);
}
