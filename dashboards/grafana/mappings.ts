/** What the codes of states, of missing values and of levels are called, with their colours. */
import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { LEVEL_TEXT, LEVELS } from '#model/level.ts';
import { BAD_REASONS, type BadReason } from '#model/reading.ts';
import type { AlertHazard } from '#model/registry.ts';
import { type Lang, say, type Text } from '#model/text.ts';
import { CALM, LEVEL_COLOUR, QUIET } from './colours.ts';

type Shown = { readonly text: Text; readonly color: string };

const codes = (lang: Lang, shown: { readonly [code: string]: Shown }): ValueMapping => ({
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    Object.entries(shown).map(([code, { text, color }], index) => [code, { text: say(text, lang), color, index }]),
  ),
});

export const smokeMappings = (lang: Lang): readonly ValueMapping[] => [
  codes(lang, {
    '0': { text: { zh: '正常', en: 'normal' }, color: CALM },
    '1': { text: { zh: '预警', en: 'pre-alarm' }, color: LEVEL_COLOUR.orange },
    '2': { text: { zh: '火警', en: 'alarm' }, color: LEVEL_COLOUR.red },
  }),
];

/** Of all other states 0 is rest; a fault has codes of its device. */
export const stateMappings = (lang: Lang): readonly ValueMapping[] => [
  codes(lang, {
    '0': { text: { zh: '正常', en: 'at rest' }, color: CALM },
    '1': { text: { zh: '动作', en: 'set' }, color: LEVEL_COLOUR.orange },
  }),
  {
    type: MappingType.RangeToText,
    options: {
      from: 2,
      to: null,
      result: { text: say({ zh: '故障代码', en: 'device code' }, lang), color: LEVEL_COLOUR.red, index: 2 },
    },
  },
];

const BAD_TEXT: { readonly [R in BadReason]: Text } = {
  timeout: { zh: '无应答', en: 'no answer' },
  exception: { zh: '设备异常应答', en: 'exception' },
  frame: { zh: '报文错误', en: 'garbled' },
  sentinel: { zh: '设备报无值', en: 'device has none' },
  link: { zh: '线路断', en: 'line is open' },
  decode: { zh: '无法解码', en: 'not decodable' },
  skipped: { zh: '已停询', en: 'not asked' },
  stale: { zh: '数据不更新', en: 'stands still' },
};

/** The field `bad` is 1 + the place in BAD_REASONS. */
export const badMappings = (lang: Lang): readonly ValueMapping[] => [
  codes(
    lang,
    Object.fromEntries(
      BAD_REASONS.map((reason, index) => [
        String(index + 1),
        { text: BAD_TEXT[reason], color: reason === 'skipped' ? QUIET : LEVEL_COLOUR.yellow },
      ]),
    ),
  ),
];

const HAZARD_TEXT: { readonly [H in AlertHazard]: Text } = {
  landslide: { zh: '滑坡', en: 'landslide' },
  rainstorm: { zh: '暴雨', en: 'rainstorm' },
  flood: { zh: '洪水', en: 'flood' },
  fire: { zh: '火灾', en: 'fire' },
  intrusion: { zh: '入侵', en: 'intrusion' },
  equipment: { zh: '设备', en: 'equipment' },
  other: { zh: '其他', en: 'other' },
  unanswered: { zh: '无人应答', en: 'nobody answers' },
};

/** Words alone: a code that is not among them is shown as it is. */
export const wordMappings = (words: Iterable<readonly [code: string, word: string]>): readonly ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries([...words].map(([code, text], index) => [code, { text, index }])),
  },
];

export const hazardMappings = (lang: Lang): readonly ValueMapping[] =>
  wordMappings(Object.entries(HAZARD_TEXT).map(([hazard, text]) => [hazard, say(text, lang)]));

/** 1 blue … 4 red. */
export const levelMappings = (lang: Lang): readonly ValueMapping[] => [
  codes(
    lang,
    Object.fromEntries(
      LEVELS.flatMap((level, rank) =>
        level === 'none' ? [] : [[String(rank), { text: LEVEL_TEXT[level], color: LEVEL_COLOUR[level] }]],
      ),
    ),
  ),
];
