/** Answers for the ledger and for the evidence of one alert. */
import { createHash } from 'node:crypto';
import { evidenceFiles } from '../evidence/files.ts';
import { gatherEvidence } from '../evidence/gather.ts';
import { notFound } from '../problem.ts';
import { type Desk, type Handler, json, refuse, withInput } from './exchange.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export function auditHandlers(desk: Desk) {
  const { alerts } = desk;
  return {
    ledger: withInput<{ readonly after: number; readonly limit: number }>(({ query }) => {
      const events = alerts.eventsAfter(query.after, query.limit);
      const last = events.at(-1)?.seq ?? query.after;
      return json({
        items: events,
        next: last < alerts.head() ? String(last) : null,
        head: alerts.signedHead?.() ?? null,
      });
    }),
    verifyLedger: async () => json(await desk.ports.verifyLedger()),
    evidence: withInput(({ params }, viewer) => {
      const { registry } = desk.catalogue();
      const by = { name: viewer.name, atMs: desk.ctx.clock.nowMs() };
      const evidence = gatherEvidence(params.id, { ...desk.ports, alerts }, registry, by);
      if (evidence === undefined) return refuse(notFound('such alert'));
      desk.access(viewer, 'evidence', `alert/${params.id}`);
      return json({ alertId: params.id, files: evidenceFiles(evidence, registry, sha256) });
    }),
  } satisfies { readonly [id: string]: Handler };
}
