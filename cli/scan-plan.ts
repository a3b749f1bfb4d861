/** Decides what a scan of a line asks, in which order, and how long that takes at most. */

import type { Parity } from '#model/edge-config.ts';
import { err, ok, type Result } from '#model/result.ts';

export type Setting = { readonly baudRate: number; readonly parity: Parity };

/** As devices leave the works, the usual ones first. */
export const USUAL_BAUDS: readonly number[] = [9_600, 4_800, 115_200, 19_200, 38_400, 57_600, 2_400, 1_200];
const PARITIES: readonly Parity[] = ['none', 'even', 'odd'];
export const ALL_UNITS: readonly number[] = Array.from({ length: 247 }, (_, index) => index + 1);
/** Request and answer of one register, in characters. */
const ASKED_CHARACTERS = 8;
const ANSWERED_CHARACTERS = 7;

/** `1-247`, `1,3,5-9`. */
export function parseUnits(text: string): Result<readonly number[], string> {
  const units = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim());
    const from = Number(match?.[1] ?? Number.NaN);
    const to = Number(match?.[2] ?? from);
    if (match === null || from < 1 || to > 247 || from > to)
      return err(`"${part.trim()}" is no unit: write 1 to 247, for example 1-32 or 1,3,80`);
    for (let unit = from; unit <= to; unit++) units.add(unit);
  }
  return ok([...units]);
}

export function parseBauds(text: string): Result<readonly number[], string> {
  const bauds = text.split(',').map((part) => Number(part.trim()));
  const wrong = bauds.find((baud) => !Number.isInteger(baud) || baud < 300 || baud > 4_000_000);
  return wrong === undefined ? ok(bauds) : err(`"${wrong}" is no baud rate: write for example 9600,115200`);
}

export function parseParities(text: string): Result<readonly Parity[], string> {
  const wanted = text.split(',').map((part) => part.trim());
  const found = PARITIES.filter((parity) => wanted.includes(parity));
  return wanted.every((part) => (PARITIES as readonly string[]).includes(part)) && found.length > 0
    ? ok(found)
    : err(`"${text}" is no parity: write none, even or odd`);
}

/** Every speed with the first parity before the next parity: most devices differ in speed alone. */
export const settingsOf = (bauds: readonly number[], parities: readonly Parity[]): readonly Setting[] =>
  parities.flatMap((parity) => bauds.map((baudRate) => ({ baudRate, parity })));

/** How long an answer is waited for: its time on the wire and the unit's own. */
export const probeTimeoutMs = ({ baudRate, parity }: Setting, patienceMs: number): number =>
  Math.ceil(((ASKED_CHARACTERS + ANSWERED_CHARACTERS) * (parity === 'none' ? 10 : 11) * 1_000) / baudRate) + patienceMs;

/** The longest that a scan takes when nobody answers; each unit is asked by two functions. */
export const longestScanMs = (settings: readonly Setting[], units: number, patienceMs: number): number =>
  settings.reduce((sum, setting) => sum + units * 2 * (probeTimeoutMs(setting, patienceMs) + 5), 0);

/** `1:05`, `2:03:10`. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
