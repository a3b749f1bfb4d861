/** Every report that a simulated station made, one JSON line each, written before it is first sent. */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SimulatedGroup } from '#simulators/sl651/encode.ts';

export type ReportLine = {
  readonly atMs: number;
  readonly station: string;
  readonly func: string;
  readonly serial: number;
  readonly groups: readonly SimulatedGroup[];
};
export type ReportLog = { readonly write: (line: ReportLine) => void; readonly close: () => void };

/** Where the reports of a link are written, within the simulator's data folder. */
export const reportLogName = (linkId: string): string => `reports-${linkId}.jsonl`;

export function openReportLog(path: string): ReportLog {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'a', 0o600);
  let open = true;
  return {
    write: (line) => {
      if (open) writeSync(fd, `${JSON.stringify(line)}\n`);
    },
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** All reports in order; none when the file is not there. A line that was cut off is left out. */
export function readReports(path: string): readonly ReportLine[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as ReportLine];
    } catch {
      return [];
    }
  });
}
