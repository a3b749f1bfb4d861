/** What an output must remember across a restart, as a note: what was muted stays muted, what was heard is not heard anew. */
import { isLevelOrNone } from '../../model/level.ts';
import { type Episode, SILENT, type SirenState } from './siren.ts';

/** A note is at most 4,096 characters; episodes beyond this number would be heard once more after a restart. */
const MAX_EPISODES = 24;

/** `[key, level, ms since it is heard, muted level or null, ms that the mute still lasts]`: no clock survives a restart. */
type Row = readonly [string, string, number, string | null, number];

export function writeSirenNote(state: SirenState, nowMs: number): string {
  const rows: Row[] = Object.entries(state.episodes).map(([key, { level, sinceMs, mute }]) => [
    ...([key, level, Math.round(nowMs - sinceMs)] as const),
    mute?.level ?? null,
    Math.round(mute === null ? 0 : mute.untilMs - nowMs),
  ]);
  return JSON.stringify({ soundsAt: state.soundsAt, rows: rows.slice(0, MAX_EPISODES) });
}

function episodeOf([, level, heardMs, mutedLevel, leftMs]: Row, nowMs: number): Episode | undefined {
  if (!isLevelOrNone(level) || !Number.isFinite(heardMs) || !Number.isFinite(leftMs)) return undefined;
  const mute = isLevelOrNone(mutedLevel) ? { level: mutedLevel, untilMs: nowMs + leftMs } : null;
  return { level, sinceMs: nowMs - heardMs, mute };
}

/** A note that cannot be read is none: then the output is heard anew, which is the safer side. */
export function readSirenNote(text: string | undefined, nowMs: number): SirenState {
  if (text === undefined) return SILENT;
  try {
    const { soundsAt, rows } = JSON.parse(text) as { readonly soundsAt: unknown; readonly rows: readonly Row[] };
    const episodes = Object.fromEntries(
      rows.flatMap((row) => {
        const episode = episodeOf(row, nowMs);
        return episode === undefined ? [] : [[row[0], episode] as const];
      }),
    );
    return { episodes, soundsAt: isLevelOrNone(soundsAt) ? soundsAt : 'none' };
  } catch {
    return SILENT;
  }
}
