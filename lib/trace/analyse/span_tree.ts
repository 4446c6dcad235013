import type { Recorded, TraceSpan } from "../record/mod.ts";

/** A span, and those in it. */
export interface SpanNode {
  readonly span: TraceSpan;
  readonly parent: SpanNode | null;
  /** How many are around it. */
  readonly depth: number;
  /** In order of creation. */
  readonly children: readonly SpanNode[];
}

/** Arrange spans as the tree that they were. Returns those at the top. */
export function spanTree({ spans }: Pick<Recorded, "spans">): SpanNode[] {
  const top: SpanNode[] = [];
  const nodes = new Map<number, SpanNode & { children: SpanNode[] }>();
  // Parents come before their children, so one pass will do.
  for (const span of spans) {
    const parent = span.parent === null ? null : nodes.get(span.parent) ?? null;
    const node = { span, parent, depth: parent === null ? 0 : parent.depth + 1, children: [] };
    nodes.set(span.id, node);
    (parent === null ? top : parent.children as SpanNode[]).push(node);
  }
  return top;
}

/** All nodes, each before those in it. */
export function* walk(top: readonly SpanNode[]): Generator<SpanNode> {
  const stack = [...top].reverse();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i]!);
  }
}

/** The name without the number that makes it unique: what siblings have in common. */
export function stemOf({ name }: TraceSpan): string {
  return withoutNumber(name);
}

/** A name without the number at its end. */
export function withoutNumber(name: string): string {
  return name.replace(/[-_ #]?\d+$/, "") || name;
}
