/** Prints a replay: a progress bar while it runs, then which alerts came when, at which level, and to whom. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ReplayOptions, type ReplayOutcome, replay } from '#cli/io/replay.ts';
import type { Settings } from '#cli/settings.ts';
import type { AlertId, Recipient } from '#model/alert.ts';
import { type LevelOrNone, worse } from '#model/level.ts';
import { formatLint } from '#model/result.ts';
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone } from '#model/time.ts';
import { type FireEvent, parseFireEvents } from '#simulators/recorded/fsri-events.ts';

const MAX_NOTES = 5;

export type ReplayedChange = {
  readonly at: string;
  readonly subject: string;
  readonly hazard: string;
  readonly level: LevelOrNone;
  readonly condition: string;
  readonly reason: Text;
  readonly recipients: readonly Pick<Recipient, 'personId' | 'name' | 'tier' | 'post' | 'reason'>[];
};

type Facts = { readonly [name: string]: unknown };

type Shown = Omit<ReplayedChange, 'at' | 'subject' | 'hazard'> & { readonly at: EpochMs };

/** The levels that an alert went through; `none` when its last condition cleared. People as they were named at that change. */
function changesOfAlert(outcome: ReplayOutcome, id: AlertId): readonly Shown[] {
  const levels = new Map<string, LevelOrNone>();
  const out: Shown[] = [];
  for (const event of outcome.alerts.events(id)) {
    const facts = event.facts as Facts;
    const before = out.at(-1);
    if (event.kind === 'raised' || event.kind === 'conditionChanged') {
      levels.set(String(facts['rule']), ((facts['to'] ?? facts['level']) as LevelOrNone | undefined) ?? 'none');
      const level = [...levels.values()].reduce(worse, 'none');
      const condition = String(facts['condition'] ?? '');
      if (before?.level === level && before.condition === condition) continue;
      if (before?.level === level && condition !== 'dataLost') continue;
      out.push({
        at: event.atMs,
        level,
        condition: level === 'none' ? 'cleared' : condition === 'cleared' ? 'active' : condition,
        reason: event.text,
        recipients: [],
      });
    } else if (event.kind === 'targeted' && before !== undefined) {
      const people = (facts['recipients'] as ReplayedChange['recipients'] | undefined) ?? [];
      const recipients = people.map((person) => ({
        ...person,
        name: outcome.registry.people.get(person.personId)?.name ?? person.personId,
      }));
      out[out.length - 1] = { ...before, recipients };
    }
  }
  return out;
}

/** The changes of all alerts in order of time. */
export function changesOf(outcome: ReplayOutcome, zone: string): readonly ReplayedChange[] {
  const county = outcome.registry.county.code;
  const all = [true, false].flatMap((open) => outcome.alerts.list({ gridCodes: [county], open }, 1_000, null).items);
  return [...new Map(all.map((alert) => [alert.id, alert])).values()]
    .flatMap((alert) =>
      changesOfAlert(outcome, alert.id).map((change) => ({
        ...change,
        subject: alert.subject.id,
        hazard: alert.hazard,
      })),
    )
    .sort((a, b) => a.at - b.at)
    .map((change) => ({ ...change, at: formatInZone(change.at, zone) }));
}

function progressBar(): (done: number, of: number, at: string) => void {
  let shownMs = 0;
  return (done, of, at) => {
    if (!process.stderr.isTTY || (performance.now() - shownMs < 100 && done < of)) return;
    shownMs = performance.now();
    const filled = Math.round((done / of) * 30);
    process.stderr.write(
      `\r  [${'█'.repeat(filled)}${'·'.repeat(30 - filled)}] ${done}/${of} ${at}  ${done === of ? '\n' : ''}`,
    );
  };
}

const EVENTS_FILE = /\.csv$/i;

/** What the file beside a fire's channels tells, if there is one, on the recording's own time. */
function eventsBeside(file: string): readonly FireEvent[] {
  const path = file.replace(EVENTS_FILE, '_Events.csv');
  if (path === file || !existsSync(path)) return [];
  const parsed = parseFireEvents(path, readFileSync(path, 'utf8'));
  return parsed.ok ? parsed.value : [];
}

function printStation({ report, series, seriesCount, sensor, isVirtual, watching }: ReplayOutcome): void {
  const { row, dry, missing } = report.polls;
  const { quantity } = series;
  console.log(
    `${series.sensorId} (${quantity}) played into ${sensor.id}: ${row} rows, ${dry} dry, ${missing} missing, times in ${series.zone}.`,
  );
  if (seriesCount > 1) console.log(`The file has ${seriesCount} series; --series ID plays another one.`);
  if (isVirtual)
    console.log(`The county measures no ${quantity} there: a station was made for this replay at ${sensor.pointId}.`);
  for (const note of series.notes.slice(0, MAX_NOTES)) console.log(formatLint(note));
  if (series.notes.length > MAX_NOTES) console.log(`… and ${series.notes.length - MAX_NOTES} more such notes.`);
  if (watching.length === 0) console.log(`No rule of the county watches ${quantity} at ${sensor.pointId}.`);
  for (const { rule, mute } of watching)
    if (mute !== null) console.log(`The rule ${rule} can say nothing here: it ${mute}.`);
}

function print(outcome: ReplayOutcome, changes: readonly ReplayedChange[], events: readonly FireEvent[]): void {
  printStation(outcome);
  for (const { afterIgnitionS, name } of events) console.log(`  ${afterIgnitionS} s after ignition: ${name}`);
  for (const change of changes) {
    console.log(
      `\n${change.at}  ${change.level.padEnd(6)} ${change.subject} ${change.hazard} ${change.condition}\n  ${change.reason.zh}\n  ${change.reason.en}`,
    );
    for (const person of change.recipients) console.log(`    ${person.name} — ${person.reason.zh}`);
  }
  if (changes.length === 0) console.log('No alert came.');
}

export type ReplayArguments = {
  readonly sensor?: string;
  readonly point?: string;
  readonly series?: string;
  readonly zero?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly data?: string;
  readonly json: boolean;
};

function instant(name: string, raw: string | undefined): EpochMs | undefined {
  if (raw === undefined) return undefined;
  const atMs = Date.parse(raw);
  if (!Number.isFinite(atMs)) throw new Error(`${name} is "${raw}": write a time such as 2013-09-09T00:00:00-07:00.`);
  return atMs;
}

export async function replayCommand(settings: Settings, file: string, given: ReplayArguments): Promise<number> {
  try {
    const fromMs = instant('--from', given.from);
    const toMs = instant('--to', given.to);
    const bar = progressBar();
    const options: ReplayOptions = {
      file,
      countyDir: settings.countyDir,
      devicesDir: settings.devicesDir,
      dataDir: given.data ?? join(settings.dataDir, 'replay', basename(file).replace(/[^A-Za-z0-9_-]/g, '-')),
      ...(given.sensor === undefined ? {} : { sensorId: given.sensor }),
      ...(given.point === undefined ? {} : { pointId: given.point }),
      ...(given.series === undefined ? {} : { seriesId: given.series }),
      ...(given.zero === undefined ? {} : { zero: given.zero }),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
      onProgress: ({ done, of, atMs }) => bar(done, of, new Date(atMs).toISOString().slice(0, 16)),
    };
    const outcome = await replay(options);
    if (!outcome.ok) {
      console.error(outcome.error);
      return 1;
    }
    const changes = changesOf(outcome.value, outcome.value.series.zone);
    outcome.value.alerts.close();
    if (given.json) {
      const { report, isVirtual, watching } = outcome.value;
      console.log(JSON.stringify({ changes, report, isVirtual, watching }));
    } else print(outcome.value, changes, eventsBeside(file));
    const { failure } = outcome.value.report;
    if (failure !== null) console.error(failure.message);
    return failure === null ? 0 : 1;
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : String(cause));
    return 1;
  }
}
