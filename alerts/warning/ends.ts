/** When a warning falls due: the end of one of its areas, its own end, or the closing of an alert whose warning is over. */
import { type EpochMs, MINUTE_MS } from '#model/time.ts';
import type { Warning, WarningArea } from '#model/warning.ts';

/** From its end until the alert is closed: the news of the end goes out first. */
export const CLOSE_AFTER_MS = 10 * MINUTE_MS;

const stands = ({ level }: WarningArea): boolean => level !== 'none';

/** The next instant at which something of a warning in force ends by itself. */
export const nextEndMs = (warning: Warning): EpochMs =>
  Math.min(warning.expiresAtMs, ...warning.areas.filter(stands).flatMap(({ untilMs }) => untilMs ?? []));

/** The warning as it is at `nowMs`: areas that ran out are lifted, and with the last of them the warning. */
export function expire(warning: Warning, nowMs: EpochMs): Warning {
  const areas = warning.areas.map((area): WarningArea => {
    if (!stands(area) || (area.untilMs ?? warning.expiresAtMs) > nowMs) return area;
    return { gridCode: area.gridCode, level: 'none', sinceMs: nowMs };
  });
  const over = warning.expiresAtMs <= nowMs || !areas.some(stands);
  return over ? { ...warning, state: 'expired' } : { ...warning, areas };
}
