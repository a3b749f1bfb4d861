/** Answers one question about one sensor: fetches, hands to the statistics, says it in lines. */
import { fromSteps, QUANTITIES, toSteps, UNIT_TEXT } from '#model/quantity.ts';
import type { Origin } from '#model/reading.ts';
import type { HazardPoint, Sensor } from '#model/registry.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '#model/time.ts';
import type { Acceleration, Accelerations, Said, TrendLine, TrendPart } from '#model/trend.ts';
import { accelerationsIn } from '../trend/accelerations.ts';
import { bandOf } from '../trend/band.ts';
import { createCalendar } from '../trend/calendar.ts';
import { limitsOf } from '../trend/limits.ts';
import { accelerationLines, outlookLines, returnPeriodLines, sameDayLines, seasonLines } from '../trend/lines.ts';
import { nearestRain } from '../trend/near-rain.ts';
import { outlookOf } from '../trend/outlook.ts';
import { returnPeriods } from '../trend/return-period.ts';
import { notSaid } from '../trend/said.ts';
import { sameDay } from '../trend/same-day.ts';
import { figureOf, seasonOf } from '../trend/season.ts';
import { amountOf } from '../trend/stretch.ts';
import { sees, type Viewer } from '../viewer.ts';
import type { Desk } from './exchange.ts';
import type { Series, TrendData } from './trend-data.ts';

const RAIN_H = 72;
const EPISODES = 3;
const EPISODES_BACK_MS = 365 * DAY_MS;
/** Alerts of a grid that are looked through for the one that stood, the worst first. */
const ALERTS_A_PAGE = 200;
const ALERT_PAGES = 5;

export type TrendAsk = {
  readonly desk: Desk;
  readonly data: TrendData;
  readonly viewer: Viewer;
  readonly point: HazardPoint;
  readonly sensor: Sensor;
  readonly origin: Origin;
  readonly nowMs: EpochMs;
};
type Answered = { readonly data: unknown; readonly lines: readonly TrendLine[] };

const seriesOf = ({ sensor, origin }: TrendAsk): Series => ({ sensorId: sensor.id, origin, quantity: sensor.quantity });
const unitOf = ({ quantity }: Sensor) => {
  const { unit } = QUANTITIES[quantity];
  return { text: UNIT_TEXT[unit] ?? unit, perUnit: toSteps(quantity, 1) };
};
const zoneOf = ({ desk }: TrendAsk): string => desk.ports.registry.current().county.zone;
const hourAfter = (atMs: EpochMs): EpochMs => Math.floor(atMs / HOUR_MS + 1) * HOUR_MS;

async function season(ask: TrendAsk): Promise<Answered> {
  const { data, sensor, nowMs } = ask;
  const zone = zoneOf(ask);
  const calendar = createCalendar(zone);
  const unit = unitOf(sensor);
  const found = seasonOf(await data.season(seriesOf(ask), calendar, nowMs), figureOf(sensor.quantity), nowMs, unit);
  const { today, own, earlier } = await data.days(seriesOf(ask), calendar, nowMs);
  const band = bandOf(today, own, earlier, calendar, unit.perUnit);
  return { data: { ...found, band }, lines: seasonLines(found, zone) };
}

async function returnPeriod(ask: TrendAsk): Promise<Answered> {
  const { data, point, nowMs } = ask;
  const zone = zoneOf(ask);
  const calendar = createCalendar(zone);
  const series = seriesOf(ask);
  const toMs = hourAfter(nowMs);
  const fromMs = toMs - RAIN_H * HOUR_MS;
  const leadMs = fromMs - RAIN_H * HOUR_MS;
  const found = returnPeriods({
    ...{ fromMs, toMs, table: point.rainFrequency, perMm: toSteps('rain', 1) },
    hours: await data.hours(series, leadMs, toMs),
    tenMinutes: await data.tenMinutes(series, leadMs, toMs),
    years: await data.years(series, calendar, toMs),
    year: new Date(calendar.dayOf(toMs - 1) * DAY_MS).getUTCFullYear(),
  });
  return { data: { said: true, ...found }, lines: returnPeriodLines(found, zone) };
}

async function sameDayPart(ask: TrendAsk): Promise<Answered> {
  const { data, sensor, nowMs } = ask;
  const { text: unit, perUnit } = unitOf(sensor);
  const calendar = createCalendar(zoneOf(ask));
  const isSum = QUANTITIES[sensor.quantity].kind === 'increment';
  const found = sameDay(await data.season(seriesOf(ask), calendar, nowMs), nowMs, { isSum, unit, perUnit });
  return { data: { said: true, ...found }, lines: sameDayLines(found) };
}

async function rainBefore(ask: TrendAsk, startMs: EpochMs): Promise<Accelerations['episodes'][number]['rain72h']> {
  const { desk, data, viewer, point, origin } = ask;
  const registry = desk.ports.registry.current();
  const near = nearestRain(registry, point, ({ gridCode }) => sees(registry, viewer, gridCode));
  if (near === undefined) return notSaid('15 公里内没有可看的雨量站', 'no gauge that may be seen within 15 km');
  const fromMs = startMs - RAIN_H * HOUR_MS;
  const hours = await data.hours({ sensorId: near.sensor.id, origin, quantity: 'rain' }, fromMs, startMs);
  const { sum, known, missing } = amountOf(hours, 0, hours.length);
  if (known === 0) return notSaid('该时段没有雨量数据', 'no rain is known of that time');
  const mm = fromSteps('rain', sum);
  return { said: true, mm, lowerBound: missing > 0, sensorId: near.sensor.id, distanceKm: near.km };
}

/** The worst alert of the point that was open at any time of an episode. */
function alertThen({ desk, point, origin, nowMs }: TrendAsk, { startMs, endMs }: Acceleration) {
  const toMs = endMs ?? nowMs;
  const rank = ['blue', 'yellow', 'orange', 'red'];
  let worst: { readonly id: string; readonly level: string } | null = null;
  for (const open of [true, false]) {
    let cursor: string | null = null;
    for (let page = 0; page < ALERT_PAGES; page++) {
      const found = desk.alerts.list({ gridCodes: [point.gridCode], open, origin }, ALERTS_A_PAGE, cursor);
      for (const { id, subject, raisedAtMs, closedAtMs, peak, level } of found.items) {
        if (subject.kind !== 'point' || subject.id !== point.id) continue;
        if (raisedAtMs > toMs || (closedAtMs ?? toMs) < startMs) continue;
        const reached = peak ?? level;
        if (worst === null || rank.indexOf(reached) > rank.indexOf(worst.level)) worst = { id, level: reached };
      }
      cursor = found.next;
      if (cursor === null) break;
    }
  }
  return worst;
}

async function accelerations(ask: TrendAsk): Promise<Answered> {
  const { data, sensor, nowMs } = ask;
  const hours = await data.hours(seriesOf(ask), nowMs - EPISODES_BACK_MS, hourAfter(nowMs));
  const found = accelerationsIn(hours, toSteps(sensor.quantity, 1), EPISODES);
  const zone = zoneOf(ask);
  if (!found.said) return { data: found, lines: accelerationLines(found, zone) };
  const episodes: Accelerations['episodes'][number][] = [];
  for (const one of found.episodes)
    episodes.push({ ...one, rain72h: await rainBefore(ask, one.startMs), alert: alertThen(ask, one) });
  const whole: Said<Accelerations> = { ...found, episodes };
  return { data: whole, lines: accelerationLines(whole, zone) };
}

async function outlook(ask: TrendAsk): Promise<Answered> {
  const { desk, data, sensor, point, nowMs } = ask;
  const zone = zoneOf(ask);
  const tenMinutes = await data.tenMinutes(seriesOf(ask), nowMs - DAY_MS - HOUR_MS, nowMs + 1);
  const hours = await data.hours(seriesOf(ask), nowMs - 8 * DAY_MS, hourAfter(nowMs));
  const limits = limitsOf(sensor, point, desk.ports.ruleSets?.current().values() ?? [], nowMs, zone);
  const found = outlookOf(tenMinutes, hours, nowMs, unitOf(sensor), limits);
  return { data: found, lines: outlookLines(found, zone) };
}

export const TREND_ANSWERS: { readonly [part in TrendPart]: (ask: TrendAsk) => Promise<Answered> } = {
  season,
  returnPeriod,
  sameDay: sameDayPart,
  accelerations,
  outlook,
};
