/** Compares what an engine says of rows once more with what was written down when they came. */
import { type Finding, isNote } from '#model/transition.ts';

export type Mismatch = {
  readonly kind: 'missing' | 'extra' | 'different';
  readonly id: string;
  /** Which parts differ. */
  readonly parts: readonly string[];
  readonly live: Finding | null;
  readonly replayed: Finding | null;
};

export type ReplayCheck = {
  /** Takes what the replay gave, in order. */
  readonly take: (findings: readonly Finding[]) => void;
  /** At the end: how many were equal, and what was not. */
  readonly finish: () => { readonly equal: number; readonly mismatches: readonly Mismatch[] };
};

/** As it stands in the log: through JSON, with the keys in order. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function partsThatDiffer(a: Finding, b: Finding): readonly string[] {
  const [x, y] = [a, b] as unknown as [{ readonly [key: string]: unknown }, { readonly [key: string]: unknown }];
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].filter((key) => textOf(x[key]) !== textOf(y[key]));
}

/** `live`: what the log has of the stretch that is replayed. */
export function openReplayCheck(live: readonly Finding[]): ReplayCheck {
  const waiting = new Map(live.map((finding) => [finding.id, finding]));
  const mismatches: Mismatch[] = [];
  let equal = 0;
  return {
    take: (findings) => {
      for (const replayed of findings) {
        const { id } = replayed;
        const was = waiting.get(id);
        waiting.delete(id);
        if (was === undefined) mismatches.push({ kind: 'extra', id, parts: [], live: null, replayed });
        else if (textOf(was) === textOf(replayed)) equal++;
        else mismatches.push({ kind: 'different', id, parts: partsThatDiffer(was, replayed), live: was, replayed });
      }
    },
    finish: () => {
      for (const [id, was] of waiting) mismatches.push({ kind: 'missing', id, parts: [], live: was, replayed: null });
      return { equal, mismatches };
    },
  };
}

/** One line for people. */
export function sayMismatch({ kind, id, parts, live, replayed }: Mismatch): string {
  const what = { missing: 'live only', extra: 'replay only', different: `different in ${parts.join(', ')}` }[kind];
  const finding = live ?? replayed;
  const change = finding === null || isNote(finding) ? '' : ` ${finding.from}→${finding.to} ${finding.reason.en}`;
  return `${what}: ${id}${change}`;
}
