/** Every sentence that the engine says, in Chinese and English, with the numbers that it rests on. */
import { LEVEL_TEXT, type LevelOrNone } from '#model/level.ts';
import { formatSteps, QUANTITIES, type QuantityCode, UNIT_TEXT } from '#model/quantity.ts';
import type { Measure } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import { WATER_LIMIT_TEXT, type WaterLimitName } from '#model/water.ts';
import { sayFigure } from './texts-models.ts';

/** `90 分钟`, `1 小时`, `30 秒`: the largest unit that is whole. */
export function sayDuration(ms: number): Text {
  const plural = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (ms >= 86_400_000 && ms % 86_400_000 === 0 && ms > 86_400_000)
    return { zh: `${ms / 86_400_000} 天`, en: plural(ms / 86_400_000, 'day') };
  if (ms >= 3_600_000 && ms % 3_600_000 === 0)
    return { zh: `${ms / 3_600_000} 小时`, en: plural(ms / 3_600_000, 'hour') };
  if (ms >= 60_000) return { zh: `${Math.round(ms / 60_000)} 分钟`, en: plural(Math.round(ms / 60_000), 'minute') };
  return { zh: `${Math.round(ms / 1_000)} 秒`, en: plural(Math.round(ms / 1_000), 'second') };
}

/** Exact, but without zeros that say nothing: `47.2`, `45.0`, `0.254`; a code keeps none. */
export function sayNumber(quantity: QuantityCode, steps: number): string {
  const text = formatSteps(quantity, Math.round(steps));
  return text.includes('.') ? text.replace(/(\.\d+?)0+$/, '$1') : text;
}

const withUnit = (quantity: QuantityCode, steps: number, per: string): string => {
  const unit = UNIT_TEXT[QUANTITIES[quantity].unit] ?? QUANTITIES[quantity].unit;
  const number = sayNumber(quantity, steps);
  return unit === '' && per === '' ? number : `${number} ${unit}${per}`;
};

export type Finding = {
  readonly kind: 'raised' | 'worsened' | 'improved' | 'cleared' | 'dataBack' | 'late';
  readonly measure: Measure;
  /** It raises downwards: value and limit are negated. */
  readonly below: boolean;
  /** Of a hazard model: what it found, with its numbers. */
  readonly say?: () => Text;
  readonly quantity: QuantityCode;
  readonly windowMs: number | null;
  readonly value: number;
  readonly from: LevelOrNone;
  readonly to: LevelOrNone;
  /** Of the level reached, or of the level left when it clears. */
  readonly limit: number;
  /** What the station calls that limit. */
  readonly limitName?: WaterLimitName | undefined;
  readonly deadband: number;
  readonly delayMs: number;
  readonly coverage: number | null;
  readonly suspect: boolean;
  readonly unsure: boolean;
};

function sayMeasured({ measure, quantity, windowMs, value: judged, below, say }: Finding): Text {
  const { name } = QUANTITIES[quantity];
  const value = below ? -judged : judged;
  const window = windowMs === null ? { zh: '', en: '' } : sayDuration(windowMs);
  switch (measure.kind) {
    case 'rollingSum': {
      const sum = withUnit(quantity, value, '');
      return { zh: `${window.zh}${name.zh} ${sum}`, en: `${name.en} of ${sum} in ${window.en}` };
    }
    case 'rate': {
      const rate = withUnit(quantity, value, '/h');
      return {
        zh: `${name.zh}速率 ${rate}（${window.zh}回归）`,
        en: `${name.en} at ${rate} (fitted over ${window.en})`,
      };
    }
    case 'value':
      return {
        zh: `${name.zh} ${withUnit(quantity, value, '')}`,
        en: `${name.en} of ${withUnit(quantity, value, '')}`,
      };
    case 'model': {
      const figure = sayFigure(measure.figure, value);
      return say?.() ?? { zh: `${measure.figure.name.zh} ${figure}`, en: `${measure.figure.name.en} of ${figure}` };
    }
    default:
      return measure satisfies never;
  }
}

function sayDoubts({ coverage, suspect, unsure, measure, kind }: Finding): Text {
  const doubts: Text[] = [];
  const percent = coverage === null ? 100 : Math.floor(coverage * 100);
  if (measure.kind === 'rollingSum' && percent < 100)
    doubts.push({
      zh: `窗口数据仅 ${percent}%，实际不少于此值`,
      en: `only ${percent}% of the window has data, the true sum is not less`,
    });
  if ((measure.kind === 'rate' || measure.kind === 'model') && percent < 100)
    doubts.push({ zh: `窗口数据 ${percent}%`, en: `data for ${percent}% of the window` });
  if (suspect) doubts.push({ zh: '数据可疑，须人工核实', en: 'the value is suspect, have a person check it' });
  if (unsure)
    doubts.push({
      zh: '设备时钟未校准，按接收时间判定',
      en: "the device's clock is not set, judged by the time of receipt",
    });
  if (kind === 'late') doubts.push({ zh: '迟到数据，属事后发现', en: 'late data, found afterwards' });
  if (doubts.length === 0) return { zh: '', en: '' };
  return {
    zh: `（${doubts.map((doubt) => doubt.zh).join('；')}）`,
    en: ` (${doubts.map((doubt) => doubt.en).join('; ')})`,
  };
}

const sayDelay = (delayMs: number): Text => {
  if (delayMs === 0) return { zh: '', en: '' };
  const time = sayDuration(delayMs);
  return { zh: `，持续 ${time.zh}`, en: ` for ${time.en}` };
};

/** Why a rule's condition changed. */
export function sayFinding(finding: Finding): Text {
  const { quantity, from, to, limit, deadband, measure, below } = finding;
  const what = sayMeasured(finding);
  const doubts = sayDoubts(finding);
  const show = (value: number): string => {
    const shown = below ? -value : value;
    if (measure.kind === 'model') return sayFigure(measure.figure, shown);
    return withUnit(quantity, shown, measure.kind === 'rate' ? '/h' : '');
  };
  const line = show(limit);
  const named = finding.limitName === undefined ? undefined : WATER_LIMIT_TEXT[finding.limitName];
  const called = { zh: named === undefined ? '' : `${named.zh} `, en: named === undefined ? '' : `the ${named.en}, ` };
  const delay = sayDelay(finding.delayMs);
  switch (finding.kind) {
    case 'raised':
    case 'worsened':
    case 'late': {
      const level = LEVEL_TEXT[to];
      return {
        zh: `${what.zh}，${below ? '降到' : '达到'}${level.zh}阈值 ${called.zh}${line}${delay.zh}${doubts.zh}`,
        en: `${what.en} ${below ? 'fell to' : 'reached'} the ${level.en} limit of ${called.en}${line}${delay.en}${doubts.en}`,
      };
    }
    case 'improved':
    case 'cleared': {
      const level = LEVEL_TEXT[from];
      const cleared = show(limit - deadband);
      const now = LEVEL_TEXT[to];
      if (below)
        return {
          zh: `${what.zh}，回升至${level.zh}解除线 ${cleared} 以上${delay.zh}，${to === 'none' ? '解除' : `降为${now.zh}`}${doubts.zh}`,
          en: `${what.en} is back at or above ${cleared}, the ${level.en} clearing line${delay.en}, ${to === 'none' ? 'cleared' : `now ${now.en}`}${doubts.en}`,
        };
      return {
        zh: `${what.zh}，回落至${level.zh}解除线 ${cleared} 以下${delay.zh}，${to === 'none' ? '解除' : `降为${now.zh}`}${doubts.zh}`,
        en: `${what.en} is back at or below ${cleared}, the ${level.en} clearing line${delay.en}, ${to === 'none' ? 'cleared' : `now ${now.en}`}${doubts.en}`,
      };
    }
    case 'dataBack':
      return {
        zh: `数据恢复：${what.zh}，仍为${LEVEL_TEXT[to].zh}${doubts.zh}`,
        en: `data are back: ${what.en}, still ${LEVEL_TEXT[to].en}${doubts.en}`,
      };
    default:
      return finding.kind satisfies never;
  }
}

export const SENSOR_SILENT_TITLE: Text = { zh: '传感器数据中断', en: 'sensor silent' };
export const GATEWAY_LOST_TITLE: Text = { zh: '网关失联', en: 'gateway lost' };

export function saySilent(
  sensorId: string,
  silentMs: number,
  allowedMs: number,
  answering: boolean,
  never: boolean,
): Text {
  const silent = sayDuration(silentMs);
  const allowed = sayDuration(allowedMs);
  const how = answering
    ? { zh: '有应答但没有有效数值', en: 'answers without a value' }
    : never
      ? { zh: '从未报送数据', en: 'has never reported' }
      : { zh: '没有数据', en: 'is silent' };
  return {
    zh: `传感器 ${sensorId} ${how.zh}，已 ${silent.zh}（限 ${allowed.zh}）`,
    en: `sensor ${sensorId} ${how.en} for ${silent.en} (allowed ${allowed.en})`,
  };
}

export const saySensorBack = (sensorId: string): Text => ({
  zh: `传感器 ${sensorId} 数据恢复`,
  en: `sensor ${sensorId} reports again`,
});

export function sayGatewayLost(edgeId: string, silentMs: number, sensors: number, never: boolean): Text {
  const silent = sayDuration(silentMs);
  return {
    zh: `网关 ${edgeId} ${never ? '从未上线' : '失联'}，已 ${silent.zh}，其下 ${sensors} 个传感器状态未知`,
    en: `gateway ${edgeId} ${never ? 'has never come up' : 'is lost'} for ${silent.en}; its ${sensors} sensors are unknown`,
  };
}

export const sayGatewayBack = (edgeId: string): Text => ({
  zh: `网关 ${edgeId} 恢复连接`,
  en: `gateway ${edgeId} is connected again`,
});

export const sayDataLost = (level: LevelOrNone, why: Text): Text => ({
  zh: `${LEVEL_TEXT[level].zh}预警未解除，但数据中断：${why.zh}`,
  en: `${LEVEL_TEXT[level].en} stands, but its data stopped: ${why.en}`,
});

export const sayRuleGone = (title: Text): Text => ({
  zh: `规则“${title.zh}”已修改或删除，按原规则的状态结束`,
  en: `the rule "${title.en}" was changed or removed; its condition is closed`,
});

export const saySettingGone = (title: Text): Text => ({
  zh: `“${title.zh}”的设置或对象已变更，原状态结束`,
  en: `the settings or the subject of "${title.en}" changed; its condition is closed`,
});

export const sayOriginChanged = (from: string, to: string): Text => ({
  zh: `数据来源由 ${from} 改为 ${to}，原来源的状态结束，窗口重新累计`,
  en: `the data's origin changed from ${from} to ${to}: the old condition is closed and windows start anew`,
});
