/** The line of JSON with which a backtest ends: what other programs build on. */
import type { LevelOrNone } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone } from '#model/time.ts';
import type { BacktestRun, Skill } from './result.ts';
import type { Sweep } from './sweep.ts';
import type { SkillOptions } from './truth.ts';

export type ContractChange = {
  /** Local time of `--zone` with its offset. */
  readonly at: string;
  readonly level: LevelOrNone;
  readonly from: LevelOrNone;
  readonly reason: Text;
  readonly subject: string;
  readonly hazard: string;
  readonly rule: string;
};

export type ContractSkill = Pick<
  Skill,
  'hits' | 'misses' | 'falseAlarms' | 'pod' | 'far' | 'csi' | 'leadTimesMs' | 'alarmHours' | 'falseTime'
> & {
  readonly events: readonly {
    readonly from: string;
    readonly to: string;
    readonly hit: boolean;
    readonly leadMs: number | null;
    readonly name?: string;
  }[];
};

export type BacktestJson = {
  readonly changes: readonly ContractChange[];
  readonly flags: readonly { readonly at: string; readonly sensor: string; readonly flag: string }[];
  readonly skill: ContractSkill;
  readonly readings: number;
  readonly elapsedMs: number;
  // Beyond the contract.
  readonly missing: number;
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  /** Silence of stations, which no rule asked for. */
  readonly silences: readonly { readonly at: string; readonly sensor: string; readonly silent: boolean }[];
  readonly late: readonly ContractChange[];
  readonly notes: readonly string[];
  readonly matching: SkillOptions;
};

export type Told = {
  readonly run: BacktestRun;
  readonly skill: Skill;
  readonly matching: SkillOptions;
  readonly zone: string;
  readonly elapsedMs: number;
};

/** An offset from UTC holds for whole quarters of an hour: one look into the zone's table a quarter is enough. */
const QUARTER_MS = 900_000;

export function zoneFormatter(zone: string): (atMs: EpochMs) => string {
  const offsets = new Map<number, { readonly text: string; readonly ms: number }>();
  return (atMs) => {
    const quarter = Math.floor(atMs / QUARTER_MS);
    let offset = offsets.get(quarter);
    if (offset === undefined) {
      const local = formatInZone(quarter * QUARTER_MS, zone);
      offset = { text: local.slice(19), ms: Date.parse(`${local.slice(0, 19)}Z`) - quarter * QUARTER_MS };
      offsets.set(quarter, offset);
    }
    return `${new Date(atMs + offset.ms).toISOString().slice(0, 19)}${offset.text}`;
  };
}

const rounded = (value: number | null, digits: number): number | null =>
  value === null ? null : Number(value.toFixed(digits));

const scoresOf = (skill: Skill): Omit<ContractSkill, 'events'> => ({
  ...{ hits: skill.hits, misses: skill.misses, falseAlarms: skill.falseAlarms },
  ...{ pod: rounded(skill.pod, 6), far: rounded(skill.far, 6), csi: rounded(skill.csi, 6) },
  leadTimesMs: skill.leadTimesMs,
  alarmHours: rounded(skill.alarmHours, 6) ?? 0,
  falseTime: rounded(skill.falseTime, 6),
});

export function contractOf({ run, skill, matching, zone, elapsedMs }: Told): BacktestJson {
  const at = zoneFormatter(zone);
  const { changes, flags, silences, late, notes } = run;
  return {
    changes: changes.map(({ atMs, level, from, reason, subject, hazard, rule }) => ({
      ...{ at: at(atMs), level, from, reason, subject, hazard, rule },
    })),
    flags: flags.map(({ atMs, sensor, flag, reason }) => ({
      ...{ at: at(atMs), sensor, flag },
      ...(reason === undefined ? {} : { reason }),
    })),
    skill: {
      ...scoresOf(skill),
      events: skill.events.map(({ event, hit, leadMs }) => ({
        ...{ from: at(event.fromMs), to: at(event.toMs), hit, leadMs },
        ...(event.name === undefined ? {} : { name: event.name }),
      })),
    },
    readings: run.readings,
    elapsedMs: Math.round(elapsedMs),
    missing: run.missing,
    ...{ from: at(run.fromMs), to: at(run.toMs), zone },
    silences: silences.map(({ atMs, evidence, to }) => ({
      ...{ at: at(atMs), sensor: evidence.sensorId ?? '', silent: to !== 'none' },
    })),
    late: late.map(({ atMs, to, from, reason, subject, hazard, rule }) => ({
      ...{ at: at(atMs), level: to, from, reason, subject: subject.id, hazard, rule },
    })),
    notes: notes.map(({ message }) => message),
    matching,
  };
}

export type SweepJson = {
  readonly rule: string;
  readonly level: string;
  readonly area: number | null;
  readonly points: readonly ({ readonly limit: number } & Omit<ContractSkill, 'events'>)[];
};

export const sweepJson = ({ rule, level, points, area }: Sweep): SweepJson => ({
  ...{ rule, level, area: rounded(area, 6) },
  points: points.map(({ limit, skill }) => ({ limit, ...scoresOf(skill) })),
});
