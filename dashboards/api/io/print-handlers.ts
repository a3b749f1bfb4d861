/** Answers with pages to print; what stands on them in full is entered in the ledger like any other reading. */
import type { Lang } from '#model/text.ts';
import { cardPage } from '../../print/card.ts';
import { mapPage } from '../../print/map.ts';
import type { Reader, Sheet } from '../../print/sheet.ts';
import { PRINT_CSS } from '../../print/style.ts';
import { gridPage } from '../../print/table.ts';
import { knowsHome, personView } from '../privacy.ts';
import { notFound } from '../problem.ts';
import type { Viewer } from '../viewer.ts';
import { type Desk, type Handler, type Reply, refuse, withInput } from './exchange.ts';

type Look = { readonly lang: Lang; readonly drill: 'true' | 'false' };
type CardLook = Look & { readonly household?: string };

const page = (body: string): Reply => ({ kind: 'text', type: 'text/html; charset=utf-8', body });

/** Draws the page for a viewer, and enters the reading when anything on it was shown in full. */
function printed(desk: Desk, viewer: Viewer, look: Look, object: string, draw: (sheet: Sheet) => string | null): Reply {
  const { registry } = desk.catalogue();
  let isFull = false;
  const saw = (full: boolean): boolean => {
    isFull ||= full;
    return full;
  };
  const reader: Reader = {
    home: (household, gridCodes) => saw(knowsHome(registry, viewer, household, gridCodes)),
    person: (person) => {
      const full = personView(registry, viewer, person)?.masked === false;
      return person.id === viewer.id ? full : saw(full);
    },
  };
  const { lang } = look;
  const drill = look.drill === 'true';
  const body = draw({ registry, lang, drill, nowMs: desk.ctx.clock.nowMs(), reader });
  if (body === null) return refuse(notFound('such household at this point'));
  if (isFull) desk.access(viewer, 'print', object);
  return page(body);
}

export function printHandlers(desk: Desk) {
  return {
    printStyle: () => ({ kind: 'text', type: 'text/css; charset=utf-8', body: PRINT_CSS }),
    printCard: withInput<CardLook>(({ params, query }, viewer) => {
      const point = desk.catalogue().registry.points.get(params.id);
      if (point === undefined) return refuse(notFound('such point'));
      return printed(desk, viewer, query, `card/${params.id}`, (sheet) => cardPage(sheet, point, query.household));
    }),
    printMap: withInput<Look>(({ params, query }, viewer) => {
      const grid = desk.catalogue().registry.grids.get(params.id);
      if (grid === undefined) return refuse(notFound('such grid'));
      return printed(desk, viewer, query, `map/${params.id}`, (sheet) => mapPage(sheet, grid));
    }),
    printGrid: withInput<Look>(({ params, query }, viewer) => {
      const grid = desk.catalogue().registry.grids.get(params.id);
      if (grid === undefined) return refuse(notFound('such grid'));
      return printed(desk, viewer, query, `grid/${params.id}`, (sheet) => gridPage(sheet, grid));
    }),
  } satisfies { readonly [id: string]: Handler };
}
