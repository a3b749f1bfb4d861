/**
 * Trends of a point. What they rest on is fetched beside this loop; two are made at a time, few wait, one too many is told
 * to come back. An answer serves everybody with the same view for a minute: the page asks every few seconds.
 */
import { HistoryUnreadError } from '#model/history.ts';
import type { Origin } from '#model/reading.ts';
import type { HazardPoint, Sensor } from '#model/registry.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '#model/time.ts';
import { TREND_PARTS, type TrendPart } from '#model/trend.ts';
import { notFound, type Problem } from '../problem.ts';
import { partsOf } from '../trend/parts.ts';
import { rootsOf, type Viewer } from '../viewer.ts';
import { iso } from '../wire.ts';
import { type Desk, type Handler, json, type Reply, refuse, withInput } from './exchange.ts';
import { openTrendData } from './trend-data.ts';
import { TREND_ANSWERS } from './trend-parts.ts';

type TrendQuery = { readonly sensor?: string; readonly origin?: Origin; readonly at?: EpochMs };

const AT_A_TIME = 2;
const MOST_WAITING = 16;
const MOST_KEPT = 128;
const LIMIT_MS = 45_000;

const TITLE = {
  season: { zh: '同期百分位', en: 'percentile of the season' },
  returnPeriod: { zh: '降雨重现期', en: 'return period of the rain' },
  sameDay: { zh: '同期对比', en: 'same-day comparison' },
  accelerations: { zh: '最近三次加速', en: 'the last three accelerations' },
  outlook: { zh: '趋势', en: 'trend' },
} as const satisfies { readonly [part in TrendPart]: unknown };

/** No gauge of a county has a record from before. */
const EARLIEST_MS = Date.UTC(1950, 0);
const NO_SUCH_TIME: Problem = {
  status: 400,
  kind: 'badQuery',
  path: 'at',
  message: 'at must lie between 1950 and now.',
};
const BUSY: Problem = {
  status: 503,
  kind: 'busy',
  message: 'Many trends are being made: ask again in a moment.',
  retryAfterS: 5,
};
export const awayOf = ({ kind, message }: HistoryUnreadError): Problem => ({
  status: 503,
  kind: kind === 'tooMuch' ? 'tooMuch' : 'historyAway',
  message: `History does not answer: ${message}`,
  retryAfterS: 10,
});
const TOO_SLOW: Problem = {
  status: 503,
  kind: 'tooSlow',
  message: `History took more than ${LIMIT_MS / 1_000} s: ask for one sensor or one part.`,
  retryAfterS: 10,
};

/** Lets two run at a time; undefined when too many wait already. */
function createGate() {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(run: () => Promise<T>): Promise<T | undefined> => {
    if (running >= AT_A_TIME) {
      if (waiting.length >= MOST_WAITING) return undefined;
      // Whoever leaves hands his place over, so that nobody who comes meanwhile takes it.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

type Asked = {
  readonly point: HazardPoint;
  readonly sensors: readonly Sensor[];
  readonly parts: readonly TrendPart[];
  readonly query: TrendQuery;
  readonly viewer: Viewer;
  readonly nowMs: EpochMs;
};

export function trendHandlers(desk: Desk) {
  const data = openTrendData(desk.ports.query, desk.wallMs);
  const gate = createGate();
  const kept = new Map<string, { readonly reply: Promise<Reply>; readonly atMs: number }>();

  async function make({ point, sensors, parts, query, viewer, nowMs }: Asked, isLate: () => boolean): Promise<Reply> {
    const registry = desk.ports.registry.current();
    const items: object[] = [];
    for (const sensor of sensors) {
      const origin = query.origin ?? registry.edges.get(sensor.edgeId)?.origin ?? 'live';
      for (const part of partsOf(sensor.quantity).filter((one) => parts.includes(one))) {
        // Nobody waits for the answer any more: the next ones have their turn.
        if (isLate()) return refuse(TOO_SLOW);
        const { data: figures, lines } = await TREND_ANSWERS[part]({
          desk,
          data,
          viewer,
          point,
          sensor,
          origin,
          nowMs,
        });
        const { id: sensorId, name: sensorName, quantity } = sensor;
        items.push({ sensorId, sensorName, quantity, origin, part, title: TITLE[part], lines, data: figures });
      }
    }
    return json({ pointId: point.id, pointName: point.name, at: iso(nowMs), atMs: nowMs, items, next: null });
  }

  /** Refusals that the store answers with are answers; anything else is a bug and goes to the error handler. */
  async function answer(asked: Asked): Promise<Reply> {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Reply>((resolve) => {
      timer = setTimeout(() => {
        isOver = true;
        resolve(refuse(TOO_SLOW));
      }, LIMIT_MS);
      timer.unref();
    });
    const made = gate(() => make(asked, () => isOver))
      .then((reply) => reply ?? refuse(BUSY))
      .catch((cause: unknown) => {
        if (cause instanceof HistoryUnreadError) return refuse(awayOf(cause));
        throw cause;
      });
    return Promise.race([made, limit]).finally(() => clearTimeout(timer));
  }

  async function reply(key: string, asked: Asked): Promise<Reply> {
    const known = kept.get(key);
    if (known !== undefined && desk.wallMs() - known.atMs < MINUTE_MS) return known.reply;
    const made = answer(asked);
    kept.delete(key);
    kept.set(key, { reply: made, atMs: desk.wallMs() });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    const drop = (): void => {
      if (kept.get(key)?.reply === made) kept.delete(key);
    };
    void made.then((one) => (one.kind === 'json' ? undefined : drop()), drop);
    return made;
  }

  const handle = (route: string, parts: readonly TrendPart[]): Handler =>
    withInput<TrendQuery>(({ params, query }, viewer) => {
      const { registry, sensorsOf } = desk.catalogue();
      const point = registry.points.get(params.id);
      if (point === undefined) return refuse(notFound('such point'));
      const all = sensorsOf(point.id);
      const sensors = query.sensor === undefined ? all : all.filter(({ id }) => id === query.sensor);
      if (query.sensor !== undefined && sensors.length === 0) return refuse(notFound('such sensor at this point'));
      const clockMs = desk.ctx.clock.nowMs();
      const nowMs = query.at ?? clockMs;
      if (nowMs < EARLIEST_MS || nowMs > clockMs + DAY_MS) return refuse(NO_SUCH_TIME);
      // Virtual time may run a thousand times faster: what is kept serves its own minutes only.
      const minute = Math.floor(nowMs / MINUTE_MS / (query.at === undefined ? 5 : 1));
      const who = rootsOf(registry, viewer).join(',');
      const key = [route, point.id, query.sensor, query.origin, query.at, minute, who, registry.version].join('|');
      return reply(key, { point, sensors, parts, query, viewer, nowMs });
    });

  return {
    pointTrend: handle('trend', TREND_PARTS),
    pointSeason: handle('season', ['season']),
    pointReturnPeriod: handle('returnPeriod', ['returnPeriod']),
    pointSameDay: handle('sameDay', ['sameDay']),
    pointAccelerations: handle('accelerations', ['accelerations']),
    pointOutlook: handle('outlook', ['outlook']),
  } satisfies { readonly [id: string]: Handler };
}
