/** By which channels, and in which order, people at a grid are asked about an alert. */
import type { Alert } from '#model/alert.ts';
import { isLevel, type Level } from '#model/level.ts';
import { ancestry, type GridCode } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { gridOf } from '../place.ts';
import { type Case, firstLine, policyOf } from '../policy.ts';
import { areaLevels } from './area-levels.ts';

type Told = Pick<Alert, 'subject' | 'level' | 'hazard' | 'areas'>;

/** The level that counts for people at a grid: the alert's, or that of a warning there. */
const levelAt = (alert: Told, gridCode: GridCode, directory: Directory): Level => {
  if (alert.areas === undefined) return alert.level;
  const level = areaLevels(alert.areas, directory.registry).at(gridCode);
  return isLevel(level) ? level : alert.level;
};

/** What the policy's lines are held against for people at a grid: the subject's own chain, or that of a warned grid. */
export function caseOf(alert: Told, gridCode: GridCode, directory: Directory, atMs: EpochMs): Case {
  const { registry } = directory;
  const place = alert.subject.kind === 'area' ? gridCode : gridOf(alert.subject, registry);
  return {
    level: levelAt(alert, gridCode, directory),
    hazard: alert.hazard,
    chain: ancestry(registry, place),
    atMs,
    zone: registry.county.zone,
  };
}

/** Undefined: the policy names no order, every person channel in the county's order. */
export const channelsFor = (
  alert: Told,
  gridCode: GridCode,
  directory: Directory,
  atMs: EpochMs,
): readonly string[] | undefined =>
  firstLine(policyOf(directory.registry).channels, caseOf(alert, gridCode, directory, atMs))?.channels;
