/** A copy of the shipped county in a temporary folder, to be edited as a technician would. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { top } from '#test/support/command.ts';

export type CountyCopy = {
  readonly dir: string;
  /** Rewrites one file; an edit that changes nothing is a mistake of the test. */
  readonly edit: (file: string, change: (text: string) => string) => void;
  /** Leaves only these rule files (without `.yaml`): a story about some rules must not change when the county gets others. */
  readonly keepRules: (...names: readonly string[]) => void;
  readonly remove: () => void;
};

export function copyCounty(): CountyCopy {
  const dir = mkdtempSync(join(tmpdir(), 'fengsui-county-'));
  cpSync(join(top, 'county'), dir, { recursive: true });
  return {
    dir,
    edit: (file, change) => {
      const path = join(dir, file);
      const before = readFileSync(path, 'utf8');
      const after = change(before);
      if (after === before) throw new Error(`the edit of ${file} changed nothing`);
      writeFileSync(path, after);
    },
    keepRules: (...names) => {
      const files = readdirSync(join(dir, 'rules'));
      for (const name of names) if (!files.includes(`${name}.yaml`)) throw new Error(`no rule file ${name}.yaml`);
      for (const file of files)
        if (!names.some((name) => file === `${name}.yaml`)) rmSync(join(dir, 'rules', file), { recursive: true });
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Replaces exactly one place, so that an edit cannot silently miss. */
export function swap(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`"${from}" stands ${text.split(from).length - 1} times`);
  return text.replace(from, () => to);
}

/** Gives an edge another origin. */
export const setOrigin =
  (edgeId: string, origin: string) =>
  (text: string): string => {
    const [head = '', tail = ''] = [
      text.slice(0, text.indexOf(`id: ${edgeId}`)),
      text.slice(text.indexOf(`id: ${edgeId}`)),
    ];
    return head + tail.replace(/origin: \w+/, `origin: ${origin}`);
  };

type NewEdge = { readonly id: string; readonly township: string; readonly origin: string };

/** One more box with one crack meter on a TCP line. */
export const addEdge =
  ({ id, township, origin }: NewEdge) =>
  (text: string): string =>
    `${text}
  - id: ${id}
    township: "${township}"
    name: { zh: ${id}, en: ${id} }
    origin: ${origin}
    buses:
      - id: ${id}-bus
        kind: modbus-tcp
        host: 127.0.0.1
        port: 0
        poll: 1s
        units:
          - { unit: 1, profile: crack-meter-rs485 }
`;

type NewPoint = {
  readonly id: string;
  readonly lon: number;
  readonly lat: number;
  readonly sensorId: string;
  readonly edgeId: string;
};

/** One more slope, whose crack meter is unit 1 of an edge made by `addEdge`. */
export const addPoint =
  ({ id, lon, lat, sensorId, edgeId }: NewPoint) =>
  (text: string): string =>
    `${text}
  - id: ${id}
    name: { zh: ${id}, en: ${id} }
    kind: slope
    risk: general
    lon: ${lon}
    lat: ${lat}
    sensors:
      - id: ${sensorId}
        name: { zh: ${sensorId}, en: ${sensorId} }
        quantity: displacement
        device: { edge: ${edgeId}, bus: ${edgeId}-bus, unit: 1, register: displacement }
`;
