/** Answers for the registry's files, and has tables taken over; what is taken over stands in the ledger first. */
import { createHash } from 'node:crypto';
import type { AccessCommand } from '#model/command.ts';
import type { Problem } from '../problem.ts';
import {
  type ImportReport,
  isPersonal,
  type RegistryFile,
  type RegistryFormat,
  type RegistryKind,
  type RegistryTrouble,
} from '../registry-desk.ts';
import type { Viewer } from '../viewer.ts';
import { iso } from '../wire.ts';
import { type Desk, type Handler, json, type PageQuery, type Reply, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';

type ExportQuery = { readonly kind: RegistryKind; readonly format: RegistryFormat };
type ImportQuery = {
  readonly kind: RegistryKind;
  readonly file: string;
  readonly dryRun: 'true' | 'false';
  readonly sheet?: string;
  readonly from: RegistryFile['datum'];
};

const FORMAT_TYPE: { readonly [F in RegistryFormat]: string } = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
  geojson: 'application/geo+json',
};

function problemOf({ kind, message }: RegistryTrouble): Problem {
  switch (kind) {
    case 'wrongFormat':
      return { status: 400, kind, message, path: 'format' };
    case 'busy':
    case 'tooSlow':
    case 'away':
      return { status: 503, kind, message, retryAfterS: 30 };
    case 'failed':
      return { status: 500, kind, message };
    default:
      return kind satisfies never;
  }
}

const countsText = ({ counts }: ImportReport): string =>
  counts === null
    ? ''
    : `new ${counts.new}, changed ${counts.changed}, same ${counts.same}, gone ${counts.gone}, refused ${counts.refused}`;

const unfit = (problem: Pick<Problem, 'kind' | 'message'>, report: ImportReport): Reply =>
  json({ error: problem, ...report }, 409);

/** Why a file is not taken over; null when it may be. */
function objection(report: ImportReport): Reply | null {
  const { unreadable, errors, changes } = report;
  if (unreadable !== null) {
    const message = `The file ${unreadable.message}: ${unreadable.mend}.`;
    return refuse({ status: 400, kind: 'badFile', message });
  }
  if (errors.length > 0)
    return unfit({ kind: 'doesNotHold', message: 'The county would not hold together; nothing is written.' }, report);
  return changes ? null : json(report);
}

/** It is entered who takes over what, with the file's hash, before anything is written. */
async function takeOver(
  desk: Desk,
  viewer: Viewer,
  file: RegistryFile,
  planned: ImportReport,
  response: Parameters<typeof giveCommand>[2],
): Promise<Reply> {
  const hash = createHash('sha256').update(file.bytes).digest('hex');
  const said = saidBy(desk, viewer, `${countsText(planned)}; sha256 ${hash}`);
  const object = `${planned.target} ${iso(said.atMs)}`;
  const command: AccessCommand = { ...said, kind: 'access', what: 'import', object };
  let isEntered = false;
  // Alerts being away (202) is no reason to wait: the entry is on disk, and comes into the ledger when it is back.
  const entered = await giveCommand(desk, command, response, () => {
    isEntered = true;
    return json(null);
  });
  const isQueued = entered.kind === 'json' && entered.status === 202;
  if (!isEntered && !isQueued) return entered;
  const done = await desk.ports.registryDesk.importFile(file, false, said.atMs);
  if (done.ok && done.value.written) return json(done.value);
  const why = done.ok ? 'the county changed meanwhile' : done.error.message;
  const taken: AccessCommand = { ...saidBy(desk, viewer, why), kind: 'access', what: 'import-failed', object };
  await giveCommand(desk, taken, response, () => json(null));
  if (!done.ok) return refuse(problemOf(done.error));
  return (
    objection(done.value) ??
    unfit({ kind: 'changedMeanwhile', message: 'The county changed meanwhile; look again.' }, done.value)
  );
}

export function registryHandlers(desk: Desk) {
  const { registryDesk } = desk.ports;
  return {
    registryCheck: withInput<PageQuery>(async ({ query }) => {
      const answer = await registryDesk.check(desk.ctx.clock.nowMs());
      if (!answer.ok) return refuse(problemOf(answer.error));
      const { findings, checkedAtMs, ...rest } = answer.value;
      const start = Number(query.cursor ?? 0);
      const end = start + query.limit;
      const next = end < findings.length ? String(end) : null;
      return json({
        items: findings.slice(start, end),
        next,
        total: findings.length,
        checkedAt: iso(checkedAtMs),
        ...rest,
      });
    }),
    registryExport: withInput<ExportQuery>(async ({ query }, viewer) => {
      const { kind, format } = query;
      const answer = await registryDesk.exportKind(kind, format);
      if (!answer.ok) return refuse(problemOf(answer.error));
      if (isPersonal(kind)) desk.access(viewer, 'export', `registry/${kind}`);
      return { kind: 'file', type: FORMAT_TYPE[format], name: `fengsui-${kind}.${format}`, body: answer.value.bytes };
    }),
    registryImport: withInput<ImportQuery, Uint8Array>(async ({ query, body, response }, viewer) => {
      const { kind, file: name, sheet = null, from: datum } = query;
      const file: RegistryFile = { kind, name, bytes: body, sheet, datum };
      const planned = await registryDesk.importFile(file, true, desk.ctx.clock.nowMs());
      if (!planned.ok) return refuse(problemOf(planned.error));
      if (planned.value.unreadable === null && query.dryRun === 'true') return json(planned.value);
      return objection(planned.value) ?? takeOver(desk, viewer, file, planned.value, response);
    }),
  } satisfies { readonly [id: string]: Handler };
}
