/** Answers for reports upwards, and takes that they are made or waived. */
import type { ReportCommand } from '#model/command.ts';
import type { UpReport } from '#model/report.ts';
import { reportJson } from '../life-wire.ts';
import { notFound } from '../problem.ts';
import { rootsOf } from '../viewer.ts';
import { type Desk, type Handler, json, type PageQuery, type Reply, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';
import { originOf } from './origin.ts';

type ReportsQuery = PageQuery & { readonly alert?: string; readonly open: 'true' | 'false' | 'all' };

export function reportHandlers(desk: Desk) {
  const { reports } = desk.ports.parts;
  const show = (report: UpReport) =>
    reportJson(desk.catalogue().registry, report, {
      origin: originOf(desk, report.alertId),
      nowMs: desk.ctx.clock.nowMs(),
      lang: desk.lang,
    });
  const oneReply = (id: string): Reply => {
    const report = reports.get(id);
    return report === undefined ? refuse(notFound('such report')) : json(show(report));
  };
  const ending = (action: ReportCommand['action']): Handler =>
    withInput<unknown, { readonly note: string }>(({ params, body, response }, viewer) => {
      const command: ReportCommand = {
        ...saidBy(desk, viewer, body.note),
        kind: 'report',
        action,
        reportId: params.id,
      };
      return giveCommand(desk, command, response, () => oneReply(params.id));
    });
  return {
    reports: withInput<ReportsQuery>(({ query }, viewer) => {
      const { registry } = desk.catalogue();
      const all = reports.list({
        gridCodes: query.grid === undefined ? rootsOf(registry, viewer) : [query.grid],
        ...(query.alert === undefined ? {} : { alertId: query.alert }),
        ...(query.open === 'all' ? {} : { open: query.open === 'true' }),
      });
      const start = Number.parseInt(query.cursor ?? '0', 10) || 0;
      const end = start + query.limit;
      return json({ items: all.slice(start, end).map(show), next: end < all.length ? String(end) : null });
    }),
    report: withInput(({ params }) => oneReply(params.id)),
    doneReport: ending('done'),
    waiveReport: ending('waive'),
  } satisfies { readonly [id: string]: Handler };
}
