/** All boards of a county in one language, as Grafana's classic JSON. A further board is one file and one line here. */
import type { Lang } from '#model/text.ts';
import { devicesBoard } from './boards/devices.ts';
import { displacementBoard } from './boards/displacement.ts';
import { overviewBoard } from './boards/overview.ts';
import { rainBoard } from './boards/rain.ts';
import { systemBoard } from './boards/system.ts';
import { townshipBoard } from './boards/township.ts';
import { trendBoard } from './boards/trend.ts';
import { waterBoard } from './boards/water.ts';
import { type Context, contextOf, type GrafanaCounty } from './context.ts';
import { type Board, type BuiltBoard, buildBoard } from './layout.ts';
import { quantitiesOf } from './names.ts';

/** A board whose quantity the county does not measure is left out. */
function boardsOf(context: Context): readonly Board[] {
  const has = new Set<string>(quantitiesOf(context));
  const isMoving = ['displacement', 'displacementX', 'displacementY', 'displacementZ', 'tilt'].some((one) =>
    has.has(one),
  );
  return [
    overviewBoard(context),
    townshipBoard(context),
    ...(has.has('rain') ? [rainBoard(context)] : []),
    ...(has.has('level') ? [waterBoard(context)] : []),
    ...(isMoving ? [displacementBoard(context)] : []),
    devicesBoard(context),
    trendBoard(context),
    systemBoard(context),
  ];
}

export function buildBoards(county: GrafanaCounty, lang: Lang): readonly BuiltBoard[] {
  const context = contextOf(county, lang);
  return boardsOf(context).map((board) => buildBoard(context, board));
}
