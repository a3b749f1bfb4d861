/**
 * What of a data folder belongs into a backup, and in which order it is copied while the centre writes: whoever follows
 * a log before the log itself, so that no cursor in the copy stands beyond what it follows (docs/decisions/moving-history.md).
 */

export type Treatment =
  /** SQLite: one moment of it, taken beside its writer. */
  | { readonly kind: 'database'; readonly turn: number }
  | { readonly kind: 'file' }
  /** Made anew at every start, or somebody else's own. */
  | { readonly kind: 'leave' };

/** Nothing that follows the file itself follows a later one; a database that is not named may follow any of them. */
const LOGS: readonly string[] = [
  'alerts/alerts.sqlite',
  'console/commands.sqlite',
  'rules/rules.sqlite',
  'journal/journal.sqlite',
];
const FOLLOWERS = 0;

/** What runs elsewhere or can be had again; an outbox put back would give numbers to other readings a second time. */
const LEFT_FOLDERS = new Set(['run', 'logs', 'simulators', 'simulate', 'replay', 'backtest']);
const LEFT_ENDS = ['.wake', '-wal', '-shm', '-journal', '.new', '.part', '.lock', '.pid'];
const KEPT_OF_RUN = 'run/clock';

/** `path` is relative to the data folder, with `/` between its parts. */
export function treatmentOf(path: string): Treatment {
  const parts = path.split('/');
  const [first = ''] = parts;
  if (path === KEPT_OF_RUN) return { kind: 'file' };
  if (LEFT_FOLDERS.has(first) || parts.includes('node_modules')) return { kind: 'leave' };
  if (first === 'edges') return { kind: parts.at(-1) === 'credential' && parts.length === 3 ? 'file' : 'leave' };
  if (path === 'history/copy.json' || LEFT_ENDS.some((end) => path.endsWith(end))) return { kind: 'leave' };
  if (!path.endsWith('.sqlite')) return { kind: 'file' };
  return { kind: 'database', turn: LOGS.includes(path) ? LOGS.indexOf(path) + 1 : FOLLOWERS };
}
