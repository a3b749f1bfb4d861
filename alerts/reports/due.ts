/**
 * Which reports an alert owes to the tier above and to departments (上报、抄告), and until when. The clock of a rule starts
 * with the first telling at its level; 续报 follow one another as long as the alert is open, 终报 counts from its end.
 */
import type { Alert } from '#model/alert.ts';
import type { Policy, ReportRule } from '#model/policy.ts';
import { ancestry, type Grid, type Registry } from '#model/registry.ts';
import type { UpReport } from '#model/report.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { peakOf } from '../life/latch.ts';
import { lineHolds } from '../policy.ts';

/** The county reports to whoever is above it; the registry does not know his name. */
const ABOVE_COUNTY: Text = { zh: '上级（市）', en: 'the prefecture above' };

export const reportId = (alertId: string, rule: string, n: number): string => `${alertId}/${rule}/${n}`;

type Owed = { readonly rule: ReportRule; readonly grid: Grid; readonly to: Text };

function owed(rule: ReportRule, chain: readonly Grid[], registry: Registry): Owed | null {
  const grid = chain.find(({ tier }) => tier === rule.fromTier);
  if (grid === undefined) return null; // A county's own gateway has no township that could report it.
  const above = grid.parent === null ? undefined : registry.grids.get(grid.parent);
  return { rule, grid, to: rule.to === 'above' ? (above?.name ?? ABOVE_COUNTY) : rule.to.department };
}

/** That nobody answers is no incident of its own: it is reported only where a rule names it. */
const isAbout = ({ when }: ReportRule, { hazard }: Alert): boolean =>
  hazard !== 'unanswered' || when?.hazards?.includes(hazard) === true;

/** The rules that hold for the alert at the worst level that it had, each with the grid that reports. */
export function owedReports(alert: Alert, policy: Policy, registry: Registry, atMs: EpochMs): readonly Owed[] {
  const chain = ancestry(registry, alert.gridCode);
  const of = { level: peakOf(alert), hazard: alert.hazard, chain, atMs, zone: registry.county.zone };
  return policy.reports
    .filter((rule) => isAbout(rule, alert) && lineHolds(rule, of))
    .flatMap((rule) => owed(rule, chain, registry) ?? []);
}

export const newReport = (alertId: string, { rule, grid, to }: Owed, n: number, startedAtMs: EpochMs): UpReport => ({
  id: reportId(alertId, rule.id, n),
  alertId,
  rule: rule.id,
  name: rule.name,
  kind: rule.kind,
  gridCode: grid.code,
  to,
  n,
  startedAtMs,
  dueAtMs: startedAtMs + (n === 1 ? rule.withinMs : (rule.everyMs ?? rule.withinMs)),
  state: 'due',
  doneAtMs: null,
  by: null,
  note: '',
});

export const isOpenReport = ({ state }: Pick<UpReport, 'state'>): boolean => state === 'due' || state === 'overdue';

/** The 续报 after this one: counted from when this one was due, so that a late one does not put off the rest. */
export function nextFollowUp(report: UpReport, rule: ReportRule | undefined, nowMs: EpochMs): UpReport | null {
  if (rule?.everyMs === undefined || report.kind !== 'followUp') return null;
  // After an outage only the next one to come is owed, not one for each period that went by.
  const missed = Math.max(0, Math.floor((nowMs - report.dueAtMs) / rule.everyMs));
  const startedAtMs = report.dueAtMs + missed * rule.everyMs;
  const { contents: _contents, ...rest } = report;
  const n = report.n + 1;
  return {
    ...rest,
    id: reportId(report.alertId, report.rule, n),
    n,
    startedAtMs,
    dueAtMs: startedAtMs + rule.everyMs,
    state: 'due',
    doneAtMs: null,
    by: null,
    note: '',
  };
}
