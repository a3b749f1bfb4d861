/**
 * One red alert's people with reasons and channels, on a prefecture, under a policy whose lines look at the hour; beside
 * the naive version, which looks through everybody. And a warning for the whole prefecture at once.
 */
import { indexRegistry } from '#alerts/directory.ts';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import { type Target, targetPeople } from '#alerts/targeting.ts';
import type { Policy } from '#model/policy.ts';
import type { Registry } from '#model/registry.ts';
import { PREFECTURE_CODE, prefectureRegistry } from '#test/bench/prefecture.ts';
import type { BenchRow } from '#test/bench/row.ts';
import { tellNaively } from '#test/targeting/oracle.ts';

const NOW = Date.UTC(2026, 5, 3, 6);
const NAIVE_ALERTS = 20;

const NIGHT = { hours: { fromMinute: 1_320, toMinute: 360 } } as const;
const POLICY: Policy = {
  ...DEFAULT_POLICY,
  point: [
    ...DEFAULT_POLICY.point,
    { from: 'blue', group: { kind: 'duty', tier: 2 }, why: { zh: '夜间', en: 'by night' }, when: NIGHT },
  ],
  channels: [
    { from: 'red', channels: ['voice', 'sms'], when: NIGHT },
    { from: 'blue', channels: ['sms', 'voice'] },
  ],
};

let made: Registry | undefined;
function registry(): Registry {
  made ??= { ...prefectureRegistry(NOW), policy: POLICY };
  return made;
}

const targetAt = (id: string): Target => ({ subject: { kind: 'point', id }, level: 'red', hazard: 'landslide' });
/** The mean over a red at every point of the prefecture; every one of them must reach people. */
function targetEverywhere(): number {
  const directory = indexRegistry(registry());
  const ids = [...registry().points.keys()];
  for (const id of ids.slice(0, 2_000)) targetPeople(targetAt(id), directory, NOW);
  let people = 0;
  let at = NOW;
  const began = performance.now();
  for (const id of ids) {
    // Each alert has a moment of its own, so that nothing is remembered from the one before.
    const told = targetPeople(targetAt(id), directory, at++);
    if (told.length === 0) throw new Error(`a red at ${id} reaches nobody`);
    people += told.length;
  }
  const spentMs = performance.now() - began;
  if (people < 5 * ids.length) throw new Error(`only ${people} people for ${ids.length} alerts`);
  return spentMs / ids.length;
}

/** The naive version over a few points, whose answers must be the same. */
function targetNaively(): number {
  const directory = indexRegistry(registry());
  const points = [...registry().points.keys()].filter((_, index) => index % 1_500 === 0).slice(0, NAIVE_ALERTS);
  let spent = 0;
  for (const id of points) {
    const began = performance.now();
    const naive = tellNaively(targetAt(id), registry(), NOW);
    spent += performance.now() - began;
    const told = targetPeople(targetAt(id), directory, NOW).map(({ personId }) => personId);
    if (
      told.sort().join() !==
      naive
        .map(({ personId }) => personId)
        .sort()
        .join()
    )
      throw new Error(`they differ at ${id}`);
  }
  return spent / points.length;
}

function targetWholeArea(): number {
  const directory = indexRegistry(registry());
  const target: Target = {
    subject: { kind: 'area', id: 'w' },
    level: 'red',
    hazard: 'rainstorm',
    areas: [{ gridCode: PREFECTURE_CODE, level: 'red', sinceMs: NOW }],
  };
  targetPeople(target, directory, NOW);
  const began = performance.now();
  const told = targetPeople(target, directory, NOW);
  const spent = performance.now() - began;
  if (told.length < registry().grids.size / 2)
    throw new Error(`only ${told.length} people are told of the whole prefecture`);
  return spent;
}

export const rows: readonly BenchRow[] = [
  { name: 'grid.targeting_ms', unit: 'ms', budget: 1, better: 'lower', run: async () => targetEverywhere() },
  { name: 'grid.targeting_naive_ms', unit: 'ms', budget: null, better: 'lower', run: async () => targetNaively() },
  { name: 'grid.targeting_area_ms', unit: 'ms', budget: null, better: 'lower', run: async () => targetWholeArea() },
];
