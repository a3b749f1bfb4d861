/** A board as its panels in reading order; ids and places on the grid of 24 columns follow from the order. */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { alertMarks } from './annotations.ts';
import { type Context, said } from './context.ts';

type Placeable = {
  readonly id: (id: number) => unknown;
  readonly gridPos: (at: { h: number; w: number; x: number; y: number }) => unknown;
  readonly build: () => Panel;
};
export type PlacedPanel = {
  /** The same in every language; tests and changes find the panel by it. */
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly panel: Placeable;
};
export type Board = {
  readonly key: string;
  readonly title: string;
  readonly description: string;
  /** How far back it looks at first, e.g. `now-24h`. */
  readonly from: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly panels: readonly PlacedPanel[];
};
export type BuiltBoard = { readonly uid: string; readonly board: Board; readonly dashboard: Dashboard };

const COLUMNS = 24;

/** From left to right; a row is as high as its highest panel. */
function place(panels: readonly PlacedPanel[]): readonly Panel[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map(({ panel, width, height }, index) => {
    if (x + width > COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
    panel.id(index + 1);
    panel.gridPos({ h: height, w: width, x, y });
    x += width;
    rowHeight = Math.max(rowHeight, height);
    return panel.build();
  });
}

export const boardUid = (key: string, lang: string): string => `fengsui-${key}-${lang}`;

export function buildBoard(context: Context, board: Board): BuiltBoard {
  const uid = boardUid(board.key, context.lang);
  const builder = new DashboardBuilder(board.title)
    .uid(uid)
    .description(board.description)
    .tags(['fengsui', context.lang])
    .timezone(context.registry.county.zone)
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: board.from, to: 'now' })
    .refresh('30s')
    .annotations([alertMarks(context)])
    .link(
      new DashboardLinkBuilder(said(context, '烽燧各板', 'boards of Fengsui'))
        .type(DashboardLinkType.Dashboards)
        .tags(['fengsui', context.lang])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  for (const one of board.variables) builder.withVariable(one);
  const dashboard = { ...builder.build(), panels: [...place(board.panels)] };
  return { uid, board, dashboard };
}
