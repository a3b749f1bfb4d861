/** What happened in a fire, from the file beside its channels: `Time,Event`, times `YYYY-MM-DD-HH:MM:SS`; told beside a replay. */
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { type EpochMs, SECOND_MS } from '#model/time.ts';
import { readLines } from '#simulators/recorded/rows.ts';
import { instantOfIso, linesOf, lintAt } from '#simulators/recorded/series.ts';

export type FireEvent = { readonly afterIgnitionS: number; readonly name: string };

const IGNITION = /^ignition\b/i;

/** Events by seconds since ignition: the one time that both files share. */
export function parseFireEvents(file: string, text: string): Result<readonly FireEvent[], readonly Lint[]> {
  const [header, ...lines] = linesOf(text);
  if (!/^Time,Event\s*$/.test(header?.text ?? '')) return err([lintAt(file, 1, 'the first line must be Time,Event')]);
  const read = readLines<{ atMs: EpochMs; name: string }>(file, lines, (line) => {
    const comma = line.indexOf(',');
    const time = /^(\d{4}-\d\d-\d\d)-(\d\d:\d\d:\d\d)$/.exec(line.slice(0, Math.max(comma, 0)));
    const atMs = instantOfIso(`${time?.[1]}T${time?.[2]}Z`);
    const name = line.slice(comma + 1).trim();
    if (Number.isNaN(atMs) || name === '') return { wrong: 'a line is like 2018-12-01-21:24:00,Ignition' };
    return { atMs, name };
  });
  if (!read.ok) return read;
  const ignition = read.value.find(({ name }) => IGNITION.test(name));
  if (ignition === undefined) return err([lintAt(file, 0, 'no event is the ignition')]);
  return ok(read.value.map(({ atMs, name }) => ({ name, afterIgnitionS: (atMs - ignition.atMs) / SECOND_MS })));
}
