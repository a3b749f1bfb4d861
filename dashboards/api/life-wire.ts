/** The sides of an alert beside its level, and reports upwards, as they look over HTTP. */
import type { Alert } from '#model/alert.ts';
import type { Origin } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import type { UpReport } from '#model/report.ts';
import { type Lang, say } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

const iso = (atMs: EpochMs): string => new Date(atMs).toISOString();

export const sidesJson = ({ shelving, latched, suppressedBy, chattering, peak, policy, level }: Alert) => ({
  shelving: shelving === undefined ? null : { ...shelving, at: iso(shelving.atMs) },
  latched: latched ?? false,
  suppressedBy: suppressedBy ?? null,
  chattering: chattering ?? false,
  peak: peak ?? level,
  policy: policy ?? null,
});

type About = { readonly origin: Origin; readonly nowMs: EpochMs; readonly lang: Lang };

export const reportJson = (registry: Registry, report: UpReport, { origin, nowMs, lang }: About) => ({
  id: report.id,
  alertId: report.alertId,
  /** Of the alert. */
  origin,
  rule: report.rule,
  name: report.name,
  kind: report.kind,
  gridCode: report.gridCode,
  gridName: registry.grids.get(report.gridCode)?.name ?? { zh: report.gridCode, en: report.gridCode },
  to: report.to,
  n: report.n,
  state: report.state,
  startedAt: iso(report.startedAtMs),
  dueAt: iso(report.dueAtMs),
  dueAtMs: report.dueAtMs,
  /** Negative when it is late; null when it is dealt with. */
  remainingMs: report.state === 'due' || report.state === 'overdue' ? report.dueAtMs - nowMs : null,
  doneAt: report.doneAtMs === null ? null : iso(report.doneAtMs),
  by: report.by,
  byName: report.by === null ? null : (registry.people.get(report.by)?.name ?? report.by),
  note: report.note,
  contents: report.contents === undefined ? null : say(report.contents, lang),
  contentsText: report.contents ?? null,
});
