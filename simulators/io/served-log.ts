/** Every value that a slave served or was told, one JSON line each, written before the answer leaves: what an audit compares with history. */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RegisterSpec } from '#model/device-profile.ts';
import { REGISTER_TYPES } from '#model/device-profile.ts';
import type { Served } from '#simulators/device.ts';
import { rawOfWords } from '#simulators/registers.ts';

export type ServedLine = Served & { readonly atMs: number; readonly unitId: number };
export type ServedLog = { readonly write: (line: ServedLine) => void; readonly close: () => void };

/** Append only; each write is one system call, so the end of any process loses no line that was answered. */
export function openServedLog(path: string): ServedLog {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'a', 0o600);
  let open = true;
  return {
    write: (line) => {
      if (!open) return;
      const { atMs, unitId, functionCode, address, values } = line;
      writeSync(fd, `${JSON.stringify({ at: atMs, unit: unitId, fc: functionCode, addr: address, values })}\n`);
    },
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

type Written = {
  readonly at: number;
  readonly unit: number;
  readonly fc: number;
  readonly addr: number;
  readonly values: readonly number[];
};

function parseLine(text: string): ServedLine | undefined {
  try {
    const raw = JSON.parse(text) as Written;
    return { atMs: raw.at, unitId: raw.unit, functionCode: raw.fc, address: raw.addr, values: raw.values };
  } catch {
    return undefined; // A line that was being written when the process ended.
  }
}

/** All lines of a served log in the order in which they were served; none when the file is not there. */
export function readServedLines(path: string): readonly ServedLine[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/** What masters wrote to one coil or register, in order: a siren's coil is 1 while it sounds. */
export function writesTo(
  lines: readonly ServedLine[],
  place: { readonly unitId: number; readonly table: 'coil' | 'register'; readonly address: number },
): readonly { readonly atMs: number; readonly value: number }[] {
  const codes = place.table === 'coil' ? [5, 15] : [6, 16];
  return lines.flatMap(({ atMs, unitId, functionCode, address, values }) => {
    const value = values[place.address - address];
    if (unitId !== place.unitId || !codes.includes(functionCode) || value === undefined) return [];
    return [{ atMs, value }];
  });
}

export type RegisterPlace = { readonly unitId: number } & Pick<
  RegisterSpec,
  'functionCode' | 'address' | 'type' | 'order'
>;
export type ServedValue = { readonly atMs: number; readonly raw: number };
export type ServedSummary = {
  /** Every distinct (time, raw value), in order. */
  readonly values: readonly ServedValue[];
  readonly last: ServedValue | null;
  readonly maximum: number | null;
};

function valueOfLine(line: ServedLine, place: RegisterPlace): ServedValue | undefined {
  if (line.unitId !== place.unitId || line.functionCode !== place.functionCode) return undefined;
  const from = place.address - line.address;
  const words = REGISTER_TYPES[place.type].words;
  if (from < 0 || from + words > line.values.length) return undefined;
  return { atMs: line.atMs, raw: rawOfWords(place, line.values.slice(from, from + words)) };
}

/** What one register served, as raw numbers of the profile's type. */
export function summarizeServed(lines: readonly ServedLine[], place: RegisterPlace): ServedSummary {
  const seen = new Set<string>();
  const values: ServedValue[] = [];
  let maximum: number | null = null;
  for (const line of lines) {
    const value = valueOfLine(line, place);
    if (value === undefined) continue;
    maximum = maximum === null ? value.raw : Math.max(maximum, value.raw);
    const key = `${value.atMs}:${value.raw}`;
    if (seen.has(key)) continue;
    seen.add(key);
    values.push(value);
  }
  return { values, last: values.at(-1) ?? null, maximum };
}
