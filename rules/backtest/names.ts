/** Finds what rule files name (points, sensors, grids, kinds of points), wherever in a rule it stands. */
import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import type { RuleText } from '../compile.ts';

export type Names = {
  readonly points: readonly string[];
  readonly sensors: readonly string[];
  readonly grids: readonly string[];
  readonly kinds: readonly string[];
  /** Ids of the rules, in the order of the files. */
  readonly rules: readonly string[];
};

const LISTS = ['points', 'sensors', 'grids', 'kinds'] as const;
type Found = { readonly [list in (typeof LISTS)[number]]: Set<string> };

function gather(node: unknown, found: Found): void {
  if (isSeq(node)) for (const item of node.items) gather(item, found);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const list = LISTS.find((name) => isScalar(key) && key.value === name);
    if (list === undefined || !isSeq(value)) gather(value, found);
    else for (const item of value.items) if (isScalar(item)) found[list].add(String(item.value));
  }
}

export function namesIn(files: readonly RuleText[]): Names {
  const found: Found = { points: new Set(), sensors: new Set(), grids: new Set(), kinds: new Set() };
  const rules: string[] = [];
  for (const { text } of files) {
    const document = parseDocument(text, { prettyErrors: false });
    gather(document.contents as Node | null, found);
    const list = document.get('rules', true);
    if (!isSeq(list)) continue;
    for (const item of list.items) {
      const id = isMap(item) ? item.get('id') : undefined;
      if (typeof id === 'string') rules.push(id);
    }
  }
  const { points, sensors, grids, kinds } = found;
  return { points: [...points], sensors: [...sensors], grids: [...grids], kinds: [...kinds], rules };
}
