/** The figures of a trend as lines of a table, in both languages: each with what it rests on, or why it is not said. */
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone } from '#model/time.ts';
import type {
  AccelerationContext,
  Accelerations,
  DayFigure,
  Interval,
  NotSaid,
  Outlook,
  ReturnPeriodOfDuration,
  ReturnPeriods,
  Said,
  SameDay,
  Season,
  SeasonSpan,
  TimeToLimit,
  TrendLine,
} from '#model/trend.ts';

const t = (zh: string, en: string): Text => ({ zh, en });
const NONE = t('—', '—');
const isThree = (unit: string): boolean => unit.startsWith('m') && !unit.startsWith('mm');
/** No minus before a zero: −0.04 mm is none. */
const rounded = (value: number, unit: string): string =>
  value.toFixed(isThree(unit) ? 3 : 1).replace(/^-(0\.0+)$/, '$1');
const amount = (value: number, unit: string): string => `${rounded(value, unit)} ${unit}`;
const whenIn = (atMs: EpochMs, zone: string): string => formatInZone(atMs, zone).slice(0, 16).replace('T', ' ');
const line = (label: Text, figure: Text, basis: Text): TrendLine => ({ label, figure, basis, said: true });
const silent = (label: Text, { why }: NotSaid): TrendLine => ({ label, figure: NONE, basis: why, said: false });
const atLeast = (text: string, lowerBound: boolean): Text =>
  lowerBound ? t(`至少 ${text}（有缺测）`, `at least ${text} (parts are missing)`) : t(text, text);

const FIGURE: { readonly [F in Season['figure']]: Text } = {
  sum24h: t('近 24 小时雨量（含本小时）', 'rain of 24 h, the running hour included'),
  hourMean: t('最近一小时均值', 'mean of the last hour'),
  ratePerDay: t('近 24 小时速率', 'rate of the last 24 h'),
};
const SPAN: { readonly [S in SeasonSpan]: Text } = {
  sameSeason: t('历年同期（前后 15 日）', 'same season of earlier years (± 15 d)'),
  last30d: t('近 30 日', 'last 30 days'),
  last365d: t('近 365 日', 'last 365 days'),
};
const SPANS = ['sameSeason', 'last30d', 'last365d'] as const;

export function seasonLines(season: Said<Season>, zone: string): readonly TrendLine[] {
  if (!season.said) return [silent(t('同期百分位', 'percentile of the season'), season)];
  const { figure, value, unit, endMs, lowerBound, spans } = season;
  const end = whenIn(endMs, zone);
  return [
    line(FIGURE[figure], atLeast(amount(value, unit), lowerBound), t(`截至 ${end}`, `to ${end}`)),
    ...SPANS.map((span) => {
      const rank = spans[span];
      if (!rank.said) return silent(SPAN[span], rank);
      const { percentile, lowest, highest, days, years, incompleteDays, p10, p50, p90 } = rank;
      const open = highest - lowest >= 1 ? ` (${lowest.toFixed(0)}–${highest.toFixed(0)})` : '';
      const marks = `p10 ${amount(p10, unit)} · p50 ${amount(p50, unit)} · p90 ${amount(p90, unit)}`;
      return line(
        SPAN[span],
        t(`第 ${percentile.toFixed(0)} 百分位${open}`, `percentile ${percentile.toFixed(0)}${open}`),
        t(
          `依据 ${years} 年 ${days} 个完整日，${incompleteDays} 日缺测未计；${marks}`,
          `on ${days} complete days of ${years} years, ${incompleteDays} with gaps left out; ${marks}`,
        ),
      );
    }),
  ];
}

/** Of an amount with parts missing it is the least that can be said; that of a common rain then says nothing. */
const inYears = (years: number, lowerBound: boolean, beyond = false): Text | undefined => {
  if (years < 2) return lowerBound ? undefined : t('不足 2 年一遇', 'more often than every 2 years');
  const round = years < 10 ? years.toFixed(1) : years.toFixed(0);
  if (lowerBound) return t(`至少 ${round} 年一遇`, `once in ${round} years or rarer`);
  return beyond
    ? t(`${round} 年一遇以上`, `rarer than ${round} years`)
    : t(`${round} 年一遇`, `once in ${round} years`);
};
const between = ({ low, high }: Interval): string => `${low.toFixed(low < 10 ? 1 : 0)}–${high.toFixed(0)}`;

function rarity({ table, empirical, fitted, lowerBound }: ReturnPeriodOfDuration): readonly Text[] {
  const found: Text[] = [];
  const add = (by: Text, years: Text | undefined, interval?: Interval): void => {
    if (years === undefined) return;
    // The interval is of the amount that was measured.
    const open = interval === undefined || lowerBound ? '' : between(interval);
    found.push(
      open === ''
        ? t(`${by.zh} ${years.zh}`, `${by.en} ${years.en}`)
        : t(`${by.zh} ${years.zh}（${open}）`, `${by.en} ${years.en} (${open})`),
    );
  };
  if (table.said) add(t('参数表', 'by the table'), inYears(table.years, lowerBound));
  if (empirical.said) add(t('经验', 'empirical'), inYears(empirical.years, lowerBound), empirical.interval);
  if (fitted.said) {
    const { years, beyond, interval } = fitted;
    add(t('P-III', 'P-III'), inYears(years, lowerBound, beyond), beyond ? undefined : interval);
  }
  return found;
}

function grounds({ table, empirical, fitted, clockMm }: ReturnPeriodOfDuration): Text {
  const clock = t(`整点滑动 ${amount(clockMm, 'mm')}`, `${amount(clockMm, 'mm')} by clock hours`);
  const parts = [clock];
  if (table.said) parts.push(t(table.source, table.source));
  if (empirical.said) {
    const { rank, ofYears } = empirical;
    parts.push(t(`${ofYears} 年中第 ${rank}，括号为 90% 区间`, `rank ${rank} of ${ofYears} years, 90 % in brackets`));
  } else parts.push(empirical.why);
  if (fitted.said) {
    const text = `x̄ ${amount(fitted.meanMm, 'mm')}, Cv ${fitted.cv.toFixed(2)}, Cs ${fitted.cs.toFixed(2)}`;
    parts.push(t(`${fitted.ofYears} 年配线 ${text}`, `curve through ${fitted.ofYears} years: ${text}`));
  } else if (empirical.said) parts.push(fitted.why);
  return t(parts.map(({ zh }) => zh).join('；'), parts.map(({ en }) => en).join('; '));
}

export function returnPeriodLines(periods: ReturnPeriods, zone: string): readonly TrendLine[] {
  return periods.durations.map((one) => {
    const end = whenIn(one.endMs, zone);
    const mm = atLeast(amount(one.slidingMm, 'mm'), one.lowerBound);
    const label = t(`近 72 小时内最大 ${one.hours} 小时雨量`, `largest ${one.hours} h within the last 72 h`);
    const rare = rarity(one);
    // Nothing measured is no rain only where nothing is missing.
    if (one.slidingMm <= 0) return line(label, one.lowerBound ? mm : t('无雨', 'no rain'), grounds(one));
    const zh = [mm.zh, ...rare.map((text) => text.zh)].join('；');
    const en = [mm.en, ...rare.map((text) => text.en)].join('; ');
    const { zh: why, en: because } = grounds(one);
    return { ...line(label, t(zh, en), t(`截至 ${end}；${why}`, `to ${end}; ${because}`)), said: rare.length > 0 };
  });
}

function dayLine(label: Text, day: Said<DayFigure>, unit: string): TrendLine {
  if (!day.said) return silent(label, day);
  const { date, value, min, max, hours, lowerBound } = day;
  const range = min === null || max === null ? '' : ` (${amount(min, unit)} … ${amount(max, unit)})`;
  const basis = t(`${date}，${hours} 小时有数据`, `${date}, ${hours} hours known`);
  return line(label, atLeast(`${amount(value, unit)}${range}`, lowerBound), basis);
}

export function sameDayLines({ unit, untilHour, today, yesterday, lastYear, mean }: SameDay): readonly TrendLine[] {
  const until = t(`至 ${untilHour} 时`, `to ${untilHour}:59`);
  const label = (zh: string, en: string): Text => t(`${zh}（${until.zh}）`, `${en} (${until.en})`);
  const meanLabel = label('历年同日均值', 'mean of the same day of all years');
  const meanLine = mean.said
    ? line(
        meanLabel,
        t(amount(mean.value, unit), amount(mean.value, unit)),
        t(`${mean.years} 年，缺测未计 ${mean.leftOut} 年`, `${mean.years} years, ${mean.leftOut} with gaps left out`),
      )
    : silent(meanLabel, mean);
  return [
    dayLine(label('今日', 'today'), today, unit),
    dayLine(label('昨日', 'yesterday'), yesterday, unit),
    dayLine(label('去年同日', 'same day last year'), lastYear, unit),
    meanLine,
  ];
}

type Episode = Accelerations['episodes'][number];

function whatStood({ rain72h, alert }: AccelerationContext): Text {
  const rain = rain72h.said
    ? atLeast(
        `${amount(rain72h.mm, 'mm')} (${rain72h.sensorId}, ${rain72h.distanceKm.toFixed(1)} km)`,
        rain72h.lowerBound,
      )
    : rain72h.why;
  const alerts =
    alert === null
      ? t('当时无预警', 'no alert stood then')
      : t(`当时预警 ${alert.level}`, `alert then: ${alert.level}`);
  return t(`前 72 小时雨量 ${rain.zh}；${alerts.zh}`, `rain of the 72 h before: ${rain.en}; ${alerts.en}`);
}

function episodeLine(one: Episode, index: number, zone: string): TrendLine {
  const start = whenIn(one.startMs, zone);
  const name = one.kind === 'step' ? t('突变', 'step') : t('加速', 'acceleration');
  const end =
    one.endMs === null ? t('仍在继续', 'still going on') : t(whenIn(one.endMs, zone), whenIn(one.endMs, zone));
  const gap = one.endedByGap ? t('（因缺测截止）', ' (ended by a gap)') : t('', '');
  const moved = `${one.movedMm.toFixed(1)} mm`;
  const peak = `${one.peakMmPerD.toFixed(1)} mm/d`;
  const at = whenIn(one.peakMs, zone);
  const stood = whatStood(one);
  const before = `${one.beforeMmPerD.toFixed(1)} mm/d`;
  return line(
    t(`${name.zh} ${index + 1}`, `${name.en} ${index + 1}`),
    t(
      `${start} → ${end.zh}${gap.zh}，位移 ${moved}，峰值 ${peak}（${at}）`,
      `${start} → ${end.en}${gap.en}, moved ${moved}, at most ${peak} (${at})`,
    ),
    t(`此前 ${before}；${stood.zh}`, `${before} before; ${stood.en}`),
  );
}

export function accelerationLines(found: Said<Accelerations>, zone: string): readonly TrendLine[] {
  const label = t('最近三次加速', 'the last three accelerations');
  if (!found.said) return [silent(label, found)];
  const floor = found.floorMmPerD.toFixed(1);
  const from = whenIn(found.fromMs, zone).slice(0, 10);
  const basis = t(
    `${from} 起 ${found.hoursKnown} 小时数据，窗口 ${found.windowH} 小时，低于 ${floor} mm/d 为噪声或太慢`,
    `${found.hoursKnown} hours known since ${from}, windows of ${found.windowH} h; below ${floor} mm/d it is noise, or slow`,
  );
  if (found.episodes.length === 0) return [line(label, t('没有', 'none'), basis)];
  const count = found.episodes.length;
  return [
    line(label, t(`${count} 次`, `${count}`), basis),
    ...found.episodes.map((one, index) => episodeLine(one, index, zone)),
  ];
}

/** Rounded outwards to half hours, or to whole days from two days on: nobody should wait for a minute. */
function hoursText(earliestH: number, latestH: number | null): Text {
  const days = earliestH >= 48;
  const unit = days ? t(' 天', ' d') : t(' 小时', ' h');
  const step = days ? 24 : 0.5;
  const scale = days ? 24 : 1;
  const from = (Math.floor(earliestH / step) * step) / scale;
  const to = latestH === null ? null : (Math.ceil(latestH / step) * step) / scale;
  if (to === null) return t(`最早 ${from}${unit.zh}后`, `in ${from}${unit.en} at the earliest`);
  return t(`${from}–${to}${unit.zh}后`, `in ${from}–${to}${unit.en}`);
}

function limitText(limit: TimeToLimit, unit: string): Text | undefined {
  const what = t(`${limit.name.zh} ${amount(limit.limit, unit)}`, `${limit.name.en} ${amount(limit.limit, unit)}`);
  switch (limit.kind) {
    case 'passed':
      return t(`已过 ${what.zh}`, `${what.en} is passed`);
    case 'in': {
      const { zh, en } = hoursText(limit.earliestH, limit.latestH);
      return t(`${zh}到 ${what.zh}`, `${what.en} ${en}`);
    }
    case 'away':
    case 'beyond':
      return undefined;
    default:
      return limit satisfies never;
  }
}

const DIRECTION = {
  up: t('上升', 'up'),
  down: t('下降', 'down'),
  none: t('无明显趋势（在噪声内）', 'no trend (inside noise)'),
};

export function outlookLines(outlook: Said<Outlook>, zone: string): readonly TrendLine[] {
  if (!outlook.said) return [silent(t('趋势', 'trend'), outlook)];
  const { unit, value, atMs, spans } = outlook;
  const now = line(
    t('当前值', 'present value'),
    t(amount(value, unit), amount(value, unit)),
    t(whenIn(atMs, zone), whenIn(atMs, zone)),
  );
  return [
    now,
    ...spans.map(({ spanH, slope, limits }) => {
      const label = spanH === 168 ? t('近 7 日趋势', 'trend of 7 d') : t(`近 ${spanH} 小时趋势`, `trend of ${spanH} h`);
      if (!slope.said) return silent(label, slope);
      const { low, high } = slope.interval;
      const figures = `${amount(slope.perDay, `${unit}/d`)} (${rounded(low, unit)} … ${rounded(high, unit)})`;
      const { zh, en } = DIRECTION[slope.direction];
      const told = limits.flatMap((limit) => limitText(limit, unit) ?? []);
      return line(
        label,
        t(
          [`${zh} ${figures}`, ...told.map((one) => one.zh)].join('；'),
          [`${en} ${figures}`, ...told.map((one) => one.en)].join('; '),
        ),
        t(
          `${slope.n} 个值，相当于 ${slope.independent} 个独立值；括号为 95% 区间`,
          `${slope.n} values, worth ${slope.independent} independent ones; 95 % in brackets`,
        ),
      );
    }),
  ];
}
