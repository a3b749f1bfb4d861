/** Whether a warning that somebody typed can be issued, and what is wrong with it if not. */
import { ancestry, type Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Warning, WarningDraft } from '#model/warning.ts';
import type { Directory } from '../directory.ts';
import { onDuty } from '../roster.ts';
import { mergeAreas } from './areas.ts';

const both = (zh: string, en: string): Text => ({ zh, en });

/** Posts that issue, lower and lift warnings for the whole county. */
const ISSUERS: ReadonlySet<string> = new Set(['head', 'deputy', 'manager', 'dispatcher']);

/** The county's own people, whoever sits at its desk now, and the token of scripts on this machine. */
export function mayIssue(personId: string, from: string, directory: Directory, atMs: EpochMs): boolean {
  const { registry } = directory;
  const person = registry.people.get(personId);
  if (person === undefined) return from === 'api' || from === 'cli';
  const { code } = registry.county;
  const holds = person.posts.some(({ gridCode, post }) => gridCode === code && ISSUERS.has(post));
  return holds || onDuty(directory.shifts.get(code) ?? [], atMs).some((one) => one.personId === personId);
}

/** Null when it is in order. */
export function draftFault(draft: WarningDraft, registry: Registry, nowMs: EpochMs): Text | null {
  if (draft.headline.zh.trim() === '') return both('预警标题为空', 'the headline is empty');
  if (draft.areas.length === 0) return both('没有写明预警区域', 'it names no grid');
  const stranger = draft.areas.find(({ gridCode }) => !registry.grids.has(gridCode));
  if (stranger !== undefined) return both(`没有网格 ${stranger.gridCode}`, `there is no grid ${stranger.gridCode}`);
  if (draft.expiresAtMs <= nowMs) return both('有效期已过', 'it has run out already');
  return null;
}

export const strangerAmong = (codes: readonly string[], registry: Registry): string | undefined =>
  codes.find((code) => ancestry(registry, code).length === 0);

export function warningOfDraft(
  draft: WarningDraft,
  own: { readonly id: string; readonly by: string; readonly nowMs: EpochMs },
  registry: Registry,
): Warning {
  return {
    id: own.id,
    source: 'typed',
    message: null,
    origin: 'live',
    hazard: draft.hazard,
    headline: draft.headline,
    description: draft.description,
    instruction: draft.instruction,
    issuedBy: own.by,
    issuedAtMs: own.nowMs,
    onsetMs: draft.onsetMs,
    expiresAtMs: draft.expiresAtMs,
    areas: mergeAreas([], draft.areas, own.nowMs, registry),
    polygons: [],
    state: 'inForce',
  };
}
