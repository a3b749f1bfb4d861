/** Answers for warnings, and takes what the county decrees. */

import type { LevelOrNone } from '#model/level.ts';
import type { GridCode, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { alertIdOfWarning, type Warning, type WarningDraft, warningIdOf } from '#model/warning.ts';
import { notFound, OUTSIDE_GRID } from '../problem.ts';
import { receiptsByTier } from '../receipts.ts';
import { touchedGrid } from '../touched.ts';
import { rootsOf } from '../viewer.ts';
import { iso } from '../wire.ts';
import { type Desk, type Handler, json, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';

const atOrNull = (atMs: number | null): string | null => (atMs === null ? null : iso(atMs));

export function warningJson(registry: Registry, warning: Warning) {
  const { issuedAtMs, onsetMs, expiresAtMs, areas, polygons: _polygons, ...rest } = warning;
  return {
    ...rest,
    alertId: alertIdOfWarning(warning.id),
    issuedAt: iso(issuedAtMs),
    onset: atOrNull(onsetMs),
    expires: iso(expiresAtMs),
    areas: areas.map(({ gridCode, level, sinceMs, untilMs }) => ({
      grid: gridCode,
      gridName: registry.grids.get(gridCode)?.name ?? { zh: gridCode, en: gridCode },
      level,
      since: iso(sinceMs),
      ...(untilMs === undefined ? {} : { until: iso(untilMs) }),
    })),
  };
}

type ListQuery = { readonly grid?: GridCode; readonly state: 'open' | 'ended' | 'all' };
type Issue = {
  readonly hazard: WarningDraft['hazard'];
  readonly headline: Text;
  readonly description: Text;
  readonly instruction: Text;
  readonly onset?: number;
  readonly expires: number;
  readonly areas: readonly { readonly grid: GridCode; readonly level: 'blue' | 'yellow' | 'orange' | 'red' }[];
  readonly note: string;
};
type Update = {
  readonly areas: readonly { readonly grid: GridCode; readonly level: LevelOrNone }[];
  readonly expires?: number;
  readonly note: string;
};

export function warningHandlers(desk: Desk) {
  const { warnings, calls } = desk.ports.parts;
  const registryNow = () => desk.ports.registry.current();
  const one = (id: string) => {
    const warning = warnings.get(id);
    if (warning === undefined) return refuse(notFound('such warning'));
    const receipts = receiptsByTier(calls.ofAlert(alertIdOfWarning(id)));
    return json({ ...warningJson(registryNow(), warning), receipts });
  };
  return {
    warnings: withInput<ListQuery>(({ query }, viewer) => {
      const registry = registryNow();
      const gridCodes = query.grid === undefined ? rootsOf(registry, viewer) : [query.grid];
      const filter = query.state === 'all' ? { gridCodes } : { gridCodes, open: query.state === 'open' };
      return json({ items: warnings.list(filter).map((warning) => warningJson(registry, warning)), next: null });
    }),
    warning: withInput(({ params }, viewer) => {
      const warning = warnings.get(params.id);
      if (warning !== undefined && touchedGrid(registryNow(), viewer, warning.areas) === undefined)
        return refuse(OUTSIDE_GRID);
      return one(params.id);
    }),
    issueWarning: withInput<unknown, Issue>(({ body, response }, viewer) => {
      const { hazard, headline, description, instruction, onset, expires, areas, note } = body;
      const draft: WarningDraft = {
        hazard,
        headline,
        description,
        instruction,
        onsetMs: onset ?? null,
        expiresAtMs: expires,
        areas: areas.map(({ grid, level }) => ({ gridCode: grid, level })),
      };
      const command = { ...saidBy(desk, viewer, note), kind: 'warning', action: 'issue', draft } as const;
      return giveCommand(desk, command, response, () => one(warningIdOf(command.id)));
    }),
    updateWarning: withInput<unknown, Update>(({ params, body, response }, viewer) => {
      const areas = body.areas.map(({ grid, level }) => ({ gridCode: grid, level }));
      const what = { action: 'update', warningId: params.id, areas, expiresAtMs: body.expires ?? null } as const;
      const command = { ...saidBy(desk, viewer, body.note), kind: 'warning', ...what } as const;
      if (warnings.get(params.id) === undefined) return refuse(notFound('such warning'));
      return giveCommand(desk, command, response, () => one(params.id));
    }),
    cancelWarning: withInput<unknown, { readonly note: string }>(({ params, body, response }, viewer) => {
      const what = { action: 'cancel', warningId: params.id } as const;
      const command = { ...saidBy(desk, viewer, body.note), kind: 'warning', ...what } as const;
      if (warnings.get(params.id) === undefined) return refuse(notFound('such warning'));
      return giveCommand(desk, command, response, () => one(params.id));
    }),
  } satisfies { readonly [id: string]: Handler };
}
